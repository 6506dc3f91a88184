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
