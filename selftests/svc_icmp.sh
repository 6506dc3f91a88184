#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ICMP errors about packets to endpoints reach the client as errors about its packets to the service.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Nobody listens at the endpoint: its "port unreachable" names the endpoint.
test_closed_udp_port() {
	local where
	fresh
	svc new dns udp vip "$vip:53" nodeport 30053 ep "$pc_ip:9999"
	for where in "$pa $vip:53" "$node1 $vip:53" "$node1 $loop:30053" "$client $node1_ip:30053" \
		"$client $node2_ip:30053"; do
		# shellcheck disable=SC2086 # two words
		set -- $where
		expect refused ask "$1" udp "$2" -t "$(slow 1)000"
	done
	expect 4 count "$node1" icmp_translated
	expect 1 count "$node2" icmp_translated
	expect 0 count "$node1" reject_no_endpoint
	# The socket lives on and gets its answer when there is one.
	session a "$pa" udp "$vip:53" -t "$(slow 1)000"
	expect refused name_of a
	svc set dns ep "$pc_ip:8080"
	expect pc name_of a
	no_leaks
}

# The error comes from the pod's own address, where it must not seem to come from when it gets back there.
test_closed_udp_port_of_oneself() {
	fresh
	svc new dns udp vip "$vip:53" nodeport 30053 ep "$pa_ip:9999"
	expect refused ask "$pa" udp "$vip:53" -t "$(slow 1)000"
	expect refused ask "$pa" udp "$node1_ip:30053" -t "$(slow 1)000"
	expect 2 count "$node1" icmp_translated
	no_leaks
}

test_no_route_to_endpoint() {
	fresh
	ip -n "$node2" route add unreachable "$(bare "$pod_none")"
	defer ip -n "$node2" route del unreachable "$(bare "$pod_none")"
	svc new web tcp vip "$vip:80" ep "$pod_none:80"
	expect no-route ask "$pa" tcp "$vip:80" -t "$(slow 2)000"
	(($(count "$node1" icmp_translated) >= 1)) || fail "the error was not translated"
}

# What the client learned of the way to the service: the MTU it will keep to.
fresh_paths() {
	local ns
	fresh
	for ns in "$pa" "$pc" "$node1" "$node2" "$client"; do
		ip -n "$ns" route flush cache
		ip -6 -n "$ns" route flush cache
	done
}

mtu_of() {
	ip -n "$1" route get "$(bare "$2")" | grep -o ' mtu [0-9]*' || echo " mtu unknown"
}

test_path_mtu_behind_the_other_node() {
	fresh_paths
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	# Only one way: the pod itself believes in 1500, so that the handshake does not tell.
	ip -n "$node2" link set pc mtu 1300
	defer ip -n "$node2" link set pc mtu 1500
	bulk send "$pa" "$vip:80" 300000
	expect " mtu 1300" mtu_of "$pa" "$vip"
	bulk send "$node1" "$vip:80" 300000
	(($(count "$node1" icmp_translated) >= 2)) || fail "the error was not translated"
	# Masqueraded: the error comes to the node's own address.
	bulk send "$client" "$node1_ip:30080" 300000
	expect " mtu 1300" mtu_of "$client" "$node1_ip"
	(($(count "$node1" icmp_translated) >= 3)) || fail "the error was not translated for a masqueraded client"
	no_leaks
}

# The node that rewrites the packet is the one that cannot forward it.
test_path_mtu_of_the_first_node() {
	fresh_paths
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	ip -n "$node1" route change "$pods2" via "$(bare "$node2_ip")" mtu lock 1300
	defer ip -n "$node1" route change "$pods2" via "$(bare "$node2_ip")"
	bulk send "$pa" "$vip:80" 300000
	expect " mtu 1300" mtu_of "$pa" "$vip"
	bulk send "$node1" "$vip:80" 300000
	no_leaks
}

test_path_mtu_of_the_first_node_masqueraded() {
	fresh_paths
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	ip -n "$node1" route change "$pods2" via "$(bare "$node2_ip")" mtu lock 1300
	defer ip -n "$node1" route change "$pods2" via "$(bare "$node2_ip")"
	bulk send "$client" "$node1_ip:30080" 300000
	expect " mtu 1300" mtu_of "$client" "$node1_ip"
}

# Towards the client: the endpoint is told, wherever the bottleneck is.
test_path_mtu_towards_the_client() {
	fresh_paths
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	ip -n "$node1" link set pa mtu 1300
	defer ip -n "$node1" link set pa mtu 1500
	bulk recv "$pa" "$vip:80" 300000
	expect " mtu 1300" mtu_of "$pc" "$pa_ip"
	no_leaks
}

test_path_mtu_towards_a_masqueraded_client() {
	fresh_paths
	svc new web tcp nodeport 30080 ep "$pc_ip:8080"
	ip -n "$node1" route add "$(bare "$client_ip")" dev eth0 mtu lock 1300
	defer ip -n "$node1" route del "$(bare "$client_ip")" dev eth0
	bulk recv "$client" "$node1_ip:30080" 300000
	no_leaks
}

# Neither a flow nor an error: errors about other packets pass untouched.
test_other_errors_pass() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	expect refused ask "$pa" udp "$pc_ip:9999" -t "$(slow 1)000"
	expect refused ask "$node1" udp "$pc_ip:9999" -t "$(slow 1)000"
	expect 0 count "$node1" icmp_translated
	expect 0 count "$node1" drop_truncated
}

cluster_up
run_tests
