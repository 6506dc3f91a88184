#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Root of a user namespace makes no instance, unless the host's administrator allows it by a parameter of the module.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: lib.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"

parameter=/sys/module/ipsvc/parameters/userns

# A user without privileges, as root of namespaces of its own.
as_root_of_namespaces() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net true 2>/dev/null ||
		skip "no user namespaces"
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net sh -c "$1"
}

with_parameter() {
	defer sh -c "echo $(<"$parameter") >$parameter"
	echo "$1" >"$parameter"
}

test_refused() {
	expect_match "^[0N]$" cat "$parameter"
	expect_error "not permitted|userns" as_root_of_namespaces 'ip link add ipsvc0 type ipsvc'
	# It is this kind of link that is refused, and in the namespaces of users only.
	as_root_of_namespaces 'ip link add d0 type dummy && ip link add type veth'
	setup_ns own
	ip -n "$own" link add ipsvc0 type ipsvc
}

# Nor by the host's root that is not one any more, nor deeper.
test_refused_to_root_of_the_host() {
	unshare --user --map-root-user --net true 2>/dev/null || skip "no user namespaces"
	expect_error "not permitted|userns" unshare --user --map-root-user --net ip link add ipsvc0 type ipsvc
	expect_error "not permitted|userns" unshare --user --map-root-user --net \
		unshare --user --map-root-user --net ip link add ipsvc0 type ipsvc
}

test_not_for_users_to_change() {
	expect_error "Permission denied" as_root_of_namespaces "echo 1 >$parameter"
	expect_match "^[0N]$" cat "$parameter"
}

test_allowed() {
	with_parameter 1
	expect made as_root_of_namespaces 'ip link add ipsvc0 type ipsvc && ip link set ipsvc0 up &&
		ls /proc/net/ipsvc >/dev/null && echo made'
	# Those that are there stay when it is taken back; new ones are refused.
	as_root_of_namespaces 'ip link add ipsvc0 type ipsvc; ip link set ipsvc0 up; echo made; sleep 2;
		ip link show ipsvc0 >/dev/null && echo stays; ip link del ipsvc0; ip link add ipsvc0 type ipsvc' \
		>"$ktap_tmp/said" 2>&1 &
	busywait "$(slow 3)" grep -q made "$ktap_tmp/said"
	echo 0 >"$parameter"
	wait $! || true
	expect_match $'^made\nstays\n' cat "$ktap_tmp/said"
	grep -qE "not permitted|userns" "$ktap_tmp/said" || fail "$(<"$ktap_tmp/said")"
}

run_tests
