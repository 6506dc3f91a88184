#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvc-dnsd and Knot DNS, which has the same names as a zone file, answer the same questions the same way.
source "$(dirname "$0")/dns_lib.sh"
PATH=$PATH:/usr/sbin:/sbin
type knotd >/dev/null 2>&1 || { echo "1..0 # SKIP no knotd: apt install knot"; exit 0; }

knot=$((port + 1))
answers_at() { # PORT
	kdig "@127.0.0.1" -p "$1" +retry=0 +timeout=1 svc-0.ns0.svc.cluster.local 2>&1 | grep -q "status: NOERROR"
}

"$tree/selftests/bench/dns_world.py" 200 "$dir"
cat >knot.conf <<-CONF
	server:
	    rundir: $dir
	    listen: 127.0.0.1@$knot
	    udp-workers: 1
	    tcp-workers: 1
	    background-workers: 1
	database:
	    storage: $dir/db
	template:
	  - id: default
	    storage: $dir
	    zonefile-sync: -1
	    journal-content: none
	zone:
	  - domain: cluster.local
	    file: cluster.zone
	  - domain: 10.in-addr.arpa
	    file: reverse.zone
CONF
knotd -c knot.conf >knot.log 2>&1 &
upstream=$!
feed
start
wait_for answers_at "$knot" && wait_for answers_at "$port"
verdict $? "both servers answer"
"$tree/userspace/tests/dns_compare.py" asked "$knot" "$port"
verdict $? "the same answers"
"$tree/userspace/tests/dns_compare.py" asked "$port" "$port" tcp
verdict $? "the same answers over UDP and TCP"
done_testing
