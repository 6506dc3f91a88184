#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who gets a new connection: by weight, in turn, by what endpoints have to do, up to a limit; and who has one keeps it.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# web SCHEDULER OPTIONS OPTIONS OPTIONS: of pb, pc and pd, ",weight=2" and so on
web() {
	fresh
	svc new web tcp vip "$vip:80" scheduler "$1" ep "$pb_ip:8080$2" ep "$pc_ip:8080$3" ep "$pd_ip:8080$4"
}

# web_is SCHEDULER OPTIONS OPTIONS OPTIONS: the same of a service that is there
web_is() {
	svc set web scheduler "$1" ep "$pb_ip:8080$2" ep "$pc_ip:8080$3" ep "$pd_ip:8080$4"
}

# How many connections the endpoints got since they are there: "pb pc pd"
shares() {
	local said pod
	said=$(svc -1 services)
	for pod in "$pb_ip" "$pc_ip" "$pd_ip"; do
		[[ $said =~ ep=$(re "$pod"):8080,connections=([0-9]+) ]] || fail "no endpoint $pod in $said"
		printf '%s ' "${BASH_REMATCH[1]}"
	done
}

test_weights() {
	web random ,weight=0 "" ,weight=1000
	! who "$pa" tcp "$vip:80" 60 | grep -q pb || fail "an endpoint of weight 0 got a connection"
	# One in a thousand; four of sixty would be once in 10^6 by chance.
	expect_match '^0 [0-4] [0-9]+ $' shares
	expect_match 'weight=1000 .*weight=0' svc -1 services
}

test_weight_0_keeps_connections() {
	web random ,weight=0 "" ,weight=0
	session a "$pa" tcp "$vip:80"
	expect pc name_of a
	web_is random "" ,weight=0 ,weight=0
	expect pb who "$pa" tcp "$vip:80" 10
	expect pc name_of a
	web_is random ,weight=0 ,weight=0 ,weight=0
	expect refused ask "$pa" tcp "$vip:80"
	expect pc name_of a
	no_leaks
}

test_rr() {
	web rr ,weight=9 "" ""
	who "$pa" tcp "$vip:80" 6 >/dev/null
	expect "2 2 2 " shares
}

test_wrr() {
	web wrr ,weight=20 ,weight=10 ,weight=30
	who "$pa" tcp "$vip:80" 12 >/dev/null
	expect "4 2 6 " shares
}

test_lc() {
	web lc "" "" ,weight=50
	crowd_of 9 a "$pa" tcp "$vip:80"
	crowd_lives a
	expect "3 3 3 " shares
}

test_wlc() {
	web wlc ,weight=2 "" ,weight=3
	crowd_of 12 a "$pa" tcp "$vip:80"
	crowd_lives a
	expect "4 2 6 " shares
}

test_p2c() {
	web p2c "" "" ,weight=0
	crowd_of 10 a "$pa" tcp "$vip:80"
	# Of two there is no other two.
	expect "5 5 0 " shares
}

test_switched_live() {
	web rr "" "" ""
	session a "$pa" tcp "$vip:80"
	session b "$pa" tcp "$vip:80"
	session c "$pa" tcp "$vip:80"
	local was
	was="$(name_of a) $(name_of b) $(name_of c)"
	web_is lc "" "" ""
	expect "1 1 1 " shares
	crowd_of 3 d "$pa" tcp "$vip:80"
	expect "2 2 2 " shares
	web_is wrr ,weight=0 ,weight=0 ,weight=7
	expect pd who "$pa" tcp "$vip:80" 5
	expect "$was" echo "$(name_of a) $(name_of b) $(name_of c)"
	expect_match "web tcp.*scheduler=wrr" svc -1 services
	expect_match ' wrr ' inside "$node1" grep web /proc/net/ipsvc/services
}

# Both nodes choose alike, of whatever client, and what an endpoint does not have stays where it is.
test_maglev() {
	fresh
	svc new web udp nodeport 30053 scheduler maglev hash-key secret hash-size 4093 \
		ep "$pb_ip:8080" ep "$pc_ip:8080" ep "$pd_ip:8080"
	local i before after moved=0
	read -ra before <<<"$(names 24)"
	expect_match 'pb.*pc|pc.*pb' echo "${before[*]}"
	expect "${before[*]} " names 24
	forget
	read -ra after <<<"$(names 24)"
	expect_match 'pc.*pd|pd.*pc' echo "${after[*]}"
	[[ ${after[*]} != *pb* ]] || fail "an endpoint that is gone: ${after[*]}"
	for i in "${!before[@]}"; do
		[[ ${before[i]} = pb || ${before[i]} = "${after[i]}" ]] || moved=$((moved + 1))
	done
	((moved <= 2)) || fail "$moved of 24 have moved: ${before[*]}, then ${after[*]}"
}

# Datagrams of the same client get to where they went before, as long as their flows last.
forget() {
	svc del web
	svc new web udp nodeport 30053 scheduler maglev hash-key secret hash-size 4093 \
		ep "$pb_ip:8080,weight=0" ep "$pc_ip:8080" ep "$pd_ip:8080"
}

# names N: who answers the ports 5000 to 5000 + N of the client, at both nodes in turn, which have to agree
names() {
	local port one two
	for ((port = 5000; port < 5000 + $1; port++)); do
		one=$(ask "$client" udp "$node1_ip:30053" -p "$port")
		two=$(ask "$client" udp "$node2_ip:30053" -p "$port")
		[[ ${one%% *} = "${two%% *}" ]] || fail "port $port: $one at one node, $two at the other"
		echo -n "${one%% *} "
	done
}

test_sh() {
	web sh "" "" ""
	local name
	name=$(who "$pa" tcp "$vip:80" 1)
	expect "$name" who "$pa" tcp "$vip:80" 15
	web_is sh ",weight=0" ",weight=0" ",weight=0"
	expect refused ask "$pa" tcp "$vip:80"
	web_is sh "" "" ""
	expect "$name" who "$pa" tcp "$vip:80" 15
}

# A socket that stays gets answers of all, each of its datagrams one of another; and then again of one only.
test_one_packet() {
	fresh
	svc new web udp vip "$vip:53" nodeport 30053 scheduler rr flags 1 ep "$pb_ip:8080" ep "$pc_ip:8080" ep "$pd_ip:8080"
	local i said='' id
	for id in pod node outside; do
		case $id in
		pod) session pod "$pa" udp "$vip:53" ;;
		node) session node "$node1" udp "$vip:53" ;;
		outside) session outside "$client" udp "$node1_ip:30053" ;;
		esac
		for i in 1 2 3 4 5 6; do said+="$(name_of "$id") "; done
	done
	expect "6 6 6 " shares_of_flows "$said"
	expect 9 count "$node1" flow_created
	expect 18 count "$node1" packets_from_client
	expect 18 count "$node1" packets_from_endpoint
	svc set web scheduler rr
	expect_match '^[1-9]' count "$node1" flow_purged
	said=$(name_of pod)
	for i in 1 2 3 4; do expect "$said" name_of pod; done
	svc set web scheduler rr flags 1
	expect "$(name_of pod) $(name_of pod) $(name_of pod)" echo "$(name_of pod) $(name_of pod) $(name_of pod)"
	svc set web scheduler rr flags 1 ep "$pd_ip:8080"
	for i in 1 2 3; do expect pd name_of pod; done
	no_leaks
}

# How often each of the endpoints is in a list of names.
shares_of_flows() {
	local pod
	for pod in pb pc pd; do
		printf '%s ' "$(tr ' ' '\n' <<<"$1" | grep -c "$pod")"
	done
}

test_one_packet_is_of_udp() {
	fresh
	expect_error 'UDP' svc new web tcp vip "$vip:80" flags 1 ep "$pb_ip:8080"
}

# What is dropped finds room once a connection has ended and its flow is gone.
test_limit() {
	forget_flows
	web random ,max=1 ,max=2 ,max=1
	timeouts 60
	crowd_of 3 a "$pa" tcp "$vip:80"
	session b "$pa" tcp "$vip:80"
	expect "1 2 1 " shares
	expect timeout ask "$pa" tcp "$vip:80" -t 400
	expect_match '^[1-9]' count "$node1" drop_endpoints_full
	expect "1 2 1 " shares
	crowd_lives a
	expect reset say b @rst
	knob "$node1" timeout_tcp_closed 1
	busywait "$(slow 10)" three_flows || fail "a closed flow stays"
	session c "$pa" tcp "$vip:80"
	crowd_lives a
	web_is random ,max=1 ,max=3 ,max=1
	expect pc who "$pa" tcp "$vip:80" 1
}

three_flows() {
	[[ $(flows) = 3 ]]
}

# Two CPUs at once do not give an endpoint more than it may have.
test_limit_is_exact() {
	forget_flows
	timeouts 60
	web random ,max=40 ,weight=0 ,weight=0
	crowd_of 20 a "$pa" tcp "$vip:80"
	local i ids=()
	for i in 1 2 3 4; do
		who "$pa" tcp "$vip:80" 10 -t 300 >"$ktap_tmp/$i" & ids+=($!)
	done
	wait "${ids[@]}"
	expect_match 'flows=40,max=40' svc -1 services
	crowd_lives a
}

cluster_up
run_tests
