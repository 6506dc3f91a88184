#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The keyed hash of the flow table stays in the module: whoever sees packets of a flow leave does not see it in skb->hash.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Packets that leave node1 for an address and port: watched DEVICE A:P
watched() {
	started watch rxhash "$node1" "$1" "$2"
	expect ready answer watch
}

# N of them at least, none of which carries a hash.
bare() {
	local said
	said=$(say watch end)
	[[ $said =~ ^bare=([0-9]+)\ hashed=([0-9]+)$ ]] || fail "rxhash: $said"
	((BASH_REMATCH[1] >= $1 && BASH_REMATCH[2] == 0)) || fail "$said"
}

# Packets made by hand have no hash of their own, as those of a socket have.
sent() {
	expect_match "^sent=5 " flood -n "$1" -s "$2" -p 7000-7004 -c 5 udp "$3"
	expect_match "^sent=5 " flood -n "$1" -s "$2" -p 7000-7004 -c 5 tcp "$3"
}

web() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$1:8080" + dns udp vip "$vip:80" nodeport 30080 ep "$1:8080"
}

test_pod_to_endpoint() {
	web "$pc_ip"
	watched eth0 "$pc_ip:8080"
	sent "$pa" "$pa_ip" "$vip:80"
	bare 10
}

test_outside_to_endpoint() {
	web "$pa_ip"
	watched pa "$pa_ip:8080"
	sent "$client" 192.168.0.100 192.168.0.1:30080
	bare 10
}

test_node_to_endpoint() {
	web "$pc_ip"
	watched eth0 "$pc_ip:8080"
	sent "$node1" 192.168.0.1 "$vip:80"
	bare 10
}

# Answers, whose source is rewritten: datagrams by hand, too.
test_endpoint_to_pod() {
	web "$pb_ip"
	sent "$pa" "$pa_ip" "$vip:80"
	watched pa "$pa_ip:7000"
	expect_match "^sent=3 " flood -n "$pb" -s "$pb_ip" -p 8080-8080 -c 3 udp "$pa_ip:7000"
	bare 3
}

# What is no flow's is left as it is: the measure works.
test_measure() {
	web "$pc_ip"
	watched eth0 "$pd_ip:8080"
	sent "$pa" "$pa_ip" "$pd_ip:8080"
	bare 10
	watched eth0 "$pd_ip:8080"
	expect pd who "$pa" tcp "$pd_ip:8080" 1
	expect_match "hashed=[1-9]" say watch end
}

cluster_up
run_tests
