#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module is unloaded under traffic, with instances in several namespaces, open files and a dump under way, and
# loaded again.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

instances() {
	local n
	for n in 1 2; do
		local ns=node$n
		ip -n "${!ns}" -batch - <<-END
			link add ipsvc0 type ipsvc
			link set ipsvc0 up
			route add 10.96.0.0/16 dev ipsvc0
		END
	done
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pb_ip:8080"
	svc new dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pb_ip:8080"
}

# Whatever a test did, the next one finds the module as it was.
restore() {
	[[ -e /sys/module/ipsvc ]] || modprobe ipsvc
	instances
}

unloaded() {
	rmmod ipsvc
}

test_under_traffic() {
	local i pid
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pb_ip:8080"
	svc new dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pb_ip:8080"
	nettool load -n "$pa" -t 200 "tcp:$vip:80=p" "udp:$vip:80=p" >"$ktap_tmp/pod" 2>&1 &
	pid=$!
	nettool load -n "$client" -t 200 tcp:192.168.0.1:30080=p udp:192.168.0.2:30080=p >"$ktap_tmp/client" 2>&1 &
	for i in 1 2 3; do
		expect "pb pc" who "$pa" tcp "$vip:80" 16
		rmmod ipsvc
		[[ ! -e /sys/module/ipsvc ]] || fail "still there"
		expect_fail ip -n "$node1" link show ipsvc0
		modprobe ipsvc
		instances
	done
	expect "pb pc" who "$pa" tcp "$vip:80" 16
	kill -TERM "$pid" $!
	wait "$pid" $! || fail "$(cat "$ktap_tmp/pod" "$ktap_tmp/client")"
	expect_match "^ok=[1-9][0-9]* .* wrong=0$" cat "$ktap_tmp/pod"
	expect_match "^ok=[1-9][0-9]* .* wrong=0$" cat "$ktap_tmp/client"
}

# A file that is open does not keep the module; what it then says is no matter, as long as it says so.
test_open_files() {
	local file fds=() fd
	for file in services flows stats; do
		mkfifo "$ktap_tmp/$file"
		inside "$node1" sh -c "exec <'/proc/net/ipsvc/$file'; read -r line; cat '$ktap_tmp/$file'; cat >/dev/null" &
		exec {fd}>"$ktap_tmp/$file"
		fds+=("$fd")
	done
	rmmod ipsvc
	for fd in "${fds[@]}"; do exec {fd}>&-; done
	wait
	modprobe ipsvc
	instances
}

# A dump that nobody reads to its end holds the module, or does not; either way all is well once it ends.
test_dump_under_way() {
	local i words=() pid
	fresh
	for ((i = 0; i < 400; i++)); do words+=(+ "s$i" tcp vip "10.96.1.$((i % 250)):$((1000 + i))" ep "$pc_ip:8080"); done
	svc -1 new "${words[@]:1}"
	svctool -n "$node1" begin-dump 600 >"$ktap_tmp/dump" &
	pid=$!
	busywait "$(slow 5)" grep -q dumping "$ktap_tmp/dump"
	rmmod ipsvc 2>/dev/null || true
	kill "$pid"
	wait "$pid" || true
	[[ ! -e /sys/module/ipsvc ]] || busywait "$(slow 5)" unloaded || fail "the dump left the module in use"
	modprobe ipsvc
	instances
}

# Services that have flows only, and flows whose endpoints are gone.
test_flows_of_removed_services() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pc_ip:8080"
	session a "$pa" tcp "$vip:80"
	expect pc name_of a
	svc set web ep "$pd_ip:8080"
	session b "$pa" tcp "$vip:80"
	expect pd name_of b
	svc del web
	expect pc name_of a
	rmmod ipsvc
	modprobe ipsvc
	instances
}

test_loaded_and_unloaded() {
	local i
	for i in 1 2 3 4 5; do
		rmmod ipsvc
		modprobe ipsvc
	done
	# By its alias, by whoever makes the first link.
	rmmod ipsvc
	ip -n "$node1" link add ipsvc0 type ipsvc
	[[ -e /sys/module/ipsvc ]] || fail "the kind ipsvc does not load the module"
	ip -n "$node1" link del ipsvc0
	instances
}

cluster_up
orphans_give_up "$client" "$pa" "$pb" "$pc"
ktap_deferred+=("modprobe ipsvc")
run_tests
