#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UDP: a socket that lives on sees each change of its service at once, since nothing else would tell it.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

dns() {
	fresh
	svc new dns udp vip "$vip:53" nodeport 30053 ep "$pc_ip:8080"
}

# Sockets of a pod, of the node itself and of a client outside, all connected to the one endpoint.
three_sockets() {
	dns
	session pod "$pa" udp "$vip:53" -t "$(slow 1)000"
	session node "$node1" udp "$vip:53" -t "$(slow 1)000"
	session outside "$client" udp "$node1_ip:30053" -t "$(slow 1)000"
	three_get pc
}

three_get() {
	local id
	for id in pod node outside; do
		expect "$1" name_of "$id"
	done
}

test_one_flow_a_socket() {
	three_sockets
	three_get pc
	three_get pc
	expect 3 count "$node1" flow_created
	expect 9 count "$node1" packets_from_client
	expect 9 count "$node1" packets_from_endpoint
	expect 9 heard pc
	no_leaks
}

test_removal_moves_a_socket_at_once() {
	three_sockets
	svc set dns ep "$pd_ip:8080"
	expect 3 count "$node1" flow_purged
	three_get pd
	expect 3 heard pc
	svc set dns ep "$pb_ip:8080"
	three_get pb
	expect 3 heard pd
	no_leaks
}

test_drained_endpoint_keeps_its_sockets() {
	three_sockets
	svc set dns ep "$pc_ip:8080,drain" ep "$pd_ip:8080"
	three_get pc
	expect pd who "$pa" udp "$vip:53" 10
	expect pd who "$client" udp "$node1_ip:30053" 10
	three_get pc
	expect 0 count "$node1" flow_purged
	# Draining, then gone.
	svc set dns ep "$pd_ip:8080"
	three_get pd
	expect 9 heard pc
}

test_last_endpoint_goes_first_one_comes() {
	three_sockets
	svc set dns no-endpoints
	three_get refused
	three_get refused
	expect 6 count "$node1" reject_no_endpoint
	svc set dns ep "$pd_ip:8080"
	three_get pd
	expect 3 heard pc
	no_leaks
}

# The socket was there before anything else.
test_socket_before_service() {
	fresh
	session pod "$pa" udp "$vip:53" -t "$(slow 1)000"
	session outside "$client" udp "$node1_ip:30053" -t "$(slow 1)000"
	expect refused name_of pod
	expect refused name_of outside
	dns
	expect pc name_of pod
	expect pc name_of outside
}

test_service_deleted() {
	three_sockets
	svc del dns
	three_get refused
	expect 3 heard pc
	expect 3 count "$node1" flow_purged
	expect_match '^[2-4]$' count "$node1" reject_no_service
	no_leaks
}

test_frontend_changes() {
	three_sockets
	svc set dns vip "$vip:54" nodeport 30054
	three_get refused
	expect 3 heard pc
	expect pc who "$pa" udp "$vip:54" 1
	expect pc who "$client" udp "$node1_ip:30054" 1
}

# The address and port get another owner: its endpoints answer, no other.
test_frontend_moves() {
	three_sockets
	svc set dns no-frontends + other vip "$vip:53" nodeport 30053 2>/dev/null && fail "there is no such service"
	three_get pc
	svc new other udp ep "$pd_ip:8080"
	svc set dns no-frontends + other vip "$vip:53" nodeport 30053
	three_get pd
	expect 6 heard pc
}

# An endpoint's port changes: the old one is another endpoint.
test_endpoint_port_changes() {
	three_sockets
	svc set dns ep "$pc_ip:8081"
	three_get pc
	expect 3 count "$node1" flow_purged
	expect_match "ep=$(re "$pc_ip"):8081,connections=3,flows=3" svc -1 services
}

test_datagrams_longer_than_the_mtu() {
	dns
	expect pc who "$pa" udp "$vip:53" 3 -z 4000
	expect pc who "$node1" udp "$vip:53" 3 -z 4000
	expect pc who "$client" udp "$node1_ip:30053" 3 -z 4000
	expect pc who "$client" udp "$node1_ip:30053" 3 -z 40000
	expect 0 count "$node1" drop_truncated
	no_leaks
}

test_datagrams_without_checksum() {
	! is_v6 || skip "a datagram of IPv6 has a checksum"
	dns
	svc set dns ep "$pc_ip:8081"
	inside "$pc" nft -f - <<-END
		table ip zero {
			counter in { }
			counter out { }
			chain in { type filter hook input priority 0; udp dport 8081 udp checksum 0 counter name in; }
		}
	END
	inside "$pa" nft -f - <<-END
		table ip zero {
			counter in { }
			chain in { type filter hook input priority 0; udp sport 53 udp checksum 0 counter name in; }
		}
	END
	defer inside "$pc" nft flush ruleset
	defer inside "$pa" nft flush ruleset
	expect pc who "$pa" udp "$vip:53" 3 -N
	expect_match "packets 3 " inside "$pc" nft list counter ip zero in
	expect_match "packets 3 " inside "$pa" nft list counter ip zero in
	expect pc who "$client" udp "$node1_ip:30053" 3 -N
	expect_match "packets 6 " inside "$pc" nft list counter ip zero in
}

cluster_up
run_tests
