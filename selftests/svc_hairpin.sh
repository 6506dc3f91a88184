#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A pod, and a node, that reach themselves through their own service.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# The pod would not accept a packet from its own address: it sees the node's.
test_pod() {
	local proto
	for proto in tcp udp; do
		fresh
		svc new web "$proto" vip "$vip:80" nodeport 30080 ep "$pa_ip:8080"
		expect_match "^pa $(re "$gw1"):[0-9]+$" ask "$pa" "$proto" "$vip:80"
		expect_match "^pa $(re "$gw1"):[0-9]+$" ask "$pa" "$proto" "$node1_ip:30080"
		expect pa who "$pa" "$proto" "$vip:80" 10
		# Its neighbour needs no disguise.
		expect_match "^pa $(re "$pb_ip"):[0-9]+$" ask "$pb" "$proto" "$vip:80"
		expect 13 heard pa
		no_leaks
	done
}

test_pod_among_others() {
	local answers
	fresh
	svc new web tcp vip "$vip:80" ep "$pa_ip:8080" ep "$pb_ip:8080" ep "$pc_ip:8080"
	answers=$(ask "$pa" tcp "$vip:80" -c 30)
	expect "pa $gw1 pb $pa_ip pc $pa_ip" \
		awk '{ sub(":[0-9]+$", "", $2); print $1, $2 | "sort -u | xargs" }' <<<"$answers"
}

# What runs on the node itself: endpoints with the node's address.
test_node() {
	local proto
	serve own "own=$node1:tcp:8090" "own=$node1:udp:8090"
	for proto in tcp udp; do
		fresh
		svc new web "$proto" vip "$vip:80" nodeport 30080 ep "$node1_ip:8090"
		expect own who "$node1" "$proto" "$vip:80" 3
		expect own who "$node1" "$proto" "$loop:30080" 3
		expect own who "$node1" "$proto" "$node1_ip:30080" 3
		expect own who "$pa" "$proto" "$vip:80" 3
		expect own who "$pc" "$proto" "$vip:80" 3
		expect own who "$node2" "$proto" "$vip:80" 3
		expect own who "$client" "$proto" "$node1_ip:30080" 3
		expect own who "$client" "$proto" "$node2_ip:30080" 3
		expect 24 heard own
		no_leaks
	done
}

# A server that does not look at which of the node's addresses was asked answers from that of the client.
test_node_answers_by_its_route() {
	serve routed -r "own=$node1:udp:8091"
	fresh
	svc -1 new web udp vip "$vip:80" nodeport 30080 ep "$node1_ip:8091"
	expect own who "$node1" udp "$vip:80" 3
	expect own who "$node1" udp "$loop:30080" 3
	expect own who "$node1" udp "$gw1:30080" 3
	expect own who "$node1" udp "$vip:80" 3 -b "$gw1"
	expect 12 heard own
	no_leaks
}

# A port that the endpoint has is none for a client with its address: the client would talk to itself.
test_node_is_not_its_own_answer() {
	local proto
	serve at_edge "own=$node1:tcp:20001" "own=$node1:udp:20001"
	defer knob "$node1" masquerade_ports "$(knob "$node1" masquerade_ports)"
	for proto in tcp udp; do
		fresh
		knob "$node1" masquerade_ports 20001-20002
		svc -1 new "$proto" "$proto" nodeport 30080 ep "$node1_ip:20001"
		expect_match "^own $(re "$node1_ip"):20002$" ask "$node1" "$proto" "$node1_ip:30080" -b "$node1_ip"
		expect 1 heard own
	done
	fresh
	knob "$node1" masquerade_ports 20001-20001
	svc -1 new udp udp nodeport 30080 ep "$node1_ip:20001"
	expect 'Operation not permitted' ask "$node1" udp "$node1_ip:30080" -b "$node1_ip" -t 500
	expect 0 heard own
	expect 1 count "$node1" drop_masquerade_ports
}

# An endpoint that is itself a node port, of the same number: whoever was chosen is not asked to choose.
test_node_port_of_the_nodes() {
	local proto
	serve one "one=$node1:tcp:30080" "one=$node1:udp:30080"
	serve two "two=$node2:tcp:30080" "two=$node2:udp:30080"
	for proto in tcp udp; do
		fresh
		svc -1 new web "$proto" vip "$vip:80" nodeport 30080 ep "$node1_ip:30080" ep "$node2_ip:30080"
		expect "one two" who "$node1" "$proto" "$node1_ip:30080" 20
		expect "one two" who "$node1" "$proto" "$loop:30080" 20
		expect "one two" who "$node1" "$proto" "$vip:80" 20
		expect "one two" who "$pa" "$proto" "$vip:80" 20
		# Each question made one flow, not two.
		expect 80 count "$node1" flow_created
	done
}

# A node port on the way to the same node: the client's address may stay.
test_node_port_to_the_node() {
	fresh
	serve own "own=$node1:tcp:8090"
	svc new web tcp nodeport 30080 ep "$node1_ip:8090"
	expect_match "^own $(re "$client_ip"):" ask "$client" tcp "$node1_ip:30080"
	expect_match "^own $(re "$node2_ip"):" ask "$client" tcp "$node2_ip:30080"
}

cluster_up
run_tests
