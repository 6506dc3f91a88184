#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods on one bridge answer each other through a Service, whether the bridge calls netfilter or not.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

a_ip=10.244.1.10 b_ip=10.244.1.11

pods_on_bridge() {
	local p ip
	setup_ns node a b
	ip -n "$node" -batch - <<-END
		link add cni0 type bridge
		addr add 10.244.1.1/24 dev cni0
		link set cni0 up
		link add ipsvc0 type ipsvc
		link set ipsvc0 up
		route add 10.96.0.0/16 dev ipsvc0
	END
	for p in a b; do
		ip=${p}_ip
		ip -n "$node" link add "v$p" type veth peer name eth0 netns "${!p}"
		ip -n "$node" link set "v$p" master cni0 up
		addresses eth0 "${!ip}/24" | ip -n "${!p}" -batch -
		ip -n "${!p}" route add default via 10.244.1.1
	done
	sysctls "$node" ip_forward=1 conf/all/rp_filter=1
	cluster_tmp=$ktap_tmp
	serve "pods" "a=$a:tcp:8080" "a=$a:udp:8080" "b=$b:tcp:8080" "b=$b:udp:8080"
	svctool -n "$node" new web tcp vip "$vip:80" nodeport 30080 ep "$b_ip:8080" +\
		dns udp vip "$vip:80" nodeport 30080 ep "$b_ip:8080"
}

# bridge_calls 0|1
bridge_calls() {
	modprobe -q br_netfilter || skip "this kernel has no br_netfilter"
	defer modprobe -r br_netfilter
	pods_on_bridge
	inside "$node" sh -c "echo $1 >/proc/sys/net/bridge/bridge-nf-call-iptables"
}

# Answered, and by whom: seen is what the endpoint sees of the client.
neighbours_answer() {
	local seen=$1 proto
	for proto in tcp udp; do
		expect_match "^b $seen:[0-9]+$" ask "$a" "$proto" "$vip:80"
		expect b who "$a" "$proto" "$vip:80" 6
		expect b who "$a" "$proto" 10.244.1.1:30080 3
		# A direct connection is none of this.
		expect_match "^b $a_ip:[0-9]+$" ask "$a" "$proto" "$b_ip:8080"
	done
	bulk send "$a" "$vip:80" 300000
	bulk recv "$a" "$vip:80" 300000
	expect b who "$a" udp "$vip:80" 2 -z 9000
	closed_ports
	hairpin
}

closed_ports() {
	svctool -n "$node" set web ep "$b_ip:9" + dns ep "$b_ip:9"
	expect refused ask "$a" udp "$vip:80" -t "$(slow 1)000"
	expect refused ask "$a" tcp "$vip:80" -t "$(slow 1)000"
}

# A pod that reaches itself: its port of the bridge must send a frame back to where it came from.
hairpin() {
	local proto
	ip -n "$node" link set va type bridge_slave hairpin on
	svctool -n "$node" set web ep "$a_ip:8080" + dns ep "$a_ip:8080"
	for proto in tcp udp; do
		expect_match "^a 10\.244\.1\.1:" ask "$a" "$proto" "$vip:80"
		expect a who "$a" "$proto" 10.244.1.1:30080 2
	done
}

test_without_br_netfilter() {
	if [[ -e /sys/module/br_netfilter ]]; then modprobe -r br_netfilter || skip "br_netfilter is in use"; fi
	pods_on_bridge
	neighbours_answer '10\.244\.1\.1'
}

test_bridge_without_calls() {
	bridge_calls 0
	neighbours_answer '10\.244\.1\.1'
}

# Then the answer passes the hooks, and the client need not be hidden.
test_bridge_with_calls() {
	bridge_calls 1
	neighbours_answer '10\.244\.1\.10'
}

type nettool >/dev/null 2>&1 || PATH=$KSFT_TOOLS:$PATH
run_tests
