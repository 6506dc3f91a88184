#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line and the daemon with a real kernel: what the kernel's verbs show, for people and for programs; exit
# codes; a daemon without root's rights. What needs no kernel is in userspace/tests/cli.sh.
# shellcheck disable=SC2016,SC2154 # awk has its own $; names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

daemon=

# One node, one pod with a UDP server; $dir is for files; $rundir and $store are the daemon's.
small() {
	small_cluster
	dir=$(mktemp -d -p "$ktap_tmp")
	cluster_tmp=$dir
	serve small "web=$pod:udp:8080"
	manifests=$dir/manifests rundir=$dir/run store=$dir/store.db
	mkdir "$manifests"
	service web 8053
	pod_manifest >"$manifests/pod.yaml"
}

# service NAME PORT
service() {
	cat >"$manifests/$1.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: $1}
		spec:
		  clusterIP: 10.96.0.10
		  selector: {app: web}
		  ports: [{port: $2, targetPort: 8080, protocol: UDP}]
	YAML
}

# run_daemon [COMMAND…] -- [OPTION…]: by that command.
run_daemon() {
	local command=()
	while [[ $1 != -- ]]; do command+=("$1") && shift; done
	shift
	nsrun "$node" "${command[@]}" ipsvcd --manifests "$manifests" --store "$store" --run-dir "$rundir" \
		--node-name node --prune-after 1 "$@" >>"$dir/daemon.log" 2>&1 &
	daemon=$!
}

# And waits until it serves.
start_daemon() {
	run_daemon --
	busywait "$(slow 10)" in_sync || fail "$(<"$dir/daemon.log")"
}

cli() {
	ipsvc --netns "$node" --store "$store" --run-dir "$rundir" "$@"
}

# The first synchronisation may have come before the manifests were read.
in_sync() {
	cli status >/dev/null 2>&1 && [[ $(cli service list) = *"10.244.1.2:8080 "* ]]
}

generation() {
	nsrun "$node" sed -n 's/^generation //p' /proc/net/ipsvc/config
}

# code N CMD…: exactly this exit status; the output is in $dir/said.
code() {
	local want=$1 got=0
	shift
	"$@" >"$dir/said" 2>&1 || got=$?
	((got == want)) || fail "$*: exit status $got instead of $want: $(<"$dir/said")"
}

answers() {
	expect_match "^web 10.244.1.1:" nettool ask -n "$node" -t "$patience" udp 10.96.0.10:8053
}

# Every verb in JSON, judged by one process.
json() {
	local verb
	for verb in 'service list' 'service show default/web' 'flow list' 'flow list default/web' stats status; do
		# shellcheck disable=SC2086 # a verb of several words
		cli $verb -o json >"$dir/${verb//[ \/]/-}.json"
	done
	python3 - "$dir" <<-'PYTHON'
		import json, sys
		def load(name):
		    with open(f"{sys.argv[1]}/{name}.json", encoding="utf-8") as f:
		        return json.load(f)
		def one(rows):
		    assert len(rows) == 1, rows
		    return rows[0]
		at = {"address": "10.96.0.10", "port": 8053}
		pod = {"address": "10.244.1.2", "port": 8080}
		svc = one(load("service-list"))
		assert svc["name"] == "default/web" and svc["protocol"] == "UDP", svc
		assert at.items() <= one(svc["frontends"]).items() and pod.items() <= one(svc["endpoints"]).items(), svc
		assert svc["flows"] == 1 and svc["connections"] == 1, svc
		assert load("service-show-default-web")["name"] == "default/web"
		flow = one(load("flow-list"))
		assert flow["frontend"] == at and flow["endpoint"] == pod and flow["service"] == "default/web", flow
		assert flow["client"]["address"] == "10.96.0.10" or flow["client"]["port"] > 0, flow
		assert 0 < flow["expires_ms"] <= 300000 and flow["state"], flow
		assert len(load("flow-list-default-web")) == 1
		stats = {row["name"]: row["value"] for row in load("stats")}
		assert stats["flow_created"] == 1 and stats["packets_from_endpoint"] >= 1, stats
		assert load("status")["errors"] == []
	PYTHON
}

test_verbs_show_what_the_kernel_has() {
	small
	start_daemon
	answers
	expect_match 'NAME +PROTOCOL +FRONTENDS +ENDPOINTS +FLOWS' cli service list
	expect_match 'default/web +UDP +10.96.0.10:8053 +10.244.1.2:8080 +1' cli service list
	expect_match 'Endpoints:? +10.244.1.2:8080' cli service show default/web
	expect_match 'UDP +10[0-9.]+:[0-9]+ +10.96.0.10:8053 +10.244.1.2:8080 .*default/web' cli flow list default/web
	expect_match 'flow_created +1' cli stats
	expect_match 'default/web' nsrun "$node" cat /proc/net/ipsvc/services
	json || fail "JSON"
	expect_error 'no service.*default/none' cli service show default/none
	expect_error 'none' cli flow list default/none
}

one_line() {
	"$@" | tr -d ' \n'
}

has_clients() {
	[[ $(cli affinity list 2>/dev/null) = *"10.244.1.2:8080"* ]]
}

# What the manifest wants, until the daemon has made another of it; clients are known meanwhile.
test_affinity_and_scheduler_of_a_manifest() {
	small
	service web 8053
	sed -i 's/metadata: .*/metadata: {name: web, annotations: {ipsvc.io\/scheduler: maglev, ipsvc.io\/max-connections: "99", ipsvc.io\/affinity-shared: "true", ipsvc.io\/affinity-prefix-ipv4: "24"}}/
		s/spec:/&\n  sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}/' "$manifests/web.yaml"
	sed -i 's/labels:/annotations: {ipsvc.io\/weight: "7"}, &/' "$manifests/pod.yaml"
	start_daemon
	expect_match 'Scheduler:? +maglev' cli service show default/web
	expect_match 'weight 7, at most 99' cli service show default/web
	expect_match $'Affinity:? +600s,/24,shared(\n|$)' cli service show default/web
	expect_match '"affinity":\{"timeout":600,"prefix":24,"shared":true\}' one_line cli service show default/web -o json
	answers
	expect_match 'default/web +[0-9.]+ +10.244.1.2:8080 +(600|5[0-9]+)s' cli affinity list
	cli affinity list web -o json >"$dir/clients"
	kill "$daemon"
	wait "$daemon" || true
	start_daemon
	expect 2 generation
	busywait 1 has_clients || fail "a restart forgets clients"
	cli affinity flush default/web
	! has_clients || fail "still there"
	expect_match '1 clients restored' cli affinity restore "$dir/clients"
	has_clients || fail "nothing is restored"
	expect_error 'default/none' cli affinity list default/none
	sed -i 's/sessionAffinity: ClientIP/sessionAffinity: None/; /sessionAffinityConfig/d; s/maglev/lc/' "$manifests/web.yaml"
	busywait "$(slow 5)" scheduler_is lc || fail "$(cli service show default/web)"
	expect_match $'Affinity:? +none(\n|$)' cli service show default/web
	expect_error 'no service.*affinity' cli affinity list default/web
	expect_match '0 clients restored' cli affinity restore "$dir/clients"
}

scheduler_is() {
	[[ $(cli service show default/web) =~ Scheduler:?\ +$1 ]]
}

monitored() {
	grep -q "$1" "$dir/monitor"
}

test_monitor_shows_changes() {
	small
	start_daemon
	nsrun "$node" ipsvc monitor -o json >"$dir/monitor" &
	local monitor=$!
	busywait "$(slow 5)" listening || fail "monitor does not listen"
	service other 9053
	sed -i s/0.10/0.11/ "$manifests/other.yaml"
	busywait "$(slow 5)" monitored default/other || fail "no event: $(<"$dir/monitor")"
	rm "$manifests/other.yaml"
	busywait "$(slow 5)" monitored deleted || fail "no event of the end: $(<"$dir/monitor")"
	kill -TERM "$monitor"
	wait "$monitor" || fail "monitor ends with $?"
	python3 -c 'import json, sys
events = [json.loads(line) for line in sys.stdin]
assert [e["event"] for e in events] == ["service", "commit", "deleted", "commit"], events
assert events[0]["name"] == events[2]["name"] == "default/other", events' <"$dir/monitor" || fail "monitor's JSON"
}

# A generic netlink socket that is in a group.
listening() {
	nsrun "$node" awk '$2 == 16 && $4 != "00000000" { n++ } END { exit !(n >= 2) }' /proc/net/netlink
}

test_daemon_killed() {
	local before
	small
	start_daemon
	answers
	before=$(generation)
	[[ -n $before ]] || fail "no generation"
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || true
	code 6 cli status
	answers
	start_daemon
	answers
	expect "$before" generation
	expect 3 svctool -n "$node" stats flow_created
	expect 0 svctool -n "$node" stats flow_purged
}

test_daemon_without_root() {
	small
	mkdir "$rundir" "$dir/var"
	store=$dir/var/store.db
	chmod 755 "$ktap_tmp" "$dir"
	chown nobody "$rundir" "$dir/var"
	# The daemon makes its link, and tells it the range of the cluster, too.
	run_daemon setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all,+net_admin \
		--ambient-caps=+net_admin --bounding-set=-all,+net_admin -- --cluster-cidr 10.244.0.0/16
	busywait "$(slow 10)" in_sync || fail "$(<"$dir/daemon.log")"
	cluster_is 10.244.0.0/16 || fail "the kernel was not told the range of the cluster"
	expect_match '^Uid:[[:space:]]*65534' grep ^Uid: "/proc/$daemon/status"
	expect_fail grep 'removed or taken down' "$dir/daemon.log"
	answers
	rm "$manifests/web.yaml"
	busywait "$(slow 5)" no_service || fail "$(<"$dir/daemon.log")"
}

# to_instance NETWORKS: these, and no others, are routed to it.
to_instance() {
	[[ $(ip -n "$node" -4 route show dev ipsvc0 2>/dev/null | awk '{ print $1 }' | sort | xargs) = "$1" ]]
}

test_service_range_changes() {
	small
	rm "$manifests/web.yaml"
	run_daemon --
	busywait "$(slow 10)" to_instance 10.96.0.0/12 || fail "$(<"$dir/daemon.log")"
	ip -n "$node" route add 10.50.0.0/16 dev ipsvc0
	kill "$daemon"
	wait "$daemon" || true
	run_daemon -- --service-cidr 172.30.0.0/16
	busywait "$(slow 10)" to_instance "10.50.0.0/16 172.30.0.0/16" || fail "$(ip -n "$node" route; cat "$dir/daemon.log")"
}

# both_to_instance NETWORK4 NETWORK6: these, and no others, are routed to it.
both_to_instance() {
	to_instance "$1" && [[ $(ip -n "$node" -6 route show dev ipsvc0 proto static | awk '{ print $1 }' | xargs) = "$2" ]]
}

test_service_ranges_of_both_families() {
	small
	rm "$manifests/web.yaml"
	run_daemon --
	busywait "$(slow 10)" to_instance 10.96.0.0/12 || fail "$(<"$dir/daemon.log")"
	kill "$daemon"
	wait "$daemon" || true
	run_daemon -- --service-cidr 10.96.0.0/12,fd00:10:96::/112
	busywait "$(slow 10)" both_to_instance 10.96.0.0/12 fd00:10:96::/112 || fail "$(ip -n "$node" -6 route; cat "$dir/daemon.log")"
	cli create service clusterip both --tcp=80
	cli patch svc both -p '{"spec":{"ipFamilyPolicy":"RequireDualStack"}}'
	expect_match '10\.(9[6-9]|10[0-9]|11[01])\.[0-9.]+ fd00:10:96::[0-9a-f]+' cli get svc both -o 'jsonpath={.spec.clusterIPs[0]} {.spec.clusterIPs[1]}'
}

# cluster_is RANGE: what the kernel was told.
cluster_is() {
	[[ $(nsrun "$node" sed -n 's/^cluster_cidr //p' /proc/net/ipsvc/config 2>/dev/null) = "$1" ]]
}

test_cluster_range() {
	local range
	small
	for range in 10.244.0.0/16,fd00:244::/64 fd00:244::/64; do
		run_daemon -- --cluster-cidr "$range"
		busywait "$(slow 10)" cluster_is "$range" || fail "$(<"$dir/daemon.log")"
		kill "$daemon"
		wait "$daemon" || true
	done
	run_daemon --
	busywait "$(slow 10)" cluster_is none || fail "$(<"$dir/daemon.log")"
}

no_service() {
	[[ $(cli service list 2>/dev/null) != *default/web* ]]
}

test_exit_codes() {
	local nobody='setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all'
	small
	code 4 cli service list
	expect_match 'ip link add' cat "$dir/said"
	start_daemon
	code 0 cli status
	code 2 cli service lsit
	code 1 cli service show default/none
	# shellcheck disable=SC2086 # a command
	code 5 nsrun "$node" $nobody ipsvc service list
	chmod 700 "$dir"
	# shellcheck disable=SC2086
	code 5 nsrun "$node" $nobody ipsvc --store "$store" --run-dir "$rundir" get svc
	kill "$daemon"
	wait "$daemon" || fail "ipsvcd ends with $?: $(<"$dir/daemon.log")"
	code 6 cli status
	ip -n "$node" link del ipsvc0
	code 4 cli stats
	rmmod ipsvc
	defer modprobe ipsvc
	code 3 cli service list
	expect_match 'modprobe ipsvc' cat "$dir/said"
	code 3 cli status
}

run_tests
