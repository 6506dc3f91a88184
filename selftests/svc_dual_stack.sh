#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvcd with a range of ClusterIPs in each family: Services of one family and of both, their upgrade and downgrade,
# and Pods that have one address or two, from the manifest to the packet.
# shellcheck disable=SC2154 # names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

v4=10.96.0.10:80
v6='[fd00:96::10]:80'

cli() {
	ipsvc --netns "$node" --store "$dir/store.db" --run-dir "$dir/run" "$@"
}

# One node, one pod with an address of each family, and ipsvcd: small RANGES
small() {
	[[ -e /proc/sys/net/ipv6 ]] || skip "this kernel has no IPv6"
	small_cluster
	ip -n "$node" addr add fd00:244:1::1/64 dev p0 nodad
	ip -n "$pod" addr add fd00:244:1::2/64 dev eth0 nodad
	ip -n "$pod" route add default via fd00:244:1::1
	sysctls "$node" ip_forward=1 ../ipv6/conf/all/forwarding=1
	dir=$(mktemp -d -p "$ktap_tmp")
	cluster_tmp=$dir
	serve small "web=$pod:tcp:8080" "web=$pod:udp:8080"
	mkdir "$dir/manifests"
	start "$1"
}

start() { # RANGES
	nsrun "$node" ipsvcd --manifests "$dir/manifests" --store "$dir/store.db" --run-dir "$dir/run" --prune-after 1 \
		--service-cidr "$1" >"$dir/daemon.log" 2>&1 &
	daemon=$!
	busywait "$(slow 10)" cli service list >/dev/null 2>&1 || fail "$(<"$dir/daemon.log")"
}

pod_with() { # ADDRESSES
	pod_manifest | sed "s/podIP: [^,]*,/podIPs: [$1],/" >"$dir/pod"
	mv "$dir/pod" "$dir/manifests/pod.yaml"
}

# service POLICY FAMILIES ADDRESSES [ANNOTATIONS]
service() {
	cat >"$dir/service" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: web, annotations: {${4-}}}
		spec:
		  type: NodePort
		  selector: {app: web}
		  ipFamilyPolicy: $1
		  ipFamilies: [$2]
		  clusterIP: ${3%%,*}
		  clusterIPs: [$3]
		  ports:
		  - {name: tcp, port: 80, targetPort: 8080, nodePort: 30080}
		  - {name: udp, port: 80, targetPort: 8080, nodePort: 30081, protocol: UDP}
	YAML
	mv "$dir/service" "$dir/manifests/web.yaml"
}

answers() { # NAME VIP NODE-ADDRESS
	[[ $(who "$node" tcp "$2" 1) = "$1" && $(who "$node" udp "$2" 1) = "$1" &&
		$(who "$node" tcp "$3:30080" 1) = "$1" && $(who "$node" udp "$3:30081" 1) = "$1" ]]
}

answers4() {
	answers "$1" "$v4" 10.244.1.1
}

answers6() {
	answers "$1" "$v6" '[fd00:244:1::1]'
}

test_both_families() {
	small 10.96.0.0/16,fd00:96::/112
	pod_with '{ip: 10.244.1.2}, {ip: "fd00:244:1::2"}'
	service RequireDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"'
	busywait "$(slow 10)" answers4 web || fail "$(<"$dir/daemon.log")"
	busywait "$(slow 10)" answers6 web
	expect_match 'web +NodePort +10.96.0.10 ' cli get svc
	# The pod reaches itself through either.
	expect web who "$pod" tcp "$v4" 1
	expect web who "$pod" tcp "$v6" 1
}

# A pod with an address of one family serves that one only; the other refuses at once.
test_pod_of_one_family() {
	small 10.96.0.0/16,fd00:96::/112
	pod_with '{ip: 10.244.1.2}'
	service RequireDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"'
	busywait "$(slow 10)" answers4 web || fail "$(<"$dir/daemon.log")"
	expect refused who "$node" tcp "$v6" 1
	expect refused who "$node" udp "$v6" 1
	pod_with '{ip: "fd00:244:1::2"}'
	busywait "$(slow 10)" answers6 web
	expect refused who "$node" tcp "$v4" 1
}

test_upgrade_and_downgrade() {
	small 10.96.0.0/16,fd00:96::/112
	pod_with '{ip: 10.244.1.2}, {ip: "fd00:244:1::2"}'
	service SingleStack IPv4 10.96.0.10
	busywait "$(slow 10)" answers4 web || fail "$(<"$dir/daemon.log")"
	expect refused who "$node" tcp "$v6" 1
	service PreferDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"'
	busywait "$(slow 10)" answers6 web
	expect web who "$node" tcp "$v4" 1
	service SingleStack IPv4 10.96.0.10
	busywait "$(slow 10)" answers6 refused
	expect web who "$node" tcp "$v4" 1
}

# Source ranges of one family leave the other one open, or close it where that is asked for.
test_source_ranges() {
	local notes='ipsvc.io/source-ranges-apply: "ClusterIP,NodePort", ipsvc.io/source-ranges-allow: 10.244.1.1/32'
	small 10.96.0.0/16,fd00:96::/112
	pod_with '{ip: 10.244.1.2}, {ip: "fd00:244:1::2"}'
	service RequireDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"' "$notes"
	busywait "$(slow 10)" answers4 web || fail "$(<"$dir/daemon.log")"
	busywait "$(slow 10)" answers6 web
	expect_match 'Source ranges: +10.244.1.1/32' cli service show web:tcp
	expect timeout ask "$pod" tcp "$v4" -t "$(slow 1)00"
	expect web who "$pod" tcp "$v6" 1
	service RequireDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"' "$notes, ipsvc.io/source-ranges-fail-closed: 'true'"
	busywait "$(slow 10)" closed6 || fail "$(<"$dir/daemon.log")"
	expect timeout ask "$pod" tcp "$v6" -t "$(slow 1)00"
	expect web who "$node" tcp "$v4" 1
	service RequireDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"'
	busywait "$(slow 10)" answers6 web
	expect web who "$pod" tcp "$v4" 1
}

closed6() {
	[[ $(svctool -6 -n "$node" services) = *deny=*::*/0* ]]
}

# A cluster that has nothing but IPv6.
test_ipv6_alone() {
	small fd00:96::/112
	pod_with '{ip: "fd00:244:1::2"}'
	service SingleStack IPv6 '"fd00:96::10"'
	busywait "$(slow 10)" answers6 web || fail "$(<"$dir/daemon.log")"
	expect_match 'web +NodePort +fd00:96::10 ' cli get svc
}

unrouted() {
	[[ $(ip -n "$node" -6 route) != *fd00:96::/112* ]]
}

# The way to a second range goes with it.
test_second_range_removed() {
	small 10.96.0.0/16,fd00:96::/112
	expect_match 'fd00:96::/112 dev ipsvc0' ip -n "$node" -6 route
	kill "$daemon"
	wait "$daemon"
	start 10.96.0.0/16
	busywait "$(slow 10)" unrouted || fail 'the route to a range of before is left'
	expect_match '10.96.0.0/16 dev ipsvc0' ip -n "$node" route
}

served() {
	[[ $(cli service list) = *default/web:tcp*10.96.0.10:80* ]]
}

# Where IPv6 is disabled the second range has no route; that is said, and keeps nothing of IPv4 back.
test_ipv6_disabled() {
	[[ -e /proc/sys/net/ipv6 ]] || skip "this kernel has no IPv6"
	setup_ns node
	sysctls "$node" ../ipv6/conf/all/disable_ipv6=1 ../ipv6/conf/default/disable_ipv6=1
	dir=$(mktemp -d -p "$ktap_tmp")
	mkdir "$dir/manifests"
	service PreferDualStack 'IPv4, IPv6' '10.96.0.10, "fd00:96::10"'
	start 10.96.0.0/16,fd00:96::/112
	busywait "$(slow 10)" served || fail "$(<"$dir/daemon.log")"
	expect_match 'no route to fd00:96::/112, whose addresses this node does not reach: ' cli status
}

run_tests
