#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No packet reaches an endpoint of another service: services, frontends and endpoints change at random while clients
# ask without a pause; each question says whom it is for, and no server must get one that is for another service.
#
# The pods' servers on ports 9001…9004 are the services a…d: their names begin with the service's letter. A frontend
# belongs to one service for good, but comes, goes, and moves through empty and full sets of endpoints.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Server NAME is "<letter><pod>", as in "bpc".
servers() {
	local proto pod letter port list=()
	for pod in $cluster_pods; do
		for letter in a b c d; do
			case $letter in a) port=9001 ;; b) port=9002 ;; c) port=9003 ;; d) port=9004 ;; esac
			for proto in tcp udp; do list+=("$letter$pod=${!pod}:$proto:$port"); done
		done
	done
	serve letters "${list[@]}"
}

# Random commands for svctool; what they refer to may not be there, then they are refused and change nothing.
# Services "at", "au" … are the letter's TCP and UDP; their node ports and addresses are the letter's.
changes() {
	awk -v seed="$1" -v n="$2" -v nodes="$node1,$node2" -v one="$node1" '
		function pick(m) { return int(rand() * m) }
		function endpoints(l,    i, s, ip) {
			s = ""
			for (i = 0; i < 4; i++) {
				if (pick(2)) continue
				ip = "10.244." (1 + int(i / 2)) "." (10 + i % 2)
				s = s " ep " ip ":" (9001 + l) (pick(4) ? "" : ",drain")
			}
			return s == "" ? " no-endpoints" : s
		}
		function frontends(l) {
			return " vip 10.96.0." (1 + l) ":80" (pick(2) ? " nodeport " (30001 + l) : "")
		}
		BEGIN {
			srand(seed)
			for (i = 0; i < n; i++) {
				l = pick(4); p = pick(2) ? "tcp" : "udp"; name = substr("abcd", l + 1, 1) substr(p, 1, 1)
				where = "-n " (pick(3) ? nodes : one)
				r = pick(10)
				if (r < 2) print where, "del", name
				else if (r < 5) print where, "new", name, p frontends(l) endpoints(l)
				else if (r < 8) print where, "set", name endpoints(l)
				else if (r < 9) print where, "set", name frontends(l)
				else print where, "set", name " no-frontends"
			}
		}'
}

targets() {
	local i proto letter=(a b c d)
	for i in 0 1 2 3; do
		for proto in tcp udp; do
			if [[ $1 = vips ]]; then
				echo "$proto:10.96.0.$((i + 1)):80=${letter[i]}"
			else
				echo "$proto:192.168.0.1:$((30001 + i))=${letter[i]} $proto:192.168.0.2:$((30001 + i))=${letter[i]}"
			fi
		done
	done
}

nobody_got_wrong_questions() {
	expect 0 heard wrong
	(($(heard '[abcd]p[abcd]') > $1)) || fail "hardly any question arrived"
}

# The clients: NAME NETNS KIND [OPTIONS]
clients() {
	local name=$1 ns=$2 kind=$3
	shift 3
	# shellcheck disable=SC2046 # one word a target
	nettool load -n "$ns" -t 150 "$@" $(targets "$kind") >"$ktap_tmp/load.$name" 2>"$ktap_tmp/wrong.$name" &
	load_pids+=($!)
}

# Not the shells any more that are to become them.
clients_run() {
	local pid
	for pid in "${load_pids[@]}"; do [[ $(</proc/"$pid"/comm) = nettool ]] || return; done
}

test_random_changes_under_traffic() {
	local pid name load_pids=() seed=${IPSVC_SEED:-$RANDOM} rounds
	fresh
	servers
	clients pod "$pa" vips
	clients fixed "$pd" vips -p 5000
	clients node "$node2" vips
	clients outside "$client" ports
	busywait "$(slow 10)" clients_run || fail "clients do not start"
	rounds=$((SECONDS + $(slow 3)))
	echo "seed $seed"
	while ((SECONDS < rounds)); do
		changes "$seed" 300 | svctool -k -f - >/dev/null 2>"$ktap_tmp/refused" || true
		grep -vE "File exists|No such file" "$ktap_tmp/refused" && fail "changes were refused for another reason"
		seed=$((seed + 1))
	done
	kill -TERM "${load_pids[@]}"
	for pid in "${load_pids[@]}"; do wait "$pid" || fail "$(cat "$ktap_tmp"/wrong.* "$ktap_tmp"/load.*)"; done
	for name in pod fixed node outside; do
		expect_match "^ok=[1-9][0-9]* .* wrong=0$" cat "$ktap_tmp/load.$name"
	done
	nobody_got_wrong_questions 50
	expect 0 count "$node1" drop_truncated
	no_leaks
}

# One address and port goes back and forth between two services; the sockets of clients follow at once.
test_frontend_moves_under_traffic() {
	local i
	fresh
	servers
	svc new one udp vip 10.96.0.1:80 ep "$pb_ip:9001" ep "$pc_ip:9001" + two udp ep "$pd_ip:9002"
	session s "$pa" udp 10.96.0.1:80
	for i in 1 2 3 4 5; do
		expect_match '^a' name_of s
		svc set one no-frontends + two vip 10.96.0.1:80
		expect_match '^b' name_of s
		svc set one vip 10.96.0.1:80 + two no-frontends
	done
	expect 0 count "$node1" reject_no_endpoint
	expect 0 count "$node1" reject_no_service
}

# All at once or not at all: two services swap their endpoints, and nobody is ever between them.
swaps() {
	local i a="$pb_ip:9001" b="$pc_ip:9001" c="$pc_ip:9002" d="$pd_ip:9002"
	for ((i = 0; i < 30; i++)); do
		echo "-n $node1 set one ep $b + two ep $c"
		echo "-n $node1 set one ep $a + two ep $d"
		# The addresses change owners, the services do not lose theirs.
		echo "-n $node1 set one vip 10.96.0.2:80 ep $d + two vip 10.96.0.1:80 ep $b"
		echo "-n $node1 set one vip 10.96.0.1:80 ep $a + two vip 10.96.0.2:80 ep $d"
	done
}

asked() {
	(($(heard '[ab]p[bcd]') >= $1))
}

test_swap_is_atomic() {
	local pid rounds=0
	fresh
	servers
	svc new one tcp vip 10.96.0.1:80 ep "$pb_ip:9001" + two tcp vip 10.96.0.2:80 ep "$pd_ip:9002"
	nettool load -n "$pa" -t 500 tcp:10.96.0.1:80=a tcp:10.96.0.2:80=b >"$ktap_tmp/load" 2>&1 &
	pid=$!
	busywait "$(slow 10)" asked 1 || fail "no question arrives"
	swaps >"$ktap_tmp/swaps"
	until ((rounds >= 3)) && asked 100; do
		svctool -f "$ktap_tmp/swaps"
		((++rounds < 100)) || fail "hardly any question arrives"
	done
	kill -TERM "$pid"
	wait "$pid" || fail "$(<"$ktap_tmp/load")"
	expect_match "^ok=[1-9][0-9]* refused=0 timeout=0 other=0 wrong=0$" cat "$ktap_tmp/load"
	nobody_got_wrong_questions 50
}

cluster_up
run_tests
