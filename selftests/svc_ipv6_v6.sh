#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What only IPv6 has: extension headers, what belongs to a link, two families side by side.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

ip6=$(dirname "$0")/ip6.py

dns() {
	fresh
	svc new dns udp vip "$vip:53" nodeport 30053 ep "$pc_ip:8080"
}

test_extension_headers() {
	local headers
	dns
	for headers in hop dest "hop dest"; do
		# shellcheck disable=SC2086 # words
		expect pc inside "$pa" python3 "$ip6" ask "$(bare "$vip")" 53 100 $headers
		# shellcheck disable=SC2086
		expect pc inside "$node1" python3 "$ip6" ask "$(bare "$vip")" 53 100 $headers
		# shellcheck disable=SC2086
		expect pc inside "$client" python3 "$ip6" ask "$(bare "$node1_ip")" 30053 100 $headers
	done
	expect 9 heard pc
	expect 0 count "$node1" drop_truncated
	no_leaks
}

test_extension_headers_of_fragments() {
	dns
	expect pc inside "$pa" python3 "$ip6" ask "$(bare "$vip")" 53 5000 hop dest
	expect pc inside "$client" python3 "$ip6" ask "$(bare "$node1_ip")" 30053 5000 dest
	expect 2 heard pc
	no_leaks
}

# A node port is one of addresses that are routed: a server of the node keeps its link-local ones.
test_link_local_addresses() {
	fresh
	serve own "own=$node1:tcp:30080"
	svc new web tcp nodeport 30080 ep "$pc_ip:8080"
	expect pc who "$pa" tcp "$node1_ip:30080" 2
	expect own inside "$pa" python3 "$ip6" tcp fe80::1 30080 eth0
	expect 2 count "$node1" flow_created
	expect 2 heard pc
}

# A route makes a whole network local, of which no link has an address.
test_local_network() {
	fresh
	ip -n "$node1" -6 route add local fd00:168:9::/64 dev lo
	defer ip -n "$node1" -6 route del local fd00:168:9::/64 dev lo
	ip -n "$client" route add fd00:168:9::/64 via "$(bare "$node1_ip")"
	defer ip -n "$client" route del fd00:168:9::/64
	svc new web tcp nodeport 30080 ep "$pc_ip:8080"
	expect pc who "$client" tcp '[fd00:168:9::5]:30080' 2
	expect pc who "$node1" tcp '[fd00:168:9::6]:30080' 2
}

# The way to the endpoint: a node without an address that a router would forward packets from.
nameless() {
	setup_ns alone user router server
	veth "$alone" user - "$user" eth0 fd00:1::2/64
	veth "$alone" router - "$router" alone -
	veth "$router" server fd00:2::1/64 "$server" eth0 fd00:2::2/64
	ip -n "$alone" addr add fe80::1/64 dev user
	ip -n "$user" route add default via fe80::1 dev eth0
	ip -n "$alone" addr add fe80::1/64 dev router
	ip -n "$router" addr add fe80::2/64 dev alone
	ip -n "$router" route add default via fe80::1 dev alone
	ip -n "$server" route add default via fd00:2::1
	ip -n "$alone" route add fd00:1::/64 dev user
	ip -n "$alone" route add fd00:2::/64 via fe80::2 dev router
	sysctls "$alone" ../ipv6/conf/all/forwarding=1
	sysctls "$router" ../ipv6/conf/all/forwarding=1
	printf '%s\n' "link add ipsvc0 type ipsvc" "link set ipsvc0 up" "route add fd00:96::/112 dev ipsvc0" |
		ip -n "$alone" -batch -
	serve "nameless$RANDOM" "far=$server:tcp:8080"
}

test_masquerade_needs_an_address() {
	nameless
	svctool -6 -n "$alone" new web tcp vip "$vip:80" ep '[fd00:2::2]:8080'
	expect_match '^far \[?fd00:1::2' ask "$user" tcp "$vip:80"
	# Who is not of the cluster is seen as the node.
	mount_sysfs "$alone"
	knob "$alone" cluster_cidr fd00:2::/64
	expect timeout ask "$user" tcp "$vip:80" -t 500
	expect_match '^[1-9]' svctool -n "$alone" stats drop_no_route
	ip -n "$alone" addr add fd00:3::1/128 dev lo
	ip -n "$router" route add fd00:3::1/128 via fe80::1 dev alone
	expect_match '^far \[?fd00:3::1' ask "$user" tcp "$vip:80"
}

# Neighbours are found while the hooks see every packet, and after they were forgotten.
test_neighbour_discovery() {
	local ns
	dns
	for ns in "$pa" "$pc" "$node1" "$node2" "$client"; do ip -n "$ns" -6 neigh flush all; done
	expect pc who "$pa" udp "$vip:53" 2
	expect pc who "$client" udp "$node2_ip:30053" 2
	expect 0 count "$node1" icmp_translated
}

# From one port of an endpoint to one of another, but not in TCP or UDP, or not for anybody to read.
test_other_packets_are_left_alone() {
	dns
	svc new other udp vip "$vip2:53" ep "$pa_ip:8080"
	expect pc who "$pa" udp "$vip:53" 1
	inside "$pc" python3 "$ip6" receive eth0 "$(bare "$pa_ip")" "$(bare "$pc_ip")" >"$ktap_tmp/received" 2>&1 &
	busywait "$(slow 5)" grep -q ready "$ktap_tmp/received"
	inside "$pa" python3 "$ip6" send eth0 "$(bare "$pa_ip")" "$(bare "$pc_ip")"
	busywait "$(slow 10)" grep -q same "$ktap_tmp/received" || fail "$(<"$ktap_tmp/received")"
}

# The same name, ports and clients in both families: two services.
test_families_are_apart() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	svctool -n "$node1,$node2" new web tcp vip 10.96.0.10:80 nodeport 30080 ep 10.244.2.11:8080
	expect pc who "$pa" tcp "$vip:80" 4
	expect pd who "$pa" tcp 10.96.0.10:80 4
	expect pc who "$client" tcp "$node1_ip:30080" 4
	expect pd who "$client" tcp 192.168.0.1:30080 4
	expect_match "web ipv6 tcp 1 1 8 8 random $(re "$vip"):80 \*:30080" inside "$node1" grep ipv6 /proc/net/ipsvc/services
	expect_match "web ipv4 tcp 1 1 8 8 random 10.96.0.10:80 \*:30080" inside "$node1" grep ipv4 /proc/net/ipsvc/services
	svc del web
	expect refused ask "$pa" tcp "$vip:80" -t "$(slow 1)000"
	expect pd who "$pa" tcp 10.96.0.10:80 4
}

cluster_up
run_tests
