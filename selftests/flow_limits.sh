#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The flow table is bounded, says when the bound bites, and empties itself.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

test_flows_expire() {
	local before
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	svc new dns udp vip "$vip:53" ep "$pc_ip:8080"
	expect pc who "$pa" tcp "$vip:80" 10
	expect pc who "$pa" udp "$vip:53" 10
	session a "$pa" tcp "$vip:80"
	expect pc name_of a
	before=$(flows)
	((before >= 21)) || fail "$before flows"
	expect_match "connections=10 flows=10" grep dns <(svc -1 services)
	let_expire
	(($(count "$node1" flow_expired) >= 21)) || fail "$(count "$node1" flow_expired) of $before are counted"
	expect 0 knob "$node1" flows
}

# Which timeout it is depends on what was seen.
test_each_timeout() {
	forget_flows
	knob "$node1" timeout_udp 1000
	knob "$node1" timeout_udp_stream 2000
	knob "$node1" timeout_tcp_syn 3000
	knob "$node1" timeout_tcp_established 4000
	knob "$node1" timeout_tcp_closing 5000
	knob "$node1" timeout_tcp_closed 6000
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	svc new dns udp vip "$vip:53" ep "$pc_ip:8080" + mute udp vip "$vip:54" ep "$pc_ip:8080"
	inside "$pc" nft "add table ip mute; add chain ip mute in { type filter hook input priority 0; };
		add rule ip mute in ip saddr $pa_ip udp sport 5054 drop; add rule ip mute in tcp sport 5080 drop"
	defer inside "$pc" nft flush ruleset
	expect timeout ask "$pa" udp "$vip:54" -p 5054 -t 500
	expect pc who "$pa" udp "$vip:53" 1 -p 5052
	session stream "$pa" udp "$vip:53" -p 5053
	expect pc name_of stream
	expect pc name_of stream
	expect timeout ask "$pa" tcp "$vip:80" -p 5080 -t 500
	session open "$pa" tcp "$vip:80" -p 5081
	expect pc name_of open
	expect pc who "$pa" tcp "$vip:80" 1 -p 5083 -q
	expires 5054 new 1000
	expires 5052 established 1000
	expires 5053 established 2000
	expires 5080 new 3000
	expires 5081 established 4000
	expires 5083 closed 6000
}

# What the connection before has sent is none of the business of the one after it.
test_port_used_again_after_a_reset() {
	forget_flows
	knob "$node1" timeout_tcp_syn 3000
	knob "$node1" timeout_tcp_established 4000
	knob "$node1" timeout_tcp_closed 6000
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session a "$pa" tcp "$vip:80" -p 5090
	expect pc name_of a
	expires 5090 established 4000
	expect reset say a @rst
	expires 5090 closed 6000
	inside "$pc" nft "add table ip mute; add chain ip mute in { type filter hook input priority 0; };
		add rule ip mute in tcp sport 5090 drop"
	defer inside "$pc" nft flush ruleset
	expect timeout ask "$pa" tcp "$vip:80" -p 5090 -t 500
	expires 5090 new 3000
	inside "$pc" nft flush ruleset
	session b "$pa" tcp "$vip:80" -p 5090
	expect pc name_of b
	expires 5090 established 4000
}

# A client's flow by its port: its state, and the time that it was given, within the last minute.
expires() {
	local port=$1 state=$2 seconds=$3 line ms
	line=$(svctool -n "$node1" flows | grep ":$port ") || fail "no flow of port $port"
	[[ $line =~ expires=([0-9]+) ]]
	ms=${BASH_REMATCH[1]}
	[[ $line = *" state=$state "* ]] || fail "state is not $state: $line"
	((ms <= seconds * 1000 && ms > (seconds - 60) * 1000)) || fail "not $seconds s: $line"
}

test_cap() {
	local i
	forget_flows
	knob "$node1" timeout_tcp_established 1000
	knob "$node1" timeout_udp 1000
	knob "$node1" timeout_udp_stream 1000
	knob "$node1" timeout_udp 1000
	with flows_max 8
	svc new dns udp vip "$vip:53" ep "$pc_ip:8080"
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session a "$pa" tcp "$vip:80"
	expect pc name_of a
	# Of two questions each: a full table gives up what was asked once.
	for i in 1 2 3 4 5 6 7; do
		session "u$i" "$pa" udp "$vip:53"
		expect pc name_of "u$i"
		expect pc name_of "u$i"
	done
	expect timeout ask "$pa" udp "$vip:53" -t 500
	# Sockets of the node learn it from the call.
	expect "Operation not permitted" ask "$node1" udp "$vip:53" -t 500
	expect 2 count "$node1" drop_flow_limit
	expect 8 flows
	expect 15 heard pc
	# Those that exist go on.
	expect pc name_of a
	# Room again.
	with flows_max 9
	expect pc who "$pa" udp "$vip:53" 1
	expect 2 count "$node1" drop_flow_limit
}

# All instances together: what one has, another cannot.
test_cap_of_all_instances() {
	local i parameter=/sys/module/ipsvc/parameters/flows_total_max
	forget_flows
	knob "$node1" timeout_udp 1000
	knob "$node1" timeout_udp_stream 1000
	# Those that have ended count until they are freed.
	busywait "$(slow 3)" eval '(($(knob "$node1" flows) + $(knob "$node2" flows) == 0))' || fail "flows stay"
	defer sh -c "echo $(<"$parameter") >$parameter"
	echo 4 >"$parameter"
	# Node 2 does not know of it: for that it is a direct connection to the endpoint, a flow as well.
	svc -1 new dns udp vip "$vip:53" ep "$pc_ip:8080"
	for i in 1 2 3 4; do
		session "t$i" "$pa" udp "$vip:53"
		expect pc name_of "t$i"
		expect pc name_of "t$i"
	done
	expect timeout ask "$pa" udp "$vip:53" -t 500
	expect 1 count "$node1" drop_flow_limit
	for i in 1 2 3 4; do expect pc name_of "t$i"; done
	echo 5 >"$parameter"
	# What is evicted in one instance makes room for what is new there.
	expect pc who "$pa" udp "$vip:53" 1
	expect pc who "$pa" udp "$vip:53" 1
	expect 1 count "$node1" flow_evicted
}

current_memory() {
	cat "/sys/fs/cgroup/$1/memory.current"
}

# Flows are charged to the cgroup that made the instance, and stay within its limit.
test_memory_is_charged() {
	local group=flows.$BASHPID before after
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || skip "no memory controller of cgroup 2"
	mkdir "/sys/fs/cgroup/$group"
	defer rmdir "/sys/fs/cgroup/$group"
	setup_ns own
	(echo "$BASHPID" >"/sys/fs/cgroup/$group/cgroup.procs" && ip -n "$own" link add ipsvc0 type ipsvc)
	ip -n "$own" -batch - <<-END
		link set ipsvc0 up
		route add 10.96.0.0/16 dev ipsvc0
		link add d0 type dummy
		addr add 10.0.2.1/24 dev d0
		link set d0 up
	END
	svctool -n "$own" new dns udp vip 10.96.0.1:80 ep 10.0.2.2:80
	before=$(current_memory "$group")
	flood -n "$own" -s 198.18.0.0/15 -R -c 8000 udp 10.96.0.1:80 >/dev/null
	after=$(current_memory "$group")
	((after - before > 8000 * 100)) || fail "8000 flows take $((after - before)) bytes of the cgroup's"
	expect 0 svctool -n "$own" stats drop_no_memory
	echo $((after + 500000)) >"/sys/fs/cgroup/$group/memory.max"
	flood -n "$own" -s 198.18.0.0/15 -R -c 30000 udp 10.96.0.1:80 >/dev/null
	(($(svctool -n "$own" stats drop_no_memory) > 10000)) || fail "$(svctool -n "$own" stats drop_no_memory) are refused"
	(($(current_memory "$group") <= after + 500000)) || fail "$(current_memory "$group") bytes"
}

# Four ports between the node and an endpoint: four clients at a time, and a fifth is refused, not confused.
test_masquerade_ports_run_out() {
	local i
	forget_flows
	knob "$node1" timeout_udp 1000
	knob "$node1" timeout_udp_stream 1000
	with masquerade_ports 20000-20003
	svc new dns udp nodeport 30053 ep "$pc_ip:8080"
	for i in 1 2 3 4; do
		session "s$i" "$client" udp 192.168.0.1:30053
		expect_match "^pc 192\.168\.0\.1:2000[0-3] hello$" say "s$i" hello
	done
	expect timeout ask "$client" udp 192.168.0.1:30053 -t 500
	expect 1 count "$node1" drop_masquerade_ports
	for i in 1 2 3 4; do expect pc name_of "s$i"; done
	expect 4 flows
	# The same ports lead to another endpoint.
	svc set dns ep "$pc_ip:8080,drain" ep "$pd_ip:8080"
	expect pd who "$client" udp 192.168.0.1:30053 3
	for i in 1 2 3 4; do expect pc name_of "s$i"; done
}

# One client port, two services, one endpoint: two flows that the endpoint must tell apart.
test_two_services_one_endpoint() {
	local proto
	for proto in tcp udp; do
		forget_flows
		knob "$node1" timeout_udp 1000
		knob "$node1" timeout_udp_stream 1000
		knob "$node1" timeout_tcp_established 1000
		svc new one "$proto" vip "$vip:80" ep "$pc_ip:8080" + two "$proto" vip "$vip:81" ep "$pc_ip:8080"
		session "one$proto" "$pa" "$proto" "$vip:80" -p 6000
		session "two$proto" "$pa" "$proto" "$vip:81" -p 6000
		expect "pc $pa_ip:6000 x" say "one$proto" x
		expect_match "^pc [0-9.]+:[0-9]+ y$" say "two$proto" y
		expect "pc $pa_ip:6000 x" say "one$proto" x
		expect 2 flows
		expect 0 count "$node1" drop_flow_clash
	done
}

test_bad_values_are_refused() {
	local file=/sys/class/net/ipsvc0/ipsvc bad
	for bad in flows_max=0 flows_max=x flows_max=99999999999 masquerade_ports=5 masquerade_ports=9-5 \
		masquerade_ports=1-65536 timeout_udp=0 timeout_udp=-1 notrack=2; do
		expect_error "Invalid argument" ip netns exec "$node1" \
			bash -c "echo ${bad#*=} >$file/${bad%%=*}"
	done
}

cluster_up
run_tests
