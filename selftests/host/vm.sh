#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What every other test relies on: selftests/vm/run returns the status of its command, unless the kernel warned or time
# is over. $VM_KERNEL (default: 6.12) is what it is tried on, without the module, which may just be being built.
source "$(dirname "$0")/../lib.sh"

vm=$(cd "$(dirname "$0")/../vm" && pwd -P)/run

# machine SECONDS COMMAND…: what it says is in $said, its exit status in $status.
machine() {
	local seconds=$1
	shift
	status=0
	said=$("$vm" --kernel "${VM_KERNEL:-6.12}" --no-module --timeout "$seconds" -- "$@" 2>&1) || status=$?
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

test_timeout() {
	machine 5 sleep 600
	((status == 124)) || fail "status $status instead of 124: $said"
	[[ $said = *'no result after 5 s'* ]] || fail "it said $said"
}

run_tests
