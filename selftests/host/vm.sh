#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What every other test relies on: selftests/vm/run returns the status of its command, unless the kernel warned,
# something leaked or time is over. $VM_KERNEL (default: 6.12) is what it is tried on, without the module, which may
# just be being built.
# shellcheck disable=SC2016,SC2119 # $(( )) is for the guest; run_tests calls the functions
source "$(dirname "$0")/../lib.sh"

vm=$(cd "$(dirname "$0")/../vm" && pwd -P)/run
kernel=${VM_KERNEL:-6.12}

# machine SECONDS COMMAND…: what it says is in $said, its exit status in $status.
machine() {
	local seconds=$1
	shift
	status=0
	said=$("$vm" --kernel "$kernel" --smp 1 --no-module --settle 1 --timeout "$seconds" -- "$@" 2>&1) || status=$?
}

test_status_of_command() {
	machine 300 sh -c 'echo out; echo err >&2; exit 7'
	((status == 7)) || fail "status $status instead of 7: $said"
	[[ $said = *$'out\nerr' ]] || fail "it said $said"
}

# A command that is pleased does not help.
test_warning() {
	machine 300 sh -c 'echo "WARNING: made up" >/dev/kmsg; echo the command ran'
	((status == 123)) || fail "status $status instead of 123: $said"
	[[ $said = *'the command ran'* ]] || fail "the command did not run: $said"
	[[ $said = *'the kernel log has bad lines:'*'WARNING: made up'*'(which returned 0)'* ]] || fail "it said $said"
}

# One that nothing shows but a mount.
test_leaked_namespace() {
	machine 300 sh -c 'touch /tmp/pin && unshare -n mount --bind /proc/self/ns/net /tmp/pin && echo the command ran'
	((status == 123)) || fail "status $status instead of 123: $said"
	[[ $said = *'the command ran'* ]] || fail "the command did not run: $said"
	[[ $said = *'1 network namespaces leaked'*'(which returned 0)'* ]] || fail "it said $said"
}

# `make shell`: a shell reads what is typed, and its status is returned. What is typed before it is there is lost.
test_shell() {
	status=0
	while sleep 1; do echo 'exit $((1 + 2))'; done |
		timeout 120 "${vm%run}shell" --kernel "$kernel" --smp 1 --no-module >"$ktap_tmp/shell" 2>&1 || status=$?
	((status == 3)) || fail "status $status instead of 3: $(<"$ktap_tmp/shell")"
}

test_timeout() {
	machine 5 sleep 600
	((status == 124)) || fail "status $status instead of 124: $said"
	[[ $said = *'no result after 5 s'* ]] || fail "it said $said"
}

run_tests
