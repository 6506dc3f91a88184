#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A client outside of the cluster that uses a ClusterIP is seen as the node, so that the answer comes back to it.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

host=32 other_net=fd00:244::/32
! is_v6 || host=128 other_net=10.244.0.0/16

web() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "${1:-$pc_ip:8080}"
	svc new dns udp vip "$vip:80" nodeport 30080 ep "${1:-$pc_ip:8080}"
	# A route that a network's administrator has set.
	ip -n "$client" route replace "$vip_net" via "$(bare "$node1_ip")"
	defer ip -n "$client" route del "$vip_net"
}

test_outside() {
	local proto
	web
	with cluster_cidr "$pod_net"
	expect "$pod_net" knob "$node1" cluster_cidr
	for proto in tcp udp; do
		expect_match "^pc $(re "$node1_ip"):[0-9]+$" ask "$client" "$proto" "$vip:80"
		expect pc who "$client" "$proto" "$vip:80" 5
	done
	# An endpoint of this node, too, as everybody else would answer it.
	svc set web ep "$pa_ip:8080"
	expect_match "^pa $(re "$gw1"):[0-9]+$" ask "$client" tcp "$vip:80"
}

test_inside() {
	local proto
	web
	with cluster_cidr "$pod_net"
	for proto in tcp udp; do
		expect_match "^pc $(re "$pa_ip"):[0-9]+$" ask "$pa" "$proto" "$vip:80"
		expect_match "^pc $(re "$pd_ip"):[0-9]+$" ask "$pd" "$proto" "$vip:80"
		expect_match "^pc $(re "$node1_ip"):[0-9]+$" ask "$node1" "$proto" "$vip:80"
		# Node ports are what they were.
		expect_match "^pc $(re "$node1_ip"):[0-9]+$" ask "$pa" "$proto" "$node1_ip:30080"
	done
	# Inside is what the knob says.
	knob "$node1" cluster_cidr "$(bare "$pb_ip")/$host"
	expect_match "^pc $(re "$node1_ip"):[0-9]+$" ask "$pa" tcp "$vip:80"
	expect_match "^pc $(re "$pb_ip"):[0-9]+$" ask "$pb" tcp "$vip:80"
	no_leaks
}

# The client's own address, if whoever routes it so will have the answers come back.
unknown() {
	local proto
	web "$pa_ip:8080"
	with cluster_cidr "$1"
	expect "$1" knob "$node1" cluster_cidr
	for proto in tcp udp; do
		expect_match "^pa $(re "$client_ip"):[0-9]+$" ask "$client" "$proto" "$vip:80"
		expect_match "^pa $(re "$pb_ip"):[0-9]+$" ask "$pb" "$proto" "$vip:80"
	done
}

test_none() {
	unknown none
}

# The network of one family says nothing of the other.
test_other_family() {
	unknown "$other_net"
	knob "$node1" cluster_cidr "$other_net,$pod_net"
	expect_match "^pa $(re "$gw1"):[0-9]+$" ask "$client" tcp "$vip:80"
}

# What is connected stays as it is.
test_change() {
	local proto
	web "$pa_ip:8080"
	with cluster_cidr none
	for proto in tcp udp; do
		session "$proto" "$client" "$proto" "$vip:80" -p 4000
		expect "pa $client_ip:4000 before" say "$proto" before
	done
	knob "$node1" cluster_cidr "$pod_net"
	for proto in tcp udp; do
		expect "pa $client_ip:4000 after" say "$proto" after
		expect_match "^pa $(re "$gw1"):[0-9]+$" ask "$client" "$proto" "$vip:80"
	done
}

test_bad_values() {
	local bad file=/sys/class/net/ipsvc0/ipsvc/cluster_cidr
	with cluster_cidr "$pod_net"
	for bad in '' 10.244.0.0 10.244.0.0/33 10.244.0.0/-1 10.244.0/16 10.244.0.0/16x no 300.0.0.0/8 10.244.0.1/16 \
		fd00:: fd00::/129 fd00::1/64 'fd00::/64,' ,fd00::/64 fd00::/64,fd01::/64 fd00::/64,none \
		::ffff:10.0.0.0/104; do
		expect_error "Invalid argument" ip netns exec "$node1" bash -c "echo '$bad' >$file"
	done
	expect "$pod_net" knob "$node1" cluster_cidr
}

cluster_up
run_tests
