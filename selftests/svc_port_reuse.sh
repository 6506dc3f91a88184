#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A client port used again: after a refusal, a reset or an end the next SYN is a new connection, chosen anew at once.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Names of all that answer, from one port: again N NS TARGET PORT
again() {
	local i got=
	for ((i = 0; i < $1; i++)); do got+="$(ask "$2" tcp "$3" -p "$4" -t "$(slow 1)000" | cut -d' ' -f1) "; done
	echo "$got"
}

# Says who answered, and "late" after a second of silence, which a SYN costs that is sent again.
timed() {
	local start=${EPOCHREALTIME/./} name
	name=$(ask "$@" -t "$(slow 1)000" | cut -d' ' -f1)
	echo "$name$( ((${EPOCHREALTIME/./} - start < 950000)) || echo " late")"
}

test_after_an_end() {
	local i
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pd_ip:8080"
	for i in 1 2 3 4 5; do
		timed "$pa" tcp "$vip:80" -p 5000
		timed "$client" tcp "$node1_ip:30080" -p 5000
		# The server closes first, so TIME_WAIT is its.
		timed "$pa" tcp "$vip:80" -q -p 5001
		timed "$node1" tcp "$vip:80" -q -p 5001
	done >"$ktap_tmp/said"
	expect 20 grep -c '^p[cd]' "$ktap_tmp/said"
	# A busy machine is late now and then, a client port that is not free each time but the first.
	(($(awk '/late/ { n++ } END { print n + 0 }' "$ktap_tmp/said") <= 10)) || fail "$(uniq -c "$ktap_tmp/said")"
	expect 20 count "$node1" flow_created
}

# Half of the endpoints refuse, as a pod that is Ready and whose server restarts.
test_after_a_refusal() {
	local port first=() ns where
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pd_ip:9"
	for where in "$pa $vip:80" "$client $node1_ip:30080" "$node1 $vip:80" "$node1 $loop:30080"; do
		svc set web ep "$pd_ip:9"
		read -r ns where <<<"$where"
		expect refused ask "$ns" tcp "$where" -p $((port = 5010 + ${#first[@]})) -t "$(slow 1)000"
		first+=("$port")
		svc set web ep "$pc_ip:8080" ep "$pd_ip:9"
		expect_match pc again 20 "$ns" "$where" "$port"
	done
}

# The endpoint that refuses is draining, the other is ready: nothing new goes to it.
test_after_a_refusal_of_a_draining_endpoint() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pd_ip:9"
	expect refused ask "$pa" tcp "$vip:80" -p 5020 -t "$(slow 1)000"
	expect refused ask "$client" tcp "$node1_ip:30080" -p 5020 -t "$(slow 1)000"
	svc set web ep "$pc_ip:8080" ep "$pd_ip:9,drain"
	expect "pc pc " again 2 "$pa" "$vip:80" 5020
	expect "pc pc " again 2 "$client" "$node1_ip:30080" 5020
}

not_running() { [[ ! -e /proc/$1/fd/0 ]]; }

test_after_a_reset() {
	local by
	for by in client endpoint; do
		fresh
		svc new web tcp vip "$vip:80" ep "$pd_ip:8080"
		session a "$pa" tcp "$vip:80" -p 5030
		expect pd name_of a
		svc set web ep "$pc_ip:8080" ep "$pd_ip:8080,drain"
		if [[ $by = client ]]; then
			expect reset say a @rst
		else
			forge -n "$pd" -b -s "$pd_ip:8080" -d "$pa_ip:5030" rst "$(pid_of a)" >/dev/null
			expect reset name_of a
			# TCP_REPAIR, which forge needs, took SO_REUSEADDR away from the socket.
			kill "$(pid_of a)"
			busywait "$(slow 2)" not_running "$(pid_of a)"
		fi
		expect "pc pc pc " again 3 "$pa" "$vip:80" 5030
	done
}

# What lives is not chosen anew: a SYN that somebody forges from its port ends nothing, and goes where it belongs.
test_while_it_lives() {
	fresh
	svc new web tcp vip "$vip:80" ep "$pd_ip:8080"
	session a "$pa" tcp "$vip:80" -p 5040
	expect pd name_of a
	svc set web ep "$pc_ip:8080" ep "$pd_ip:8080,drain"
	flood -n "$pa" -s "$pa_ip" -p 5040-5040 -c 3 tcp "$vip:80" >/dev/null
	expect pd name_of a
	forge -n "$pa" -o 1000 rst "$(pid_of a)" >/dev/null
	flood -n "$pa" -s "$pa_ip" -p 5040-5040 -c 3 tcp "$vip:80" >/dev/null
	expect pd name_of a
	expect 1 count "$node1" flow_created
}

cluster_up
run_tests
