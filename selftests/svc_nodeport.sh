#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Node ports: every address of every node leads to the endpoints, wherever they are; the node's own business goes on.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

web() {
	fresh
	svc new web "$1" nodeport 30080 ep "$pc_ip:8080" ep "$pd_ip:8080"
}

# What the endpoints see of a client behind a node: that address of the node, ports of the range.
masqueraded() {
	local want=$1 name peer
	while read -r name peer; do
		[[ $name = p[cd] && ${peer%:*} = "$want" ]] || fail "$name saw $peer instead of $want"
		((${peer##*:} >= 1024 && ${peer##*:} <= 29999)) || fail "port ${peer##*:} is not of the masquerade range"
	done
}

outside_reaches_all() {
	local answers
	web "$1"
	# A node without an endpoint, and one that has them.
	answers=$(ask "$client" "$1" "$node1_ip:30080" -c 20)
	masqueraded "$node1_ip" <<<"$answers"
	expect "pc pd" who "$client" "$1" "$node1_ip:30080" 30
	answers=$(ask "$client" "$1" "$node2_ip:30080" -c 20)
	masqueraded "$gw2" <<<"$answers"
	expect "pc pd" who "$client" "$1" "$node2_ip:30080" 30
	about 50 count "$node1" flow_created
	about 50 count "$node2" flow_created
	expect 100 echo $(($(heard pc) + $(heard pd)))
	no_leaks
}

test_outside_reaches_all_tcp() {
	outside_reaches_all tcp
}

test_outside_reaches_all_udp() {
	outside_reaches_all udp
}

# A client here and there, through any address that is the node's own.
test_every_local_address() {
	local proto where other=172.16.5.5
	! is_v6 || other='[fd00:5::5]'
	ip -n "$node1" addr add "$(bare "$other")" dev lo
	defer ip -n "$node1" addr del "$(bare "$other")" dev lo
	for proto in tcp udp; do
		web "$proto"
		for where in "$node1_ip" "$gw1" "$other"; do
			expect "pc pd" who "$pa" "$proto" "$where:30080" 16
			expect "pc pd" who "$node1" "$proto" "$where:30080" 16
		done
		expect "pc pd" who "$pa" "$proto" "$node2_ip:30080" 16
		expect "pc pd" who "$node2" "$proto" "$node1_ip:30080" 16
		expect "pc pd" who "$pc" "$proto" "$node2_ip:30080" 16
	done
	no_leaks
}

test_loopback() {
	local proto
	for proto in tcp udp; do
		web "$proto"
		expect "pc pd" who "$node1" "$proto" "$loop:30080" 16
		expect "pc pd" who "$node2" "$proto" "$loop:30080" 16
		masqueraded "$node1_ip" < <(ask "$node1" "$proto" "$loop:30080" -c 4)
		about 20 count "$node1" flow_created
	done
	no_leaks
}

# Addresses that are not the node's, and ports that are not the service's.
test_other_destinations_are_not_taken() {
	web tcp
	expect refused ask "$pa" tcp "$pc_ip:30080" -t "$(slow 1)000"
	expect refused ask "$client" tcp "$node1_ip:30081" -t "$(slow 1)000"
	expect refused ask "$client" udp "$node1_ip:30080" -t "$(slow 1)000"
	expect refused ask "$node1" tcp "$client_ip:30080" -t "$(slow 1)000"
	expect 0 count "$node1" flow_created
	expect 0 count "$node2" flow_created
	expect 0 heard pc
	no_leaks
}

# The node serves the port itself; then the service takes it, but not what is connected already.
test_connections_of_the_node_stay() {
	fresh
	serve own "own=$node1:tcp:30080"
	session old "$client" tcp "$node1_ip:30080"
	expect own name_of old
	web tcp
	expect own name_of old
	expect "pc pd" who "$client" tcp "$node1_ip:30080" 16
	expect own name_of old
	expect 0 count "$node1" reset_no_flow
	svc -1 del web
	expect own who "$client" tcp "$node1_ip:30080" 1
	expect own name_of old
}

test_port_changes() {
	web tcp
	session old "$client" tcp "$node1_ip:30080"
	expect_match "p[cd]" name_of old
	svc set web nodeport 30099
	expect refused ask "$client" tcp "$node1_ip:30080" -t "$(slow 1)000"
	expect "pc pd" who "$client" tcp "$node1_ip:30099" 16
	expect_match "p[cd]" name_of old
	# Cluster IP and node port of one service at a time.
	svc set web vip "$vip:80" nodeport 30080
	expect "pc pd" who "$client" tcp "$node1_ip:30080" 16
	expect "pc pd" who "$pa" tcp "$vip:80" 16
	expect refused ask "$client" tcp "$node1_ip:30099" -t "$(slow 1)000"
}

cluster_up
run_tests
