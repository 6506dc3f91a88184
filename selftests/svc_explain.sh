#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `ipsvc explain` says of a packet what the kernel then does with it, and changes nothing.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

lb=172.30.0.10
! is_v6 || lb='[fd00:30::10]'

explain() {
	inside "$node1" ipsvc explain "$@"
}

# Of the answer in JSON: said JQ-FILTER ARGUMENT…
said() {
	local filter=$1
	shift
	explain "$@" -o json | jq -r "$filter"
}

action='.result | .action + " " + (.reason // "-")'

standings() {
	said '.endpoints | sort_by(.address) | map(.address + " " + .standing) | join(",")' "$@"
}

# A client's arguments: its address, or none for the node itself.
from() {
	case $1 in
	pod) echo from "$pa_ip" ;;
	ext) echo from "$client_ip" ;;
	esac
}

# What is said of a client and a frontend, and what then happens, are the same.
agree() {
	local who=$1 to=$2 ns=$node1 chosen name peer source own
	case $who in pod) ns=$pa ;; ext) ns=$client ;; esac
	# shellcheck disable=SC2046 # words
	read -r source chosen <<<"$(said '.source.address + " " + (.endpoints[] | select(.standing == "chosen").address)' \
		"$to" $(from "$who"))"
	read -r name peer <<<"$(ask "$ns" tcp "$to")"
	own="${name}_ip"
	[[ $(bare "${!own}") = "$chosen" ]] || fail "$who $to: $chosen was to answer, and $name does"
	[[ $(bare "${peer%:*}") = "$source" ]] || fail "$who $to: $name was to see $source, and sees $peer"
}

world() {
	fresh
	svc -1 new web tcp vip "$vip:80$1" nodeport "30080$2" lb "$lb:80$2" external "$lb:81$2" scheduler rr \
		ep "$pb_ip:8080,local" ep "$pc_ip:8080"
}

test_what_then_happens() {
	local flags vip_flag flag who to
	for to in "$vip" "$lb"; do
		ip -n "$client" route replace "$(bare "$to")" via "$(bare "$node1_ip")"
		defer ip -n "$client" route del "$(bare "$to")"
	done
	with cluster_cidr "$pod_net"
	for flags in '' ',local ,local'; do
		read -r vip_flag flag <<<"$flags"
		world "$vip_flag" "$flag"
		for who in pod node ext; do
			for to in "$vip:80" "$node1_ip:30080" "$lb:80" "$lb:81"; do agree "$who" "$to"; done
		done
	done
}

test_standings() {
	local b c d name
	with cluster_cidr "$pod_net"
	b=$(bare "$pb_ip") c=$(bare "$pc_ip") d=$(bare "$pd_ip")
	fresh
	svc -1 new web tcp vip "$vip:80" nodeport 30080,local scheduler rr \
		ep "$pb_ip:8080,local" ep "$pc_ip:8080,drain" ep "$pd_ip:8080,weight=0"
	expect "$b chosen,$c draining,$d draining" standings "$vip:80"
	svc -1 set web ep "$pb_ip:8080,max=1" ep "$pc_ip:8080,max=1" ep "$pd_ip:8080,max=1"
	session a "$pa" tcp "$vip:80"
	name=$(name_of a)_ip
	expect "$(bare "${!name}")" said '[.endpoints[] | select(.standing == "full").address] | join(",")' "$vip:80"
	expect 1 said '[.endpoints[] | select(.standing == "chosen")] | length' "$vip:80"
	svc -1 set web nodeport 30080,local ep "$pb_ip:8080,local" ep "$pc_ip:8080"
	expect "$b chosen,$c not_local" standings "$node1_ip:30080" from "$client_ip"
	expect Local said .policy "$node1_ip:30080" from "$client_ip"
	fresh
	svc -1 new web tcp vip "$vip:80" scheduler rr affinity 100 ep "$pb_ip:8080" ep "$pc_ip:8080"
	name=$(who "$pa" tcp "$vip:80" 1)_ip
	expect "$(bare "${!name}")" said '.endpoints[] | select(.standing == "remembered").address' "$vip:80" from "$pa_ip"
}

test_verdicts() {
	with cluster_cidr "$pod_net"
	fresh
	svc -1 new web tcp vip "$vip:80" nodeport 30080,local no-endpoints
	expect "reject reject_no_endpoint" said "$action" "$vip:80"
	expect refused ask "$node1" tcp "$vip:80"
	svc -1 set web ep "$pc_ip:8080"
	expect "drop drop_no_local_endpoint" said "$action" "$node1_ip:30080" from "$client_ip"
	expect timeout ask "$client" tcp "$node1_ip:30080"
	expect "forward -" said "$action" "$node1_ip:30080" from "$pa_ip"
	expect "reject reject_no_service" said "$action" "$vip_none:80" from "$pa_ip"
	expect refused ask "$pa" tcp "$vip_none:80"
	expect "reject reject_no_service" said "$action" udp "$vip:80"
	expect "pass -" said "$action" "$pd_ip:8080"
	expect_match 'pass, to an endpoint' explain "$pc_ip:8080"
	expect_match 'pass, of no service' explain "$pd_ip:8080"
}

test_masquerade() {
	local why='.source | .masquerade'
	with cluster_cidr "$pod_net"
	fresh
	svc -1 new web tcp vip "$vip:80" nodeport "30080,masquerade" ep "$pb_ip:8080"
	expect host said "$why" "$vip:80"
	expect none said "$why" "$vip:80" from "$pa_ip"
	expect hairpin said "$why" "$vip:80" from "$pb_ip"
	svc -1 set web ep "$pc_ip:8080"
	expect outside said "$why" "$vip:80" from "$client_ip"
	expect frontend said "$why" "$node1_ip:30080" from "$client_ip"
}

test_of_a_flow() {
	fresh
	svc -1 new web tcp vip "$vip:80" ep "$pb_ip:8080"
	session a "$pa" tcp "$vip:80" -p 4100
	expect "$(bare "$pb_ip")" said .flow.endpoint.address "$vip:80" from "$pa_ip:4100"
	svc -1 set web ep "$pc_ip:8080"
	expect "$(bare "$pb_ip")" said .flow.endpoint.address "$vip:80" from "$pa_ip:4100"
	expect "$(bare "$pc_ip") chosen" standings "$vip:80" from "$pa_ip:4101"
}

# Neither a flow, nor a counter, nor the scheduler's turn.
test_changes_nothing() {
	local before turn i
	forget_flows
	svc -1 new web tcp vip "$vip:80" scheduler rr affinity 100 ep "$pb_ip:8080" ep "$pc_ip:8080"
	before=$(inside "$node1" ipsvc stats -a -o json)
	turn=$(standings "$vip:80" from "$pa_ip")
	for ((i = 0; i < 3; i++)); do expect "$turn" standings "$vip:80" from "$pa_ip"; done
	expect "$before" inside "$node1" ipsvc stats -a -o json
	expect 0 flows
	expect "" eval 'inside "$node1" awk "NR > 1" /proc/net/ipsvc/affinity'
}

test_mistakes() {
	fresh
	expect_error 'is not an address and a port' explain 10.96.0.10
	expect_error 'two families' explain 10.96.0.10:80 from fd00::1
	expect_error 'there is no link nowhere' explain "$vip:80" iif nowhere
	expect_error 'from needs a value' explain "$vip:80" from
	expect_error 'unknown word dev' explain "$vip:80" dev eth0
}

cluster_up
run_tests
