#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IPsec policies see the packets of a flow as they leave: what a policy covers after masquerading is not sent in plaintext.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

out1=$(bare "$node1_ip") out2=$(bare "$node2_ip") host=32
! is_v6 || host=128

web() {
	forget_flows
	svc -1 new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	svc -1 new dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	inside "$node1" ip xfrm policy list >/dev/null 2>&1 || skip "this kernel has no xfrm"
	defer inside "$client" nft delete table netdev wire
	inside "$client" nft -f - <<-END
		table netdev wire {
			counter plain { }
			counter hidden { }
			chain c {
				type filter hook ingress devices = { node1, node2 } priority 0
				$ip saddr { $out1, $out2 } meta l4proto esp counter name hidden accept
				$ip saddr $out1 $ip daddr $pods2 counter name plain
				$ip saddr $pods2 $ip daddr $out1 counter name plain
			}
		}
	END
}

on_wire() {
	inside "$client" nft list counter netdev wire "$1" | awk '$1 == "packets" { print $2 }'
}

# What the node has with the pods of the other: in an ESP tunnel between the nodes.
tunnel() {
	local ns way src dst spi
	for ns in "$node1" "$node2"; do
		defer ip -n "$ns" xfrm policy flush
		defer ip -n "$ns" xfrm state flush
		for way in "$out1 $out2 0x101" "$out2 $out1 0x102"; do
			read -r src dst spi <<<"$way"
			ip -n "$ns" xfrm state add src "$src" dst "$dst" proto esp spi "$spi" mode tunnel \
				auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 \
				enc 'cbc(aes)' 0x0102030405060708090a0b0c0d0e0f10 ||
				skip "this kernel has no ESP"
		done
	done
	policy "$node1" out "$out1/$host" "$pods2" "$out1" "$out2"
	policy "$node1" in "$pods2" "$out1/$host" "$out2" "$out1"
	policy "$node2" out "$pods2" "$out1/$host" "$out2" "$out1"
	policy "$node2" fwd "$out1/$host" "$pods2" "$out1" "$out2"
}

# policy NS DIRECTION SOURCE DESTINATION OUTER-SOURCE OUTER-DESTINATION
policy() {
	ip -n "$1" xfrm policy add src "$3" dst "$4" dir "$2" tmpl src "$5" dst "$6" proto esp mode tunnel
}

encrypted() {
	local proto before said
	for proto in tcp udp; do
		before=$(on_wire hidden)
		said=$(ask "$1" "$proto" "$2" -t "$(slow 1)000")
		# The other node drops plaintext: look at the wire first.
		expect 0 on_wire plain
		[[ $said = "pc $node1_ip:"* ]] || fail "$proto: $said"
		expect pc who "$1" "$proto" "$2" 3
		(($(on_wire hidden) >= before + 8)) || fail "$proto: $(($(on_wire hidden) - before)) packets were encrypted"
		expect 0 on_wire plain
	done
}

test_outside_client() {
	web
	tunnel
	encrypted "$client" "$node1_ip:30080"
	bulk send "$client" "$node1_ip:30080" 100000
	bulk recv "$client" "$node1_ip:30080" 100000
	expect 0 on_wire plain
}

test_node() {
	web
	tunnel
	# The direct way, as a measure.
	encrypted "$node1" "$pc_ip:8080"
	encrypted "$node1" "$vip:80"
	encrypted "$node1" "$loop:30080"
	encrypted "$node1" "$node1_ip:30080"
}

# A pod keeps its address, which no policy covers.
test_pod_is_not_covered() {
	local before
	web
	tunnel
	before=$(on_wire hidden)
	expect_match "^pc $(re "$pa_ip"):" ask "$pa" tcp "$vip:80"
	expect_match "^pc $(re "$pa_ip"):" ask "$pa" udp "$vip:80"
	expect "$before" on_wire hidden
	# Until the Service hides it.
	encrypted "$pa" "$node1_ip:30080"
}

# What a policy forbids after masquerading does not leave at all.
test_blocked() {
	local proto
	web
	defer ip -n "$node1" xfrm policy flush
	ip -n "$node1" xfrm policy add src "$out1/$host" dst "$(bare "$pc_ip")/$host" dir out action block
	for proto in tcp udp; do
		expect timeout ask "$client" "$proto" "$node1_ip:30080" -t 500
		[[ $(ask "$node1" "$proto" "$loop:30080" -t 500) != pc* ]] || fail "$proto: $loop gets through"
		expect_match "^pc $(re "$pa_ip"):" ask "$pa" "$proto" "$vip:80"
	done
	expect 2 heard pc
	expect 0 on_wire plain
	(($(count "$node1" drop_no_route) >= 2)) || fail "not counted"
}

# What a policy wants encrypted on its way in is not taken as plaintext because it is to be translated.
# The last test: the endpoint goes on sending its answer for some time.
test_plaintext_answer() {
	local proto
	web
	tunnel
	ip -n "$node2" xfrm policy del src "$pods2" dst "$out1/$host" dir out
	for proto in tcp udp; do
		expect timeout ask "$client" "$proto" "$node1_ip:30080" -t "$(slow 1)000"
		[[ $(ask "$node1" "$proto" "$vip:80" -t "$(slow 1)000") != pc* ]] || fail "$proto: the node takes it"
	done
	(($(on_wire plain) > 0)) || fail "nothing was sent in plaintext"
	(($(count "$node1" drop_ipsec) >= 2)) || fail "not counted"
}

cluster_up
run_tests
