#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods on one bridge answer each other through a Service, whether the bridge calls netfilter or not.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# The pods have the addresses of pa and pb.
a_ip=$pa_ip b_ip=$pb_ip calls=bridge-nf-call-iptables
! is_v6 || calls=bridge-nf-call-ip6tables

pods_on_bridge() {
	local p i=10
	setup_ns node a b
	ip -n "$node" -batch - <<-END
		link add cni0 type bridge
		addr add 10.244.1.1/24 dev cni0
		addr add fd00:244:1::1/64 dev cni0 nodad
		link set cni0 up
		link add ipsvc0 type ipsvc
		$(ipsvc_link)
	END
	for p in a b; do
		ip -n "$node" link add "v$p" type veth peer name eth0 netns "${!p}"
		ip -n "$node" link set "v$p" master cni0 up
		ip -n "${!p}" -batch - <<-END
			addr add 10.244.1.$i/24 dev eth0
			addr add fd00:244:1::$i/64 dev eth0 nodad
			link set eth0 up
			route add default via 10.244.1.1
			route add default via fd00:244:1::1
		END
		i=$((i + 1))
	done
	sysctls "$node" ip_forward=1 conf/all/rp_filter=1 ../ipv6/conf/all/forwarding=1
	cluster_tmp=$ktap_tmp
	serve "pods" "a=$a:tcp:8080" "a=$a:udp:8080" "b=$b:tcp:8080" "b=$b:udp:8080"
	tool new web tcp vip "$vip:80" nodeport 30080 ep "$b_ip:8080" +\
		dns udp vip "$vip:80" nodeport 30080 ep "$b_ip:8080"
}

tool() {
	if is_v6; then svctool -6 -n "$node" "$@"; else svctool -n "$node" "$@"; fi
}

# bridge_calls 0|1
bridge_calls() {
	modprobe -q br_netfilter || skip "this kernel has no br_netfilter"
	defer modprobe -r br_netfilter
	pods_on_bridge
	inside "$node" sh -c "echo $1 >/proc/sys/net/bridge/$calls"
}

# Answered, and by whom: seen is what the endpoint sees of the client.
neighbours_answer() {
	local seen=$1 proto
	for proto in tcp udp; do
		expect_match "^b $(re "$seen"):[0-9]+$" ask "$a" "$proto" "$vip:80"
		expect b who "$a" "$proto" "$vip:80" 6
		expect b who "$a" "$proto" "$gw1:30080" 3
		# A direct connection is none of this.
		expect_match "^b $(re "$a_ip"):[0-9]+$" ask "$a" "$proto" "$b_ip:8080"
	done
	bulk send "$a" "$vip:80" 300000
	bulk recv "$a" "$vip:80" 300000
	expect b who "$a" udp "$vip:80" 2 -z 9000
	closed_ports
	hairpin
}

closed_ports() {
	tool set web ep "$b_ip:9" + dns ep "$b_ip:9"
	expect refused ask "$a" udp "$vip:80" -t "$(slow 1)000"
	expect refused ask "$a" tcp "$vip:80" -t "$(slow 1)000"
}

# A pod that reaches itself: its port of the bridge must send a frame back to where it came from.
hairpin() {
	local proto
	ip -n "$node" link set va type bridge_slave hairpin on
	tool set web ep "$a_ip:8080" + dns ep "$a_ip:8080"
	for proto in tcp udp; do
		expect_match "^a $(re "$gw1"):" ask "$a" "$proto" "$vip:80"
		expect a who "$a" "$proto" "$gw1:30080" 2
	done
}

test_without_br_netfilter() {
	if [[ -e /sys/module/br_netfilter ]]; then modprobe -r br_netfilter || skip "br_netfilter is in use"; fi
	pods_on_bridge
	neighbours_answer "$gw1"
}

test_bridge_without_calls() {
	bridge_calls 0
	neighbours_answer "$gw1"
}

# Then the answer passes the hooks, and the client need not be hidden.
test_bridge_with_calls() {
	bridge_calls 1
	neighbours_answer "$a_ip"
}

type nettool >/dev/null 2>&1 || PATH=$KSFT_TOOLS:$PATH
run_tests
