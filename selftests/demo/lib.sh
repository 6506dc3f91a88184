#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What demo.sh plays with: commands that are shown, checks that are counted, and nodes and pods made of network
# namespaces.
#
#   title TEXT              a heading
#   run COMMAND             shows the command (a string for the shell), runs it and shows what it printed, which is
#                           in $output afterwards, with its exit status in $status
#   check WHAT CMD…         prints "ok: WHAT", or "FAILED: WHAT" when CMD… fails
#   eventually WHAT CMD…    the same, and CMD… has some seconds to come true
#   printed REGEX           the last `run` succeeded and printed something like this
set -uo pipefail

failures=0 output='' status=0
# Seconds that `eventually` waits at most; an emulated machine is slow.
patience=${DEMO_PATIENCE:-20}

title() {
	printf '\n== %s ==\n\n' "$1"
}

run() {
	printf '$ %s\n' "$1"
	status=0
	output=$(eval "$1" 2>&1) || status=$?
	[[ -z $output ]] || printf '%s\n' "$output"
}

ok() {
	printf 'ok: %s\n' "$1"
}

failed() {
	failures=$((failures + 1))
	printf 'FAILED: %s\n' "$1"
}

check() {
	local what=$1
	shift
	if "$@"; then ok "$what"; else failed "$what"; fi
}

eventually() {
	local what=$1 start=${EPOCHREALTIME/./}
	shift
	until "$@" >/dev/null 2>&1; do
		if ((${EPOCHREALTIME/./} - start > patience * 1000000)); then
			failed "$what (not within $patience s)"
			return
		fi
		sleep 0.05
	done
	ok "$what (after $(((${EPOCHREALTIME/./} - start) / 1000)) ms)"
}

printed() {
	((status == 0)) && [[ $output =~ $1 ]]
}

not() {
	! "$@"
}

same() {
	[[ $1 == "$2" ]]
}

# ---- nodes and pods -------------------------------------------------------------------------------------------------

netns() {
	ip netns add "$1"
	ip -n "$1" link set lo up
}

# segment NAME: a switch that nodes and others are plugged into.
segment() {
	netns "$1"
	ip -n "$1" link add br0 type bridge
	ip -n "$1" link set br0 up
}

# plug NETNS SEGMENT ADDRESS/LENGTH
plug() {
	ip -n "$2" link add "$1" type veth peer name eth0 netns "$1"
	ip -n "$2" link set "$1" master br0 up
	ip -n "$1" addr add "$3" dev eth0
	ip -n "$1" link set eth0 up
}

# node NAME SEGMENT ADDRESS/LENGTH
node() {
	netns "$1"
	plug "$1" "$2" "$3"
	ip netns exec "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# pod NAME NODE ADDRESS: behind its node, which routes its address; no bridge, no NAT.
pod() {
	local name=$1 node=$2 address=$3 gateway=${3%.*}.1
	netns "$name"
	ip -n "$node" link add "$name" type veth peer name eth0 netns "$name"
	ip -n "$node" addr add "$gateway/32" dev "$name"
	ip -n "$node" link set "$name" up
	ip -n "$node" route add "$address" dev "$name"
	ip -n "$name" addr add "$address/32" dev eth0
	ip -n "$name" link set eth0 up
	ip -n "$name" route add "$gateway" dev eth0 scope link
	ip -n "$name" route add default via "$gateway"
}

# Ends the processes in a namespace, then the namespace.
remove_netns() {
	local pids
	pids=$(ip netns pids "$1" 2>/dev/null) || return 0
	# shellcheck disable=SC2086 # one word a process
	[[ -z $pids ]] || kill -9 $pids 2>/dev/null
	ip netns del "$1"
}
