#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SCTP: associations through ClusterIPs and node ports, their checksums, their ends, and what begins none.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

sctp=$(dirname "$0")/sctp.py

# One server a pod, as long as the tests run.
servers() {
	local pod ip
	for pod in $cluster_pods; do
		ip=${pod}_ip
		nsrun "${!pod}" python3 "$sctp" serve "$pod" "$(bare "${!ip}")" 9999 >"$cluster_tmp/sctp.$pod" &
		disown $!
		ktap_deferred+=("kill $!")
	done
	for pod in $cluster_pods; do busywait "$(slow 10)" grep -q ready "$cluster_tmp/sctp.$pod" || return; done
}

bell() {
	fresh
	[[ -d /proc/sys/net/sctp ]] || skip "this kernel has no SCTP"
	svc new bell sctp vip "$vip:99" nodeport 30099 "$@"
}

# associate NS A:P [COUNT]
associate() {
	inside "$1" python3 "$sctp" ask "$(bare "${2%:*}")" "${2##*:}" "${3:-1}"
}

test_cluster_ip() {
	bell ep "$pc_ip:9999"
	expect_match "^pc $(re "$pa_ip"):[0-9]+$" associate "$pa" "$vip:99"
	expect_match "^pc $(re "$node1_ip"):[0-9]+$" associate "$node1" "$vip:99"
	# Its neighbour behind the same node, and the pod itself, which sees its node.
	expect_match "^pc $(re "$pd_ip"):[0-9]+$" associate "$pd" "$vip:99"
	expect_match "^pc $(re "$gw2"):[0-9]+$" associate "$pc" "$vip:99"
	expect 2 count "$node1" flow_created
	no_leaks
}

test_node_port() {
	bell ep "$pa_ip:9999"
	expect_match "^pa $(re "$gw1"):[0-9]+$" associate "$client" "$node1_ip:30099"
	expect_match "^pa $(re "$node2_ip"):[0-9]+$" associate "$client" "$node2_ip:30099"
	expect_match "^pa " associate "$node1" "$node1_ip:30099"
	no_leaks
}

test_spread() {
	bell ep "$pa_ip:9999" ep "$pc_ip:9999"
	[[ $(associate "$pb" "$vip:99" 20 | cut -d' ' -f1 | sort -u | xargs) = "pa pc" ]] || fail "not on both"
}

# Many packets, both ways, each with a checksum that the receiver verifies: a veth does not by itself.
test_checksums() {
	local before after
	bell ep "$pc_ip:9999"
	sums_are_made on
	expect ok inside "$pa" python3 "$sctp" bulk "$(bare "$vip")" 99 300000
	sums_are_made off
	before=$(bad_sums)
	expect ok inside "$pa" python3 "$sctp" bulk "$(bare "$vip")" 99 300000
	after=$(bad_sums)
	expect "$before" echo "$after"
}

# Whether the links of sender and receiver leave the checksum to hardware that is not there.
sums_are_made() {
	inside "$pa" ethtool -K eth0 tx-checksum-sctp "$1" >/dev/null
	inside "$pc" ethtool -K eth0 tx-checksum-sctp "$1" >/dev/null
}

bad_sums() {
	inside "$pc" awk '$1 == "SctpChecksumErrors" { print $2 }' /proc/net/sctp/snmp
}

test_refusal() {
	local before
	bell
	before=$(count "$node1" reject_no_endpoint)
	expect refused associate "$pa" "$vip:99"
	expect refused associate "$client" "$node1_ip:30099"
	expect refused associate "$node1" "$vip:99"
	expect $((before + 3)) count "$node1" reject_no_endpoint
	expect 0 count "$node1" flow_created
	no_leaks
}

# The endpoint is removed: what is established goes on, what is new goes elsewhere.
test_endpoint_goes() {
	bell ep "$pc_ip:9999"
	started bell nsrun "$pa" python3 "$sctp" talk "$(bare "$vip")" 99
	expect connected answer bell
	expect_match "^pc " say bell one
	svc set bell ep "$pd_ip:9999"
	expect_match "^pc " say bell two
	expect_match "^pd " associate "$pa" "$vip:99"
}

# SHUTDOWN ends the flow, and the port can be used again at once.
test_end() {
	forget_flows
	bell ep "$pc_ip:9999"
	started bell nsrun "$pa" python3 "$sctp" talk "$(bare "$vip")" 99
	expect connected answer bell
	expect_match "sctp .* established" inside "$node1" cat /proc/net/ipsvc/flows
	with timeout_sctp_closing 60
	expect closed say bell BYE
	busywait "$(slow 5)" ended || fail "$(inside "$node1" cat /proc/net/ipsvc/flows)"
}

ended() {
	inside "$node1" grep -q 'sctp .* closed' /proc/net/ipsvc/flows
}

# What begins no association gets an ABORT, and makes no flow.
test_packets_without_association() {
	bell ep "$pc_ip:9999"
	expect "abort T" inside "$pa" python3 "$(dirname "$0")/sctp_raw.py" cookie "$(bare "$vip")" 99
	expect "nothing" inside "$pa" python3 "$(dirname "$0")/sctp_raw.py" abort "$(bare "$vip")" 99
	expect 0 count "$node1" flow_created
}

test_stateful_firewall() {
	bell ep "$pc_ip:9999"
	rules <<-END
		table inet fw {
			chain forward {
				type filter hook forward priority 0; policy drop
				ct state established,related accept
				meta l4proto { icmp, icmpv6 } accept
				sctp dport 9999 accept
			}
		}
	END
	expect_match "^pc " associate "$pa" "$vip:99"
	expect_match "^pc " associate "$client" "$node1_ip:30099"
}

modprobe sctp 2>/dev/null
cluster_up
servers || echo "# no SCTP"
run_tests
