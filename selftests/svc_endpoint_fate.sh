#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP connections stay with their endpoint whatever becomes of it; new ones never go where none should.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

three_connections() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	session pod "$pa" tcp "$vip:80"
	session node "$node1" tcp "$vip:80"
	session outside "$client" tcp "$node1_ip:30080"
	three_stay
}

three_stay() {
	local id
	for id in pod node outside; do
		expect pc name_of "$id"
	done
}

new_ones_get() {
	expect "$1" who "$pa" tcp "$vip:80" 15
	expect "$1" who "$client" tcp "$node1_ip:30080" 15
	three_stay
}

test_endpoint_added() {
	three_connections
	svc set web ep "$pc_ip:8080" ep "$pb_ip:8080"
	new_ones_get "pb pc"
}

test_endpoint_removed() {
	three_connections
	svc set web ep "$pb_ip:8080" ep "$pd_ip:8080"
	new_ones_get "pb pd"
	expect 3 heard pc
	expect 0 count "$node1" flow_purged
	# The same address and port again is another endpoint; old connections are of no concern to it.
	svc set web ep "$pc_ip:8080"
	new_ones_get pc
}

test_endpoint_drained() {
	three_connections
	svc set web ep "$pc_ip:8080,drain" ep "$pd_ip:8080"
	new_ones_get pd
	expect 3 heard pc
	svc set web ep "$pc_ip:8080" ep "$pd_ip:8080"
	new_ones_get "pc pd"
}

test_service_deleted() {
	three_connections
	svc del web
	expect refused ask "$pa" tcp "$vip:80" -t "$(slow 1)000"
	three_stay
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pd_ip:8080"
	new_ones_get pd
	expect 3 heard pc
}

test_frontend_removed() {
	three_connections
	svc set web vip "$vip:81"
	expect refused ask "$pa" tcp "$vip:80" -t "$(slow 1)000"
	three_stay
}

# A flow that has ended does not decide for the next connection from the same port.
test_port_used_again_after_close() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	expect "pc $pa_ip:4000" ask "$pa" tcp "$vip:80" -q -p 4000
	svc set web ep "$pd_ip:8080"
	expect "pd $pa_ip:4000" ask "$pa" tcp "$vip:80" -q -p 4000
	expect pd who "$client" tcp "$node1_ip:30080" 1 -q -p 4000
	svc set web ep "$pb_ip:8080"
	expect pb who "$client" tcp "$node1_ip:30080" 1 -q -p 4000
	expect 4 count "$node1" flow_created
}

test_port_used_again_after_reset() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session a "$pa" tcp "$vip:80" -p 4001
	expect pc name_of a
	expect reset say a @rst
	svc set web ep "$pd_ip:8080"
	expect "pd $pa_ip:4001" ask "$pa" tcp "$vip:80" -p 4001
}

# The client vanished without a word: the flow looks alive, its endpoint is not.
test_port_used_again_endpoint_gone() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session a "$pa" tcp "$vip:80" -p 4002
	expect pc name_of a
	inside "$pa" nft "add table $ip mute; add chain $ip mute out { type filter hook output priority 0; };
		add rule $ip mute out tcp flags & rst == rst drop"
	defer inside "$pa" nft flush ruleset
	expect reset say a @rst
	inside "$pa" nft flush ruleset
	svc set web ep "$pd_ip:8080"
	expect "pd $pa_ip:4002" ask "$pa" tcp "$vip:80" -p 4002
	expect 1 heard pc
}

# A client takes its port again, for a frontend that leads to another service by now: its old flow does not count.
test_reused_port_of_a_moved_frontend() {
	fresh
	svc new one tcp vip "$vip:80" vip "$vip2:80" nodeport 30080 ep "$pc_ip:8080" + two tcp ep "$pd_ip:8080"
	session a "$pa" tcp "$vip:80" -p 7000
	session b "$client" tcp "$node1_ip:30080" -p 7000
	expect pc name_of a
	expect pc name_of b
	expect reset say a @rst
	expect reset say b @rst
	svc set one vip "$vip2:80" + two vip "$vip:80" nodeport 30080
	session c "$pa" tcp "$vip:80" -p 7000
	session d "$client" tcp "$node1_ip:30080" -p 7000
	expect pd name_of c
	expect pd name_of d
	expect reset say c @rst
	svc set two no-frontends
	expect refused ask "$pa" tcp "$vip:80" -p 7000
	# A connection that lives goes on.
	expect pd name_of d
	expect 2 heard pc
	expect 2 heard pd
}

# So many endpoints that the filter in front of the tables is built anew: what the tables have lost still passes it.
test_filter_is_rebuilt() {
	local eps=() i net=10.250. dot=. end='' many="$vip_none"
	! is_v6 || net='[fd00:250::' dot=: end=']'
	three_connections
	svc del web
	for ((i = 0; i < 2000; i++)); do eps+=(ep "$net$((i / 250))$dot$((i % 250 + 1))$end:80"); done
	svc new many tcp vip "$many:80" "${eps[@]}"
	three_stay
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pd_ip:8080"
	svc del many
	new_ones_get pd
}

cluster_up
run_tests
