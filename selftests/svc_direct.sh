#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One client port, used to an endpoint directly and to a Service that has it, in either order: both connections work.
# Kernels give a port to two sockets with different destinations, so under load this happens by itself.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

web() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" + dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
}

# Each says what it said, and to the same peer as ever.
both_live() {
	local i
	for i in 1 2 3; do
		expect_match "^pc [][0-9a-f.:]+ direct$i$" say "$1" "direct$i"
		expect_match "^pc [][0-9a-f.:]+ service$i$" say "$2" "service$i"
	done
}

# Service first, then the endpoint first: in_order NS TARGET PORT ADDRESS, the client's. The end of one connection is no
# matter to the other either.
in_order() {
	local ns=$1 where=$2 port=$3 proto n=0
	web
	for proto in tcp udp; do
		session "s$proto" "$ns" "$proto" "$where" -p "$port"
		expect_match "^pc " say "s$proto" first
		session "d$proto" "$ns" "$proto" "$pc_ip:8080" -p "$port"
		both_live "d$proto" "s$proto"
		session "d2$proto" "$ns" "$proto" "$pc_ip:8080" -p $((port + 1))
		# Who came first is seen as what it is.
		expect "pc $4:$((port + 1)) first" say "d2$proto" first
		session "s2$proto" "$ns" "$proto" "$where" -p $((port + 1))
		both_live "d2$proto" "s2$proto"
		expect "pc $4:$((port + 1)) last" say "d2$proto" last
	done
	expect reset say dtcp @rst
	expect reset say s2tcp @rst
	expect_match "^pc " say stcp after
	expect_match "^pc " say d2tcp after
	# Connections, and datagrams.
	expect $((4 + 15)) heard pc
	expect 0 count "$node1" drop_flow_clash
	expect 0 count "$node1" drop_masquerade_ports
	no_leaks
}

test_pod() {
	in_order "$pa" "$vip:80" 4000 "$pa_ip"
}

test_pod_through_a_node_port() {
	in_order "$pa" "$node1_ip:30080" 4010 "$pa_ip"
}

test_node() {
	in_order "$node1" "$vip:80" 4020 "$node1_ip"
}

test_node_through_loopback() {
	in_order "$node1" "$loop:30080" 4030 "$node1_ip"
}

# The node's own socket comes to have the port that another's connection was given.
test_node_meets_a_masquerade_port() {
	local proto port seen
	for proto in tcp udp; do
		web
		session "s$proto" "$client" "$proto" "$node1_ip:30080" -p 4040
		seen=$(say "s$proto" x)
		[[ $seen =~ ^pc\ .*:([0-9]+)\ x$ && $seen = "pc $node1_ip:"* ]] || fail "$seen"
		port=${BASH_REMATCH[1]}
		session "d$proto" "$node1" "$proto" "$pc_ip:8080" -p "$port"
		both_live "d$proto" "s$proto"
	done
}

# The direct connection is older than the Service, and has said something since the Service is there.
test_older_than_the_service() {
	local proto
	for proto in tcp udp; do
		fresh
		session "d$proto" "$pa" "$proto" "$pc_ip:8080" -p 4050
		expect "pc $pa_ip:4050 x" say "d$proto" x
		svc new web "$proto" vip "$vip:80" ep "$pc_ip:8080"
		expect "pc $pa_ip:4050 y" say "d$proto" y
		session "s$proto" "$pa" "$proto" "$vip:80" -p 4050
		both_live "d$proto" "s$proto"
		expect "pc $pa_ip:4050 z" say "d$proto" z
	done
}

# A stateful firewall on the node tells the two apart, as connections from two ports.
test_stateful_firewall() {
	local where
	modprobe -q nf_conntrack || true
	rules <<-END || skip "no conntrack"
		table $ip fw {
			chain c {
				type filter hook forward priority 0; policy drop
				ct state established accept
				ct state invalid counter drop
				ct state new tcp flags & (syn|ack) == syn accept
				ct state new meta l4proto udp $ip daddr $(bare "$pc_ip") accept
			}
		}
	END
	for where in "$vip:80 4060" "$node1_ip:30080 4070"; do
		# shellcheck disable=SC2086 # two words
		in_order "$pa" $where "$pa_ip"
	done
}

# Connections to what is no endpoint are no flows.
test_others() {
	forget_flows
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session one "$pa" tcp "$pd_ip:8080"
	session two "$pa" udp "$pd_ip:8080"
	expect pd name_of one
	expect pd name_of two
	expect 0 flows
}

# A flow that reserves a tuple is of no use without the endpoint, and goes; the connection stays.
test_endpoint_is_removed() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session direct "$pa" tcp "$pc_ip:8080" -p 4900
	expect pc name_of direct
	expect direct flow_of 4900 state
	svc del web
	busywait "$(slow 5)" no_flows || fail "flows stay: $(flows)"
	expect pc name_of direct
}

cluster_up
run_tests
