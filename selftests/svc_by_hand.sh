#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Services without a selector: their endpoints are written by hand, as Endpoints or as EndpointSlices, in manifests and
# on the command line, and traffic gets there.
# shellcheck disable=SC2154 # names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

cli() {
	ipsvc --netns "$node" --store "$dir/store.db" --run-dir "$dir/run" "$@"
}

# One node, one pod with two UDP servers, ipsvcd, and a Service without a selector.
small() {
	small_cluster
	dir=$(mktemp -d -p "$ktap_tmp")
	cluster_tmp=$dir
	serve small "one=$pod:udp:8080" "two=$pod:udp:8081"
	mkdir "$dir/manifests"
	cat >"$dir/manifests/db.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: db}
		spec: {clusterIP: 10.96.0.10, ports: [{port: 5432, protocol: UDP}]}
	YAML
	nsrun "$node" ipsvcd --manifests "$dir/manifests" --store "$dir/store.db" --run-dir "$dir/run" --prune-after 1 \
		>"$dir/daemon.log" 2>&1 &
	busywait "$(slow 10)" serves '' || fail "$(<"$dir/daemon.log")"
}

# serves ENDPOINTS: just these are in the kernel's table, in any order.
serves() {
	local have
	have=$(cli service show default/db 2>/dev/null) || return
	[[ $(grep -oE '10\.244\.1\.2:[0-9]+' <<<"$have" | sort | xargs) = "$1" ]]
}

endpoints() { # PORT
	cat <<-YAML
		apiVersion: v1
		kind: Endpoints
		metadata: {name: db}
		subsets: [{addresses: [{ip: 10.244.1.2}], ports: [{port: $1, protocol: UDP}]}]
	YAML
}

slice() { # PORT
	cat <<-YAML
		apiVersion: discovery.k8s.io/v1
		kind: EndpointSlice
		metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
		addressType: IPv4
		ports: [{port: $1, protocol: UDP}]
		endpoints: [{addresses: [10.244.1.2]}]
	YAML
}

test_endpoints() {
	small
	expect refused who "$node" udp 10.96.0.10:5432 1
	endpoints 8080 >"$dir/manifests/ep.yaml"
	busywait "$(slow 10)" serves 10.244.1.2:8080
	expect one who "$node" udp 10.96.0.10:5432 1
	expect_match 'db +10.244.1.2:8080 ' cli get ep
	expect_match 'db-[a-z0-9]{5} +IPv4 +8080 +10.244.1.2 ' cli get endpointslices
	# Changed, and taken away.
	endpoints 8081 >"$dir/manifests/ep.yaml"
	busywait "$(slow 10)" serves 10.244.1.2:8081
	expect two who "$node" udp 10.96.0.10:5432 1
	rm "$dir/manifests/ep.yaml"
	busywait "$(slow 10)" serves ''
	expect refused who "$node" udp 10.96.0.10:5432 1
}

test_slice() {
	small
	slice 8081 | cli apply -f -
	busywait "$(slow 10)" serves 10.244.1.2:8081
	expect two who "$node" udp 10.96.0.10:5432 1
	expect_match 'db-1 +IPv4 +8081 +10.244.1.2 ' cli get endpointslices
	# Both: their endpoints together.
	endpoints 8080 >"$dir/manifests/ep.yaml"
	busywait "$(slow 10)" serves '10.244.1.2:8080 10.244.1.2:8081'
	expect 'one two' who "$node" udp 10.96.0.10:5432 40
	cli delete endpointslice db-1
	busywait "$(slow 10)" serves 10.244.1.2:8080
	expect one who "$node" udp 10.96.0.10:5432 10
}

# With a selector, what is written by hand as Endpoints counts for nothing.
test_selector() {
	small
	endpoints 8080 >"$dir/manifests/ep.yaml"
	busywait "$(slow 10)" serves 10.244.1.2:8080
	sed -i 's/spec: {/spec: {selector: {app: web}, /; s/5432,/5432, targetPort: 8081,/' "$dir/manifests/db.yaml"
	busywait "$(slow 10)" serves ''
	pod_manifest >"$dir/manifests/pod.yaml"
	busywait "$(slow 10)" serves 10.244.1.2:8081
	expect two who "$node" udp 10.96.0.10:5432 1
	expect_match 'db +10.244.1.2:8081 ' cli get ep
}

run_tests
