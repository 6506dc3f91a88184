#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Health check ports: which nodes a balancer is told to send to, while endpoints, policies and nodes change.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

port=32000 family=IPv4
! is_v6 || family=IPv6

start() { # NUMBER OF A NODE
	local node=node$1
	nsrun "${!node}" ipsvcd --manifests "$dir/manifests" --store "$dir/store.db" --run-dir "$dir/run$1" --prune-after 1 \
		--node-name "$node" --source one --service-cidr "$vip_net" >>"$dir/$node.log" 2>&1 &
	printf -v "daemon$1" %s $!
}

# Two nodes that share a store, and pods of the first one.
nodes() {
	fresh
	dir=$(mktemp -d -p "$ktap_tmp")
	mkdir "$dir/manifests" "$dir/run1" "$dir/run2"
	start 1
	start 2
	defer svc flush
}

put() { # FILE
	cat >"$dir/new"
	mv "$dir/new" "$dir/manifests/$1.yaml"
}

# web_pod NAME ADDRESS READY [METADATA]
web_pod() {
	put "$1" <<-YAML
		apiVersion: v1
		kind: Pod
		metadata: {name: $1, labels: {app: web}${4:+, $4}}
		spec: {nodeName: node1, containers: [{name: web, image: web}]}
		status: {podIP: "$(bare "$2")", conditions: [{type: Ready, status: "$3"}]}
	YAML
}

web() { # POLICY
	put web <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec:
		  type: LoadBalancer
		  ipFamilies: [$family]
		  selector: {app: web}
		  externalTrafficPolicy: $1
		  ${2:-healthCheckNodePort: $port}
		  ports: [{port: 80, targetPort: 8080, name: a}, {port: 81, targetPort: 8080, name: b}]
	YAML
}

# get ADDRESS [OPTIONS]: the status and the body, or why not
get() {
	inside "$client" curl -g -s -m "$(slow 2)" -w '%{http_code}' "${@:2}" "http://$1:$port/" || echo "curl $?"
}

tells() { # ADDRESS STATUS
	[[ $(get "$1" -o /dev/null) = "$2" ]]
}

soon() {
	busywait "$(slow 10)" tells "$@" || fail "$1 says $(get "$1" -v), not $2: $(<"$dir/node1.log")"
}

test_answers() {

	nodes
	web_pod one "$pb_ip" True
	web Local
	soon "$node1_ip" 200
	soon "$node2_ip" 503
	expect "$(printf '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 1,\n\t"serviceProxyHealthy": true\n}')200" \
		get "$node1_ip"
	expect_match '"localEndpoints": 0,.*503$' get "$node2_ip"
	expect_match 'Content-Type: application/json.*X-Content-Type-Options: nosniff.*X-Load-Balancing-Endpoint-Weight: 1' \
		get "$node1_ip" -i
	# Any path, any method, each address of the node.
	expect_match '200$' get "$node1_ip" -o /dev/null --request-target /healthz/x?y
	expect_match '200$' get "$node1_ip" -o /dev/null -X POST -d data
	expect_match '200$' inside "$pb" curl -g -s -m "$(slow 2)" -o /dev/null -w '%{http_code}' "http://$gw1:$port/"
	# A pod is counted once, whatever its ports.
	web_pod two "$pa_ip" True
	busywait "$(slow 10)" weight 2 || fail "$(get "$node1_ip" -i)"
}

weight() {
	[[ $(get "$node1_ip" -i) = *"Endpoint-Weight: $1"* ]]
}

test_endpoints_come_and_go() {
	nodes
	web Local
	soon "$node1_ip" 503
	web_pod one "$pb_ip" True
	soon "$node1_ip" 200
	web_pod one "$pb_ip" False
	soon "$node1_ip" 503
	web_pod one "$pb_ip" True
	soon "$node1_ip" 200
	# It serves, but no balancer is to send new clients.
	web_pod one "$pb_ip" True 'deletionTimestamp: "2026-01-01T00:00:00Z"'
	soon "$node1_ip" 503
}

test_policy_changes() {
	nodes
	web_pod one "$pb_ip" True
	web Local
	soon "$node1_ip" 200
	web Cluster 'allocateLoadBalancerNodePorts: true'
	soon "$node1_ip" "000curl 7"
	soon "$node2_ip" "000curl 7"
	web Local
	soon "$node1_ip" 200
	soon "$node2_ip" 503
	rm "$dir/manifests/web.yaml"
	soon "$node1_ip" "000curl 7"
}

# The daemon comes back, and so do its answers.
test_restart() {
	nodes
	web_pod one "$pb_ip" True
	web Local
	soon "$node1_ip" 200
	kill "$daemon1"
	wait "$daemon1"
	soon "$node1_ip" "000curl 7"
	start 1
	soon "$node1_ip" 200
}

# Somebody has the port; then he is gone.
test_port_in_use() {
	local other
	nodes
	nsrun "$node1" socat "TCP6-LISTEN:$port,reuseaddr,fork" /dev/null &
	other=$!
	busywait "$(slow 5)" listens "$node1" tcp "$port"
	web_pod one "$pb_ip" True
	web Local
	soon "$node2_ip" 503
	busywait "$(slow 10)" grep -q "default/web: health check port $port cannot be opened" "$dir/node1.log"
	kill "$other"
	wait "$other" || true
	web_pod two "$pa_ip" True
	soon "$node1_ip" 200
}

# Clients that send nothing, or too much, cost others nothing.
test_idle_clients() {
	nodes
	web_pod one "$pb_ip" True
	web Local
	soon "$node1_ip" 200
	inside "$client" python3 - "$(bare "$node1_ip")" "$port" <<-'EOP'
		import socket, sys
		idle = [socket.create_connection((sys.argv[1], int(sys.argv[2])), 10) for _ in range(100)]
		idle[0].sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 100000)
		idle[1].sendall(b"\0" * 5000)
		for s in idle:
		    s.settimeout(60)
		    while s.recv(10000):
		        pass
	EOP
	expect_match '200$' get "$node1_ip" -o /dev/null
}

cluster_up
run_tests
