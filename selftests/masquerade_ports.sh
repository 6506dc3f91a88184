#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Masquerade ports are none that this host uses, or may use, towards the endpoint; privileged ports stay privileged.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

any=0.0.0.0
! is_v6 || any='[::]'

web() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" + dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
}

# Sysctls of node1, for this test only.
ports_of_host() {
	defer sysctls "$node1" "$1=$(inside "$node1" cat "/proc/sys/net/ipv4/$1")"
	sysctls "$node1" "$1=$2"
}

# Ten ports, eight of which sockets of the node have towards the endpoint already.
test_ports_of_connected_sockets() {
	local proto i
	forget_flows
	timeouts 1000
	web
	for proto in tcp udp; do
		with masquerade_ports 20000-20009
		for i in 0 1 2 3 4 6 7 9; do
			session "$proto$i" "$node1" "$proto" "$pc_ip:8080" -p "2000$i"
			expect "pc $node1_ip:2000$i before" say "$proto$i" before
		done
		session "${proto}a" "$client" "$proto" "$node1_ip:30080"
		session "${proto}b" "$node1" "$proto" "$vip:80"
		expect_match "^pc $(re "$node1_ip"):2000[58] a$" say "${proto}a" a
		expect_match "^pc $(re "$node1_ip"):2000[58] b$" say "${proto}b" b
		# No port is left, and none is taken away.
		expect timeout ask "$client" "$proto" "$node1_ip:30080" -t 500
		for i in 0 1 2 3 4 6 7 9; do expect "pc $node1_ip:2000$i after" say "$proto$i" after; done
		# Those towards another endpoint are no matter.
		svc set "$([[ $proto = tcp ]] && echo web || echo dns)" ep "$pd_ip:8080"
		expect pd who "$client" "$proto" "$node1_ip:30080" 5
	done
	(($(count "$node1" drop_masquerade_ports) >= 2)) || fail "not counted"
}

# A socket that is bound, and connected to nobody, as a resolver's is.
test_ports_of_bound_udp_sockets() {
	forget_flows
	web
	with masquerade_ports 20000-20003
	serve "bound$SRANDOM" "own=$node1:udp:20000" "own=$node1:udp:20002" "own=$node1:udp:20003"
	session a "$client" udp "$node1_ip:30080"
	expect "pc $node1_ip:20001 hello" say a hello
	expect timeout ask "$client" udp "$node1_ip:30080" -t 500
	expect 1 count "$node1" drop_masquerade_ports
	expect "pc $node1_ip:20001 hello" say a hello
	# Who asks the node's own server is answered by it.
	expect own who "$client" udp "$node1_ip:20000" 2
	expect own who "$pc" udp "$node1_ip:20003" 2
}

# Those that are to connect from there, and one that listens.
test_ports_of_bound_tcp_sockets() {
	forget_flows
	timeouts 1000
	web
	with masquerade_ports 20010-20013
	started one nettool hold -n "$node1" tcp "$any:20010"
	started two nettool hold -n "$node1" tcp "$node1_ip:20013"
	expect bound answer one
	expect bound answer two
	serve "listens$SRANDOM" "own=$node1:tcp:20012"
	session a "$client" tcp "$node1_ip:30080"
	expect "pc $node1_ip:20011 hello" say a hello
	expect timeout ask "$client" tcp "$node1_ip:30080" -t 500
	expect 1 count "$node1" drop_masquerade_ports
	expect "pc $node1_ip:20011 hello" say a hello
	# A UDP flow may have them.
	with masquerade_ports 20010-20010
	expect "pc $node1_ip:20010" ask "$client" udp "$node1_ip:30080"
}

# Sockets of a link, which a lookup without one does not find. They connect before there is an endpoint: no flow reserves
# their tuples when the client comes.
test_ports_of_sockets_of_a_link() {
	local proto
	forget_flows
	timeouts 1000
	for proto in tcp udp; do
		session "$proto" "$node1" "$proto" "$pc_ip:8080" -p 20030 -D eth0
		expect "pc $node1_ip:20030 before" say "$proto" before
	done
	started bound nettool hold -n "$node1" -D eth0 udp "$any:20032"
	expect bound answer bound
	web
	for proto in tcp udp; do
		with masquerade_ports 20030-20031
		session "${proto}a" "$client" "$proto" "$node1_ip:30080"
		expect "pc $node1_ip:20031 a" say "${proto}a" a
		expect timeout ask "$client" "$proto" "$node1_ip:30080" -t 500
		expect "pc $node1_ip:20030 after" say "$proto" after
	done
	with masquerade_ports 20032-20032
	expect timeout ask "$client" udp "$node1_ip:30080" -t 500
	# TCP may have it.
	expect "pc $node1_ip:20032" ask "$client" tcp "$node1_ip:30080"
}

# A NAT rule has given it to a pod that connects to the endpoint directly.
test_ports_of_tracked_connections() {
	local proto
	forget_flows
	timeouts 1000
	web
	rules <<-END
		table $ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				$ip saddr $(bare "$pb_ip") $ip daddr $(bare "$pc_ip") meta l4proto { tcp, udp } snat to $node1_ip:20020
			}
		}
	END
	for proto in tcp udp; do
		with masquerade_ports 20020-20020
		session "$proto" "$pb" "$proto" "$pc_ip:8080"
		expect "pc $node1_ip:20020 before" say "$proto" before
		expect timeout ask "$client" "$proto" "$node1_ip:30080" -t 500
		with masquerade_ports 20020-20021
		expect "pc $node1_ip:20021" ask "$client" "$proto" "$node1_ip:30080"
		expect "pc $node1_ip:20020 after" say "$proto" after
	done
	expect 0 count "$node1" drop_flow_clash
	(($(count "$node1" drop_masquerade_ports) >= 2)) || fail "not counted"
}

# All ports that N clients of each kind are seen with lie in a range: seen_in LOW HIGH
seen_in() {
	local proto
	# A client's port that is used again must not find the flow of another range.
	forget_flows
	timeouts 1000
	web
	for proto in tcp udp; do
		ask "$client" "$proto" "$node1_ip:30080" -c 25
		ask "$node1" "$proto" "$vip:80" -c 25
		ask "$node1" "$proto" "$loop:30080" -c 10
	done | awk -v low="$1" -v high="$2" '{
		p = $2; sub(".*:", "", p)
		if ($1 == "pc" && p + 0 >= low && p + 0 <= high) { good++ } else if (bad++ < 3) { print }
	} END { print good + 0 " of 120 are as they should be"; exit bad || NR != 120 }'
}

test_local_range() {
	web
	with masquerade_ports 20000-20999
	ports_of_host ip_local_port_range "20000 20799"
	seen_in 20800 20999
	ports_of_host ip_local_port_range "20300 20999"
	seen_in 20000 20299
}

test_reserved_ports() {
	web
	with masquerade_ports 20000-20999
	ports_of_host ip_local_reserved_ports "20000-20599,20700,20800-20999"
	seen_in 20600 20799
}

# The sockets of the host may have any port: then it is those which do have one that count.
test_local_range_covers_all() {
	local proto i
	forget_flows
	web
	ports_of_host ip_local_port_range "1024 65535"
	seen_in 1024 29999
	# None that a test before has had: sockets of the node may still be in TIME_WAIT.
	with masquerade_ports 21000-21001
	for proto in tcp udp; do
		session "$proto" "$node1" "$proto" "$pc_ip:8080" -p 21000
		expect "pc $node1_ip:21000 x" say "$proto" x
		expect_match "^pc $(re "$node1_ip"):21001$" ask "$client" "$proto" "$node1_ip:30080"
		expect "pc $node1_ip:21000 x" say "$proto" x
	done
}

# Probes of the node and its connections through Services, with a range of ports that meets that of the masquerade.
node_connects() {
	local proto i=0 where
	web
	ports_of_host ip_local_port_range "1024 29999"
	for proto in tcp udp; do
		for where in "$@"; do crowd_of 250 "$proto$where" "$node1" "$proto" "$where"; done
		for where in "$@"; do crowd_lives "$proto$where"; done
	done
	expect 0 count "$node1" drop_masquerade_ports
}

test_widened_range_services_first() {
	node_connects "$vip:80" "$pc_ip:8080"
}

test_widened_range_pods_first() {
	node_connects "$pc_ip:8080" "$vip:80"
}

# NFS servers trust such ports: privileged NS TARGET…
privileged() {
	local ns=$1 proto where said
	for where in "${@:2}"; do
		for proto in tcp udp; do
			port=$((port + 1))
			said=$(ask "$ns" "$proto" "$where" -p "$port")
			[[ $said =~ ^p[ac]\ .*:([0-9]+)$ ]] || fail "$where: $said"
			((BASH_REMATCH[1] < 1024 && BASH_REMATCH[1] > 0)) || fail "$where, from port $port: $said"
		done
	done
}

test_privileged_ports() {
	local port=810
	web
	privileged "$pa" "$vip:80" "$node1_ip:30080"
	privileged "$node1" "$vip:80" "$node1_ip:30080" "$loop:30080"
	privileged "$client" "$node1_ip:30080"
	# A pod that reaches itself.
	svc set web ep "$pa_ip:8080" + dns ep "$pa_ip:8080"
	privileged "$pa" "$vip:80"
	# The same port of two clients; and a socket of the node has it.
	svc set web ep "$pc_ip:8080" + dns ep "$pc_ip:8080"
	session node "$node1" tcp "$pc_ip:8080" -p 900
	session one "$client" tcp "$node1_ip:30080" -p 900
	session two "$pd" tcp "$node1_ip:30080" -p 900
	expect "pc $node1_ip:900 x" say node x
	expect_match "^pc $(re "$node1_ip"):([0-9]{1,3}|10[01][0-9]|102[0-3]) y$" say one y
	expect_match "^pc $(re "$node1_ip"):([0-9]{1,3}|10[01][0-9]|102[0-3]) z$" say two z
	expect "pc $node1_ip:900 x" say node x
}

test_others_get_no_privileged_port() {
	web
	seen_in 1024 65535
}

cluster_up
run_tests
