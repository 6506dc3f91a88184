#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checksums: bulk through a service, with every way that a packet's checksum may be in the making while it is rewritten.
# The kernel verifies what arrives without an offloaded checksum; what is wrong is counted, and slows TCP down.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

BULK=300000

# Every device that a packet between clients, nodes and pods leaves by.
devices=(pa:eth0 pc:eth0 node1:eth0 node1:pa node2:eth0 node2:pc client:node1 client:node2)

# Sets offloads of all of them.
offloads() {
	local at ns
	for at in "${devices[@]}"; do
		ns=${at%:*}
		inside "${!ns}" ethtool -K "${at#*:}" "$@" || fail "cannot set $* of $at"
	done
}

# Packets with a wrong checksum that arrived anywhere.
csum_errors() {
	local ns sum=0 n
	for ns in "$client" "$node1" "$node2" "$pa" "$pc"; do
		n=$(inside "$ns" awk '
			FILENAME ~ /6$/ { if ($1 ~ /InCsumErrors$/) sum += $2; next }
			!($1 in head) { head[$1] = $0; next }
			{
				split(head[$1], name)
				for (i = 2; i <= NF; i++) if (name[i] == "InCsumErrors") sum += $i
			}
			END { print sum + 0 }' /proc/net/snmp /proc/net/snmp6)
		sum=$((sum + n))
	done
	echo "$sum"
}

# A pod, the node itself, and a client outside: rewritten once, twice, and masqueraded.
everybody_moves_bytes() {
	local before
	fresh
	before=$(csum_errors)
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	svc new dns udp vip "$vip:53" ep "$pc_ip:8080"
	bulk send "$pa" "$vip:80" "$BULK"
	bulk recv "$pa" "$vip:80" "$BULK"
	bulk send "$node1" "$vip:80" "$BULK"
	bulk recv "$client" "$node1_ip:30080" "$BULK"
	bulk send "$client" "$node1_ip:30080" "$BULK"
	expect pc who "$pa" udp "$vip:53" 5 -z 1201
	expect pc who "$node1" udp "$vip:53" 5 -z 3333
	expect "$before" csum_errors
	expect 0 count "$node1" drop_truncated
	no_leaks
}

test_all_offloads() {
	everybody_moves_bytes
}

test_no_segmentation_offload() {
	offloads tso off gso off
	defer offloads tso on gso on
	everybody_moves_bytes
}

# Packets are merged where they arrive, verified there, and called good from then on.
test_receive_offload() {
	offloads gro on
	defer offloads gro off
	everybody_moves_bytes
}

# Every checksum is computed where a packet leaves, and verified where it arrives; packets are linear.
test_no_checksum_offload() {
	offloads tx off sg off rx off gro off
	defer offloads tx on sg on rx on tso on gso on
	everybody_moves_bytes
}

# Software segmentation behind the rewriting: the sender's own packets are large, the link's are not.
test_segmented_by_the_node() {
	devices=(node1:eth0 node2:pc)
	offloads tso off gso on tx off
	defer offloads tx on tso on
	everybody_moves_bytes
}

cluster_up
run_tests
