#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Session affinity: a client comes back to its endpoint, by whatever frontend, as long as that is there and for so long.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

eps=(ep "$pb_ip:8080" ep "$pc_ip:8080" ep "$pd_ip:8080")

# In turn, so that a client without affinity would get another endpoint each time.
web() {
	fresh
	svc new web tcp vip "$vip:80" vip "$vip2:80" nodeport 30080 scheduler rr "${eps[@]}" "$@"
}

# but_drained NAME: the endpoints, of which one drains
but_drained() {
	svc set web ep "$pb_ip:8080$([[ $1 != pb ]] || echo ,drain)" ep "$pc_ip:8080$([[ $1 != pc ]] || echo ,drain)" \
		ep "$pd_ip:8080$([[ $1 != pd ]] || echo ,drain)"
}

clients() {
	inside "$node1" awk 'NR > 1' /proc/net/ipsvc/affinity
}

no_clients() {
	[[ -z $(clients) ]]
}

test_by_all_frontends() {
	web affinity 1000
	local name
	name=$(who "$pa" tcp "$vip:80" 1)
	expect "$name" who "$pa" tcp "$vip:80" 15
	expect "$name" who "$pa" tcp "$vip2:80" 15
	name=$(who "$client" tcp "$node1_ip:30080" 1)
	expect "$name" who "$client" tcp "$node1_ip:30080" 15
	expect_match '^web ipv[46] .* .*:8080 (999|[0-9]{3})$' clients
	expect 2 eval 'clients | wc -l'
	# Each client is one of its own: three in turn get three.
	svc affinity-flush
	expect 'pb pc pd ' three_clients
}

# Of three that were never there.
three_clients() {
	local ns
	{ for ns in "$pa" "$client" "$pb"; do
		if [[ $ns = "$client" ]]; then ask "$ns" tcp "$node1_ip:30080"; else ask "$ns" tcp "$vip:80"; fi
	done; } | cut -d' ' -f1 | sort | tr '\n' ' '
}

# Counted from the last new connection.
test_timeout() {
	local name i
	web affinity "$(slow 3)"
	name=$(who "$pa" tcp "$vip:80" 1)
	for ((i = 0; i < 5; i++)); do
		nap 1
		expect "$name" who "$pa" tcp "$vip:80" 1
	done
	busywait "$(slow 10)" no_clients || fail "still there: $(clients)"
	[[ $(who "$pa" tcp "$vip:80" 1) != "$name" ]] || fail "the client is still known"
}

test_endpoint_goes() {
	local name other
	web affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	but_drained "$name"
	expect "" clients
	other=$(who "$pa" tcp "$vip:80" 1)
	[[ $other != "$name" && $other =~ ^p[bcd]$ ]] || fail "$other after $name"
	expect "$other" who "$pa" tcp "$vip:80" 10
	# That one is the client's now, also when the first one is back.
	svc set web "${eps[@]}"
	expect "$other" who "$pa" tcp "$vip:80" 10
	# One that was away is not come back to, though the client did not notice.
	but_drained "$other"
	svc set web "${eps[@]}"
	expect "" clients
	svc set web ep "$pa_ip:8080"
	expect pa who "$pa" tcp "$vip:80" 2
	svc set web no-endpoints
	expect refused ask "$pa" tcp "$vip:80"
	no_leaks
}

test_changes_keep_it() {
	local name
	web affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	svc set web "${eps[@]}" ep "$pa_ip:8080"
	expect "$name" who "$pa" tcp "$vip:80" 10
	svc set web scheduler random affinity 500
	expect "$name" who "$pa" tcp "$vip:80" 10
	svc set web vip "$vip:81"
	expect "$name" who "$pa" tcp "$vip:81" 10
	svc new more tcp ep "$pa_ip:80" scheduler rr affinity 10
	svc del more
	expect "$name" who "$pa" tcp "$vip:81" 10
}

test_switched_live() {
	local name
	web affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	svc set web scheduler rr affinity 0
	expect "pb pc pd" who "$pa" tcp "$vip:80" 3
	expect "" clients
	svc set web scheduler rr affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	expect "$name" who "$pa" tcp "$vip:80" 10
	svc del web
	expect "" clients
}

test_prefix() {
	local bits=24 name
	! is_v6 || bits=64
	web affinity 1000 prefix "$bits"
	name=$(who "$pa" tcp "$vip:80" 1)
	expect "$name" who "$pb" tcp "$vip:80" 10
	expect 1 eval 'clients | wc -l'
	# Without, each is one of its own.
	svc set web scheduler rr affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	[[ $(who "$pb" tcp "$vip:80" 1) != "$name" ]] || fail "two clients are one"
}

# Two ports of a Service, at two ports of its endpoints; one of another Service does not take part.
test_shared_by_ports() {
	local name i shared=(scheduler rr flags 2 affinity 1000)
	fresh
	svc new ns/web:a tcp vip "$vip:80" "${shared[@]}" "${eps[@]}" + \
		ns/web:b udp vip "$vip:53" "${shared[@]}" ep "$pb_ip:8081" ep "$pc_ip:8081" ep "$pd_ip:8081" + \
		ns/we:a tcp vip "$vip2:80" "${shared[@]}" "${eps[@]}"
	for i in 1 2 3; do
		name=$(who "$pa" tcp "$vip:80" 1)
		expect "$name" who "$pa" udp "$vip:53" 5
		expect "$name" who "$pa" tcp "$vip:80" 5
		expect_match '^ns/web ' svc -1 affinities
		svc affinity-flush ns/web
		expect "" svc -1 affinities
	done
	name=$(who "$pa" tcp "$vip2:80" 1)
	expect_match '^ns/we ' svc -1 affinities
	svc del ns/web:a
	expect "$name" who "$pa" tcp "$vip2:80" 5
}

test_saved_and_restored() {
	local ep
	web affinity 1000
	for ep in "$pd_ip" "$pb_ip" "$pc_ip"; do
		svc -1 affinity-put web "$pa_ip" "$ep:8080" 500000
		expect "web $pa_ip $ep:8080" svc -1 affinities
		who "$pa" tcp "$vip:80" 5 >"$ktap_tmp/who"
		expect "web $pa_ip $ep:8080" svc -1 affinities
	done
	expect pc cat "$ktap_tmp/who"
	expect_error 'No such file' svc -1 affinity-put web "$pa_ip" "$pa_ip:8080" 500000
	expect_error 'No such file' svc -1 affinity-put none "$pa_ip" "$pb_ip:8080" 500000
	expect "web $pa_ip $pc_ip:8080" svc -1 affinities
	svc -1 affinity-put web "$pa_ip" "$pd_ip:8080" 300
	busywait "$(slow 5)" no_clients || fail "it lasts longer than it is to: $(clients)"
}

# The source of a packet that the node drops may be forged: it makes no client known, and moves none.
test_dropped_packets() {
	local name
	web affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	rules <<-END
		table $ip fw {
			chain c {
				type filter hook forward priority 0
				$ip saddr { $(bare "$pa_ip"), $(bare "$client_ip") } drop
			}
		}
	END
	expect timeout ask "$pa" tcp "$vip:80"
	expect timeout ask "$client" tcp "$node1_ip:30080"
	expect_match "^web ipv[46] $(re "$(bare "$pa_ip")") " eval 'clients | tr -d "[]"'
	expect 1 eval 'clients | wc -l'
	inside "$node1" nft flush ruleset
	expect "$name" who "$pa" tcp "$vip:80" 5
}

# Packets to an endpoint that has an address of the node pass another hook than those that the node forwards.
test_endpoint_of_the_node() {
	web affinity 1000
	serve "here$SRANDOM" "pc=$node1:tcp:8090"
	svc set web ep "$node1_ip:8090"
	expect pc who "$pa" tcp "$vip:80" 1
	expect_match "^web ipv[46] $(re "$(bare "$pa_ip $node1_ip")"):8090 " eval 'clients | tr -d "[]"'
}

# A full endpoint gives its clients away.
test_with_a_limit() {
	local name
	forget_flows
	web affinity 1000
	name=$(who "$pa" tcp "$vip:80" 1)
	busywait "$(slow 10)" no_flows || fail "flows do not end"
	timeouts 60
	svc set web ep "$pb_ip:8080,max=1" ep "$pc_ip:8080,max=1" ep "$pd_ip:8080,max=1"
	session a "$pa" tcp "$vip:80"
	expect "$name" name_of a
	session b "$pa" tcp "$vip:80"
	[[ $(name_of b) != "$name" ]] || fail "more than one at $name"
	expect "$name" name_of a
}

test_bounded() {
	local i before
	with affinities_max 8
	web affinity 1000
	before=$(count "$node1" affinity_evicted)
	for ((i = 1; i <= 20; i++)); do
		svc -1 affinity-put web "${pa_ip/10/2$i}" "$pb_ip:8080" $((100000 * i))
	done
	expect 8 eval 'clients | wc -l'
	expect $((before + 12)) count "$node1" affinity_evicted
	# Those that would have ended first are gone.
	expect_match "${pa_ip/10/220} " echo "$(clients | tr -d '[]')"
}

cluster_up
run_tests
