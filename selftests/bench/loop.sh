# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# The F loop, for the guest's scripts to source: packets of pktgen go from a client's namespace through a node to a pod,
# where they are counted and dropped. What the node does with them is the configuration, $config (configs.sh).
#
#   cli                      node                         pod
#   generator ──► c0 ═══► n0  (drop|plain|ipvs|nft|ipsvc)  n1 ═════► p0: counter, drop
#   10.1.0.x             10.1.0.1                10.2.0.1           10.2.0.2:8080
#
# The client sends to $dst:$dport, which arrives at the pod's port $podport.

die() {
	echo "bench: $*" >&2
	exit 1
}

# within NETNS COMMAND…: as ip netns exec, without the new mounts, which take an emulator long.
within() {
	nsenter --net="/run/netns/$1" "${@:2}"
}

# pg NETNS FILE LINE…: what pktgen is told; it refuses by the error of the write.
pg() {
	local line
	for line in "${@:3}"; do
		echo "$line" >"/proc/${inside[$1]}/net/pktgen/$2" || die "pktgen refuses: $line"
	done
}

# A process in each namespace, by whose /proc/PID/net the others see it: that takes no new process each time.
settlers() {
	local netns
	declare -gA inside=()
	for netns in cli node pod; do
		nsenter --net="/run/netns/$netns" sleep infinity &
		inside[$netns]=$!
		until [[ /proc/$!/ns/net -ef /run/netns/$netns ]]; do sleep 0.01; done
	done
}

topology() {
	ip -batch - <<-'IP'
		netns add cli
		netns add node
		netns add pod
		link add c0 netns cli address 02:00:00:00:00:01 type veth peer name n0 netns node address 02:00:00:00:00:02
		link add p0 netns pod address 02:00:00:00:00:04 type veth peer name n1 netns node address 02:00:00:00:00:03
	IP
	ip -n node -batch - <<-'IP'
		addr add 10.1.0.1/16 dev n0
		addr add 10.2.0.1/24 dev n1
		link set n0 up
		link set n1 up
		neigh replace 10.2.0.2 lladdr 02:00:00:00:00:04 nud permanent dev n1
		neigh replace 10.1.1.1 lladdr 02:00:00:00:00:01 nud permanent dev n0
	IP
	ip -n cli -batch - <<-'IP'
		addr add 10.1.0.2/16 dev c0
		link set c0 up
	IP
	ip -n pod -batch - <<-'IP'
		addr add 10.2.0.2/24 dev p0
		link set p0 up
		route add default via 10.2.0.1
	IP
	within node sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.n0.rp_filter=0 net.ipv4.conf.n1.rp_filter=0
	settlers
}

# Counters of what arrives as it should: at the pod, and answers at the client.
sinks() {
	within pod nft -f - <<-NFT
		table netdev sink
		delete table netdev sink
		table netdev sink {
			counter right { }
			chain in {
				type filter hook ingress device p0 priority 0; policy drop;
				ip daddr 10.2.0.2 udp dport $podport counter name right drop
				ip daddr 10.2.0.2 tcp dport $podport counter name right drop
			}
		}
	NFT
	within cli nft -f - <<-NFT
		table netdev sink
		delete table netdev sink
		table netdev sink {
			counter right { }
			chain in {
				type filter hook ingress device c0 priority 0; policy drop;
				ip saddr $dst udp sport $dport counter name right drop
			}
		}
	NFT
}

teardown() {
	pg cli kpktgend_0 rem_device_all
	pg pod kpktgend_0 rem_device_all
	if declare -F "undo_$config" >/dev/null; then "undo_$config"; fi
	kill "${inside[@]}"
	wait "${inside[@]}" 2>/dev/null || true
	ip -batch - <<<$'netns del cli\nnetns del node\nnetns del pod'
	# Namespaces end in the background; the next configuration is not to pay.
	sleep 0.5
}

# check_arrived NETNS WANT: that so many packets arrived as they should since the last call.
check_arrived() {
	local want=$2
	[[ $config:$1 != drop:pod ]] || want=0
	[[ $(within "$1" nft -j reset counter netdev sink right) =~ '"packets": '([0-9]+) ]] || die "no counter in $1"
	((BASH_REMATCH[1] == want)) && return
	lost "$1" "$want" "${BASH_REMATCH[1]}"
}

lost() {
	within node nstat -asz 2>/dev/null | grep -E 'Discard|NoRoute|IpForw|AddrErr' >&2
	echo "softnet_stat (the second number: dropped): $(cat /proc/net/softnet_stat)" >&2
	if [[ -e /proc/net/ipsvc ]]; then within node "$IPSVC_BENCH_SVCTOOL" stats >&2; fi
	die "$config: $3 of $2 packets arrived as they should in $1"
}

generators() {
	local each=("pkt_size 60" "clone_skb 0" "delay 0" "burst 1" "flag NO_TIMESTAMP")
	pg cli kpktgend_0 rem_device_all "add_device c0"
	pg cli c0 "${each[@]}" "dst_mac 02:00:00:00:00:02" "dst $dst" "udp_dst_min $dport" "udp_dst_max $dport"
	pg pod kpktgend_0 rem_device_all "add_device p0"
	pg pod p0 "${each[@]}" "dst_mac 02:00:00:00:00:03" "count 1" "src_min 10.2.0.2" "src_max 10.2.0.2" \
		"udp_src_min $podport" "udp_src_max $podport" "dst 10.1.1.1" "udp_dst_min 5000" "udp_dst_max 5000"
}

# send COUNT PORTS SOURCE [LAST-SOURCE]: sends from so many ports, and from the addresses from SOURCE on, each packet from
# the next of both; sets $took to the nanoseconds.
send() {
	pg cli c0 "count $1" "src_min $3" "src_max ${4:-$3}" "udp_src_min 5000" "udp_src_max $((5000 + $2))"
	generate cli c0
}

# generate NETNS DEVICE: runs its generator, sets $took.
generate() {
	local result
	# This file goes by who writes it.
	within "$1" sh -c 'echo start >/proc/net/pktgen/pgctrl'
	# start returns at once where the generator's thread takes 125 ms to be scheduled.
	for _ in {1..100}; do
		read -r -d '' result <"/proc/${inside[$1]}/net/pktgen/$2" || true
		# "Result: OK: 130213(c130112+d100) usec, …"
		if [[ $result =~ Result:\ OK:\ ([0-9]+)\( ]]; then
			took=$((BASH_REMATCH[1] * 1000))
			return
		fi
		sleep 0.1
	done
	die "pktgen: $result"
}

# send_tcp COUNT PORTS SOURCE: the same with TCP segments, SYNs if $tcp is syn.
send_tcp() {
	took=$(within cli "$BENCH_PROGRAMS/segments" c0 "$tcp" "$1" "$3" "$2" "$dst" "$dport")
}

# The slope between n and 2n packets, so that what is not per packet cancels out: slope N PORTS PORTS SOURCE SOURCE
# adds hundredths of a nanosecond to $samples. Packets are sent by $sender.
slope() {
	local n=$1 took one
	"$sender" "$n" "$2" "$4"
	one=$took
	"$sender" $((2 * n)) "$3" "$5"
	samples+=($(((took - one) * 100 / n)))
}

# The median of the samples, which now and then have a timer or a worker of the kernel's in them.
median() {
	local sorted
	mapfile -t sorted < <(printf '%s\n' "${samples[@]}" | sort -n)
	# Noise can make it negative.
	printf '%de-2' "${sorted[${#sorted[@]} / 2]}"
}

# Softirqs that were put off (somebody else wanted the CPU) are caught up with at once, and lose nothing meanwhile.
steady() {
	sysctl -qw net.core.netdev_max_backlog=100000
	chrt -f -p 1 "$(pgrep -x ksoftirqd/0)"
}

meta() {
	printf '{"meta": {"release": "%s", "cmdline": "%s", "nft": "%s", "ipvsadm": "%s"}}\n' "$(uname -r)" \
		"$(sed 's/["\\]//g' /proc/cmdline)" "$(nft --version | sed 's/ (.*//')" \
		"$(ipvsadm --version | sed 's/ (.*//')"
}

# Is it instructions that are counted, all of them once? See selfcheck.c.
selfcheck() {
	! grep -qwE 'erms|fsrm|rdrand' /proc/cpuinfo || die "the CPU has what makes instruction counts wrong"
	grep -qw init_on_alloc=0 /proc/cmdline || die "the kernel clears what it allocates"
	"$BENCH_PROGRAMS/selfcheck" || die "the machine does not count instructions: is it -icount?"
}

# Before anything is measured.
begin() {
	meta
	if [[ -n ${BENCH_SELFCHECK:-} ]]; then selfcheck; fi
	if [[ ! -e /proc/net/pktgen ]]; then modprobe pktgen; fi
	steady
}
