#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RST and FIN change the state of a flow only with the very next sequence number, from whichever side.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# A connection to a pod of the same node: the shortest way for many segments.
connected() {
	forget_flows
	knob "$node1" timeout_tcp_established 1000
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pb_ip:8080"
	session a "$1" tcp "$2" -p "$3"
	expect pb name_of a
	expect established flow_of "$3" state
}

# Sweeps all sequence numbers with RST and FIN, in steps of so many windows of the smallest size:
# swept PORT COUNTER RST-STEP FIN-STEP NAMESPACE OPTIONS…
swept() {
	local port=$1 counter=$2 n=$((65536 / $3 + 65536 / $4))
	# RST first: a FIN out of order is acknowledged, and a RST that follows it at once would be taken by the socket.
	expect_match "^sent=$((65536 / $3)) " forge -n "$5" -i $((65536 * $3)) -c $((65536 / $3)) "${@:6}" -o 77 rst "$(pid_of a)"
	expect established flow_of "$port" state
	expect_match "^sent=$((65536 / $4)) " forge -n "$5" -i $((65536 * $4)) -c $((65536 / $4)) "${@:6}" -o 78 fin "$(pid_of a)"
	expect established flow_of "$port" state
	# They did pass through the hooks.
	(($(count "$node1" "$counter") >= n)) || fail "$counter: $(count "$node1" "$counter") of $n"
}

# Closed flows would be gone by now: their timeout is a second.
lives() {
	knob "$node1" timeout_tcp_closing 1
	nap 3
	expect established flow_of "$1" state
	(($(flow_of "$1" expires) > 900)) || fail "ends in $(flow_of "$1" expires) s"
	expect pb name_of a
	expect 1 heard pb
}

test_sweep_from_the_client() {
	connected "$pa" "$vip:80" 4000
	swept 4000 packets_from_client 1 4 "$pa"
	lives 4000
}

test_sweep_from_the_endpoint() {
	connected "$pa" "$vip:80" 4001
	swept 4001 packets_from_endpoint 4 1 "$pb" -b -s "$pb_ip:8080" -d "$pa_ip:4001"
	lives 4001
}

# A few beside the exact number, for the other kinds of clients, whose ports are masqueraded.
beside() {
	local ns=$1 where=$2 port=$3 what offset source
	connected "$ns" "$where" "$port"
	source=$(flow_of "$port" masquerade)
	[[ $source = *:* ]] || fail "not masqueraded"
	for what in rst fin; do
		for offset in -65536 -1460 -1 1 2 1000 30000 65535 0x7fffffff 0x80000000; do
			forge -n "$ns" -o "$offset" "$what" "$(pid_of a)" >/dev/null
			forge -n "$pb" -b -s "$pb_ip:8080" -d "$source" -o "$offset" "$what" "$(pid_of a)" >/dev/null
			expect established flow_of "$port" state
		done
	done
	lives "$port"
}

test_beside_the_number_of_an_outside_client() {
	beside "$client" 192.168.0.1:30080 4002
}

test_beside_the_number_of_the_node() {
	beside "$node1" "$vip:80" 4003
}

# What the ends themselves send counts at once, and so does the exact number, which only they and the way know.
test_exact_number() {
	connected "$pa" "$vip:80" 4004
	knob "$node1" timeout_tcp_closed 1000
	forge -n "$pa" rst "$(pid_of a)" >/dev/null
	expect closed flow_of 4004 state
	connected "$pa" "$vip:80" 4005
	knob "$node1" timeout_tcp_closed 1000
	forge -n "$pb" -b -s "$pb_ip:8080" -d "$pa_ip:4005" rst "$(pid_of a)" >/dev/null
	expect closed flow_of 4005 state
}

test_real_ends() {
	connected "$pa" "$vip:80" 4006
	knob "$node1" timeout_tcp_closed 1000
	knob "$node1" timeout_tcp_closing 1000
	expect reset say a @rst
	expect closed flow_of 4006 state
	connected "$pa" "$vip:80" 4007
	knob "$node1" timeout_tcp_closed 1000
	knob "$node1" timeout_tcp_closing 1000
	expect closed say a @fin
	expect closed flow_of 4007 state
	connected "$pa" "$vip:80" 4008
	knob "$node1" timeout_tcp_closed 1000
	knob "$node1" timeout_tcp_closing 1000
	expect closed say a QUIT
	expect_match "closing|closed" flow_of 4008 state
}

# After much data in both directions, and retransmissions, the number is still known.
test_after_data() {
	connected "$pa" "$vip:80" 4009
	knob "$node1" timeout_tcp_closed 1000
	nettool recv -n "$pa" -t "$(slow 2)000" -p 4012 "$vip:80" 3000000 >/dev/null
	busywait "$(slow 1)" eval '[[ $(flow_of 4012 state) = closed ]]' || fail "after recv: $(flow_of 4012 state)"
	nettool send -n "$pa" -t "$(slow 2)000" -p 4013 "$vip:80" 3000000 >/dev/null
	busywait "$(slow 1)" eval '[[ $(flow_of 4013 state) = closed ]]' || fail "after send: $(flow_of 4013 state)"
	expect pb name_of a
	forge -n "$pa" -o 1 rst "$(pid_of a)" >/dev/null
	expect established flow_of 4009 state
	expect reset say a @rst
	expect closed flow_of 4009 state
}

# A forged segment with another number does not make that number the next one.
test_prepared_by_a_segment() {
	local offset what
	connected "$pa" "$vip:80" 4014
	for offset in 1460 100000 -100000 0xff0000; do
		for what in rst fin; do
			forge -n "$pa" -o "$offset" ack "$(pid_of a)" >/dev/null
			forge -n "$pa" -o "$offset" "$what" "$(pid_of a)" >/dev/null
			expect established flow_of 4014 state
			forge -n "$pb" -b -s "$pb_ip:8080" -d "$pa_ip:4014" -o "$offset" ack "$(pid_of a)" >/dev/null
			forge -n "$pb" -b -s "$pb_ip:8080" -d "$pa_ip:4014" -o "$offset" "$what" "$(pid_of a)" >/dev/null
			expect established flow_of 4014 state
		done
	done
	lives 4014
	knob "$node1" timeout_tcp_closed 1000
	expect reset say a @rst
	expect closed flow_of 4014 state
}

cluster_up
run_tests
