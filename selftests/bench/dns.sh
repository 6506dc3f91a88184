#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How many questions a second DNS servers answer over loopback, for the same Services: ipsvc-dnsd and those of Knot DNS,
# unbound, dnsmasq and CoreDNS that are installed. Natively, needs no root: selftests/bench/dns.sh [SERVICES [SECONDS]]
#
# A line each: queries a second, a second of CPU time of the server, average latency, memory. The servers take turns in
# each round, so that whatever else the machine does is shared; the best of the rounds counts. $COREDNS is its program.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=$PATH:/usr/sbin:/sbin

services=${1:-10000} seconds=${2:-5} rounds=${ROUNDS:-3}
bin=$PWD/build/user
world=$PWD/selftests/bench/dns_world.py
port=$((20000 + RANDOM % 10000))
dir=$(mktemp -d)
pids=()
declare -A pid=() at=() best=() cpu=() latency=()
order=()

end() {
	local p
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
}
trap end EXIT

type dnsperf >/dev/null || {
	echo "dns.sh: no dnsperf: apt-get install dnsperf" >&2
	exit 1
}
make -s user
make -s -C userspace ../build/user/tests/dns_feeder
"$world" "$services" "$dir"
cd "$dir"

# server NAME COMMAND…: starts it at the next port, "PORT" in the command.
server() {
	local name=$1
	shift
	"${@//PORT/$port}" >"$name.log" 2>&1 &
	pid[$name]=$! at[$name]=$port best[$name]=0
	pids+=($!)
	order+=("$name")
	port=$((port + 1))
}

ipsvc_dnsd() {
	"$bin/tests/dns_feeder" "$dir/feed.sock" world.yaml >feeder.log 2>&1 &
	pids+=($!)
	until grep -q fed feeder.log; do sleep 0.1; done
	server ipsvc-dnsd "$bin/ipsvc-dnsd" --feed "$dir/feed.sock" --run-dir "$dir/run" --forward none --listen 127.0.0.1:PORT
}

knot() {
	cat >knot.conf <<-CONF
		server:
		    rundir: $dir
		    listen: 127.0.0.1@$port
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
	server knotd knotd -c knot.conf
}

unbound_() {
	cat >unbound.main <<-CONF
		server:
		  interface: 127.0.0.1@$port
		  num-threads: $(nproc)
		  chroot: ""
		  username: ""
		  pidfile: ""
		  use-syslog: no
		  so-reuseport: yes
		  do-daemonize: no
		  local-zone: "cluster.local." static
		  include: $dir/unbound.conf
	CONF
	server unbound unbound -d -c unbound.main
}

coredns() {
	cat >Corefile <<-CONF
		cluster.local:$port {
		  bind 127.0.0.1
		  file $dir/cluster.zone cluster.local
		}
	CONF
	server coredns "$COREDNS" -conf Corefile
}

ipsvc_dnsd
! type knotd >/dev/null 2>&1 || knot
! type unbound >/dev/null 2>&1 || unbound_
! type dnsmasq >/dev/null 2>&1 || server dnsmasq dnsmasq -k -C /dev/null --user="$(id -un)" --no-resolv --no-hosts --addn-hosts=dnsmasq.hosts \
	--listen-address=127.0.0.1 --bind-interfaces --port=PORT --local=/cluster.local/
[[ -z ${COREDNS:-} ]] || coredns

ready() {
	kdig @127.0.0.1 -p "${at[$1]}" +retry=0 +timeout=1 svc-0.ns0.svc.cluster.local 2>/dev/null | grep -q NOERROR
}

# CPU time of a process, in ticks.
ticks() {
	awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"
}

measure() {
	local name=$1 before after qps
	before=$(ticks "$name")
	dnsperf -s 127.0.0.1 -p "${at[$name]}" -d questions -l "$seconds" -c 16 -T 1 -q 200 >perf 2>&1
	after=$(ticks "$name")
	qps=$(awk '/Queries per second/ { printf "%d", $4 }' perf)
	((qps > best[$name])) || return 0
	best[$name]=$qps
	cpu[$name]=$(awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
		/Queries completed/ { printf "%d", $3 * hz / (ticks ? ticks : 1) }' perf)
	latency[$name]=$(awk '/Average Latency/ { printf "%.0f", $4 * 1e6 }' perf)
}

# Those that do not answer are left out, with a word.
answering=()
for name in "${order[@]}"; do
	for _ in {1..100}; do
		if ready "$name"; then
			answering+=("$name")
			continue 2
		fi
		sleep 0.1
	done
	echo "dns.sh: $name does not answer: $(tail -3 "$name.log")" >&2
done
order=("${answering[@]}")
for ((round = 0; round < rounds; round++)); do
	for name in "${order[@]}"; do measure "$name"; done
done
printf '%-12s %12s %16s %14s %12s\n' SERVER QUERIES/S PER-CPU-SECOND LATENCY-US MEMORY-KB
for name in "${order[@]}"; do
	printf '%-12s %12d %16d %14d %12d\n' "$name" "${best[$name]}" "${cpu[$name]:-0}" "${latency[$name]:-0}" \
		"$(awk '/VmRSS/ { print $2 }' "/proc/${pid[$name]}/status")"
done
