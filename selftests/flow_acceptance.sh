#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What this node drops (rp_filter, FORWARD, INPUT, OUTPUT) holds a flow for seconds at most, and changes no other.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Timeouts are so long that only another rule ends a flow.
web() {
	forget_flows
	timeouts 1000
	svc new web tcp vip "$vip:80" nodeport 30080 ep "${1:-$pc_ip:8080}"
	svc new dns udp vip "$vip:80" nodeport 30080 ep "${1:-$pc_ip:8080}"
}

in_state() {
	inside "$node1" grep -c " $1 " /proc/net/ipsvc/flows || true
}

# A thousand first packets, all of which the node drops: sprayed NS SOURCES TARGET
sprayed() {
	local proto seen
	for proto in tcp udp; do
		expect_match "^sent=1000 " flood -n "$1" -s "$2" -p 10000-10999 -c 1000 "$proto" "$3"
		# One look at them: they stay for 3 s, which a slow machine needs for a few commands.
		seen=$(inside "$node1" awk '!/^#/ { print $6; if ($7 > most) most = $7 }
			END { print "most", most + 0 }' /proc/net/ipsvc/flows | sort -u | tr '\n' ' ')
		[[ $seen =~ ^most\ [1-3]\ unconfirmed\ $ ]] || fail "$proto: states and longest time: $seen"
	done
	busywait "$(slow 3)" no_flows || fail "$(flows) flows stay"
	expect 0 heard pc
	expect 0 count "$node1" drop_flow_limit
	expect 0 count "$node1" drop_masquerade_ports
}

test_rp_filter() {
	web
	sprayed "$pa" 198.18.0.1 "$vip:80"
	sprayed "$pa" 198.18.0.1 192.168.0.1:30080
}

test_forward() {
	web
	rules <<-END
		table ip fw {
			chain c {
				type filter hook forward priority 0; policy drop
				ip saddr $pb_ip accept
				ip daddr $pb_ip accept
			}
		}
	END
	sprayed "$pa" "$pa_ip" "$vip:80"
	sprayed "$client" 198.18.0.1 192.168.0.1:30080
	# The rule lets others pass, and their flows stay.
	expect pc who "$pb" tcp "$vip:80" 1 -p 4000
	expect pc who "$pb" udp "$vip:80" 1 -p 4001
	expect established flow_of 4001 state
	(($(flow_of 4001 expires) > 900)) || fail "accepted, and ends in $(flow_of 4001 expires) s"
}

test_input() {
	web 192.168.0.1:8090
	serve "in$SRANDOM" "pc=$node1:tcp:8090" "pc=$node1:udp:8090"
	rules <<-END
		table ip fw {
			chain c {
				type filter hook input priority 0
				ip saddr $pb_ip accept
				meta l4proto { tcp, udp } th dport 8090 drop
			}
		}
	END
	sprayed "$pa" "$pa_ip" "$vip:80"
	sprayed "$client" 198.18.0.1 192.168.0.1:30080
	expect pc who "$pb" tcp "$vip:80" 1
	expect pc who "$pb" udp "$vip:80" 1
}

test_output() {
	web
	rules <<-END
		table ip fw { chain c { type filter hook output priority 0; ip daddr $pc_ip drop; }; }
	END
	sprayed "$node1" 192.168.0.1 "$vip:80"
	sprayed "$node1" 127.0.0.1 127.0.0.1:30080
}

# More than the table holds, all dropped: the others do not notice.
test_table_full_of_dropped() {
	local proto pid
	web
	with flows_max 500
	rules <<-END
		table ip fw { chain c { type filter hook forward priority 0; ip saddr $pa_ip drop; }; }
	END
	session a "$pb" tcp "$vip:80"
	session b "$pb" udp "$vip:80"
	for proto in tcp udp; do
		flood -n "$pa" -s "$pa_ip" -d 60000 "$proto" "$vip:80" >"$ktap_tmp/flood" &
		pid=$!
		busywait "$(slow 2)" eval '(($(flows) >= 490))' || fail "the flood made $(flows) flows only"
		expect pc who "$pb" tcp "$vip:80" 5
		expect pc who "$pb" udp "$vip:80" 5
		expect pc name_of a
		expect pc name_of b
		(($(flows) <= 500)) || fail "$(flows) flows"
		kill "$pid"
		wait "$pid" || true
	done
	(($(count "$node1" flow_evicted) > 0)) || fail "no flow was evicted"
	busywait "$(slow 3)" eval '(($(flows) < 40))' || fail "$(flows) flows stay"
}

reverse_path_drops() {
	inside "$node1" nstat -asz TcpExtIPReversePathFilter | awk '/IPReversePathFilter/ { print $2 }'
}

# A pod forges the next segment of another's connection, in both directions; the node knows where it came from.
test_forged_by_a_neighbour() {
	local what before
	web
	session a "$pa" tcp "$vip:80" -p 4000
	expect pc name_of a
	for what in rst fin data; do
		before=$(reverse_path_drops)
		forge -n "$pb" "$what" "$(pid_of a)" >/dev/null
		forge -n "$pb" -b "$what" "$(pid_of a)" >/dev/null
		forge -n "$pb" -b -s "$pc_ip:8080" -d "$pa_ip:4000" "$what" "$(pid_of a)" >/dev/null
		(($(reverse_path_drops) >= before + 3)) || fail "$what: not dropped by rp_filter"
		expect established flow_of 4000 state
	done
	expect pc name_of a
}

# Dropped further on, and with the exact sequence number.
test_forged_and_dropped_by_rules() {
	local port
	web
	rules <<-END
		table ip fw {
			chain f { type filter hook forward priority 0; tcp flags & (fin|rst) != 0 counter drop; }
			chain i { type filter hook input priority 0; tcp flags & (fin|rst) != 0 counter drop; }
			chain o { type filter hook output priority 0; tcp flags & (fin|rst) != 0 counter drop; }
		}
	END
	session pod "$pa" tcp "$vip:80" -p 4010
	session node "$node1" tcp "$vip:80" -p 4011
	expect pc name_of pod
	expect pc name_of node
	port=$(flow_of 4011 masquerade)
	forge -n "$pa" rst "$(pid_of pod)"
	forge -n "$pa" fin "$(pid_of pod)"
	forge -n "$pc" -b -s "$pc_ip:8080" -d "$pa_ip:4010" rst "$(pid_of pod)"
	forge -n "$node1" rst "$(pid_of node)"
	forge -n "$pc" -b -s "$pc_ip:8080" -d "$port" rst "$(pid_of node)"
	expect 5 dropped
	expect established flow_of 4010 state
	expect established flow_of 4011 state
	inside "$node1" nft flush ruleset
	expect pc name_of pod
	expect pc name_of node
}

dropped() {
	inside "$node1" nft list ruleset | awk '/packets/ { sub(".*packets ", ""); n += $1 } END { print n }'
}

# A datagram that rp_filter drops is no second question, and keeps no flow alive.
test_forged_datagrams() {
	web
	knob "$node1" timeout_udp_stream 2000
	session a "$pa" udp "$vip:80" -p 4002
	expect pc name_of a
	expect_match "^sent=2 " flood -n "$pb" -s "$pa_ip" -p 4002-4002 -c 2 udp "$vip:80"
	(($(flow_of 4002 expires) <= 1000)) || fail "a forged datagram made it a stream"
	knob "$node1" timeout_udp 2
	flood -n "$pb" -s "$pa_ip" -p 4002-4002 -r 20 -d 60000 udp "$vip:80" >/dev/null &
	busywait "$(slow 3)" not_established 4002 || fail "forged datagrams keep the flow alive"
	expect 1 heard pc
	kill $!
}

not_established() {
	[[ $(flow_of "$1" state) != established ]]
}

# A pod forges what a socket of the node sends: routing refuses it, and the node's connections are none the worse.
test_forged_as_the_node() {
	local proto address port=4020
	web
	for proto in tcp udp; do
		session "$proto" "$node1" "$proto" "$vip:80" -p "$port"
		expect pc name_of "$proto"
		address=$(flow_of "$port" client)
		address=${address%:*}
		flood -n "$pa" -s "$address" -p "$port-$port" -c 3 "$proto" "$vip:80" >/dev/null
		# Before the node's own first packet.
		flood -n "$pa" -s "$address" -p "$((port + 1))-$((port + 1))" -c 1 "$proto" "$vip:80" >/dev/null
		expect_match '^pc ' ask "$node1" "$proto" "$vip:80" -p $((port + 1)) -t 900
		expect "$((port / 2 - 2009))" count "$node1" flow_replaced
		expect pc name_of "$proto"
		port=$((port + 2))
	done
	forge -n "$pa" data "$(pid_of tcp)" >/dev/null
	expect pc name_of tcp
	# What was forged was no connection.
	expect 2 grep -c " connections=2 " <(svc -1 services)
}

# What the node sends from a client's own address and port (a raw socket, or IP_TRANSPARENT) takes no flow away.
test_sent_with_a_clients_tuple() {
	web
	session tcp "$client" tcp 192.168.0.1:30080 -p 4024
	session udp "$client" udp 192.168.0.1:30080 -p 4024
	expect pc name_of tcp
	expect pc name_of udp
	forge -n "$node1" ack "$(pid_of tcp)" >/dev/null
	flood -n "$node1" -s 192.168.0.100 -p 4024-4024 -c 1 udp 192.168.0.1:30080 >/dev/null
	expect pc name_of tcp
	expect pc name_of udp
	expect 0 count "$node1" flow_replaced
	expect 2 count "$node1" flow_created
}

# A SYN that rp_filter drops ends no connection to an endpoint that gets no new ones.
test_forged_syn_on_a_removed_endpoint() {
	web
	session a "$pa" tcp "$vip:80" -p 4030
	session b "$client" tcp 192.168.0.1:30080 -p 4030
	expect pc name_of a
	svc set web ep "$pd_ip:8080"
	flood -n "$pb" -s "$pa_ip" -p 4030-4030 -c 5 tcp "$vip:80" >/dev/null
	expect pc name_of a
	# One that is accepted is answered by the endpoint, which has the connection.
	flood -n "$pa" -s "$pa_ip" -p 4030-4030 -c 5 tcp "$vip:80" >/dev/null
	flood -n "$client" -s 192.168.0.100 -p 4030-4030 -r 2 -c 5 tcp 192.168.0.1:30080 >/dev/null
	expect pc name_of a
	expect pc name_of b
}

cluster_up
run_tests
