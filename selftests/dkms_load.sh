#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module that DKMS built (host/dkms.sh) loads, and a service of it answers.
# shellcheck disable=SC2119,SC2154,SC2317 # run_tests calls the functions; names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

built=$(cd "$(dirname "$0")/.." && pwd -P)/build/dkms/$(uname -r)/ipsvc.ko

put_back() {
	rmmod ipsvc
	modprobe ipsvc
}

test_dkms_module_serves() {
	local client node pod
	[[ -e $built ]] || skip "no $built: run selftests/host/dkms.sh on the host"
	rmmod ipsvc
	defer put_back
	insmod "$built"
	expect "$(modinfo -F srcversion "$built")" cat /sys/module/ipsvc/srcversion
	small_cluster
	setup_ns client
	veth "$client" eth0 192.0.2.100/24 "$node" eth0 192.0.2.11/24
	ip netns exec "$node" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	start_daemon
	ip netns exec "$pod" socat TCP-LISTEN:8080,fork,reuseaddr EXEC:'echo hello' &
	busywait "$(slow 5)" listens "$pod" tcp 8080
	busywait "$(slow 5)" ipsvc --netns "$node" service show default/web
	expect hello ip netns exec "$node" socat -t5 - TCP:10.96.0.10:80
	expect hello ip netns exec "$client" socat -t5 - TCP:192.0.2.11:30080
}

# One Service and one Pod, by ipsvcd in $node.
start_daemon() {
	mkdir -p "$ktap_tmp/manifests"
	cat >"$ktap_tmp/manifests/web.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec:
		  type: NodePort
		  clusterIP: 10.96.0.10
		  selector: {app: web}
		  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
	YAML
	pod_manifest >"$ktap_tmp/manifests/pod.yaml"
	ip netns exec "$node" ipsvcd --manifests "$ktap_tmp/manifests" --store "$ktap_tmp/store.db" \
		--run-dir "$ktap_tmp/run" --node-name node &
}

run_tests
