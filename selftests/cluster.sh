# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cluster of namespaces for the tests of services; sourced after lib.sh. cluster_up makes it once for all tests of a
# file, cluster_down (at its end) takes it away; each test begins with `fresh`.
#
#                      client 192.168.0.100                  a bridge; no route to pods
#                    ┌────────┴─────────┐
#        node1 192.168.0.1        node2 192.168.0.2          ipsvc0: 10.96.0.0/16; default route: client
#              10.244.1.1               10.244.2.1           a veth to each pod, in the nodes called like the pod
#          │         │              │         │
#         pa        pb             pc        pd              tcp and udp on 8080; on 8081 udp without checksums
#    10.244.1.10  10.244.1.11  10.244.2.10  10.244.2.11
#
# $client, $node1, $node2, $pa … are the names of the namespaces; $pa_ip … the addresses of the pods, $node1_ip,
# $node2_ip, $client_ip those of the others, $gw1 and $gw2 those of the nodes towards their pods.
#
# Everything has addresses of both families, fd00:… in IPv6. A script runs with one: IPv6 if its name ends in _v6.sh,
# which is a link to the script for IPv4. The variables have the family's addresses, those of IPv6 in brackets, so
# that "$vip:80" is right in both; `bare` takes the brackets off for ip and nft, `re` is for regular expressions. $ip
# is ip or ip6, as nft says it. svctool gets services of the family.
#
#   fresh                         no services, counters from now on
#   svc [-NODE] COMMAND…          svctool on both nodes, or on one: svc -1 new web tcp vip 10.96.0.10:80 ep $pa_ip:8080
#   ask NS PROTO A:P [OPTIONS]    nettool ask in a namespace: "NAME CLIENT:PORT" or the reason of a failure
#   who NS PROTO A:P N [OPTIONS]  asks N times: the names of all that answered, or "reason"s, sorted
#   session ID NS PROTO A:P [OPTIONS]    a connection that stays
#   pid_of ID                     the process of a session
#   crowd_of N ID NS PROTO A:P [OPTIONS]    N connections that stay; fails when one cannot be opened
#   crowd_lives ID                asks on all of them; fails when one does not answer
#   say ID TEXT                   sends a line on it, prints the answer: "NAME CLIENT:PORT TEXT", or the reason
#   count NODE STAT               a counter of the instance, since `fresh`
#   about N CMD…                  like expect, but may be up to 3 less: UDP clients that took a port again, and its flow
#   heard POD                     connections and datagrams that got to the pod's servers, since `fresh`
#   leaked                        packets that got to the client's router and must not, since `fresh`
#   knob NODE FILE [VALUE]        reads or writes a file of the instance in sysfs
#   with FILE VALUE               a value for this test only, in node1's instance
#   flows                         how many flows node1 has
#   flow_of PORT FIELD            of the flow of the client with that port: proto client frontend endpoint masquerade
#                                 state expires service
#   forget_flows                  fresh, and without flows of tests before; timeouts are a second from now on
#   timeouts SECONDS              sets all timeouts of flows that were accepted; after forget_flows
#   rules                         reads rules for nft, of node1
#   inside NS CMD…                runs a command in a namespace (sysfs stays that of the host)
#
# For tests of ipsvcd a smaller one will do, made for one test:
#
#   small_cluster                 the namespaces $node, 10.244.1.1, and $pod, 10.244.1.2, with a link between them
#   pod_manifest                  prints the manifest of that pod: web, ready, labelled app: web
# shellcheck disable=SC2154 # variables are set by name
KSFT_TOOLS=${KSFT_TOOLS:-$(dirname "$0")}
if [[ ! -x $KSFT_TOOLS/nettool ]]; then KSFT_TOOLS=$(dirname "$0")/../build/selftests; fi
export PATH=$KSFT_TOOLS:$PATH

# shellcheck disable=SC2034 # for the tests
case $0 in
*_v6.sh)
	ip=ip6 vip='[fd00:96::10]' vip2='[fd00:96::11]' vip_none='[fd00:96::777]' vip_net=fd00:96::/112
	pa_ip='[fd00:244:1::10]' pb_ip='[fd00:244:1::11]' pc_ip='[fd00:244:2::10]' pd_ip='[fd00:244:2::11]'
	pod_none='[fd00:244:2::99]' pod_net=fd00:244::/32 pods2=fd00:244:2::/64
	node1_ip='[fd00:168::1]' node2_ip='[fd00:168::2]' client_ip='[fd00:168::100]' loop='[::1]'
	gw1='[fd00:244:1::1]' gw2='[fd00:244:2::1]'
	;;
*)
	ip=ip vip=10.96.0.10 vip2=10.96.0.11 vip_none=10.96.77.7 vip_net=10.96.0.0/16
	pa_ip=10.244.1.10 pb_ip=10.244.1.11 pc_ip=10.244.2.10 pd_ip=10.244.2.11
	pod_none=10.244.2.99 pod_net=10.244.0.0/16 pods2=10.244.2.0/24
	node1_ip=192.168.0.1 node2_ip=192.168.0.2 client_ip=192.168.0.100 loop=127.0.0.1
	gw1=10.244.1.1 gw2=10.244.2.1
	;;
esac
cluster_pods='pa pb pc pd'

is_v6() {
	[[ $ip = ip6 ]]
}

bare() {
	echo "${1//[][]/}"
}

re() {
	local text=$1
	text=${text//\[/\\[} text=${text//\]/\\]}
	echo "${text//./\\.}"
}
# How long an answer may take, unless a test says otherwise.
patience=$(slow 2)000
cluster_tmp=
declare -A cluster_pid=() count_base=() talk_in=() talk_out=() talk_pid=()

inside() {
	local ns=$1
	shift
	nsrun "$ns" "$@"
}

# Through a sysfs of the node's, mounted once.
knob() {
	local file=$cluster_tmp/sys.$1/class/net/ipsvc0/ipsvc/$2
	if (($# > 2)); then
		echo "$3" >"$file"
	else
		echo "$(<"$file")"
	fi
}

mount_sysfs() {
	local ns
	for ns in "$@"; do
		mkdir "$cluster_tmp/sys.$ns"
		nsrun "$ns" mount -t sysfs sysfs "$cluster_tmp/sys.$ns" || return
		ktap_deferred+=("umount $cluster_tmp/sys.$ns")
	done
}

# Sysctls in a namespace: sysctls NS NAME=VALUE…, names below /proc/sys/net/ipv4, or ../ipv6/…
sysctls() {
	local ns=$1 word script=
	shift
	for word in "$@"; do script+="echo ${word#*=} >/proc/sys/net/ipv4/${word%%=*};"; done
	inside "$ns" sh -c "$script"
}

# Sockets closed while the way to their peers is cut hold their namespaces for minutes, unless they give up soon.
orphans_give_up() {
	local ns
	for ns in "$@"; do sysctls "$ns" tcp_orphan_retries=1; done
}

# ---- up and down ----------------------------------------------------------------------------------------------------

# The rest of a link that is there.
ipsvc_link() {
	echo "link set ipsvc0 up"
	echo "route add 10.96.0.0/16 dev ipsvc0"
	echo "route add fd00:96::/112 dev ipsvc0"
}

# A node with its instance and its pods: node NS N POD POD
node() {
	local ns=$1 n=$2 other=$((3 - $2)) pod i=10 gw=10.244.$2.1
	local pods=("${@:3}")
	{
		echo "link set lo up"
		echo "addr add 192.168.0.$n/24 dev eth0"
		echo "addr add fd00:168::$n/64 dev eth0 nodad"
		echo "link set eth0 up"
		echo "addr add $gw/32 dev lo"
		echo "addr add fd00:244:$n::1/128 dev lo nodad"
		for pod in "${pods[@]}"; do
			echo "link set $pod up"
			# In IPv6 an address is asked for on its own link only.
			echo "addr add fe80::1/64 dev $pod nodad"
			echo "route add 10.244.$n.$i dev $pod src $gw"
			echo "route add fd00:244:$n::$i dev $pod src fd00:244:$n::1"
			i=$((i + 1))
		done
		echo "route add 10.244.$other.0/24 via 192.168.0.$other"
		echo "route add fd00:244:$other::/64 via fd00:168::$other"
		echo "route add default via 192.168.0.100"
		echo "route add default via fd00:168::100"
		echo "link add ipsvc0 type ipsvc"
		ipsvc_link
	} | ip -n "$ns" -batch - || return
	# Without limits of its own, each refusal is answered and can be counted.
	sysctls "$ns" ip_forward=1 conf/all/rp_filter=1 icmp_ratelimit=0 icmp_msgs_per_sec=100000 \
		../ipv6/conf/all/forwarding=1 ../ipv6/icmp/ratelimit=0
}

# pod NS NODE NUMBER
pod() {
	local ns=$1 n=$2 i=$3
	ip -n "$ns" -batch - <<-END
		link set lo up
		addr add 10.244.$n.$i/32 dev eth0
		addr add fd00:244:$n::$i/128 dev eth0 nodad
		link set eth0 up
		route add 10.244.$n.1 dev eth0
		route add default via 10.244.$n.1
		route add default via fe80::1 dev eth0
	END
}

# The client is the switch of the nodes, and their router: what gets here and is not for it has leaked.
outside() {
	ip -n "$client" -batch - <<-END || return
		link set lo up
		link add br0 type bridge
		link set node1 up master br0
		link set node2 up master br0
		addr add 192.168.0.100/24 dev br0
		addr add fd00:168::100/64 dev br0 nodad
		link set br0 up
	END
	# What passes the bridge has not leaked, also where br_netfilter would show it to the rules below.
	inside "$client" sh -c 'cd /proc/sys/net/bridge 2>/dev/null || exit 0; echo 0 >bridge-nf-call-iptables
		echo 0 >bridge-nf-call-ip6tables' || return
	inside "$client" nft -f - <<-END
		table inet watch {
			counter leaked { }
			chain pre {
				type filter hook prerouting priority -300
				iif lo accept
				ip daddr { 10.96.0.0/12, 10.244.0.0/16 } counter name leaked
				# Errors come from who reports them.
				ip saddr { 10.96.0.0/12, 10.244.0.0/16 } meta l4proto != icmp counter name leaked
				ip6 daddr { fd00:96::/32, fd00:244::/32 } counter name leaked
				ip6 saddr { fd00:96::/32, fd00:244::/32 } meta l4proto != icmpv6 counter name leaked
			}
		}
	END
}

cluster_spaces() {
	local name ns all=()
	for name in client node1 node2 $cluster_pods; do
		ns=$name-$BASHPID
		all+=("$ns")
		printf -v "$name" %s "$ns"
	done
	ktap_deferred+=("printf 'netns del %s\n' ${all[*]} | ip -force -batch -")
	printf 'netns add %s\n' "${all[@]}" | ip -batch - || return
	# Duplicate address detection keeps a new IPv6 address from being used for a second.
	for ns in "${all[@]}"; do sysctls "$ns" ../ipv6/conf/{all,default}/accept_dad=0 || return; done
}

cluster_links() {
	local pod
	{
		echo "link add node1 netns $client type veth peer name eth0 netns $node1"
		echo "link add node2 netns $client type veth peer name eth0 netns $node2"
		for pod in pa pb; do echo "link add $pod netns $node1 type veth peer name eth0 netns ${!pod}"; done
		for pod in pc pd; do echo "link add $pod netns $node2 type veth peer name eth0 netns ${!pod}"; done
	} | ip -batch -
}

# A server that is no job of this shell: serve ID [OPTIONS] NAME=NETNS:PROTO:PORT…
serve() {
	local id=$1
	shift
	nettool serve -l "$cluster_tmp/heard" "$@" >"$cluster_tmp/serve.$id" &
	cluster_pid[$id]=$!
	disown $!
	ktap_deferred+=("kill ${cluster_pid[$id]}")
	busywait "$(slow 5)" grep -q ready "$cluster_tmp/serve.$id"
}

cluster_make() {
	local pod servers=() plain=()
	cluster_spaces && cluster_links && outside || return
	pod "$pa" 1 10 && pod "$pb" 1 11 && pod "$pc" 2 10 && pod "$pd" 2 11 || return
	for pod in $cluster_pods; do
		servers+=("$pod=${!pod}:tcp:8080" "$pod=${!pod}:udp:8080")
		plain+=("$pod=${!pod}:udp:8081")
	done
	node "$node1" 1 pa pb && node "$node2" 2 pc pd || return
	mount_sysfs "$node1" "$node2" || return
	: >"$cluster_tmp/heard"
	serve pods "${servers[@]}" && serve plain -N "${plain[@]}"
}

small_cluster() {
	setup_ns node pod
	veth "$node" p0 10.244.1.1/24 "$pod" eth0 10.244.1.2/24
	ip -n "$pod" route add default via 10.244.1.1
}

pod_manifest() {
	cat <<-YAML
		apiVersion: v1
		kind: Pod
		metadata: {name: web, labels: {app: web}}
		spec: {containers: [{name: web, image: web}]}
		status: {podIP: 10.244.1.2, conditions: [{type: Ready, status: "True"}]}
	YAML
}

cluster_up() {
	cluster_tmp=$(mktemp -d)
	ktap_deferred=("rm -rf $cluster_tmp")
	trap ktap_undo EXIT
	type crowd flood forge nettool nsrun svctool >/dev/null 2>&1 || {
		echo "Bail out! the test programs are not built: run make -C selftests"
		exit 1
	}
	cluster_make >"$cluster_tmp/log" 2>&1 || {
		sed 's/^/# /' "$cluster_tmp/log"
		echo "Bail out! cannot make the cluster"
		exit 1
	}
}

# ---- in tests -------------------------------------------------------------------------------------------------------

svc() {
	local nodes=$node1,$node2
	case $1 in -1) nodes=$node1 && shift ;; -2) nodes=$node2 && shift ;; esac
	if is_v6; then svctool -6 -n "$nodes" "$@"; else svctool -n "$nodes" "$@"; fi
}

fresh() {
	local ns=$node1 name value said lines
	said=$(svctool -f - <<<"-n $node1,$node2 flush"$'\n'"-n $node1,$node2 stats")
	count_base=()
	# Where a name comes again, the other node's begin.
	while read -r name value; do
		[[ -z ${count_base[$ns $name]:-} ]] || ns=$node2
		count_base[$ns $name]=$value
	done <<<"$said"
	mapfile -t lines <"$cluster_tmp/heard"
	count_base[heard]=${#lines[@]}
	count_base[leaked]=$(leaked_ever)
}

count() {
	local now
	now=$(svctool -n "$1" stats "$2") || return
	[[ -n $now ]] || fail "there is no counter $2"
	echo $((now - ${count_base[$1 $2]:-0}))
}

about() {
	local want=$1
	shift
	capture "$@"
	((output <= want && output >= want - 3)) || fail "'$*' printed $output instead of about $want"
}

heard() {
	local line lines n=0
	mapfile -t -s "${count_base[heard]}" lines <"$cluster_tmp/heard"
	for line in "${lines[@]}"; do
		[[ ! $line =~ ^$1\  ]] || n=$((n + 1))
	done
	echo "$n"
}

leaked_ever() {
	local said
	said=$(inside "$client" nft list counter inet watch leaked) && [[ $said =~ packets\ ([0-9]+) ]] || return
	echo "${BASH_REMATCH[1]}"
}

leaked() {
	echo $(($(leaked_ever) - count_base[leaked]))
}

# Some kinds of failure show as absence: nothing left the cluster that should not have.
no_leaks() {
	expect 0 leaked
}

ask() {
	local ns=$1 proto=$2 where=$3
	shift 3
	nettool ask -n "$ns" -t "$patience" "$@" "$proto" "$where" || true
}

who() {
	local ns=$1 proto=$2 where=$3 n=$4
	shift 4
	nettool ask -n "$ns" -t "$patience" -u -c "$n" "$@" "$proto" "$where" || true
}

# Files of node1's instance, for this test only.
with() {
	defer knob "$node1" "$1" "$(knob "$node1" "$1")"
	knob "$node1" "$1" "$2"
}

flows() {
	svctool -n "$node1" instance flows
}

no_flows() {
	[[ $(flows) = 0 ]]
}

flow_of() {
	# shellcheck disable=SC2016 # fields of awk
	inside "$node1" awk -v port=":$1\$" -v field="$2" '
		NR == 1 { for (i = 2; i <= NF; i++) if ($i == field) f = i - 1 }
		NR > 1 && $2 ~ port { print $f }' /proc/net/ipsvc/flows
}

flow_timeouts='tcp_syn tcp_established tcp_closing tcp_closed udp udp_stream'

timeouts() {
	local name
	for name in $flow_timeouts; do knob "$node1" "timeout_$name" "$1"; done
}

# Ends all flows of the instance: those of tests before.
forget_flows() {
	fresh
	let_expire
}

let_expire() {
	local name
	for name in $flow_timeouts; do with "timeout_$name" 1; done
	busywait "$(slow 10)" no_flows || fail "flows do not end: $(svctool -n "$node1" flows)"
}

rules() {
	defer inside "$node1" nft flush ruleset
	inside "$node1" nft -f -
}

# Starts a program that answers lines on its stdin with lines: started ID COMMAND…
started() {
	local id=$1 fd fifo=$ktap_tmp/$1.$BASHPID.$SRANDOM
	shift
	mkfifo "$fifo.in" "$fifo.out"
	"$@" <"$fifo.in" >"$fifo.out" &
	talk_pid[$id]=$!
	exec {fd}>"$fifo.in"
	talk_in[$id]=$fd
	exec {fd}<"$fifo.out"
	talk_out[$id]=$fd
}

# Opens a connection that stays open until the test ends; its ID is for `say`.
session() {
	local id=$1 ns=$2 proto=$3 where=$4
	shift 4
	started "$id" nettool talk -n "$ns" -t "$patience" "$@" "$proto" "$where"
	expect connected answer "$id"
}

pid_of() {
	echo "${talk_pid[$1]}"
}

crowd_of() {
	local n=$1 id=$2 ns=$3 proto=$4 where=$5
	shift 5
	started "$id" crowd -n "$ns" -t "$patience" "$@" "$proto" "$where=$n"
	expect "open=$n failed=0" answer "$id" 60
}

crowd_lives() {
	expect_match " lost=0$" say "$1" all 60
}

# answer ID [SECONDS]
answer() {
	local line
	read -r -t "${2:-$((patience / 200))}" -u "${talk_out[$1]}" line || line=nothing
	printf '%s\n' "$line"
}

say() {
	echo "$2" >&"${talk_in[$1]}"
	answer "$1" "${@:3}"
}

# The name of who answers to a word on a connection, or the reason why nobody does.
name_of() {
	local line
	line=$(say "$1" "${2:-hello}")
	echo "${line%% *}"
}

# Bytes a second do not matter here; they must arrive, and be right: bulk send|recv NS A:P BYTES
bulk() {
	expect ok nettool "$1" -n "$2" -t "$(slow 2)000" "$3" "$4"
}
