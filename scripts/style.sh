#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make style`: shellcheck, codespell, mandoc's lint, the kernel's checkpatch on kmod/, and the sizes that the tree keeps
# to. Prints what is wrong; exit status 1 if anything is.
set -euo pipefail
cd "$(dirname "$0")/.."

bad=0
mapfile -t files < <(git ls-files --cached --others --exclude-standard | while read -r f; do
	[[ ! -f $f ]] || echo "$f"
done)

scripts=()
for f in "${files[@]}"; do
	read -r first <"$f" || true
	if [[ ${first:-} =~ ^#!.*(bash|sh)$ || $first = *'shellcheck shell'* ]]; then scripts+=("$f"); fi
done
shellcheck -x -P SCRIPTDIR "${scripts[@]}" || bad=1
# Words of ip-rule(8) and of Kubernetes, names of variables, and words that are wrong in tests on purpose.
codespell --ignore-words-list=nd,ot,ans,te,iif,nown,alpha-numeric,lsit,lables,aply "${files[@]}" || bad=1

mapfile -t pages < <(printf '%s\n' "${files[@]}" | grep -E '^userspace/man/.*\.[1-8]$')
mandoc -T lint -W warning "${pages[@]}" || bad=1

for f in "${files[@]}"; do
	case $f in *.c | *.h | *.sh | *.py) ;; *) continue ;; esac
	lines=$(wc -l <"$f")
	if ((lines > 700)); then
		echo "$f: $lines lines, more than 700"
		bad=1
	fi
done

checkpatch=$(scripts/kernel-tools.sh)/scripts/checkpatch.pl
# patches TYPES FILE…: all of checkpatch's findings but these types; its sums are of no use here.
patches() {
	perl "$checkpatch" --no-tree --strict --terse --quiet --ignore "$1" -f "${@:2}" | { grep -v '^total: ' || true; }
	return "${PIPESTATUS[0]}"
}

# The list of counters is one macro on purpose, tracepoints have a layout of their own, and looking at versions is what
# compat/ is for.
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '^(kmod|include)/.*\.[ch]$' |
	grep -vE '^kmod/(compat/|trace\.h)')
patches COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED "${sources[@]}" || bad=1
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '^kmod/compat/')
patches LINUX_VERSION_CODE,CONSTANT_COMPARISON,MACRO_ARG_UNUSED "${sources[@]}" || bad=1
patches COMPLEX_MACRO,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT kmod/trace.h || bad=1
exit "$bad"
