#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Addresses of load balancers and external IPs lead to the endpoints, whoever has them; what else is there is left alone.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

lb=172.30.0.10 lb_net=172.30.0.0/24
! is_v6 || lb='[fd00:30::10]' lb_net=fd00:30::/64

# web PROTO CLASS: clients outside are led to node1.
web() {
	fresh
	svc new web "$1" vip "$vip:80" nodeport 30080 "$2" "$lb:80" ep "$pb_ip:8080" ep "$pc_ip:8080"
	ip -n "$client" route replace "$lb_net" via "$(bare "$node1_ip")"
	defer ip -n "$client" route del "$lb_net"
}

# An address that is somebody's: owns NS
owns() {
	ip -n "$1" addr add "$(bare "$lb")" dev lo
	defer ip -n "$1" addr del "$(bare "$lb")" dev lo
}

reaches_all() {
	local proto=$1 class=$2 ns
	web "$proto" "$class"
	for ns in "$client" "$pa" "$node1" "$pd" "$node2"; do
		expect "pb pc" who "$ns" "$proto" "$lb:80" 16
	done
	# The other frontends of the service go on.
	expect "pb pc" who "$pa" "$proto" "$vip:80" 20
	expect "pb pc" who "$client" "$proto" "$node1_ip:30080" 20
	no_leaks
}

test_load_balancer() {
	reaches_all tcp lb
	reaches_all udp lb
}

test_external_ip() {
	reaches_all udp external
}

test_without_endpoints() {
	local class proto ns
	for class in lb external; do
		for proto in tcp udp; do
			web "$proto" "$class"
			svc set web no-endpoints
			for ns in "$client" "$pa" "$node1"; do
				expect refused ask "$ns" "$proto" "$lb:80" -t "$(slow 1)000"
			done
			expect_match '^[3-5]$' count "$node1" reject_no_endpoint
		done
	done
	no_leaks
}

# Other ports, and other protocols, go where they are routed to.
test_unlisted_ports() {
	local class proto
	owns "$client"
	ip -n "$client" route add "$(bare "$pa_ip")" via "$(bare "$node1_ip")"
	defer ip -n "$client" route del "$(bare "$pa_ip")"
	serve own "own=$client:tcp:81" "own=$client:udp:81" "own=$client:tcp:80" "own=$client:udp:80"
	for class in lb external; do
		fresh
		svc new web tcp "$class" "$lb:80" ep "$pc_ip:8080"
		for proto in tcp udp; do
			expect own who "$pa" "$proto" "$lb:81" 1
			expect own who "$node1" "$proto" "$lb:81" 1
		done
		expect own who "$pa" udp "$lb:80" 1
		expect pc who "$pa" tcp "$lb:80" 2
		expect 2 count "$node1" flow_created
		expect 0 count "$node1" reject_no_service
	done
}

# The address may be one of the node: its own servers are what they were, and so are their connections.
test_address_of_the_node() {
	local class
	owns "$node1"
	serve own "own=$node1:tcp:80" "own=$node1:tcp:81"
	for class in lb external; do
		fresh
		ip -n "$client" route replace "$lb_net" via "$(bare "$node1_ip")"
		session "old$class" "$client" tcp "$lb:80"
		expect own name_of "old$class"
		svc new web tcp "$class" "$lb:80" ep "$pb_ip:8080" ep "$pc_ip:8080"
		expect "pb pc" who "$client" tcp "$lb:80" 20
		expect "pb pc" who "$pa" tcp "$lb:80" 20
		expect "pb pc" who "$node1" tcp "$lb:80" 20
		expect own name_of "old$class"
		expect own who "$client" tcp "$lb:81" 1
		expect own who "$node1" tcp "$lb:81" 1
		expect 0 count "$node1" reset_no_flow
		(($(count "$node1" pass_no_flow) > 0)) || fail "not counted"
		svc del web
		expect own who "$client" tcp "$lb:80" 1
		expect own name_of "old$class"
	done
	ip -n "$client" route del "$lb_net"
}

# A connection that nobody here knows is not passed on to whoever else has the address.
test_unknown_segment_is_reset() {
	web tcp lb
	timeouts 1
	session a "$client" tcp "$lb:80"
	expect_match '^p[bc]$' name_of a
	let_expire
	expect reset say a hello
	# What tests before have left sends its last segments, too.
	(($(count "$node1" reset_no_flow) > 0)) || fail "not counted"
	no_leaks
}

test_address_moves() {
	web tcp lb
	session old "$client" tcp "$lb:80"
	expect_match '^p[bc]$' name_of old
	svc new other tcp vip "$vip2:80" ep "$pd_ip:8080"
	expect_error 'frontend belongs to another service' svc set other lb "$lb:80"
	svc set web vip "$vip:80" + other lb "$lb:80"
	expect pd who "$client" tcp "$lb:80" 2
	expect_match '^p[bc]$' name_of old
	no_leaks
}

cluster_up
run_tests
