#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the shell tests in this directory share. A test looks like this:
#
#   #!/usr/bin/env bash
#   # SPDX-License-Identifier: GPL-2.0-or-later
#   # What is tested, in a sentence.
#   source "$(dirname "$0")/lib.sh"
#
#   test_reaches_backend()
#   {
#           setup_ns node pod                      # $node and $pod are now names of new namespaces
#           veth "$node" p0 10.0.1.1/24 "$pod" eth0 10.0.1.2/24
#           ip netns exec "$pod" socat TCP-LISTEN:80,fork EXEC:hostname &
#           defer kill $!
#           busywait 5 listens "$pod" tcp 80 || fail "no server"
#           expect "hello" ip netns exec "$node" nc 10.0.1.2 80
#   }
#
#   test_needs_something()
#   {
#           [[ -e /proc/net/something ]] || skip "this kernel has no something"
#   }
#
#   run_tests                                      # every function test_*, in the order of the file
#
# Each test function runs in a subshell with `set -e`, so a command that fails fails the test and shows where, and
# what it made (namespaces, deferred commands, background processes) is undone when it ends, however it ends.
# The output is KTAP and the exit status kselftest's: 0 passed, 1 failed, 4 everything skipped.
#
#   fail WHY…              ends this test as failed          skip WHY…   ends it as skipped
#   expect WANT CMD…       CMD succeeds and prints WANT (compared without trailing newlines)
#   expect_match RE CMD…   CMD succeeds and its output matches the extended regular expression
#   expect_fail CMD…       CMD fails (on a signal or "not found" it is the test that fails)
#   expect_error RE CMD…   CMD fails and its stderr matches
#   busywait S CMD…        repeats CMD until it succeeds, prints its last output; fails after S seconds
#   defer CMD…             runs CMD when the test ends, last first
#   setup_ns NAME…         new namespaces, `lo` up, with their names in the variables NAME
#   veth NS1 IF1 ADDR1 NS2 IF2 ADDR2     a veth pair, both ends up; an address may be - or several, with commas
#   listens NS PROTO PORT  is somebody listening there?
#   slow N                 N seconds, more where the machine is slow (KSFT_MACHINE_SLOW); for time limits
#
# Without run_tests: ktap_plan N, then test_pass NAME, test_fail NAME [WHY], test_skip NAME WHY, and ktap_exit.
set -uo pipefail

KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4
export PATH=$PATH:/usr/sbin:/sbin

# What happens often is done by the shell itself: a process costs an emulated machine as much as a hundred packets.
ktap_fifo=$(mktemp -u)
mkfifo -m 600 "$ktap_fifo"
exec {ktap_nothing}<>"$ktap_fifo"
rm "$ktap_fifo"

# Waits so many seconds: nobody ever writes there.
nap() {
	read -r -t "$1" -u "$ktap_nothing" || true
}

ktap_n=0 ktap_passed=0 ktap_failed=0 ktap_skipped=0

ktap_plan() {
	echo "TAP version 13"
	echo "1..$1"
}

test_pass() {
	ktap_n=$((ktap_n + 1)) ktap_passed=$((ktap_passed + 1))
	echo "ok $ktap_n $1"
}

test_fail() {
	ktap_n=$((ktap_n + 1)) ktap_failed=$((ktap_failed + 1))
	if (($# > 1)); then printf '%s\n' "${*:2}" | sed 's/^/# /'; fi
	echo "not ok $ktap_n $1"
}

test_skip() {
	ktap_n=$((ktap_n + 1)) ktap_skipped=$((ktap_skipped + 1))
	echo "ok $ktap_n $1 # SKIP ${*:2}"
}

ktap_exit() {
	echo "# Totals: pass:$ktap_passed fail:$ktap_failed xfail:0 xpass:0 skip:$ktap_skipped error:0"
	if ((ktap_failed || ktap_n == 0)); then exit $KSFT_FAIL; fi
	if ((ktap_passed == 0)); then exit $KSFT_SKIP; fi
	exit $KSFT_PASS
}

# ---- inside a test --------------------------------------------------------------------------------------------------

fail() {
	trap - ERR
	echo "FAILED: $*"
	ktap_stack
	exit $KSFT_FAIL
}

skip() {
	printf '%s\n' "$*" >"$ktap_tmp/skip"
	exit $KSFT_SKIP
}

# Runs a command; its output is in $output and its stderr in $errors afterwards.
capture() {
	local status=0
	output=$("$@" 2>"$ktap_tmp/stderr") || status=$?
	read -r -d '' errors <"$ktap_tmp/stderr" || true
	return $status
}

expect() {
	local want=$1 status=0
	shift
	capture "$@" || status=$?
	((status == 0)) || fail "'$*' returned $status: $errors"
	[[ $output == "$want" ]] || fail "'$*' printed"$'\n'"$output"$'\n'"instead of"$'\n'"$want"
}

expect_match() {
	local want=$1 status=0
	shift
	capture "$@" || status=$?
	((status == 0)) || fail "'$*' returned $status: $errors"
	[[ $output =~ $want ]] || fail "'$*' printed"$'\n'"$output"$'\n'"which does not match $want"
}

expect_fail() {
	local status=0
	capture "$@" || status=$?
	((status != 0)) || fail "'$*' succeeded, and printed '$output'"
	((status < 126)) || fail "'$*' did not fail but end with status $status: $errors"
}

expect_error() {
	local want=$1
	shift
	expect_fail "$@"
	[[ $errors =~ $want ]] || fail "'$*' said"$'\n'"$errors"$'\n'"which does not match $want"
}

busywait() {
	local limit out
	limit=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	while :; do
		if out=$("$@" 2>&1); then
			[[ -z $out ]] || printf '%s\n' "$out"
			return 0
		fi
		if ((${EPOCHREALTIME/./} > limit)); then
			[[ -z $out ]] || printf '%s\n' "$out"
			return 1
		fi
		nap 0.05
	done
}

slow() {
	if [[ ${KSFT_MACHINE_SLOW:-no} = yes ]]; then echo $(($1 * 4)); else echo "$1"; fi
}

ktap_deferred=()

defer() {
	ktap_deferred+=("$(printf '%q ' "$@")")
}

# Undoes everything; ours to call only, from the trap of the test's subshell.
ktap_undo() {
	local i
	set +e
	# Processes first: sockets that are closed when their way is cut hold their namespaces for minutes.
	# shellcheck disable=SC2046 # one word a process
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	for ((i = ${#ktap_deferred[@]} - 1; i >= 0; i--)); do
		eval "${ktap_deferred[i]}" >/dev/null 2>&1
	done
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
}

cleanup_ns() {
	local ns pids
	for ns in "$@"; do
		pids=$(ip netns pids "$ns" 2>/dev/null)
		# shellcheck disable=SC2086 # one word a process
		[[ -z $pids ]] || kill -9 $pids
		ip netns del "$ns"
	done
}

setup_ns() {
	local name ns
	for name in "$@"; do
		ns=$name-$(printf '%04x%02x' $((RANDOM)) $((RANDOM % 256)))
		ip netns add "$ns" || fail "cannot make a network namespace"
		defer cleanup_ns "$ns"
		ip -n "$ns" link set lo up
		# Duplicate address detection keeps a new IPv6 address from being used for a second.
		ip netns exec "$ns" sh -c 'cd /proc/sys/net/ipv6/conf && echo 0 >all/accept_dad && echo 0 >default/accept_dad'
		printf -v "$name" %s "$ns"
	done
}

veth() {
	local ns1=$1 if1=$2 addr1=$3 ns2=$4 if2=$5 addr2=$6
	ip -n "$ns1" link add "$if1" type veth peer name "$if2" netns "$ns2"
	addresses "$if1" "$addr1" | ip -n "$ns1" -batch -
	addresses "$if2" "$addr2" | ip -n "$ns2" -batch -
}

# Commands for ip that give a link its addresses and bring it up.
addresses() {
	local a
	for a in ${2//,/ }; do [[ $a = - ]] || echo "addr add $a dev $1"; done
	echo "link set $1 up"
}

listens() {
	local proto
	case $2 in tcp) proto=-t ;; udp) proto=-u ;; *) fail "listens: $2?" ;; esac
	ip netns exec "$1" ss -Hnl "$proto" "sport = :$3" | grep -q .
}

# ---- running them ---------------------------------------------------------------------------------------------------

# The calls that led here, as far as they are in the test itself.
ktap_stack() {
	local i
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		[[ ${BASH_SOURCE[i]} = "$0" && ${FUNCNAME[i]} != main ]] || continue
		echo "  in ${FUNCNAME[i]}, ${0##*/}:${BASH_LINENO[i - 1]}"
	done
}

ktap_where() {
	local status=$? command=$BASH_COMMAND
	trap - ERR
	echo "FAILED: '$command' returned $status"
	ktap_stack
}

# One test in a subshell; the caller must not look at its status with `||` or `if`, which would switch off set -e.
run_test() {
	(
		set -eE
		ktap_deferred=()
		trap ktap_where ERR
		trap ktap_undo EXIT
		"$1"
	) >"$ktap_tmp/log" 2>&1 </dev/null
}

run_tests() {
	local tests=("$@") name status
	if ((${#tests[@]} == 0)); then
		shopt -s extdebug
		mapfile -t tests < <(for name in $(compgen -A function test_); do declare -F "$name"; done |
			awk -v me="$0" '$1 !~ /^test_(pass|fail|skip)$/ && $3 == me { print $2, $1 }' | sort -n | cut -d' ' -f2)
		shopt -u extdebug
	fi
	ktap_tmp=$(mktemp -d)
	ktap_plan ${#tests[@]}
	for name in "${tests[@]}"; do
		[[ ! -e $ktap_tmp/skip ]] || rm "$ktap_tmp/skip"
		run_test "$name"
		status=$?
		if ((status == KSFT_SKIP)) && [[ -e $ktap_tmp/skip ]]; then
			test_skip "${name#test_}" "$(<"$ktap_tmp/skip")"
		elif ((status)); then
			test_fail "${name#test_}" "$(<"$ktap_tmp/log")"
		else
			test_pass "${name#test_}"
		fi
	done
	rm -rf "$ktap_tmp"
	ktap_exit
}
