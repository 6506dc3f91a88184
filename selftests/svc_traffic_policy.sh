#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Traffic policies: which endpoints a client gets, and which address they see of it, by where it is and what it asks.
# The cells are those of kube-proxy's TestInternalExternalMasquerade.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

lb=172.30.0.10
! is_v6 || lb='[fd00:30::10]'

# What others route to node1.
routed() {
	local address
	for address in "$vip" "$lb"; do
		ip -n "$client" route replace "$(bare "$address")" via "$(bare "$node1_ip")"
		defer ip -n "$client" route del "$(bare "$address")"
	done
}

# One of node1's pods and one of node2's, and the frontends of each class, with flags: world PROTO VIP-FLAGS FLAGS
world() {
	fresh
	svc -1 new web "$1" vip "$vip:80$2" nodeport "30080$3" lb "$lb:80$3" external "$lb:81$3" \
		ep "$pb_ip:8080,local" ep "$pc_ip:8080"
}

# Who answers, and whether with an address of this node in place of the client's: cell PROTO CLIENT FRONTEND WHO M|-
cell() {
	local proto=$1 from=$2 to=$3 want=$4 masquerade=$5 name peer own seen='' ns=$client address=$client_ip
	case $from in pod) ns=$pa address=$pa_ip ;; node) ns=$node1 address=none ;; esac
	case $to in ClusterIP) to=$vip:80 ;; NodePort) to=$node1_ip:30080 ;; LB) to=$lb:80 ;; ExternalIP) to=$lb:81 ;; esac
	while read -r name peer; do
		[[ -n $peer ]] || fail "$proto $from $to: $name"
		own=$node1_ip
		[[ $name != pb ]] || own=$gw1
		[[ $masquerade = M ]] || own=$address
		[[ ${peer%:*} = "$own" ]] || fail "$proto $from $to: $name sees $peer instead of $own"
		seen+="$name"$'\n'
	done < <(ask "$ns" "$proto" "$to" -c "$([[ $want = all ]] && echo 20 || echo 3)")
	case $want in all) want='pb pc' ;; local) want=pb ;; esac
	# shellcheck disable=SC2046 # a word each
	expect "$want" echo $(sort -u <<<"$seen")
}

# cells CLIENTS FRONTENDS WHO M|-: what a client outside gets from a cluster IP looks like a leak
cells() {
	local from to
	for from in $1; do
		for to in $2; do cell "$proto" "$from" "$to" "$3" "$4"; done
	done
}

external='NodePort LB ExternalIP'

both_cluster() {
	local proto=$1
	routed
	with "${2:-cluster_cidr}" "${3:-$pod_net}"
	world "$proto" '' ''
	cells pod ClusterIP all -
	cells pod "$external" all M
	cells node "ClusterIP $external" all M
	cells ext "$external" all M
	no_leaks
	cells ext ClusterIP all M
}

test_both_cluster_tcp() {
	both_cluster tcp
}

test_both_cluster_udp() {
	both_cluster udp
}

external_local() {
	local proto=$1
	routed
	with "${2:-cluster_cidr}" "${3:-$pod_net}"
	world "$proto" '' ,local
	cells pod "ClusterIP $external" all -
	cells node "ClusterIP $external" all M
	cells ext "$external" local -
	no_leaks
	cells ext ClusterIP all M
}

test_external_local_tcp() {
	external_local tcp
}

test_external_local_udp() {
	external_local udp
}

# Pods are told by the link that they come by, or by how it is called.
test_by_link() {
	both_cluster udp cluster_link pa
	external_local udp cluster_link pa
}

test_by_prefix_of_links() {
	local proto=udp link bad
	both_cluster udp cluster_link p+
	external_local udp cluster_link p+
	expect p+ knob "$node1" cluster_link
	# Another link, another beginning, and no link that begins with a name.
	for link in e+ pb pa+ paa; do
		knob "$node1" cluster_link "$link"
		case $link in pa+) cells pod LB all - ;; *) cells pod LB local - ;; esac
	done
	for bad in a/b abcdefghijklmnop abcdefghijklmnopq+ 'a b'; do
		! knob "$node1" cluster_link "$bad" 2>/dev/null || fail "'$bad' is taken"
	done
	expect paa knob "$node1" cluster_link
	knob "$node1" cluster_link none
	expect none knob "$node1" cluster_link
}

test_internal_local() {
	local proto=tcp
	routed
	with cluster_cidr "$pod_net"
	world tcp ,local ''
	cells pod ClusterIP local -
	cells node ClusterIP local M
	cells pod "$external" all M
	cells 'node ext' "$external" all M
	no_leaks
	cells ext ClusterIP local M
}

# Everything that uses a cluster IP is masqueraded; what else there is stays as it is.
test_masquerade_all() {
	local proto=udp
	routed
	with cluster_cidr "$pod_net"
	world udp ,masquerade ,local
	cells pod ClusterIP all M
	cells pod "$external" all -
	cells node ClusterIP all M
	cells ext "$external" local -
	no_leaks
	cells ext ClusterIP all M
}

# Nobody knows where the pods are: these count as outside, and only sockets of the node as within.
test_no_detector() {
	local proto=tcp
	routed
	with cluster_cidr none
	world tcp '' ,local
	cells pod ClusterIP all -
	cells pod "$external" local -
	cells node "ClusterIP $external" all M
	cells ext "$external" local -
	no_leaks
	# A remote pod would answer the client past this node.
	svc -1 set web ep "$pb_ip:8080"
	cells ext ClusterIP local -
}

# Clients of a frontend, and why they get no answer: silent REASON CLIENT… -- A:P…
silent() {
	local reason=$1 before proto clients=() ns to
	shift
	while [[ $1 != -- ]]; do clients+=("$1") && shift; done
	shift
	for proto in tcp udp; do
		world "$proto" "$vip_flags" "$flags"
		svc -1 set web ep "$pc_ip:8080"
		for ns in "${clients[@]}"; do
			for to in "$@"; do
				before=$(count "$node1" "$reason")
				expect_match '^(timeout|Operation not permitted)$' ask "$ns" "$proto" "$to" -t "$(slow 1)00"
				(($(count "$node1" "$reason") > before)) || fail "$proto $to: not counted"
			done
		done
	done
	expect 0 heard pc
}

# A balancer is to try another node: it hears nothing. A client within the cluster gets the endpoints there are.
test_external_local_elsewhere() {
	local vip_flags='' flags=,local proto
	routed
	with cluster_cidr "$pod_net"
	silent drop_no_local_endpoint "$client" -- "$node1_ip:30080" "$lb:80" "$lb:81"
	for proto in tcp udp; do
		world "$proto" '' ,local
		svc -1 set web ep "$pc_ip:8080"
		cells pod "$external ClusterIP" pc -
		cells node "$external ClusterIP" pc M
		expect 0 count "$node1" drop_no_local_endpoint
		no_leaks
		cells ext ClusterIP pc M
	done
}

test_internal_local_elsewhere() {
	local vip_flags=,local flags='' to
	routed
	with cluster_cidr "$pod_net"
	silent drop_no_local_endpoint "$pa" "$node1" "$client" -- "$vip:80"
	world tcp ,local ''
	svc -1 set web ep "$pc_ip:8080"
	for to in $external; do cell tcp pod "$to" pc M; done
	no_leaks
}

# No endpoint anywhere is another thing, which everybody hears.
test_local_without_any() {
	local proto ns to
	routed
	for proto in tcp udp; do
		world "$proto" ,local ,local
		svc -1 set web no-endpoints
		for to in "$vip:80" "$node1_ip:30080" "$lb:80" "$lb:81"; do
			for ns in "$pa" "$node1" "$client"; do
				expect refused ask "$ns" "$proto" "$to" -t "$(slow 1)000"
			done
		done
	done
	expect 0 count "$node1" drop_no_local_endpoint
	no_leaks
}

# Those of this node serve until they are gone, though others are ready elsewhere; and those that drain may do so for
# the cluster and not for this node.
test_local_endpoint_that_leaves() {
	local proto
	routed
	with cluster_cidr "$pod_net"
	for proto in tcp udp; do
		world "$proto" '' ,local
		svc -1 set web ep "$pb_ip:8080,drain,local" ep "$pc_ip:8080" ep "$pd_ip:8080,drain"
		cell "$proto" ext LB local -
		cell "$proto" pod LB pc -
		cell "$proto" pod ClusterIP pc -
	done
	expect_match "ep=$(re "$pb_ip"):8080,drain,local," svc -1 services
	no_leaks
}

# What is connected stays where it is, whatever becomes of the policy and of the endpoint's part in it.
test_connections_stay() {
	local proto
	routed
	for proto in tcp udp; do
		world "$proto" '' ''
		svc -1 set web ep "$pc_ip:8080"
		session "$proto" "$client" "$proto" "$lb:80"
		expect pc name_of "$proto"
		svc -1 set web lb "$lb:80,local" ep "$pb_ip:8080,local" ep "$pc_ip:8080,drain"
		expect pc name_of "$proto"
		cell "$proto" ext LB local -
		svc -1 set web ep "$pb_ip:8080,local" ep "$pc_ip:8080"
		expect pc name_of "$proto"
	done
}

cluster_up
run_tests
