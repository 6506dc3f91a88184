#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A service without endpoints refuses at once, whoever asks; connections that it has go on.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Messages "destination unreachable" that a namespace has got. None is no column in the file, or no line.
unreachable_in() {
	if is_v6; then
		inside "$1" awk '$1 == "Icmp6InDestUnreachs" { n = $2 } END { print n + 0 }' /proc/net/snmp6
		return
	fi
	inside "$1" awk -v column=InType3 '
		$1 == "IcmpMsg:" && !named++ { for (i = 2; i <= NF; i++) if ($i == column) at = i; next }
		$1 == "IcmpMsg:" && at { n = $at }
		END { print n + 0 }' /proc/net/snmp
}

# Everybody, everywhere, within a second; the counter says that it was us, those outside that it was by ICMP.
all_refused() {
	local proto=$1 before n=0 where told
	before=$(count "$node1" reject_no_endpoint)
	told=$(($(unreachable_in "$pa") + $(unreachable_in "$client")))
	for where in "$pa $vip:80" "$node1 $vip:80" "$node1 $loop:30080" "$node1 $node1_ip:30080" \
		"$client $node1_ip:30080" "$pa $node1_ip:30080"; do
		# shellcheck disable=SC2086 # two words
		set -- $where
		expect refused ask "$1" "$proto" "$2" -t "$(slow 1)000"
		n=$((n + 1))
	done
	told=$(($(unreachable_in "$pa") + $(unreachable_in "$client") - told))
	# A socket of IPv6 that is just connecting takes the error for one that may pass, and asks once more.
	if is_v6 && [[ $proto = tcp ]] && ((told > 3 && told <= 6)); then n=$((n + told - 3)) told=3; fi
	expect $((before + n)) count "$node1" reject_no_endpoint
	expect 3 echo "$told"
}

refuses() {
	local proto=$1 pod
	fresh
	svc new web "$proto" vip "$vip:80" nodeport 30080
	all_refused "$proto"
	svc set web ep "$pc_ip:8080"
	expect pc who "$pa" "$proto" "$vip:80" 2
	# Nobody takes new flows: as good as none.
	svc set web ep "$pc_ip:8080,drain"
	all_refused "$proto"
	svc set web no-endpoints
	all_refused "$proto"
	expect 2 heard pc
	for pod in pa pb pd; do expect 0 heard "$pod"; done
	expect 2 count "$node1" flow_created
	no_leaks
}

test_tcp() {
	refuses tcp
}

test_udp() {
	refuses udp
}

test_connections_go_on() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	session pod "$pa" tcp "$vip:80"
	session node "$node1" tcp "$vip:80"
	session outside "$client" tcp "$node1_ip:30080"
	svc set web no-endpoints
	expect pc name_of pod
	expect pc name_of node
	expect pc name_of outside
	all_refused tcp
	expect pc name_of outside
}

# Every reason shows in its counter and at the tracepoint: traced REASON CLASS FROM TO
traced() {
	inside "$node1" grep -qE "reject: .*reason=$1 class=$2 .*from=$(re "$3"):[0-9]+ to=$(re "$4")\$" "$tracefs/trace"
}

# What was routed to the link, and what is left to the host.
test_reasons_are_told() {
	local tracefs=/sys/kernel/tracing
	[[ -e $tracefs/events/ipsvc ]] || skip "this kernel has no tracepoints"
	forget_flows
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	echo >"$tracefs/trace"
	echo 1 >"$tracefs/events/ipsvc/reject/enable"
	defer sh -c "echo 0 >$tracefs/events/ipsvc/reject/enable"
	expect refused ask "$pa" udp "$vip:81" -t "$(slow 1)000"
	expect 1 count "$node1" reject_no_service
	traced reject_no_service 0 "$pa_ip" "$vip:81" || fail "no event of the link"
	# The flow times out, and the host has no such connection.
	session old "$client" tcp "$node1_ip:30080"
	expect pc name_of old
	let_expire
	expect reset name_of old
	(($(count "$node1" pass_no_flow) > 0)) || fail "not counted"
	expect 0 count "$node1" reset_no_flow
	traced pass_no_flow 2 "$client_ip" "$node1_ip:30080" || fail "no event of the node port"
}

cluster_up
run_tests
