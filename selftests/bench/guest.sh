#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a packet costs in each configuration (configs.sh), in the guest, by the F loop (loop.sh).
#
# Prints one JSON object a line: first {"meta": …}, under QEMU then {"selfcheck": …}, then the measurements:
# {"config", "traffic", "round", "t"}, where t is nanoseconds a packet, which under -icount are instructions.
# Arguments: ROUNDS REPEATS PACKETS NEW_FLOWS CONFIG…
# shellcheck disable=SC2034 # what loop.sh uses
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=selftests/bench/configs.sh
. "$here/configs.sh"
# shellcheck source=selftests/bench/loop.sh
. "$here/loop.sh"

report() {
	printf '{"config": "%s", "traffic": "%s", "round": %d, "t": %s}\n' "$name" "$1" "$round" "$(median)"
}

# One flow, which has been answered: to conntrack, one that never was is "new" packet after packet.
measure_established() {
	local n=$1 took samples=() i sender=send
	send 100 1 10.1.1.1
	generate pod p0
	check_arrived cli 1
	for ((i = 0; i < repeats; i++)); do slope "$n" 1 1 10.1.1.1 10.1.1.1; done
	check_arrived pod $((100 + 3 * n * repeats))
	report established
}

# Each packet is the first of a flow.
measure_new() {
	local n=$1 took samples=() i sender=send
	for ((i = 0; i < repeats; i++)); do slope "$n" "$n" $((2 * n)) "10.1.2.$i" "10.1.3.$i"; done
	check_arrived pod $((3 * n * repeats))
	report new
}

# Segments of one connection that nobody knows, and SYNs, each of a connection.
measure_tcp() {
	local n=$1 took samples=() i sender=send_tcp tcp=ack
	for ((i = 0; i < repeats; i++)); do slope "$n" 1 1 10.1.1.1 10.1.1.1; done
	report segment
	samples=() tcp=syn
	for ((i = 0; i < repeats; i++)); do slope "$n" "$n" $((2 * n)) "10.1.4.$i" "10.1.5.$i"; done
	check_arrived pod $((6 * n * repeats))
	report syn
}

# What the table calls it, where it is sent to, and what else than UDP is sent; a configuration may be measured with
# several destinations. No service uses port 9999, 80 is that of frontends, 8080 of endpoints (not of this one).
variants() {
	case $config in
	drop | plain) echo "$config 10.2.0.2 8080 8080 tcp" ;;
	plain-*) echo "$config 10.2.0.2 8080 8080" ;;
	other)
		printf '%s\n' "other 10.2.0.2 9999 9999 tcp" "other-80 10.2.0.2 80 80 tcp" \
			"other-8080 10.2.0.2 8080 8080 tcp"
		;;
	*) echo "$config $vip 80 8080" ;;
	esac
}

measure() {
	local config=$1 round=$2 packets=$3 flows=$4 name dst dport podport also
	topology
	"configure_$config"
	while read -r name dst dport podport also <&3; do
		sinks
		generators
		measure_established "$packets"
		measure_new "$flows"
		[[ -z $also ]] || measure_tcp "$flows"
	done 3< <(variants)
	teardown
}

main() {
	local rounds=$1 repeats=$2 packets=$3 flows=$4 round i
	shift 4
	local configs=("$@") vip=10.96.0.10
	begin
	for ((round = 1; round <= rounds; round++)); do
		# Another one begins each round.
		for ((i = 0; i < $#; i++)); do
			measure "${configs[(i + round - 1) % $#]}" "$round" "$packets" "$flows"
		done
	done
}

main "$@"
