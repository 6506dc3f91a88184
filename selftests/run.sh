#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `make check` runs: builds everything (a warning is a failed test); on this machine the unit tests and
# selftests/host/*.sh; then every test of selftests/Makefile on each kernel named, in virtual machines.
#
#   selftests/run.sh KERNEL…        6.1, 6.12, debug, uml; the first has two CPUs, further ones one
#
# Environment: TESTS="a.sh b.sh" runs only these, and nothing but them; JOBS=N machines at once (default 2).
# Logs are in build/check/. The last line is the sum; the exit status is 0 only when tests ran and none failed.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
out=$repo/build/check
kernels=("$@")
((${#kernels[@]})) || {
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
}

# One finished thing: its counts into the results, a line for people, and the output if something failed.
record() {
	local where=$1 name=$2 passed=$3 failed=$4 skipped=$5 ms=$6 log=$7 verdict=ok text
	((failed == 0)) || verdict=FAIL
	((passed + failed > 0)) || verdict=skip
	printf '%s %s %d %d %d\n' "$where" "$name" "$passed" "$failed" "$skipped" >>"$out/results"
	text=$(printf '%-4s %-6s %-32s %3d passed, %d failed, %d skipped  %5.1f s' "$verdict" "$where" "$name" "$passed" \
		"$failed" "$skipped" "$((ms / 1000)).$((ms % 1000 / 100))")
	if ((failed)); then text+=$'\n'$(tail -n 200 "$log" | sed 's/^/    | /'); fi
	# In one write: two machines report at once.
	printf '%s\n' "$text"
}

# Counts a program's KTAP by its exit status: a line "passed failed skipped". Of nested results only the innermost
# count. What was planned but did not come, and a failure that no result admits, are failures.
count() {
	local log=$1 status=$2
	awk -v status="$status" '
		{ line = $0; sub(/^[ \t]*/, "", line); depth = length($0) - length(line) }
		depth == 0 && line ~ /^1\.\.[0-9]+/ && !plan { plan = substr(line, 4) + 0 }
		line !~ /^(not )?ok / { next }
		depth == 0 { top++ }
		depth == 0 && inner && !(line ~ /^not/ && !innerbad) { inner = innerbad = 0; next }
		{
			if (line ~ /^not ok/ && line !~ /# *(TODO|XFAIL)/) { failed++; if (depth) innerbad++ }
			else if (line ~ /# *[Ss][Kk][Ii][Pp]/) skipped++
			else passed++
			if (depth) inner++; else inner = innerbad = 0
		}
		END {
			if (plan > top) failed += plan - top
			if (!top && !plan) { if (status == 0) passed++; else if (status == 4) skipped++; else failed++ }
			else if (status != 0 && status != 4 && !failed) failed++
			print passed + 0, failed + 0, skipped + 0
		}' "$log"
}

now_ms() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# A step on this machine, whose output goes to a log: step NAME COMMAND…; returns its status.
step() {
	local name=$1 status=0 start log
	shift
	start=$(now_ms)
	log=$out/host/${name//[ \/]/-}.log
	mkdir -p "$out/host"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	# shellcheck disable=SC2046 # three words
	record host "${name// /-}" $(count "$log" "$status") $(($(now_ms) - start)) "$log"
	return "$status"
}

# The module with all of the compiler's and sparse's warnings on; one in a file of ours fails it.
build_module() {
	local kernel=$1 log=$out/host/warnings-$1
	CLEAN=1 W=1 scripts/build-module.sh "$kernel" 2>&1 | tee "$log" || return
	# All of that and more: sparse need not see it twice.
	CLEAN=1 DEBUG=1 W=1 C=2 scripts/build-module.sh "$kernel" 2>&1 | tee -a "$log" || return
	if grep -E '(kmod|include/uapi)/[^ :]*:[0-9:]+ *(warning|error)|modpost|WARNING:' "$log" >"$log.ours"; then
		echo "Warnings in our files:"
		cat "$log.ours"
		return 1
	fi
}

# A test that nobody runs is a mistake: every script here is listed, or belongs to the harness.
listed() {
	local script bad=0 files tests
	mapfile -t tests < <(make -s -C selftests list list-debug list-stock list-once)
	files=$(make -s -C selftests list-files)
	for script in selftests/*.sh; do
		case " run.sh ${files//$'\n'/ } ${tests[*]} " in *" ${script##*/} "*) continue ;; esac
		echo "$script is not listed in selftests/Makefile"
		bad=1
	done
	for script in "${tests[@]}"; do
		[[ -x selftests/$script || -x build/selftests/$script ]] && continue
		echo "$script is listed in selftests/Makefile, but is not there or not executable"
		bad=1
	done
	return "$bad"
}

# Reads what selftests/vm/ksft says in a guest; writes each test's log, its result, and its name into $dir/ended.
collect() {
	local kernel=$1 dir=$2 line test='' log=$2/boot.log status ms
	while IFS= read -r line || [[ -n $line ]]; do
		case $line in
		'##ksft begin '*)
			test=${line##* } log=$dir/${line##* }.log
			: >"$log"
			;;
		'##ksft end '*)
			read -r _ _ test status ms <<<"$line"
			# shellcheck disable=SC2046 # three words
			record "$kernel" "$test" $(count "$log" "$status") "$ms" "$log"
			echo "$test" >>"$dir/ended"
			test='' log=$dir/boot.log
			;;
		'##ksft vm '*) ended_vm "$kernel" "$dir" "${line##* }" "$test" ;;
		*) printf '%s\n' "$line" >>"$log" ;;
		esac
	done
}

# A guest has ended with run's status: the test it was in, if any, brought it down; else the checks at its end count.
ended_vm() {
	local kernel=$1 dir=$2 status=$3 test=$4
	if [[ -n $test ]]; then
		echo "The machine ended here, with status $status." >>"$dir/$test.log"
		record "$kernel" "$test" 0 1 0 0 "$dir/$test.log"
		echo "$test" >>"$dir/ended"
	else
		touch "$dir/whole"
		record "$kernel" clean-kernel $((status == 0)) $((status != 0)) 0 0 "$dir/boot.log"
	fi
}

# Tests on one kernel, with $cpus CPUs: guest KERNEL DIRECTORY TEST… After one that brings the guest down, the rest goes on in a new one.
guest() {
	local kernel=$1 dir=$2 left all slow=yes
	shift 2
	mkdir -p "$dir"
	: >"$dir/ended"
	left=("$@")
	all=("$@")
	if [[ $kernel = uml ]]; then slow=no; fi
	# Five times slower than the others.
	if [[ $kernel = debug ]]; then export KSFT_TIMEOUT=${KSFT_TIMEOUT:-1500} DEMO_PATIENCE=${DEMO_PATIENCE:-100}; fi
	while ((${#left[@]})); do
		: >"$dir/boot.log"
		{
			status=0
			KSFT_MACHINE_SLOW=$slow selftests/vm/run --kernel "$kernel" --smp "$cpus" --no-build --timeout "${VM_TIMEOUT:-5400}" \
				--console "$dir/console.log" -- selftests/vm/ksft "${left[@]}" 2>&1 || status=$?
			printf '\n##ksft vm %d\n' "$status"
		} | collect "$kernel" "$dir"
		[[ ! -e $dir/whole ]] || break
		mapfile -t left < <(printf '%s\n' "${all[@]}" | grep -vxFf "$dir/ended")
	done
}

# Every other test, from the first or the second: so that one kernel has two machines, too.
half() {
	local i
	for ((i = $1; i < ${#every[@]}; i += 2)); do echo "${every[i]}"; done
}

# Tests of this kind of kernel alone.
only_on() {
	case $1 in
	debug) make -s -C selftests list-debug ;;
	6.12) make -s -C selftests list-stock list-once ;;
	6.*) make -s -C selftests list-stock ;;
	esac
}

# All tests on one kernel.
whole_kernel() {
	local kernel=$1 every=()
	if [[ -z ${TESTS:-} ]]; then mapfile -t every < <(only_on "$kernel"); fi
	every+=("${tests[@]}")
	if ((${#kernels[@]} == 1 && ${#every[@]} > 1)); then
		# shellcheck disable=SC2046 # a word a test
		guest "$kernel" "$out/$kernel.1" $(half 0) &
		# shellcheck disable=SC2046
		guest "$kernel" "$out/$kernel.2" $(half 1)
		wait
	else
		guest "$kernel" "$out/$kernel" "${every[@]}"
	fi
}

guests() {
	local kernel pids=() cpus=2
	for kernel in "${kernels[@]}"; do
		whole_kernel "$kernel" &
		pids+=($!)
		# Things happen in another order there, for two thirds of the emulator's work.
		cpus=1
		if ((${#pids[@]} >= ${JOBS:-2})); then
			wait "${pids[0]}" || true
			pids=("${pids[@]:1}")
		fi
	done
	wait
}

summary() {
	awk '{ p += $3; f += $4; s += $5 } $4 { print "failed: " $1 " " $2 }
		END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit !(p > 0 && f == 0) }' "$out/results"
}

# Debian's python3 is the one that has the packages of `make deps`.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
rm -rf "$out"
mkdir -p "$out"
IPSVC_YNL_DIR=${IPSVC_YNL_DIR:-$(scripts/kernel-tools.sh)}
export IPSVC_YNL_DIR
: >"$out/results"
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

mapfile -t tests < <(make -s -C selftests list | sed '/^$/d')
kernels_ok=()

# The modules, also by DKMS, and beside them what else this machine does: two lanes, as there are hardly less than two CPUs.
build_modules() {
	local kernel
	for kernel in "${kernels[@]}"; do
		step "build-$kernel" build_module "$kernel" && touch "$out/built-$kernel"
	done
	step host/dkms.sh selftests/host/dkms.sh
}

host_steps() {
	local script
	step "build-user" make user
	step "build-selftests" make -C selftests
	step "tests-listed" listed
	step "style" scripts/style.sh
	step "unit" make -s -C userspace -j"$(nproc)" check
	for script in selftests/host/*.sh; do
		[[ $script = */dkms.sh ]] || step "${script#selftests/}" "$script"
	done
	return 0
}

if [[ -n ${TESTS:-} ]]; then
	read -ra tests <<<"$TESTS"
	for kernel in "${kernels[@]}"; do
		make -s "module-$kernel"
		DEBUG=1 make -s "module-$kernel"
	done
	make -s user
	make -s -C userspace kernel-tests >/dev/null
	make -s -C selftests
else
	build_modules &
	host_steps || true
	wait || true
	for kernel in "${kernels[@]}"; do
		if [[ -e $out/built-$kernel ]]; then kernels_ok+=("$kernel"); fi
	done
	kernels=("${kernels_ok[@]}")
fi
guests
summary
