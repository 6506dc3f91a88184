#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Services by the command line alone, without any daemon: made, changed, saved, restored; and with one that keeps them.
# shellcheck disable=SC2016,SC2154 # names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

family=inet
! is_v6 || family=inet6

# cli NODE ARG…: ipsvc there, and nowhere near a daemon of this host.
cli() {
	local ns=$1
	shift
	ipsvc --netns "$ns" --run-dir "$cluster_tmp/none" "$@"
}

# On both nodes.
both() {
	cli "$node1" "$@"
	cli "$node2" "$@"
}

generation() {
	svctool -n "$node1" instance generation
}

# With all that a service port may have.
everything() {
	fresh
	both service add web protocol udp cluster-ip "$vip:80" node-port 30080 masquerade external-ip "$vip2:53" local masquerade \
		scheduler maglev hash-key 000102030405060708090a0b0c0d0e0f hash-size 5000 affinity 600 affinity-prefix 24 \
		shared-affinity one-packet
	both endpoint add web "$pb_ip:8080" weight 3 max-flows 100 local "$pc_ip:8080" drain
	both service add other/web:tcp family "$family" protocol tcp load-balancer "$vip2:80"
}

test_traffic() {
	fresh
	both service add web protocol tcp cluster-ip "$vip:80" node-port 30080 masquerade scheduler rr
	expect refused ask "$pa" tcp "$vip:80"
	both endpoint add web "$pb_ip:8080" "$pc_ip:8080"
	expect "pb pc" who "$pa" tcp "$vip:80" 4
	expect "pb pc" who "$client" tcp "$node1_ip:30080" 4
	both endpoint change web "$pc_ip:8080" drain
	expect "pb" who "$pa" tcp "$vip:80" 4
	both endpoint change web "$pc_ip:8080" drain off
	both endpoint delete web "$pb_ip:8080"
	expect "pc" who "$pa" tcp "$vip:80" 4
	both service change web cluster-ip "$vip2:80" endpoint "$pd_ip:8080"
	expect "pd" who "$pa" tcp "$vip2:80" 4
	expect refused ask "$pa" tcp "$vip:80"
	both service delete web
	expect refused ask "$pa" tcp "$vip2:80"
	expect '' cli "$node1" save
}

test_shown() {
	everything
	expect_match "Scheduler: +maglev,one-packet"$'\n'"Affinity: +600s,/24,shared" cli "$node1" service show web
	expect_match ' \[?[0-9a-f.:]+\]?:8080 .*local, weight 3, at most 100' cli "$node1" service show web
	cli "$node1" service show web -o json | python3 -c 'import json, sys
svc = json.load(sys.stdin)
assert svc["scheduler"] == {"name": "maglev", "one_packet": True, "hash_table_size": 5000,
                            "hash_key": "000102030405060708090a0b0c0d0e0f"}, svc
assert svc["affinity"] == {"timeout": 600, "prefix": 24, "shared": True}, svc
assert [f["class"] for f in svc["frontends"]] == ["cluster_ip", "node_port", "external_ip"], svc' ||
		fail "JSON of a service"
	expect_error "there is no service default/web" cli "$node1" service show web "$(is_v6 && echo -4 || echo -6)"
}

test_refused() {
	local before
	everything
	before=$(generation)
	expect_error 'there is a service default/web of IPv[46] already' cli "$node1" service add web protocol tcp family "$family"
	expect_error 'there is no service default/wbe' cli "$node1" service change wbe scheduler rr
	expect_error "the frontend belongs to service default/web \(service default/new, frontend $(re "$vip:80")\)" \
		cli "$node1" service add new protocol udp cluster-ip "$vip:80"
	expect_error "\(service default/new, endpoint $(re "$loop:80")\)" \
		cli "$node1" service add new protocol tcp endpoint "$loop:80"
	expect_error '\(service default/new, flags\)' cli "$node1" service add new protocol tcp family "$family" one-packet
	expect_error "service default/web has no endpoint $(re "$pa_ip:1")" cli "$node1" endpoint delete web "$pa_ip:1"
	expect "$before" generation
}

test_save_and_restore() {
	local saved=$cluster_tmp/saved before all
	everything
	cli "$node1" save >"$saved"
	expect 4 eval 'wc -l <"$saved"'
	all=$(cli "$node1" service list -o json)
	cli "$node1" service flush -n other
	expect_fail diff "$saved" <(cli "$node1" save)
	cli "$node1" service flush
	expect '' cli "$node1" save
	before=$(generation)
	cli "$node1" restore "$saved"
	expect '' diff "$saved" <(cli "$node1" save)
	expect "$all" cli "$node1" service list -o json
	expect $((before + 1)) generation
	# In place of what there is, from a pipe; the services that stay are left alone.
	cli "$node1" service add more protocol tcp family "$family"
	cli "$node1" restore --flush <"$saved"
	expect '' diff "$saved" <(cli "$node1" save)
	before=$(generation)
	cli "$node1" restore --flush - <"$saved"
	expect "$before" generation
	expect "$(head -n 3 "$saved")" cli "$node1" save web
}

# refuses LINE WORDS: a file with these on its third line is refused for LINE, and nothing of it is done.
refuses() {
	local before
	printf 'service add first protocol udp cluster-ip %s:81\n# a comment\n%s\nservice add last protocol tcp node-port 7\n' \
		"$vip" "$2" >"$cluster_tmp/bad"
	before=$(generation)
	expect_error "$cluster_tmp/bad:$1: $3" cli "$node1" restore "$cluster_tmp/bad"
	expect "$before" generation
	expect '' diff "$cluster_tmp/saved" <(cli "$node1" save)
}

test_restore_refused() {
	everything
	cli "$node1" save >"$cluster_tmp/saved"
	refuses 3 'service add x protocol tcp weigt 7' "unknown word 'weigt', did you mean 'weight'"
	refuses 3 'service delete default/nobody' 'there is no service default/nobody'
	refuses 3 "endpoint add web $pd_ip:1 $loop:80" "[^:]*\(service default/web, endpoint $(re "$loop:80")\)"
	refuses 3 "service add x protocol udp load-balancer $vip:80" "the frontend belongs to service default/web"
	refuses 3 "service add x protocol udp cluster-ip $vip:81" "the frontend belongs to service default/first"
	refuses 4 "service add x protocol tcp family $family node-port 7
service add y protocol tcp family $family node-port 7" "the frontend belongs to service default/x"
	expect_error 'nowhere: No such file' cli "$node1" restore "$cluster_tmp/nowhere"
}

# What others change at the same time is not lost. To read and to put many endpoints takes a while.
test_concurrent() {
	local i added=()
	fresh
	{
		echo "service add web protocol tcp family $family"
		for ((i = 10001; i <= 13000; i++)); do echo "endpoint add web $pb_ip:$i"; done
	} | cli "$node1" restore
	for i in 1 2 3 4 5 6; do
		cli "$node1" endpoint add web "$pb_ip:$i" &
		added+=($!)
	done
	wait "${added[@]}"
	expect 3006 eval 'cli "$node1" save | grep -c ^endpoint'
}

# listed NODE WORD…: the flows that are listed, as "SERVICE PORT-OF-CLIENT".
listed() {
	cli "$1" flow list -o json "${@:2}" | python3 -c 'import json, sys
print("\n".join(sorted("%s %s" % (f["service"], f["client"]["port"]) for f in json.load(sys.stdin))))'
}

test_flows() {
	local ports
	forget_flows
	timeouts 300
	cli "$node1" service add web protocol tcp cluster-ip "$vip:80" endpoint "$pb_ip:8080" affinity 100
	cli "$node1" service add dns protocol udp cluster-ip "$vip:53" endpoint "$pb_ip:8080"
	session one "$pa" tcp "$vip:80" -p 40001
	session two "$pa" tcp "$vip:80" -p 40002
	session three "$pa" udp "$vip:53" -p 40003
	expect "pb $pa_ip:40003 hello" say three hello
	ports=$'default/web 40001\ndefault/web 40002'
	expect "$ports" listed "$node1" web
	expect "$ports" listed "$node1" protocol tcp endpoint "$pb_ip:8080"
	expect "$ports" listed "$node1" "$(is_v6 && echo -6 || echo -4)" state established client "$(bare "$pa_ip")" protocol tcp
	expect 'default/web 40002' listed "$node1" client "$pa_ip:40002" frontend "$vip:80"
	expect '' listed "$node1" "$(is_v6 && echo -4 || echo -6)"
	expect_error 'say which flows' cli "$node1" flow delete
	expect_error 'there is no service default/nobody' cli "$node1" flow delete nobody
	cli "$node1" flow delete client :40002
	expect "default/dns 40003"$'\n'"default/web 40001" listed "$node1"
	# The next packet of its client is answered with a reset; the other goes on.
	expect "pb $pa_ip:40001 hello" say one hello
	expect_match 'reset|closed' say two hello
	expect_match "$(re "$(bare "$pa_ip")")" cli "$node1" affinity list client "$(bare "$pa_ip")"
	cli "$node1" affinity flush client "$(bare "$pc_ip")"
	expect_match "$(re "$(bare "$pa_ip")")" cli "$node1" affinity list
	cli "$node1" affinity flush web client "$(bare "$pa_ip")"
	expect '' cli "$node1" affinity list
	cli "$node1" flow flush
	expect '' cli "$node1" flow list
}

# What services and endpoints have, and what changes of it each second.
test_stats() {
	local said=$cluster_tmp/stats follower
	forget_flows
	timeouts 300
	cli "$node1" service add web protocol tcp cluster-ip "$vip:80" endpoint "$pb_ip:8080" endpoint "$pc_ip:8080" weight 0
	expect "pb" who "$pa" tcp "$vip:80" 3
	expect_match "default/web +IPv[46] +$(re "$pb_ip:8080") +[0-9]+ +3"$'\n'"default/web +IPv[46] +$(re "$pc_ip:8080") +0 +0" \
		cli "$node1" stats endpoints web
	expect_match '^\[ *\{"service": "default/web", "family": "IPv[46]", "flows": [0-9]+, "connections": 3\} *\]$' \
		eval 'cli "$node1" stats services -o json | tr -d "\n"'
	expect_error 'Nothing found' eval 'cli "$node1" stats services other >/dev/null && cli "$node1" stats services other; false'
	cli "$node1" service add idle protocol tcp family "$family"
	ipsvc --netns "$node1" stats services -d >"$said" &
	follower=$!
	busywait "$(slow 10)" counted "$said" || fail "$(<"$said")"
	kill -TERM "$follower"
	wait "$follower" || fail "it ends with $?"
	expect_fail grep -vE '^default/web IPv[46] [+-][0-9]+ flows \+[0-9]+ connections$' "$said"
	expect '' cli "$node1" stats services web -d -c 1
	expect_match '"name": "flow_created", "value": 0' cli "$node1" stats -a -d -c 1 -o json
}

# Somebody asks, and what follows has seen it: it may have begun later.
counted() {
	who "$pa" tcp "$vip:80" 1 >/dev/null
	grep -q 'default/web .* +[1-9][0-9]* connections' "$1"
}

# A node of its own, with a daemon that keeps its services.
test_daemon() {
	setup_ns node
	local daemon run=$cluster_tmp/run
	mkdir "$cluster_tmp/manifests"
	nsrun "$node" ipsvcd --manifests "$cluster_tmp/manifests" --store "$cluster_tmp/store.db" --run-dir "$run" \
		>"$cluster_tmp/daemon.log" 2>&1 &
	daemon=$!
	busywait "$(slow 10)" ipsvc --netns "$node" --run-dir "$run" service list || fail "$(<"$cluster_tmp/daemon.log")"
	busywait "$(slow 10)" listening || fail "it does not listen"
	# By its run directory, and without knowing that.
	expect_error "kept by pid $daemon \(ipsvcd\).*--force" \
		ipsvc --netns "$node" --run-dir "$run" service add web protocol tcp family "$family"
	expect_error "kept by pid $daemon \(ipsvcd\).*--force" cli "$node" service flush
	expect_error "kept by" cli "$node" restore /dev/null
	expect '' cli "$node" save
	# Of another namespace, it has nothing to do with this one.
	fresh
	ipsvc --netns "$node1" --run-dir "$run" service add web protocol tcp family "$family"
	cli "$node" service add web protocol tcp family "$family" --force
	kill "$daemon"
	wait "$daemon" || true
	cli "$node" service add web2 protocol tcp family "$family"
	expect_match 'default/web2' cli "$node" save
}

listening() {
	nsrun "$node" awk '$2 == 16 && $4 != "00000000" { n++ } END { exit !n }' /proc/net/netlink
}

cluster_up
run_tests
