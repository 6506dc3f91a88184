#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The flow table grows and shrinks while it is used: no flow is lost, and what lists flows lists each once.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Where datagrams end that nobody answers, behind the last hook; and many addresses that a pod may have.
sink_ip=10.244.1.99

many() {
	forget_flows
	timeouts 1000
	with flows_max 1000000
	ip -n "$node1" -batch - <<-END
		link add sink type dummy
		link set sink up
		route add $sink_ip dev sink
		route add 10.200.0.0/16 dev pa
	END
	defer ip -n "$node1" link del sink
	defer ip -n "$node1" route del 10.200.0.0/16
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" + dns udp vip "$vip:53" ep "$pc_ip:8080" +\
		sink udp vip "$vip:99" ep "$sink_ip:99" + more udp vip "$vip:98" ep "$sink_ip:98"
	session tcp "$pa" tcp "$vip:80" -p "$1"
	session udp "$pa" udp "$vip:53" -p "$1"
	session out "$client" tcp 192.168.0.1:30080 -p "$1"
	session node "$node1" tcp 127.0.0.1:30080 -p "$1"
	live
}

live() {
	local id
	for id in tcp udp out node; do expect pc name_of "$id"; done
}

fill() {
	expect_match "^sent=$1 " flood -n "$pa" -s 10.200.0.0/"${2:-22}" -p 1000-1999 -c "$1" udp "$vip:99"
}

# The same datagrams again find their flows: none is made, none has been lost.
fill_again() {
	fill "$@"
	expect "$1" made
}

# How many flows the flood ever had.
made() {
	svc -1 services | sed -nE 's/^sink .* connections=([0-9]+) .*/\1/p'
}

# Each flow of the flood once, and nothing else but the four: listed N COMMAND…
listed() {
	local n=$1
	shift
	"$@" | grep -oE "10\.200\.[0-9.]+:1[0-9]{3}\b" | sort | uniq -c | awk -v n="$n" '
		$1 != 1 { print "listed " $1 " times: " $2; bad = 1 }
		END { if (NR != n) { print NR " of " n " are listed"; bad = 1 } exit bad }'
}

buckets() {
	knob "$node1" flow_buckets
}

test_grows_and_shrinks() {
	local small large n=50000 pid
	many 4000
	small=$(buckets)
	nettool load -n "$pb" -t "$patience" "tcp:$vip:80=pc" "udp:$vip:53=pc" >"$ktap_tmp/load" &
	pid=$!
	fill "$n"
	live
	(($(flows) >= n + 4)) || fail "$(flows) flows"
	large=$(buckets)
	((large > small && large * 2 >= n)) || fail "$small buckets became $large"
	(((large & (large - 1)) == 0)) || fail "$large buckets"
	fill_again "$n"
	live
	expect_error "Permission denied|Input/output error" bash -c \
		"echo 4 >$cluster_tmp/sys.$node1/class/net/ipsvc0/ipsvc/flow_buckets"
	# All expire but those of before.
	knob "$node1" timeout_udp 1
	knob "$node1" timeout_tcp_closed 1
	busywait "$(slow 10)" eval '(($(flows) < 4000))' || fail "$(flows) flows are left"
	busywait "$(slow 5)" eval '(($(buckets) <= large / 4))' || fail "$(buckets) buckets for $(flows) flows"
	live
	kill "$pid"
	wait "$pid" || fail "$(<"$ktap_tmp/load")"
	expect_match "^ok=[1-9][0-9]* refused=0 timeout=0 other=0 wrong=0$" cat "$ktap_tmp/load"
	expect 0 count "$node1" drop_flow_limit
	expect 0 count "$node1" drop_no_memory
	expect 0 count "$node1" reset_no_flow
}

test_lists_are_whole() {
	many 4001
	fill 10000
	listed 10000 inside "$node1" cat /proc/net/ipsvc/flows
	listed 10000 svctool -n "$node1" flows
	live
}

# While the table changes its size a list may have a flow twice, but ends, and has all that are there all the time.
test_lists_while_it_changes() {
	local pid reader i
	many 4002
	fill 5000
	flood -n "$pa" -s 10.200.128.0/18 -R -d 60000 udp "$vip:98" >/dev/null &
	pid=$!
	for i in grows shrinks; do
		if [[ $i = shrinks ]]; then
			kill "$pid"
			wait "$pid" || true
			# Ends all of its flows at once.
			svc del more
		fi
		inside "$node1" cat /proc/net/ipsvc/flows >"$ktap_tmp/proc"
		svctool -n "$node1" flows >"$ktap_tmp/netlink"
		for reader in proc netlink; do
			(($(grep -oE "10\.200\.[0-3]\.[0-9]+:1[0-9]{3}\b" "$ktap_tmp/$reader" | sort -u | wc -l) == 5000)) ||
				fail "$reader, while it $i: not all of the 5000 that are there are listed"
		done
	done
	live
}

test_a_million_is_allowed() {
	local max
	max=$(knob "$node1" flows_max)
	with flows_max 1000000
	expect 1000000 knob "$node1" flows_max
	knob "$node1" flows_max "$max"
}

cluster_up
run_tests
