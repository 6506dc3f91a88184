#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DNS as a Service: a pod asks 10.96.0.10 for names of Services, and is told what the kernel serves: not before, and not
# after. The programs are those of a node, ipsvcd and ipsvc-dnsd, each in its place.
# shellcheck disable=SC2154 # names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

dns=10.96.0.10 domain=default.svc.cluster.local

# One node with a pod, ipsvcd and ipsvc-dnsd; $dir is for files.
node_with_dns() {
	type kdig >/dev/null 2>&1 || skip "no kdig"
	small_cluster
	dir=$(mktemp -d -p "$ktap_tmp")
	cluster_tmp=$dir
	serve small "web=$pod:udp:8080" "web=$pod:tcp:8080"
	mkdir "$dir/manifests"
	pod_manifest >"$dir/manifests/pod.yaml"
	web
	run_daemon
	run_dnsd
	busywait "$(slow 10)" answers "web.$domain" 10.96.0.20 || fail "no answer: $(cat "$dir"/*.log)"
}

web() {
	cat >"$dir/manifests/web.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec: {clusterIP: 10.96.0.20, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
		---
		apiVersion: v1
		kind: Service
		metadata: {name: all}
		spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
	YAML
}

run_daemon() {
	nsrun "$node" ipsvcd --manifests "$dir/manifests" --store "$dir/store.db" --run-dir "$dir/run" --node-name Node-1 \
		--prune-after 1 --dns 10.244.1.1 >>"$dir/ipsvcd.log" 2>&1 &
	daemon=$!
}

run_dnsd() { # OPTION…
	nsrun "$node" setpriv --bounding-set=-all --inh-caps=-all ipsvc-dnsd --feed "$dir/run/dns.sock" --run-dir "$dir/dnsd" \
		--forward none "$@" >>"$dir/dnsd.log" 2>&1 &
	dnsd=$!
}

# kdig from the pod; ask -n for the node itself.
ask() {
	local ns=$pod
	if [[ $1 = -n ]]; then ns=$node && shift; fi
	nsrun "$ns" kdig "@$dns" +retry=0 +timeout="$(slow 2)" "$@"
}

answers() {
	[[ $(ask +short "$1" | sort | xargs) = "${*:2}" ]]
}

has_status() {
	[[ $(ask "$2") = *"status: $1;"* ]]
}

cli() {
	IPSVC_DNSD_RUN_DIR=$dir/dnsd ipsvc --netns "$node" --store "$dir/store.db" --run-dir "$dir/run" "$@"
}

test_names_of_services() {
	node_with_dns
	expect 10.96.0.20 ask +short "web.$domain"
	expect 10.96.0.20 ask +short +tcp "web.$domain"
	expect 10.244.1.2 ask +short "all.$domain"
	expect "0 100 8080 10-244-1-2.all.$domain." ask +short "_http._tcp.all.$domain" SRV
	expect "web.$domain." ask +short -x 10.96.0.20
	expect "10-244-1-2.all.$domain."$'\n'"10-244-1-2.web.$domain." eval 'ask +short -x 10.244.1.2 | sort'
	expect "$dns" ask +short ns.dns.cluster.local
	expect "$dns" ask +short kube-dns.kube-system.svc.cluster.local
	expect 10.96.0.20 ask -n +short "web.$domain"
	has_status NXDOMAIN "none.$domain" || fail "a name that nobody has"
	expect_match "^web " nettool ask -n "$node" -t "$patience" tcp 10.96.0.20:80
}

test_kubernetes_sees_it() {
	node_with_dns
	expect_match "^kube-dns +ClusterIP +$dns +<none> +53/UDP,53/TCP" cli get svc -n kube-system --no-headers
	expect_match "^kube-dns +10.244.1.1:10053,10.244.1.1:10053" cli get endpoints -n kube-system --no-headers
	expect_match "^ipsvc-dnsd-node-1 +1/1 +Running" cli get pods -n kube-system --no-headers
	expect "nameserver $dns
search prod.svc.cluster.local svc.cluster.local cluster.local
options ndots:5" cli dns config -n prod
	expect_match "web.$domain. +5 +A +10.96.0.20" cli dns query web --server "$dns"
	expect_match "DNS: +running .*domain cluster.local., 3 services" cli status
	expect_match "types.A +[1-9]" cli dns stats
	expect_match 'ipsvc_dns_queries_total\{type="A"\} [1-9]' cli dns stats -o prometheus
}

# By the names that a program in a container uses.
test_resolver_of_a_container() {
	node_with_dns
	mkdir -p "/etc/netns/$pod"
	defer rm -rf "/etc/netns/$pod"
	cli dns config >"/etc/netns/$pod/resolv.conf"
	expect_match "^10.96.0.20 +STREAM" ip netns exec "$pod" getent ahostsv4 web
	expect_match "^10.96.0.20 +STREAM" ip netns exec "$pod" getent ahostsv4 web.default
	expect_match "^10.96.0.20 +STREAM" ip netns exec "$pod" getent ahostsv4 web.default.svc
	expect_match "^10.96.0.20 +web.$domain" ip netns exec "$pod" getent hosts 10.96.0.20
	expect_fail ip netns exec "$pod" getent ahostsv4 none
}

questions() {
	cli dns stats | awk '$1 == "queries.udp" { print $2 }'
}

# A container has one server, which is asked for everything; with the domains it searches, once.
test_names_of_others() {
	local before
	node_with_dns
	cat >"$dir/manifests/ext.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: ext}
		spec: {type: ExternalName, externalName: alias.example.com}
	YAML
	has_status REFUSED www.example.com || fail "an answer from nobody"
	kill "$dnsd"
	wait "$dnsd" || fail "$(<"$dir/dnsd.log")"
	nsrun "$node" python3 "$(dirname "$0")/../userspace/tests/dns_upstream.py" 5353 192.0.2.1 "$dir/upstream.log" 2>&1 &
	run_dnsd --forward 127.0.0.1:5353 --autopath
	busywait "$(slow 10)" answers www.example.com 192.0.2.1 || fail "$(cat "$dir"/*.log)"
	expect 192.0.2.1 ask +short +tcp www.example.com
	busywait "$(slow 10)" answers "ext.$domain" 192.0.2.1 alias.example.com. c.cdn. || fail "$(ask "ext.$domain")"
	mkdir -p "/etc/netns/$pod"
	defer rm -rf "/etc/netns/$pod"
	cli dns config >"/etc/netns/$pod/resolv.conf"
	before=$(questions)
	expect_match "^192.0.2.1 +STREAM" ip netns exec "$pod" getent ahostsv4 one.example.com
	expect $((before + 1)) questions
	expect_match "^192.0.2.1 +STREAM" ip netns exec "$pod" getent ahostsv4 ext
	expect_match "^10.96.0.20 +STREAM" ip netns exec "$pod" getent ahostsv4 web.default
	expect_fail ip netns exec "$pod" getent ahostsv4 nx.example.com
}

pod_is() {
	pod_manifest | sed "s/\"True\"/\"$1\"/" >"$dir/manifests/pod.yaml"
}

test_names_follow() {
	node_with_dns
	pod_is False
	busywait "$(slow 10)" has_status NXDOMAIN "all.$domain" || fail "a pod that is not ready has a name"
	expect 10.96.0.20 ask +short "web.$domain"
	pod_is True
	busywait "$(slow 10)" answers "all.$domain" 10.244.1.2 || fail "a pod that is ready has none"
	rm "$dir/manifests/web.yaml"
	busywait "$(slow 10)" has_status NXDOMAIN "web.$domain" || fail "a deleted Service has a name"
	expect "" nsrun "$node" sh -c 'grep default/web /proc/net/ipsvc/services || true'
}

# In which revision it was written last.
dns_pod() {
	cli get pod ipsvc-dnsd-node-1 -n kube-system -o 'jsonpath={.metadata.resourceVersion}'
}

test_it_outlives_the_daemon() {
	node_with_dns
	kill -9 "$daemon"
	rm "$dir/manifests/web.yaml"
	expect 10.96.0.20 ask +short "web.$domain"
	before=$(dns_pod)
	run_daemon
	busywait "$(slow 10)" has_status NXDOMAIN "web.$domain" || fail "it does not follow any more"
	web
	busywait "$(slow 10)" answers "web.$domain" 10.96.0.20 || fail "it does not follow any more"
	expect "$before" dns_pod
}

nobody_is_ready() {
	[[ $(cli get endpoints kube-dns -n kube-system --no-headers) != *10053* ]]
}

refused_udp() {
	nettool ask -n "$pod" -t "$patience" udp "$dns:53" || true
}

# Without the server its Service refuses at once, and no client waits.
test_a_server_that_is_gone() {
	node_with_dns
	kill -9 "$dnsd"
	busywait "$(slow 10)" nobody_is_ready || fail "$(cli get endpoints -A)"
	expect refused refused_udp
	run_dnsd
	busywait "$(slow 10)" answers "web.$domain" 10.96.0.20 || fail "it does not answer again"
}

# What the kernel has no room for has no name, and the rest has.
test_what_is_refused_has_no_name() {
	node_with_dns
	mount_sysfs "$node"
	knob "$node" services_max 3
	sed 's/name: web}/name: more}/; s/10.96.0.20/10.96.0.30/' "$dir/manifests/web.yaml" | sed '/^---/,$d' \
		>"$dir/manifests/more.yaml"
	busywait "$(slow 10)" grep -q 'default/more.*refused' "$dir/ipsvcd.log" || fail "$(<"$dir/ipsvcd.log")"
	has_status NXDOMAIN "more.$domain" || fail "a name without a service: $(ask +short "more.$domain")"
	expect 10.96.0.20 ask +short "web.$domain"
	knob "$node" services_max 100
	busywait "$(slow 70)" answers "more.$domain" 10.96.0.30 || fail "no name of a service"
}

# From the store to the answer; how long it took is said, and is milliseconds on a real machine.
test_how_soon() {
	local start now
	node_with_dns
	cat >"$dir/new.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: new}
		spec: {clusterIP: 10.96.0.40, selector: {app: web}, ports: [{port: 80}]}
	YAML
	cli apply -f "$dir/new.yaml"
	start=${EPOCHREALTIME/./}
	busywait "$(slow 5)" answers "new.$domain" 10.96.0.40 || fail "no name"
	now=${EPOCHREALTIME/./}
	echo "# after $(((now - start) / 1000)) ms"
	expect_match "^web " nettool ask -n "$node" -t "$patience" tcp 10.96.0.20:80
}

run_tests
