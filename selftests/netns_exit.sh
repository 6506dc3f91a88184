#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Links and whole namespaces go away under traffic; nothing stays behind (the harness looks for it), nothing crashes.
#
#   in ── p0  node  p1 ── ep          node: 10.0.1.1, 10.0.2.1 and an instance
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names are set by setup_ns; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

LOOPS=3

# In the EXIT trap's hands from the start: node is deleted by the tests themselves.
small() {
	setup_ns in ep
	orphans_give_up "$in" "$ep"
	node=node-$BASHPID
	load_pid=
	serve small "x=$ep:tcp:80" "x=$ep:udp:80"
	defer ip netns del "$node"
}

instance() {
	ip -n "$node" -batch - <<-END
		link add ipsvc0 type ipsvc
		link set ipsvc0 up
		route add 10.96.0.0/16 dev ipsvc0
	END
	svctool -n "$node" new t tcp vip 10.96.0.1:80 nodeport 30080 ep 10.0.2.2:80 + u udp vip 10.96.0.1:80 ep 10.0.2.2:80
}

node_up() {
	ip netns add "$node"
	veth "$node" p0 10.0.1.1/24 "$in" eth0 10.0.1.2/24
	veth "$node" p1 10.0.2.1/24 "$ep" eth0 10.0.2.2/24
	ip -n "$in" route add default via 10.0.1.1
	ip -n "$ep" route add default via 10.0.1.1 dev eth0 onlink
	sysctls "$node" ip_forward=1
	instance
}

traffic() {
	nettool load -n "$in" -t 200 tcp:10.96.0.1:80=x udp:10.96.0.1:80=x tcp:10.0.1.1:30080=x >"$ktap_tmp/load" 2>&1 &
	load_pid=$!
}

# It was under traffic indeed, and nobody else has answered.
traffic_ends() {
	kill -TERM "$load_pid"
	wait "$load_pid" || fail "$(<"$ktap_tmp/load")"
	expect_match "^ok=[1-9][0-9]* .* wrong=0$" cat "$ktap_tmp/load"
}

flowing() {
	(($(svctool -n "$node" stats packets_from_endpoint) >= 20))
}

test_link_deleted_under_traffic() {
	local i
	small
	node_up
	traffic
	for ((i = 0; i < LOOPS; i++)); do
		busywait "$(slow 10)" flowing || fail "no traffic"
		ip -n "$node" link del ipsvc0
		expect_error "No such device" svctool -n "$node" services
		instance
	done
	busywait "$(slow 10)" flowing || fail "no traffic"
	traffic_ends
}

test_namespace_deleted_under_traffic() {
	local i
	small
	for ((i = 0; i < LOOPS; i++)); do
		node_up
		traffic
		busywait "$(slow 10)" flowing || fail "no traffic"
		ip netns del "$node"
		traffic_ends
		# The peers of its links go with it, some time later.
		busywait "$(slow 10)" gone || fail "the namespace's links are still there"
	done
}

gone() {
	! ip -n "$in" link show eth0 >/dev/null 2>&1 && ! ip -n "$ep" link show eth0 >/dev/null 2>&1
}

# Services and flows without hooks, hooks without flows, and nothing at all.
test_deleted_in_every_state() {
	local state
	small
	for state in empty services flows only-flows; do
		node_up
		case $state in
		empty) svctool -n "$node" flush ;;
		flows) expect x who "$in" udp 10.96.0.1:80 5 ;;
		only-flows)
			session s "$in" tcp 10.96.0.1:80
			expect x name_of s
			svctool -n "$node" flush
			expect x name_of s
			;;
		esac
		if [[ $state = flows ]]; then
			ip -n "$node" link set ipsvc0 down
			ip -n "$node" link del ipsvc0
		fi
		ip netns del "$node"
		busywait "$(slow 10)" gone || fail "the namespace's links are still there"
	done
}

cluster_tmp=$(mktemp -d)
trap 'rm -rf "$cluster_tmp"' EXIT
# Who reads the instance's files while it goes reads values, or nothing.
test_files_are_read_while_the_link_goes() {
	local i pids buckets
	small
	node_up
	buckets=$(ip netns exec "$node" cat /sys/class/net/ipsvc0/ipsvc/flow_buckets)
	ip netns exec "$node" sh -c 'while :; do grep . /sys/class/net/ipsvc0/ipsvc/* /proc/net/ipsvc/*; done' \
		>/dev/null 2>&1 &
	pids=$!
	# One that needs no program, for the moment between the end of the tables and that of the files.
	ip netns exec "$node" bash -c 'while :; do read -r n </sys/class/net/ipsvc0/ipsvc/flow_buckets && echo "$n"; done' \
		>"$ktap_tmp/read" 2>/dev/null &
	pids+=" $!"
	for ((i = 0; i < 20; i++)); do
		ip -n "$node" link del ipsvc0
		instance
	done
	# shellcheck disable=SC2086 # two words
	kill $pids
	# shellcheck disable=SC2086
	wait $pids || true
	ip netns del "$node"
	# The files of sysfs outlive the tables: what they show does not come from there.
	expect "$buckets" sort -u "$ktap_tmp/read"
}

run_tests
