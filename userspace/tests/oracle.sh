#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What ipsvc does is what Kubernetes has said that it would do (selftests/oracle).

dir=$(cd "$(dirname "$0")/../../selftests/oracle" && pwd) || exit 1
n=0
failed=0

# golden SUBJECT PROGRAM [FILE]
golden() {
	n=$((n + 1))
	if python3 "$dir/compare.py" golden "$1" "$IPSVC_BIN/tests/$2" "$dir/${3:-$1}.jsonl.xz"; then
		echo "ok $n - ${3:-$1}"
	else
		echo "not ok $n - ${3:-$1}"
		failed=1
	fi
}

echo 1..5
golden services oracle_answers
CIDR=10.96.0.0/16,fd00:10:96::/112 golden services oracle_answers services-dual
golden objects oracle_answers
golden worlds oracle_worlds
golden tables oracle_tables
exit "$failed"
