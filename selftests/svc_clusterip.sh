#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Cluster IPs: pods and nodes reach all endpoints, wherever they are; what belongs to no service is refused.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

web() {
	fresh
	svc new web "$1" vip "$vip:80" ep "$pb_ip:8080" ep "$pc_ip:8080" ep "$pd_ip:8080"
}

# All endpoints, also those on the other node, and they see the pod's own address.
pod_reaches_all() {
	local answers
	web "$1"
	answers=$(ask "$pa" "$1" "$vip:80" -c 40)
	expect "pb pc pd" awk '{ print $1 | "sort -u | xargs" }' <<<"$answers"
	expect 40 grep -cE "^p[bcd] $(re "$pa_ip"):[0-9]+$" <<<"$answers"
	expect 40 count "$node1" flow_created
	expect 0 count "$node2" flow_created
	expect 0 heard pa
	expect 40 echo $(($(heard pb) + $(heard pc) + $(heard pd)))
	expect_match " connections=40 " svc -1 services
	[[ $1 = udp ]] || (($(count "$node1" packets_from_endpoint) >= 80)) || fail "too few packets counted"
	no_leaks
}

test_pod_reaches_all_tcp() {
	pod_reaches_all tcp
}

test_pod_reaches_all_udp() {
	pod_reaches_all udp
}

test_node_reaches_all() {
	local proto answers
	for proto in tcp udp; do
		web "$proto"
		expect "pb pc pd" who "$node1" "$proto" "$vip:80" 30
		expect "pb pc pd" who "$node2" "$proto" "$vip:80" 30
		# The source fits the way to the endpoint, not the way to the service.
		answers=$(ask "$node1" "$proto" "$vip:80" -c 30)
		expect "pb $gw1 pc $node1_ip pd $node1_ip" \
			awk '{ sub(":[0-9]+$", "", $2); print $1, $2 | "sort -u | xargs" }' <<<"$answers"
		about 60 count "$node1" flow_created
		about 30 count "$node2" flow_created
		no_leaks
	done
}

test_flows_are_shown() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session a "$pa" tcp "$vip:80" -p 4321
	expect "pc $pa_ip:4321 x" say a x
	expect_match "^tcp client=$(re "$pa_ip"):4321 frontend=$(re "$vip"):80 endpoint=$(re "$pc_ip"):8080 state=established expires=[0-9]+ service=web$" \
		show_flow "$pa_ip:4321"
	expect_match "ep=$(re "$pc_ip"):8080,connections=1,flows=1" svc -1 services
	expect_match "ep=$(re "$pc_ip"):8080,connections=0,flows=0" svc -2 services
}

# The words of a client's flow in a fixed order, whatever the order of attributes.
show_flow() {
	svc -1 flows | awk -v want="client=$1" '{
		for (i = 1; i <= NF; i++) { split($i, kv, "="); w[kv[1]] = $i; if ($i !~ /=/) proto = $i }
		if (w["client"] == want) print proto, w["client"], w["frontend"], w["endpoint"], w["state"], w["expires"], w["service"]
	}'
}

# A client by its namespace asks where nobody serves; each packet is refused at once, and counted.
refused() {
	local ns=$1 where=$2 proto
	for proto in tcp udp; do
		expect refused ask "$ns" "$proto" "$where" -t "$(slow 1)000"
	done
}

test_unlisted_port_is_refused() {
	local before
	web tcp
	refused "$pa" "$vip:81"
	# Where it hears of it late, a pod's socket asks again. Sockets of the host learn it from the call.
	expect_match '^[2-3]$' count "$node1" reject_no_service
	before=$(count "$node1" reject_no_service)
	refused "$node1" "$vip:81"
	expect "$((before + 2))" count "$node1" reject_no_service
	expect 0 count "$node1" flow_created
	expect 0 count "$node1" reject_no_endpoint
	# The same port, another protocol.
	expect refused ask "$pa" udp "$vip:80" -t "$(slow 1)000"
	no_leaks
}

test_unallocated_address_is_refused() {
	fresh
	refused "$pa" "$vip_none:80"
	refused "$node2" "$vip_none:80"
	web tcp
	refused "$pa" "$vip_none:80"
	refused "$node2" "$vip_none:80"
	# A socket of IPv6 that is just connecting takes the error for one that may pass, and asks once more.
	if is_v6; then expect_match '^[23]$' count "$node1" reject_no_service
	else expect 2 count "$node1" reject_no_service; fi
	expect_match '^[2-4]$' count "$node2" reject_no_service
	no_leaks
}

# Nobody takes a segment out of nowhere for a connection, and its sender learns it.
test_unknown_segment_is_reset() {
	web tcp
	session a "$pa" tcp "$vip:80"
	expect_match '^p[bcd]$' name_of a
	svc -1 del web
	ip -n "$node1" link del ipsvc0
	ip -n "$node1" link add ipsvc0 type ipsvc
	ipsvc_link | ip -n "$node1" -batch -
	fresh
	web tcp
	expect reset say a hello
	expect 1 count "$node1" reset_no_flow
}

# A process of the node reaches an endpoint both ways from one port: each socket gets its own answers, though the
# kernel looks for the socket of an arriving packet before its source is rewritten.
test_same_port_directly_and_by_the_service() {
	local proto
	for proto in tcp udp; do
		fresh
		svc new web "$proto" vip "$vip:80" ep "$pc_ip:8080"
		session "direct$proto" "$node1" "$proto" "$pc_ip:8080" -b "$node1_ip" -p 7001
		session "service$proto" "$node1" "$proto" "$vip:80" -b "$node1_ip" -p 7001
		expect "pc $node1_ip:7001 one" say "direct$proto" one
		expect_match "^pc $(re "$node1_ip"):[0-9]+ two$" say "service$proto" two
		expect "pc $node1_ip:7001 three" say "direct$proto" three
		expect_match "^pc $(re "$node1_ip"):[0-9]+ four$" say "service$proto" four
	done
}

# Two services of an endpoint that is a process of the node itself, from one port of a pod.
test_two_services_of_a_process_of_the_node() {
	local proto
	serve host "host=$node1:tcp:9000" "host=$node1:udp:9000"
	for proto in tcp udp; do
		fresh
		svc new one "$proto" vip "$vip:80" ep "$node1_ip:9000" + two "$proto" vip "$vip:81" ep "$node1_ip:9000"
		session "one$proto" "$pa" "$proto" "$vip:80" -p 7002
		session "two$proto" "$pa" "$proto" "$vip:81" -p 7002
		expect "host $pa_ip:7002 one" say "one$proto" one
		expect_match "^host [^ ]+:[0-9]+ two$" say "two$proto" two
		[[ $output != "host $pa_ip:7002 two" ]] || fail "the endpoint cannot tell the two apart"
		expect "host $pa_ip:7002 three" say "one$proto" three
		expect_match "^host [^ ]+:[0-9]+ four$" say "two$proto" four
	done
}

cluster_up
run_tests
