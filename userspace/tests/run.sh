#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the given tests (each prints TAP of its own) and sums them up as one TAP
# stream: a line a test, its own output indented. Programs are in $O/tests, scripts
# (*.sh) beside this one; these find ipsvc and ipsvcd in $IPSVC_BIN.

set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="${ASAN_OPTIONS-detect_leaks=1:abort_on_error=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-print_stacktrace=1:halt_on_error=1}"

IPSVC_BIN=$(cd "$O" && pwd) || exit 1
export IPSVC_BIN

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

echo "TAP version 13"
echo "1..$#"
n=0
failed=0
for t in "$@"; do
	n=$((n + 1))
	case $t in
	*.sh) test=$(dirname "$0")/$t ;;
	*) test=$O/tests/$t ;;
	esac
	"$test" >"$log" 2>&1 </dev/null
	rc=$?
	sed 's/^/    /' "$log"
	# A program that ran nothing has tested nothing.
	if [ "$rc" -eq 0 ] && ! grep -q '^ok ' "$log"; then
		echo "    # no test ran"
		rc=1
	fi
	if [ "$rc" -eq 0 ]; then
		skip=
		grep '^ok ' "$log" | grep -qv '# SKIP' || skip=" # SKIP"
		echo "ok $n - $t$skip"
	else
		echo "not ok $n - $t # exit code $rc"
		failed=$((failed + 1))
	fi
done
echo "# $((n - failed)) of $n passed"
[ "$failed" -eq 0 ]
