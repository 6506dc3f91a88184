#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Under a flood of first packets from forged sources no established connection is lost, and new clients get in.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

exec {figures}>&1

web() {
	forget_flows
	timeouts 1000
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" + dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
}

# The endpoint does not answer datagrams of the flood.
mute() {
	inside "$pc" nft "add table ip mute; add chain ip mute in { type filter hook input priority 0; };
		add rule ip mute in meta l4proto udp @th,64,32 0x666f7267 drop"
	defer inside "$pc" nft flush ruleset
}

begin_flood() {
	flood -n "$client" -s 198.18.0.0/15 -R "$@" >"$ktap_tmp/flood" &
	flood_pid=$!
}

end_flood() {
	kill "$flood_pid"
	wait "$flood_pid" || true
	[[ $(<"$ktap_tmp/flood") =~ ^sent=([0-9]+)\ ms=([0-9]+)$ ]]
	echo "# $1: $((BASH_REMATCH[1] * 1000 / BASH_REMATCH[2])) packets a second; so far, flows evicted" \
		"$(svctool -n "$node1" stats flow_evicted), packets dropped at the limit $(count "$node1" drop_flow_limit)," \
		"for want of ports $(count "$node1" drop_masquerade_ports)" >&"$figures"
}

# So many of new clients got in, which must be nearly all; else $bad says it: share NAME OK FAILED
share() {
	echo "# $1: $2 of $(($2 + $3)) new clients got in" >&"$figures"
	(($2 > 0 && $3 * 10 <= $2)) || bad+="$1: $2 of $(($2 + $3)) new clients got in"$'\n'
}

# New clients, one after the other, for some seconds, and so many that their share says something: clients NAME NS PROTO
# A:P. They have patience, and those of UDP ask again, as TCP and resolvers do: a machine that has no time for all of a
# flood loses packets before ipsvc sees them. Those of a flood that finds no room are refused again.
clients() {
	local said
	said=$(nettool load -n "$2" -c 40 -d "$(slow 1)000" -t "$(slow 2)000" -i 250 "$3:$4=pc" || true)
	[[ $said =~ ^ok=([0-9]+)\ refused=([0-9]+)\ timeout=([0-9]+)\ other=([0-9]+)\ wrong=0$ ]] || fail "$1: $said"
	share "$1, $3" "${BASH_REMATCH[1]}" $((BASH_REMATCH[2] + BASH_REMATCH[3] + BASH_REMATCH[4]))
}

# A few, which hold few ports.
few_clients() {
	local got
	got=$(ask "$2" "$3" "$4" -c 10 -t 1500 | grep -c '^pc ' || true)
	share "$1, $3 to $4" "$got" $((10 - got))
}

# Against a full table: at_full_rate PROTO NAME [OPTIONS]
at_full_rate() {
	local proto=$1 bad='' max evicted refused
	max=$(knob "$node1" flows_max)
	# shellcheck disable=SC2086 # options
	begin_flood -d 600000 ${3:-} "$proto" 192.168.0.1:30080
	busywait "$(slow 10)" eval '(($(flows) >= max - max / 32))' || fail "the flood made $(flows) flows only"
	clients "$2" "$pa" tcp "$vip:80"
	clients "$2" "$client" udp 192.168.0.1:30080
	(($(flows) <= max)) || fail "$(flows) flows"
	end_flood "$2"
	[[ -z $bad ]] || fail "$bad"
	# All flows of the flood and of the clients take the place of others, whatever the machine has time for.
	evicted=$(count "$node1" flow_evicted) refused=$(count "$node1" drop_flow_limit)
	((evicted > 0 && refused * 20 <= evicted)) || fail "$evicted flows were evicted, $refused packets found no room"
}

test_full_rate() {
	web
	mute
	with flows_max 2048
	crowd_of 600 pod "$pa" tcp "$vip:80"
	crowd_of 300 outside "$client" tcp 192.168.0.1:30080
	crowd_of 100 udp "$pa" udp "$vip:80"
	crowd_lives udp
	at_full_rate tcp "flood of SYN"
	at_full_rate udp "flood of UDP"
	crowd_lives pod
	crowd_lives outside
	crowd_lives udp
}

# Each datagram of the flood is answered, to whoever has that address: one question and its answer are no stream.
test_answered_datagrams() {
	web
	with flows_max 512
	crowd_of 50 outside "$client" tcp 192.168.0.1:30080
	crowd_of 50 udp "$pa" udp "$vip:80"
	crowd_lives udp
	# The endpoint, which answers one after the other, has to keep up.
	at_full_rate udp "flood of answered UDP" "-r 120"
	crowd_lives outside
	crowd_lives udp
}

# There are a few more ports than a flood takes in the two seconds that it may keep one.
slow_flood() {
	local proto=$1 bad=
	begin_flood -r 100 -d 120000 "$proto" 192.168.0.1:30080
	# By now it has had more than there are.
	nap 4
	few_clients "slow flood" "$client" "$proto" 192.168.0.1:30080
	few_clients "slow flood" "$node1" "$proto" 127.0.0.1:30080
	end_flood "slow flood of $proto"
	[[ -z $bad ]] || fail "$bad"
	crowd_lives "$proto"
}

test_masquerade_ports() {
	web
	mute
	with masquerade_ports 20000-20329
	crowd_of 30 tcp "$client" tcp 192.168.0.1:30080
	crowd_of 30 udp "$client" udp 192.168.0.1:30080
	crowd_lives udp
	slow_flood tcp
	slow_flood udp
}

cluster_up
run_tests
