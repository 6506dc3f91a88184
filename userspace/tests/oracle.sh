#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What ipsvc says about Services is what Kubernetes has said about them (selftests/oracle).

dir=$(cd "$(dirname "$0")/../../selftests/oracle" && pwd) || exit 1
echo 1..1
if python3 "$dir/compare.py" golden services "$IPSVC_BIN/tests/oracle_answers" "$dir/services.jsonl.xz"; then
	echo "ok 1 - services"
else
	echo "not ok 1 - services"
	exit 1
fi
