#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Source ranges: who is taken and who is dropped, by frontend; before anything else is looked at, and for new flows only.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

lb=172.30.0.10 one=32 any=0.0.0.0/0 halves='allow 0.0.0.0/1 allow 128.0.0.0/1'
! is_v6 || lb='[fd00:30::10]' one=128 any=::/0 halves='allow ::/1 allow 8000::/1'

# web PROTO ITEM…: clients outside are led to node1.
web() {
	fresh
	svc new web "$1" vip "$vip:80" nodeport 30080 lb "$lb:80,ranges" external "$lb:81" ep "$pb_ip:8080" ep "$pc_ip:8080" \
		"${@:2}"
	ip -n "$client" route replace "$(bare "$lb")" via "$(bare "$node1_ip")"
	defer ip -n "$client" route del "$(bare "$lb")"
}

# host ADDRESS
host() {
	echo "$(bare "$1")/$one"
}

taken() {
	expect_match '^p[bc]( p[bc])?$' who "$1" "$2" "$3" 2
}

dropped() {
	expect timeout ask "$1" "$2" "$3" -t "$(slow 1)00"
}

# What the node sends itself, and is not allowed to: the call may say so.
not_sent() {
	expect_match '^(timeout|Operation not permitted)$' ask "$node1" "$1" "$2" -t "$(slow 1)00"
}

allows() {
	local proto=$1 before
	web "$proto" allow "$(host "$pa_ip")" allow "$(host "$node1_ip")"
	taken "$pa" "$proto" "$lb:80"
	taken "$node1" "$proto" "$lb:80"
	before=$(count "$node1" flow_created)
	expect 0 count "$node1" drop_source_range
	dropped "$client" "$proto" "$lb:80"
	dropped "$pb" "$proto" "$lb:80"
	(($(count "$node1" drop_source_range) >= 2)) || fail "not counted"
	expect "$before" count "$node1" flow_created
	# The other frontends do not ask.
	for to in "$vip:80" "$node1_ip:30080" "$lb:81"; do taken "$pb" "$proto" "$to"; done
	taken "$client" "$proto" "$node1_ip:30080"
	taken "$client" "$proto" "$lb:81"
	no_leaks
}

test_allow_tcp() {
	allows tcp
}

test_allow_udp() {
	allows udp
}

# From the node itself it is the address that it sends with.
test_own_packets() {
	web udp allow "$(host "$client_ip")"
	not_sent udp "$lb:80"
	taken "$client" udp "$lb:80"
	svc set web allow "$(host "$node1_ip")"
	taken "$node1" udp "$lb:80"
	dropped "$client" udp "$lb:80"
}

test_all_and_nobody() {
	local range
	web udp allow "$any"
	for range in "allow $any" "$halves" no-ranges; do
		# shellcheck disable=SC2086 # words
		svc set web $range
		taken "$client" udp "$lb:80"
		taken "$pa" udp "$lb:80"
	done
	expect 0 count "$node1" drop_source_range
	svc set web deny "$any"
	dropped "$client" udp "$lb:80"
	dropped "$pa" udp "$lb:80"
	# shellcheck disable=SC2086 # words
	svc set web $halves deny "$any"
	dropped "$client" udp "$lb:80"
}

# A denied range counts for more than an allowed one, whichever is longer; without any that is allowed, all others are taken.
test_deny() {
	web udp deny "$(host "$pa_ip")"
	dropped "$pa" udp "$lb:80"
	taken "$pb" udp "$lb:80"
	taken "$client" udp "$lb:80"
	svc set web deny "$pod_net" allow "$(host "$pa_ip")"
	dropped "$pa" udp "$lb:80"
	dropped "$pb" udp "$lb:80"
	dropped "$client" udp "$lb:80"
	svc set web deny "$(host "$pa_ip")" allow "$pod_net"
	dropped "$pa" udp "$lb:80"
	taken "$pb" udp "$lb:80"
}

# All classes that have the flag.
test_every_class() {
	local to
	fresh
	svc new web udp vip "$vip:80,ranges" nodeport 30080,ranges external "$lb:80,ranges" allow "$(host "$pa_ip")" \
		ep "$pb_ip:8080"
	for to in "$vip:80" "$node1_ip:30080" "$lb:80"; do
		taken "$pa" udp "$to"
		dropped "$pb" udp "$to"
	done
	dropped "$client" udp "$node1_ip:30080"
	svc set web vip "$vip:80" nodeport 30080,ranges
	taken "$pb" udp "$vip:80"
	dropped "$client" udp "$node1_ip:30080"
}

# It is dropped whatever would become of it otherwise.
test_before_everything_else() {
	local proto
	for proto in tcp udp; do
		web "$proto" allow "$(host "$pa_ip")"
		svc set web no-endpoints
		expect refused ask "$pa" "$proto" "$lb:80" -t "$(slow 1)000"
		dropped "$client" "$proto" "$lb:80"
		expect_match '^[12]$' count "$node1" reject_no_endpoint
	done
	web tcp allow "$(host "$client_ip")"
	session a "$client" tcp "$lb:80"
	expect_match '^p[bc]$' name_of a
	svc set web allow "$(host "$pa_ip")"
	let_expire
	expect timeout say a hello
	expect 0 count "$node1" reset_no_flow
}

test_flows_stay() {
	local proto
	for proto in tcp udp; do
		web "$proto" allow "$(host "$client_ip")"
		session "old$proto" "$client" "$proto" "$lb:80"
		expect_match '^p[bc]$' name_of "old$proto"
		svc set web allow "$(host "$pa_ip")"
		expect_match '^p[bc]$' name_of "old$proto"
		dropped "$client" "$proto" "$lb:80"
		expect_match '^p[bc]$' name_of "old$proto"
		svc set web no-ranges
		taken "$client" "$proto" "$lb:80"
		expect_match '^p[bc]$' name_of "old$proto"
	done
}

# Connections that a server of the node has at the address are its own, new ones are not.
test_address_of_the_node() {
	ip -n "$node1" addr add "$(bare "$lb")" dev lo
	defer ip -n "$node1" addr del "$(bare "$lb")" dev lo
	serve own "own=$node1:tcp:80" "own=$node1:tcp:81"
	fresh
	ip -n "$client" route replace "$(bare "$lb")" via "$(bare "$node1_ip")"
	defer ip -n "$client" route del "$(bare "$lb")"
	session old "$client" tcp "$lb:80"
	expect own name_of old
	svc new web tcp lb "$lb:80,ranges" allow "$(host "$pa_ip")" ep "$pb_ip:8080"
	expect own name_of old
	dropped "$client" tcp "$lb:80"
	# The node sends to the address from the address.
	not_sent tcp "$lb:80"
	svc set web allow "$(host "$pa_ip")" allow "$(host "$lb")"
	expect pb who "$node1" tcp "$lb:80" 1
	expect own name_of old
	expect own who "$client" tcp "$lb:81" 1
}

cluster_up
run_tests
