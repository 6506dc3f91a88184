#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How ipsvc behaves with many flows, and what its objects take of memory, in the guest, by the F loop (loop.sh).
#
# Prints one JSON object a line: first {"meta": …}, under QEMU then {"selfcheck": …}; then, each with "scale" and "round":
#   floor, fill, insert, lookup     {"flows", "t"}: nanoseconds a packet; fill: those that made the flows
#   nothing, filling, rest, expiry  {"flows", …}: what watch.c prints with no flow, while flows are made, when they are
#                                   there, while they expire
#   memory                          {"what", "objects", "bytes"}: instance, flow, service, eleven (a service of 11
#                                   endpoints)
# Arguments: ROUNDS SAMPLE NEW_FLOWS THOUSANDS…: lookups are of SAMPLE thousand flows, 0: of all.
# shellcheck disable=SC2034 # what loop.sh uses
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=selftests/bench/configs.sh
. "$here/configs.sh"
# shellcheck source=selftests/bench/loop.sh
. "$here/loop.sh"

SERVICES=10000
TIMES=8

say() {
	local kind=$1
	printf '{"scale": "%s", "round": %d, %s}\n' "$kind" "$round" "$2"
}

# The smallest number from $1 on that has no divisor in common with 1000: as pktgen takes the next of 1000 ports and the
# next address for each packet, only then all pairs come, each once.
coprime() {
	local n=$1
	while ((n % 2 == 0 || n % 5 == 0)); do ((n++)); done
	echo "$n"
}

# address N: of the clients that have flows; 0 is the first.
address() {
	echo "10.1.$((128 + $1 / 256)).$(($1 % 256))"
}

# The least of several times, for the collector adds to some: least COMMAND… sets $took. The command does, too.
least() {
	local best='' i
	for ((i = 0; i < TIMES; i++)); do
		"$@"
		if [[ -z $best ]] || ((took < best)); then best=$took; fi
	done
	took=$best
}

# per_packet KIND PACKETS
per_packet() {
	say "$1" "\"flows\": $flows, \"t\": $((took * 100 / $2))e-2"
}

# sysfs COMMAND: in the directory of the device, which only the namespace's own sysfs shows.
sysfs() {
	ip netns exec node sh -c "cd /sys/class/net/ipsvc0/ipsvc && $1"
}

# Kilobytes that the kernel does not give back by itself: slabs, and tables too large for them.
memory() {
	awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { sum += $2 } END { print sum }' /proc/meminfo
}

# memory_of WHAT OBJECTS KILOBYTES-BEFORE
memory_of() {
	sleep 1
	say memory "\"what\": \"$1\", \"objects\": $2, \"bytes\": $((($(memory) - $3) * 1024))"
}

# The table may still be growing.
settle() {
	local was='' is
	[[ $(sysfs 'ls') = *flow_buckets* ]] || return 0
	while is=$(sysfs 'cat flow_buckets') && [[ $is != "$was" ]]; do
		was=$is
		sleep 1
	done
}

# watched KIND ARGUMENTS…
watched() {
	local seen
	seen=$(ip netns exec node "$BENCH_PROGRAMS/watch" "${@:2}")
	say "$1" "\"flows\": $flows, ${seen:1:-1}"
}

# Each of the thousands of flows of the first $sample addresses has been answered, and sent once more.
answer() {
	local packets=$((1000 * sample))
	pg pod p0 "count $packets" "dst_min $(address 0)" "dst_max $(address $((sample - 1)))" "udp_dst_max 6000"
	generate pod p0
	check_arrived cli "$packets"
	send "$packets" 1000 "$(address 0)" "$(address $((sample - 1)))"
	check_arrived pod "$packets"
}

lookups() {
	local packets=$((1000 * sample))
	answer
	least send "$packets" 1000 "$(address 0)" "$(address $((sample - 1)))"
	check_arrived pod $((packets * TIMES))
	per_packet lookup "$packets"
}

insert() {
	send "$new_flows" "$new_flows" "10.1.2.$((inserted++))"
}

inserts() {
	local inserted=0
	least insert
	check_arrived pod $((new_flows * TIMES))
	per_packet insert "$new_flows"
}

first_packets() {
	send "$flows" 1000 "$(address 0)" "$(address $((addresses - 1)))"
}

all_there() {
	check_arrived pod "$flows"
	[[ $(sysfs 'cat flows') = "$flows" ]] || die "$flows flows were made, there are $(sysfs 'cat flows')"
}

fill() {
	local before
	before=$(memory)
	first_packets
	all_there
	per_packet fill "$flows"
	settle
	memory_of flow "$flows" "$before"
}

# The same, watched, which takes time of the packets'. The processes that check come afterwards: ending one takes the
# kernel 0.4 ms.
filling() {
	local watcher output seen
	exec {output}< <(exec "$BENCH_PROGRAMS/watch" 3600)
	watcher=$!
	first_packets
	kill "$watcher"
	read -r -u "$output" seen
	exec {output}<&-
	all_there
	say filling "\"flows\": $flows, ${seen:1:-1}"
}

expiry() {
	# Idle for long enough to be over once that is a second.
	sleep 2
	watched "$1" 600 /sys/class/net/ipsvc0/ipsvc
	sysfs 'echo 86400 >timeout_udp; echo 86400 >timeout_udp_stream'
}

floor() {
	local config=drop dst=10.2.0.2 dport=8080 podport=8080 packets=$((1000 * sample))
	topology
	configure_drop
	sinks
	generators
	least send "$packets" 1000 "$(address 0)" "$(address $((sample - 1)))"
	check_arrived pod 0
	per_packet floor "$packets"
	teardown
}

# many THOUSANDS
many() {
	local config=ipsvc dst=$vip dport=80 podport=8080 addresses flows took before sample=$of
	addresses=$(coprime "$1")
	flows=$((1000 * addresses))
	if ((!sample || sample > addresses)); then sample=$addresses; fi
	floor
	topology
	# One neighbour for all of the clients.
	ip -n node route add 10.1.128.0/17 via 10.1.1.1 dev n0
	before=$(memory)
	configure_ipsvc
	memory_of instance 1 "$before"
	sysfs 'echo 16777216 >flows_max'
	sinks
	generators
	watched nothing 2
	fill
	lookups
	inserts
	# Those that were inserted go, so that it is the number it is called again.
	expiry unused >/dev/null
	filling
	settle
	watched rest 5
	expiry expiry
	teardown
}

objects() {
	local config=other before
	topology
	ipsvc_device 1
	before=$(memory)
	many_services $SERVICES 1
	memory_of service $SERVICES "$before"
	undo_ipsvc
	ipsvc_device 1
	sleep 1
	before=$(memory)
	many_services $SERVICES 11
	memory_of eleven $SERVICES "$before"
	teardown
}

main() {
	local rounds=$1 of=$2 new_flows=$3 round thousands vip=10.96.0.10
	shift 3
	begin
	for ((round = 1; round <= rounds; round++)); do
		for thousands; do many "$thousands"; done
		objects
	done
}

main "$@"
