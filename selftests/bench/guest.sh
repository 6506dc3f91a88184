#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The F loop, in the guest: packets of pktgen go from a client's namespace through a node to a pod, where they are
# counted and dropped. What the node does with them is the configuration.
#
#   cli                      node                         pod
#   pktgen ──► c0 ═════► n0  (drop|plain|ipvs|nft|ipsvc)  n1 ═════► p0: counter, drop
#   10.1.0.x             10.1.0.1                10.2.0.1           10.2.0.2:8080
#
# Prints one JSON object a line: {"config", "traffic", "round", "t"}: t is nanoseconds a packet, which under -icount
# are instructions. Arguments: ROUNDS PACKETS NEW_FLOWS CONFIG…
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=selftests/bench/configs.sh
. "$here/configs.sh"

die() {
	echo "bench: $*" >&2
	exit 1
}

# pg FILE LINE…: what pktgen is told; it refuses by the error of the write.
pg() {
	local file=$1 line
	shift
	for line; do
		ip netns exec cli sh -c "echo '$line' >/proc/net/pktgen/$file" || die "pktgen refuses '$line'"
	done
}

topology() {
	ip netns add cli
	ip netns add node
	ip netns add pod
	ip link add c0 netns cli type veth peer name n0 netns node
	ip link add p0 netns pod type veth peer name n1 netns node
	ip -n cli link set c0 address 02:00:00:00:00:01
	ip -n node link set n0 address 02:00:00:00:00:02
	ip -n node link set n1 address 02:00:00:00:00:03
	ip -n pod link set p0 address 02:00:00:00:00:04
	ip -n node addr add 10.1.0.1/16 dev n0
	ip -n node addr add 10.2.0.1/24 dev n1
	ip -n cli addr add 10.1.0.2/16 dev c0
	ip -n pod addr add 10.2.0.2/24 dev p0
	ip -n cli link set c0 up
	ip -n node link set n0 up
	ip -n node link set n1 up
	ip -n pod link set p0 up
	ip -n node neigh replace 10.2.0.2 lladdr 02:00:00:00:00:04 nud permanent dev n1
	ip netns exec node sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.n0.rp_filter=0 net.ipv4.conf.n1.rp_filter=0
	ip netns exec pod nft -f - <<-'NFT'
		table netdev sink {
			counter right { }
			chain in {
				type filter hook ingress device p0 priority 0; policy drop;
				ip daddr 10.2.0.2 udp dport 8080 counter name right drop
			}
		}
	NFT
}

teardown() {
	pg kpktgend_0 rem_device_all
	ip netns del cli
	ip netns del node
	ip netns del pod
	# Namespaces end in the background; the next configuration is not to pay.
	sleep 0.3
}

# What arrived at the pod translated since the last call.
arrived() {
	ip netns exec pod nft -j reset counter netdev sink right |
		grep -o '"packets": [0-9]*' | grep -o '[0-9]*$'
}

# send COUNT FIRST_PORT PORTS SOURCE: sends and prints the nanoseconds it took.
send() {
	local count=$1 port=$2 ports=$3 source=$4 dst=$5 dport=$6
	pg c0 "count $count" "src_min $source" "src_max $source" "dst $dst" \
		"udp_dst_min $dport" "udp_dst_max $dport" \
		"udp_src_min $port" "udp_src_max $((port + ports))"
	pg pgctrl start
	# "Result: OK: 130213(c130112+d100) usec, …"
	ip netns exec cli cat /proc/net/pktgen/c0 |
		sed -n 's/^Result: OK: \([0-9]*\)(.*/\1/p' | awk '{ printf "%d\n", $1 * 1000 }'
}

check_arrived() {
	local config=$1 want=$2 got
	got=$(arrived)
	[[ $config != drop ]] || want=0
	((got == want)) || die "$config: $got of $want packets arrived translated"
}

# The slope between n and 2n packets: what is not per packet cancels out.
measure() {
	local config=$1 traffic=$2 n=$3 round=$4 dst=$vip dport=80 one two ports
	case $config in drop | plain) dst=10.2.0.2 dport=8080 ;; esac
	sources=$((sources + 2))
	if [[ $traffic = established ]]; then
		ports=1
		send 100 5000 1 "10.1.1.1" "$dst" "$dport" >/dev/null
		one=$(send "$n" 5000 1 "10.1.1.1" "$dst" "$dport")
		two=$(send $((2 * n)) 5000 1 "10.1.1.1" "$dst" "$dport")
		check_arrived "$config" $((100 + 3 * n))
	else
		ports=$((2 * n))
		one=$(send "$n" 5000 "$ports" "10.1.2.$sources" "$dst" "$dport")
		two=$(send $((2 * n)) 5000 "$ports" "10.1.3.$sources" "$dst" "$dport")
		check_arrived "$config" $((3 * n))
	fi
	printf '{"config": "%s", "traffic": "%s", "round": %d, "t": %s}\n' "$config" "$traffic" "$round" \
		"$(awk -v a="$one" -v b="$two" -v n="$n" 'BEGIN { printf "%.2f", (b - a) / n }')"
}

generator() {
	pg kpktgend_0 rem_device_all "add_device c0"
	pg c0 "pkt_size 60" "clone_skb 0" "delay 0" "burst 1" "dst_mac 02:00:00:00:00:02" "flag NO_TIMESTAMP"
}

main() {
	local rounds=$1 packets=$2 flows=$3 round config
	shift 3
	modprobe pktgen
	vip=10.96.0.10 sources=0
	for ((round = 1; round <= rounds; round++)); do
		for config; do
			sources=$((round % 100))
			topology
			"configure_$config"
			generator
			measure "$config" established "$packets" "$round"
			measure "$config" new "$flows" "$round"
			teardown
		done
	done
}

main "$@"
