#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvc-dnsd and Knot DNS, which has the same names as a zone file, answer the same questions the same way.
source "$(dirname "$0")/cli_lib.sh"
PATH=$PATH:/usr/sbin:/sbin
type knotd >/dev/null 2>&1 || { echo "1..0 # SKIP no knotd: apt install knot"; exit 0; }

port=$(free_ports 2)
pids=()
end() {
	kill "${pids[@]}"
	wait
	rm -rf "$dir"
} 2>/dev/null
trap end EXIT

answers_at() { # PORT
	kdig "@127.0.0.1" -p "$1" +retry=0 +timeout=1 svc-0.ns0.svc.cluster.local 2>&1 | grep -q "status: NOERROR"
}

wait_for() { # CMD…, for 20 s
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

"$tree/selftests/bench/dns_world.py" 200 "$dir"
cat >knot.conf <<-CONF
	server:
	    rundir: $dir
	    listen: 127.0.0.1@$port
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
pids+=($!)
"$IPSVC_BIN/tests/dns_feeder" "$dir/feed.sock" world.yaml >feeder.log 2>&1 &
pids+=($!)
"$IPSVC_BIN/ipsvc-dnsd" --feed "$dir/feed.sock" --run-dir "$dir/run" --forward none --listen "127.0.0.1:$((port + 1))" 2>dnsd.log &
pids+=($!)
wait_for answers_at "$port" && wait_for answers_at $((port + 1))
verdict $? "both servers answer"
"$tree/userspace/tests/dns_compare.py" asked "$port" $((port + 1))
verdict $? "the same answers"
"$tree/userspace/tests/dns_compare.py" asked $((port + 1)) $((port + 1)) tcp
verdict $? "the same answers over UDP and TCP"
done_testing
