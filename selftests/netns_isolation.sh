#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two network namespaces with the same services: neither sees anything of the other's.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

test_same_service_other_endpoints() {
	local proto
	for proto in tcp udp; do
		fresh
		svc -1 new web "$proto" vip "$vip:80" nodeport 30080 ep "$pb_ip:8080"
		svc -2 new web "$proto" vip "$vip:80" nodeport 30080 ep "$pd_ip:8080"
		expect pb who "$pa" "$proto" "$vip:80" 10
		expect pd who "$pc" "$proto" "$vip:80" 10
		expect pb who "$node1" "$proto" 127.0.0.1:30080 5
		expect pd who "$node2" "$proto" 127.0.0.1:30080 5
		about 15 count "$node1" flow_created
		about 15 count "$node2" flow_created
		expect 15 heard pb
		expect 15 heard pd
	done
}

# Removed here, kept there.
test_changes_stay_at_home() {
	fresh
	svc new web udp vip "$vip:80" ep "$pb_ip:8080"
	session one "$pa" udp "$vip:80"
	session two "$pc" udp "$vip:80"
	expect pb name_of one
	expect pb name_of two
	svc -1 del web
	expect refused name_of one
	expect pb name_of two
	expect "" svc -1 services
	expect_match "^web " svc -2 services
	expect 0 count "$node2" flow_purged
	expect_error "No such file" svc -1 del web
}

# Knobs, counters, flows and /proc of one say nothing of the other.
test_state_is_per_namespace() {
	fresh
	svc -1 new web tcp vip "$vip:80" ep "$pb_ip:8080"
	knob "$node1" flows_max 77
	[[ $(knob "$node2" flows_max) != 77 ]] || fail "a knob of the other namespace has changed"
	expect pb who "$pa" tcp "$vip:80" 3
	expect 0 count "$node2" flow_created
	expect_match "10.96.0.10" inside "$node1" cat /proc/net/ipsvc/flows
	inside "$node2" cat /proc/net/ipsvc/flows | grep -q 'web' && fail "flows of the other namespace are shown"
	expect_fail inside "$client" cat /proc/net/ipsvc/flows
	expect_error "No such device" svctool -n "$client" services
	knob "$node1" flows_max 131072
}

test_one_instance_a_namespace() {
	expect_error "has an ipsvc instance already" ip -n "$node1" link add ipsvc1 type ipsvc
	expect_fail ip -n "$node1" link set ipsvc0 netns "$client"
	ip -n "$node1" link show ipsvc0 >/dev/null
}

# A link that is up says nothing of its own accord: what it counts is what others sent.
test_link_is_silent() {
	local sent
	fresh
	[[ -e /proc/sys/net/ipv6 ]] || skip "this kernel has no IPv6"
	ip -n "$node1" link set ipsvc0 down
	ip -n "$node1" link set ipsvc0 up
	ip -n "$node1" route add 10.96.0.0/16 dev ipsvc0
	sent=$(ip -n "$node1" -s link show ipsvc0)
	# The first router solicitation of a link that had an address would come within a second.
	sleep 2
	expect "" ip -n "$node1" -6 addr show dev ipsvc0
	expect "$sent" ip -n "$node1" -s link show ipsvc0
	expect 0 count "$node1" reject_no_service
}

cluster_up
run_tests
