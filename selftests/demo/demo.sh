#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cluster on one machine: three nodes, pods behind two of them, an outside client, all of them network namespaces
# with real processes inside. Plays what a user does with services, shows every command with its output, and checks
# what came of it. Needs root and ipsvc.ko loaded; `make demo` runs it in a virtual machine.
#
#   client 192.0.2.100     node1 192.0.2.11      node2 192.0.2.12      node3 192.0.2.13
#        |                     |                     |                     |
#      --+---------------------+---------------------+---------------------+--  lan
#                              |                     |
#              hello-pod 10.244.1.2          hello-pod-3 10.244.2.2
#            hello-pod-2 10.244.1.3
#             client-pod 10.244.1.9
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

me=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$me")/../.." || exit 1
manifests=selftests/demo/manifests
nodes=(node1 node2 node3)
declare -A address=([node1]=192.0.2.11 [node2]=192.0.2.12 [node3]=192.0.2.13)
declare -A pod_of=([hello-pod]=10.244.1.2 [hello-pod-2]=10.244.1.3 [hello-pod-3]=10.244.2.2)
declare -A daemon=()
dir=/run/ipsvc-demo
export PATH=$PWD/build/selftests:$PATH IPSVC_STORE=$dir/store.db

clean_up() {
	local ns
	[[ -z ${pods_pid:-} ]] || kill "$pods_pid" 2>/dev/null
	for ns in client client-pod "${!pod_of[@]}" "${nodes[@]}" lan; do remove_netns "$ns"; done
	rm -rf "$dir"
}

build_cluster() {
	local name
	segment lan
	for name in "${nodes[@]}"; do node "$name" lan "${address[$name]}/24"; done
	for name in node2 node3; do ip -n "$name" route add 10.244.1.0/24 via "${address[node1]}"; done
	for name in node1 node3; do ip -n "$name" route add 10.244.2.0/24 via "${address[node2]}"; done
	pod hello-pod node1 "${pod_of[hello-pod]}"
	pod hello-pod-2 node1 "${pod_of[hello-pod-2]}"
	pod hello-pod-3 node2 "${pod_of[hello-pod-3]}"
	pod client-pod node1 10.244.1.9
	netns client
	plug client lan 192.0.2.100/24
	mkdir -p "$dir/manifests"
}

# In each pod HTTP (and lines that are echoed) on TCP port 8080, an echo on UDP port 9090.
start_pods() {
	local pod servers=()
	for pod in "${!pod_of[@]}"; do servers+=("$pod=$pod:tcp:8080" "$pod=$pod:udp:9090"); done
	nettool serve "${servers[@]}" >"$dir/pods.log" 2>&1 &
	pods_pid=$!
	disown $!
}

# start_daemon NODE: one ipsvcd a node, each with its own kernel state; the store and the manifests are common.
start_daemon() {
	local command="ip netns exec $1 ipsvcd --node-name $1 --run-dir $dir/$1 --store $dir/store.db"
	command+=" --manifests $dir/manifests --prune-after 1"
	echo "\$ $command &"
	$command >>"$dir/$1.log" 2>&1 &
	daemon[$1]=$!
	disown $!
}

# What nodes know: all of them have each TEXT of SERVICE, or none has it, or none has the service.
all_have() {
	local node text shown service=$1
	shift
	for node in "${nodes[@]}"; do
		shown=$(ipsvc --netns "$node" service show "$service") || return 1
		for text in "$@"; do [[ $shown = *"$text"* ]] || return 1; done
	done
}

none_has() {
	local node shown
	for node in "${nodes[@]}"; do
		shown=$(ipsvc --netns "$node" service show "$1") && [[ $shown != *"$2"* ]] || return 1
	done
}

all_lost() {
	local node shown
	for node in "${nodes[@]}"; do
		shown=$(ipsvc --netns "$node" service list) && [[ $shown != *"$1"* ]] || return 1
	done
}

in_sync() {
	local node
	for node in "${nodes[@]}"; do
		ipsvc --netns "$node" --run-dir "$dir/$node" status || return 1
	done
}

# ask NETNS URL: an answer, of whichever pod.
ask() {
	run "ip netns exec $1 curl -sS -m 5 $2"
	check "$3" printed '^hello-pod(-[23])?$'
}

# ask_all NETNS HOST:PORT WHAT [POD…]: many connections, and who answered them: each of these pods and no other.
ask_all() {
	local netns=$1 where=$2 what=$3
	shift 3
	run "ip netns exec $netns curl -sS -m 30 'http://$where/[1-30]' | sort | uniq -c"
	check "$what" same "$(awk '{ n += $1; print $2 } END { print n }' <<<"$output" | xargs)" "$* 30"
}

# ---- connections that are kept open ---------------------------------------------------------------------------------

declare -A held_in=() held_pid=() held_pod=()

# Opens connection NAME from NETNS to ADDRESS:PORT, again and again until it is POD that answers.
hold() {
	local name=$1 fd try command="ip netns exec $2 nettool talk -t 10000 tcp $3"
	held_pod[$name]=$4
	mkfifo "$dir/$name.in"
	exec {fd}<>"$dir/$name.in"
	held_in[$name]=$fd
	for ((try = 0; try < 60; try++)); do
		: >"$dir/$name.out"
		$command <&"$fd" >"$dir/$name.out" 2>&1 {fd}>&- &
		held_pid[$name]=$!
		disown $!
		if answers "$name" "hello"; then
			echo "\$ echo hello | $command &"
			cat "$dir/$name.out"
			return 0
		fi
		kill "${held_pid[$name]}" 2>/dev/null
	done
	return 1
}

# answers NAME TEXT: TEXT, not sent before, goes through the open connection, to the pod it was opened to, and back.
answers() {
	local name=$1 text=$2 try
	echo "$text" >&"${held_in[$name]}"
	for ((try = 0; try < 100; try++)); do
		if grep -q " $text\$" "$dir/$name.out"; then
			grep -q "^${held_pod[$name]} .* $text\$" "$dir/$name.out"
			return
		fi
		kill -0 "${held_pid[$name]}" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# ---- the play -------------------------------------------------------------------------------------------------------

play_nodes() {
	local node
	title 'Three nodes, three pods, one client outside'
	sed -n '/^#   client/,/client-pod/s/^# \{0,1\}//p' "$me"
	echo
	build_cluster
	start_pods
	for node in "${nodes[@]}"; do start_daemon "$node"; done
	eventually 'every node has its instance, made by its ipsvcd' in_sync
	run 'ip -n node1 -br link show type ipsvc; ip -n node1 route show dev ipsvc0'
	check 'the service CIDR is routed to it' printed '10\.96\.0\.0/12'
	eventually 'the servers in the pods listen' grep -qx ready "$dir/pods.log"
	ip netns exec node1 ipsvc monitor >"$dir/monitor.out" 2>&1 &
	disown $!
}

play_cluster_ip() {
	local ip
	title 'A Service of type ClusterIP, from manifests'
	run "cat $manifests/hello-pod.yaml; cp $manifests/hello-pod*.yaml $dir/manifests/"
	run "cat $manifests/web.yaml; cp $manifests/web.yaml $dir/manifests/"
	eventually 'all nodes know the three endpoints' all_have default/web "${pod_of[@]/%/:8080}"
	run 'ipsvc get pods -o wide'
	run 'ipsvc get svc'
	check 'get svc shows a ClusterIP for each service' printed \
		'NAME .*PORT\(S\).*echo +ClusterIP +10\.[0-9.]+ +<none> +7/UDP.*web +ClusterIP +10\.[0-9.]+ +<none> +80/TCP'
	web=$(ipsvc get svc web --no-headers | awk '{ print $3 }')
	ip=$(ipsvc get svc echo --no-headers | awk '{ print $3 }')
	ask client-pod "http://$web/" 'a pod reaches the ClusterIP'
	ask node3 "http://$web/" 'so does a node without pods'
	ask node1 "http://$web/" 'so does a process of the node where the pods are'
	ask_all client-pod "$web" 'every endpoint answers, none is left out' hello-pod hello-pod-2 hello-pod-3
	run "ip netns exec client-pod nettool ask udp $ip:7"
	check 'UDP is served too' printed '^hello-pod(-[23])? 10\.244\.1\.9:[0-9]+$'
	run "ip netns exec client-pod curl -sS -m 5 http://$web:81/"
	check 'a port that no service has is refused' refused
}

refused() {
	# curl's status for a connection that could not be made; a timeout is 28.
	((status == 7))
}

# Not by the second SYN, which comes a second after the first. curl says how long it took.
refused_at_once() {
	refused && [[ $output =~ after\ ([0-9]+)\ ms ]] && ((BASH_REMATCH[1] < 1000))
}

play_node_port() {
	local node
	title 'ipsvc expose: a Service of type NodePort'
	run 'ipsvc expose pod hello-pod --name=hello-svc --target-port=8080 --type=NodePort'
	check 'kubectl says the same' printed '^service/hello-svc exposed$'
	run 'ipsvc get svc'
	check 'a port of the range was allocated' printed 'hello-svc +NodePort +10\.[0-9.]+ +<none> +8080:3[0-9]{4}/TCP'
	node_port=$(sed -n 's,.* 8080:\(3[0-9]*\)/TCP .*,\1,p' <<<"$output")
	services=$(stable)
	eventually 'all nodes know it' all_have default/hello-svc ":$node_port" "${pod_of[@]/%/:8080}"
	run "ip netns exec client curl -sS -m 5$(printf " http://%s:$node_port/" 192.0.2.1{1,2,3})"
	check 'the outside client is answered at each node' printed $'^(hello-pod(-[23])?(\n|$)){3}$'
	run "ip netns exec client nettool ask tcp ${address[node3]}:$node_port"
	check 'to the pod it looks as if the node had asked, so its answer comes back' \
		printed "^hello-pod.* ${address[node3]}:[0-9]+\$"
	ask_all client "${address[node3]}:$node_port" 'node3, which has no pods, leads to all of them' \
		hello-pod hello-pod-2 hello-pod-3
}

play_state() {
	title 'What the kernel has, for people and programs'
	check 'a pod opens a connection to the ClusterIP and keeps it' \
		hold inside client-pod "$web:80" hello-pod
	check 'the outside client opens one to the NodePort on node3' \
		hold outside client "${address[node3]}:$node_port" hello-pod-3
	run 'ipsvc --netns node1 service list'
	check 'service list shows the services of the kernel' printed 'default/echo.*default/hello-svc.*default/web'
	run "ipsvc --netns node3 flow list default/hello-svc -o wide | grep -e PROTOCOL -e established"
	check 'flow list shows the open connection with its masquerade' \
		printed "192\.0\.2\.100:[0-9]+ +${address[node3]}:$node_port +${pod_of[hello-pod-3]}:8080 +${address[node3]}:[0-9]+ +established"
	run 'ip netns exec node1 cat /proc/net/ipsvc/services'
	check '/proc/net/ipsvc/services shows the services' printed 'default/web'
	run 'ip netns exec node3 head -n 5 /proc/net/ipsvc/flows'
	check '/proc/net/ipsvc/flows shows the flows' printed "$node_port"
	run "ip netns exec node1 sh -c 'cd /sys/class/net/ipsvc0/ipsvc && grep -r . .' | sort"
	check '/sys/class/net/ipsvc0/ipsvc has one value a file' printed './generation:[0-9]+'
}

generations() {
	local node
	for node in "${nodes[@]}"; do ip netns exec "$node" cat /sys/class/net/ipsvc0/ipsvc/generation; done
}

# What must not change by itself: names, addresses and ports of the services.
stable() {
	ipsvc get svc --no-headers | awk '{ print $1, $3, $5 }'
}

play_kill() {
	local node before
	title 'kill -9: the kernel goes on without the daemon'
	before=$(generations)
	run "kill -9 ${daemon[*]}"
	eventually 'no ipsvcd runs' not kill -0 "${daemon[@]}"
	ask client-pod "http://$web/" 'new connections to the ClusterIP are served'
	ask client "http://${address[node3]}:$node_port/" 'new connections to the NodePort are served'
	check 'the connection of the pod goes on' answers inside 'without ipsvcd'
	check 'the connection of the outside client goes on' answers outside 'without ipsvcd'
	for node in "${nodes[@]}"; do start_daemon "$node"; done
	eventually 'the daemons are back' in_sync
	run 'ipsvc get svc'
	check 'ClusterIPs and node port are the same' same "$(stable)" "$services"
	check 'there was nothing to change in the kernel' same "$(generations)" "$before"
	check 'the connection of the pod lived through it' answers inside 'with ipsvcd'
	check 'the connection of the outside client lived through it' answers outside 'with ipsvcd'
}

play_pods_go() {
	title 'Pods come and go'
	run "rm $dir/manifests/hello-pod-2.yaml"
	eventually 'no node has the deleted pod any more' none_has default/web "${pod_of[hello-pod-2]}"
	run "sed -i 's/status: \"True\"/status: \"False\"/' $dir/manifests/hello-pod-3.yaml"
	eventually 'no node has the pod that is not ready' none_has default/hello-svc "${pod_of[hello-pod-3]}"
	run 'ipsvc get pods; ipsvc get endpoints'
	ask_all client-pod "$web" 'new connections go to the pod that is left' hello-pod
	ask_all client "${address[node2]}:$node_port" 'also those from outside' hello-pod
	check 'the connection to the pod that is left goes on' answers inside 'still here'
	check 'and the one to the pod that is not ready, until it ends' answers outside 'still here'
}

# Of ICMP's type 3 that the client pod has got.
unreachables() {
	ip netns exec client-pod nstat -as IcmpMsgInType3 | awk '$1 ~ /Type3/ { n = $2 } END { print n + 0 }'
}

play_nobody_left() {
	local told
	title 'Nobody left'
	told=$(unreachables)
	run "rm $dir/manifests/hello-pod.yaml"
	eventually 'no node has an endpoint any more' none_has default/web :8080
	run "ip netns exec client-pod curl -sS -m 10 http://$web/"
	check 'a client is refused at once' refused_at_once
	run "ip netns exec client curl -sS -m 10 http://${address[node1]}:$node_port/"
	check 'so is one at the node port' refused_at_once
	run 'ip netns exec client-pod nstat -as IcmpMsgInType3'
	check 'by ICMP: destination (port) unreachable' printed "IcmpMsgInType3 +$((told + 1)) "
	run 'ip netns exec node1 cat /proc/net/ipsvc/stats'
	check 'the node counts whom it refused' printed 'reject_no_endpoint[: ]+[1-9]'
	run "ipsvc delete svc hello-svc"
	eventually 'a deleted service is gone from all nodes' all_lost default/hello-svc
	title 'What ipsvc monitor saw on node1 meanwhile'
	run "tail -n 24 $dir/monitor.out"
	check 'monitor saw services come and go' printed 'default/hello-svc.*deleted +default/hello-svc'
}

main() {
	[[ -d /sys/module/ipsvc ]] || {
		echo "demo.sh: ipsvc.ko is not loaded: run 'make demo', or load it" >&2
		exit 4
	}
	mkdir "$dir" || exit 1
	trap clean_up EXIT
	play_nodes
	play_cluster_ip
	play_node_port
	play_state
	play_kill
	play_pods_go
	play_nobody_left
	echo
	if ((failures)); then
		for log in "$dir"/node*.log; do sed "s/^/# ${log##*/}: /" "$log"; done
		echo "demo: FAILED ($failures steps)"
		exit 1
	fi
	echo 'demo: OK'
}

main
