#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Addresses of Services answer echo requests while they have an endpoint for whoever asks, and traceroute finds them behind
# their node.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

lb=172.30.0.10 six=-4 one=32 unreachable='Destination Port Unreachable'
! is_v6 || lb='[fd00:30::10]' six=-6 one=128 unreachable='Destination unreachable: Port unreachable'

# Clients outside are led to node1.
web() {
	local address
	fresh
	svc -1 new web tcp vip "$vip:80" lb "$lb:80" nodeport 30080 ep "$pb_ip:8080,local" ep "$pc_ip:8080"
	for address in "$vip" "$lb"; do
		ip -n "$client" route replace "$(bare "$address")" via "$(bare "$node1_ip")"
		defer ip -n "$client" route del "$(bare "$address")"
	done
}

pings() { # NS ADDRESS [OPTIONS]
	inside "$1" ping -n -c 1 -W "$(slow 2)" "${@:3}" "$(bare "$2")"
}

answers() {
	expect_match "from $(re "$(bare "$2")"): icmp_seq=1.*1 received" pings "$@"
}

# Not even an error.
silent() {
	capture pings "$1" "$2" -W "$(slow 1)" "${@:3}" && fail "$2 answers"
	[[ $output != *'bytes from '* && $output != *'From '* ]] || fail "$output"
}

refused() {
	capture pings "$1" "$2" && fail "$2 answers"
	# Of what the node sends itself the call fails, which ping does not tell: it ends at once.
	[[ $output$errors = *"$unreachable"* || ($1 = "$node1" && $output = *"100% packet loss, time 0ms"*) ]] || fail "$output$errors"
}

test_answers() {
	local ns to
	web
	for ns in "$pa" "$node1" "$client"; do
		for to in "$vip" "$lb"; do answers "$ns" "$to"; done
	done
	expect 6 count "$node1" echo_answered
	expect 0 count "$node1" reject_no_service
	# Nobody is at other addresses, and the node answers for itself.
	capture pings "$pa" "$vip_none" && fail "$vip_none answers"
	answers "$pa" "$node1_ip"
	expect 6 count "$node1" echo_answered
	# A pod is asked itself.
	answers "$client" "$node1_ip"
	expect 0 flows
}

# The data comes back, whatever it is and however large.
test_sizes() {
	local ns size
	web
	for size in 0 1 1472 1473 3001 20000 65507; do
		! is_v6 || ((size != 65507)) || size=65000
		for ns in "$pa" "$node1" "$client"; do
			answers "$ns" "$vip" -s "$size"
			answers "$ns" "$lb" -s "$size" -p a55a
		done
	done
}

# What there is of options and extension headers is not sent back.
test_options() {
	web
	if is_v6; then
		answers "$pa" "$lb" -Q 0x20
		expect_match received python3 - "$pa" "$(bare "$lb")" <<-'EOP'
			import os, socket, struct, sys
			fd = os.open(f"/run/netns/{sys.argv[1]}", os.O_RDONLY)
			import ctypes
			ctypes.CDLL(None).setns(fd, 0)
			s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
			s.settimeout(10)
			s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
			s.sendto(struct.pack("!BBHHH", 128, 0, 0, 77, 1) + b"data", (sys.argv[2], 0))
			while True:
			    data, peer = s.recvfrom(2000)
			    if data[0] == 129 and data[4:] == struct.pack("!HH", 77, 1) + b"data" and peer[0] == sys.argv[2]:
			        print("received")
			        break
		EOP
		return
	fi
	for option in '-R' '-T tsonly' '-T tsandaddr' '-Q 0x20'; do
		for ns in "$pa" "$node1"; do
			# shellcheck disable=SC2086 # words
			answers "$ns" "$lb" $option
		done
	done
}

test_without_endpoints() {
	local ns to
	web
	svc -1 set web no-endpoints
	for ns in "$pa" "$node1" "$client"; do
		for to in "$vip" "$lb"; do refused "$ns" "$to"; done
	done
	expect 0 count "$node1" echo_answered
	(($(count "$node1" reject_no_endpoint) >= 6)) || fail "not counted"
	svc -1 set web ep "$pc_ip:8080,drain"
	refused "$pa" "$vip"
	svc -1 set web ep "$pc_ip:8080"
	answers "$pa" "$vip"
	# As long as one of the ports has one.
	svc -1 new other udp vip "$vip:53" lb "$lb:53"
	answers "$pa" "$vip"
	svc -1 set other ep "$pc_ip:53" + web no-endpoints
	answers "$pa" "$vip"
	svc -1 del other
	refused "$pa" "$vip"
	svc -1 del web
	capture pings "$client" "$lb" -W 1 && fail "it still answers"
	expect 3 count "$node1" echo_answered
}

# A balancer is to see that its node has none.
test_policy_local() {
	web
	with cluster_cidr "$pod_net"
	svc -1 set web vip "$vip:80,local" lb "$lb:80,local"
	answers "$client" "$lb"
	svc -1 set web ep "$pc_ip:8080"
	silent "$client" "$lb"
	silent "$pa" "$vip"
	answers "$pa" "$lb"
	answers "$node1" "$lb"
	(($(count "$node1" drop_no_local_endpoint) >= 2)) || fail "not counted"
}

test_source_ranges() {
	web
	svc -1 set web vip "$vip:80" lb "$lb:80,ranges" allow "$(bare "$pa_ip")/$one"
	answers "$pa" "$lb"
	answers "$pb" "$vip"
	silent "$pb" "$lb"
	silent "$client" "$lb"
}

test_switched_off() {
	web
	with vip_ping 0
	refused "$pa" "$vip"
	capture pings "$pa" "$lb" -W 1 && fail "it answers"
	expect 0 count "$node1" echo_answered
	knob "$node1" vip_ping 1
	answers "$pa" "$lb"
}

# What somebody else has stays his.
test_address_of_the_node() {
	web
	ip -n "$node1" addr add "$(bare "$lb")" dev lo
	defer ip -n "$node1" addr del "$(bare "$lb")" dev lo
	svc -1 set web no-endpoints
	answers "$client" "$lb"
	answers "$node1" "$lb"
	expect 0 count "$node1" echo_answered
}

# A forged source is what rp_filter says.
test_forged_source() {
	if is_v6; then skip "IPv6 has no rp_filter"; fi
	web
	ip -n "$client" addr add "$(bare "$pb_ip")/32" dev lo
	defer ip -n "$client" addr del "$(bare "$pb_ip")/32" dev lo
	silent "$client" "$lb" -I "$(bare "$pb_ip")"
	expect 0 count "$node1" echo_answered
}

# The packet filter of usual form lets them through, without rules for them.
test_stateful_firewall() {
	web
	rules <<-END
		table inet filter {
			chain input {
				type filter hook input priority 0; policy drop
				iif lo accept
				ct state established,related accept
				meta l4proto ipv6-icmp icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			}
			chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; }
			chain output { type filter hook output priority 0; policy accept; }
		}
	END
	for ns in "$pa" "$node1" "$client"; do answers "$ns" "$lb"; done
}

# route NS ADDRESS OPTIONS: the hops, a line
route() {
	local hop address rest
	inside "$1" traceroute "$six" -n -q 1 -N 1 -m 5 -w "$(slow 2)" "${@:3}" "$(bare "$2")" >"$ktap_tmp/route" 2>&1 || fail "$(<"$ktap_tmp/route")"
	while read -r hop address rest; do
		[[ $hop = traceroute ]] || printf '%s ' "$address"
	done <"$ktap_tmp/route"
}

test_traceroute() {
	local to
	web
	for to in "$vip" "$lb"; do
		expect "$(bare "$gw1") $(bare "$to") " route "$pa" "$to" -I
		expect "$(bare "$node1_ip") $(bare "$to") " route "$client" "$to" -I
		expect "$(bare "$to") " route "$node1" "$to" -I
	done
	# By the endpoint of this node.
	svc -1 set web ep "$pb_ip:8080"
	svc -1 new dns udp vip "$vip:53" lb "$lb:53" ep "$pb_ip:8080"
	for to in "$vip" "$lb"; do
		expect "$(bare "$gw1") $(bare "$to") " route "$pa" "$to" -T -p 80
		expect "$(bare "$node1_ip") $(bare "$to") " route "$client" "$to" -T -p 80
		expect "$(bare "$gw1") $(bare "$to") " route "$pa" "$to" -U -p 53
	done
	# The endpoint of the other node is behind that.
	svc -1 set web ep "$pc_ip:8080"
	expect "$(bare "$gw1") $(bare "$node2_ip") $(bare "$vip") " route "$pa" "$vip" -T -p 80
}

cluster_up
run_tests
