#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `ipsvc status` says of the host: each warning is there while something does not work because of it, and goes
# with what it says to do.
#
#        node 10.244.1.1/24 on cni0, a bridge         outside 192.168.0.100
#        ├── va ── a 10.244.1.10                        │
#        ├── vb ── b 10.244.1.11                        │
#        └── eth0 192.168.0.1 ──────────────────────────┘
# shellcheck disable=SC2154,SC2034 # names are set by cluster.sh, and for it
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

vip=10.96.0.10

make_node() {
	local p
	setup_ns node a b outside
	cluster_tmp=$ktap_tmp
	ip -n "$node" -batch - <<-END
		link add cni0 type bridge
		addr add 10.244.1.1/24 dev cni0
		link set cni0 up
		link add ipsvc0 type ipsvc
		link set ipsvc0 up
		route add 10.96.0.0/16 dev ipsvc0
		link add va master cni0 type veth peer name eth0 netns $a
		link add vb master cni0 type veth peer name eth0 netns $b
		link set va up
		link set vb up
	END
	veth "$node" eth0 192.168.0.1/24 "$outside" eth0 192.168.0.100/24
	ip -n "$outside" route add 10.244.0.0/16 via 192.168.0.1
	addresses eth0 10.244.1.10/24 | ip -n "$a" -batch -
	addresses eth0 10.244.1.11/24 | ip -n "$b" -batch -
	for p in "$a" "$b"; do ip -n "$p" route add default via 10.244.1.1; done
	sysctls "$node" ip_forward=1
	mount_sysfs "$node"
	# Where a test before has loaded br_netfilter.
	[[ ! -e /proc/sys/net/bridge ]] || nf_calls 0
}

# The service is of the pod or outside: web NAME ADDRESS
web() {
	serve "web$SRANDOM" "$1=${!1}:tcp:8080" "$1=${!1}:udp:8080"
	svctool -n "$node" new web tcp vip "$vip:80" ep "$2:8080" + dns udp vip "$vip:80" ep "$2:8080"
}

# Nothing runs ipsvcd, which status says by its exit status.
status() {
	ipsvc --netns "$node" --store "$ktap_tmp/store.db" --run-dir "$ktap_tmp/run" status "$@" || (($? == 6))
}

# The names of the warnings, or of the notes.
names() {
	status -o json >"$ktap_tmp/said"
	awk -F'"' -v section="$1" '/": \[/ { now = $2 } $2 == "name" && now == section { print $4 }' "$ktap_tmp/said" | xargs
}

# expect_hints WARNINGS NOTES
expect_hints() {
	expect "$1" names warnings
	expect "$2" names notes
}

nf_calls() {
	inside "$node" sh -c "echo $1 >/proc/sys/net/bridge/bridge-nf-call-iptables"
}

rules() {
	inside "$node" nft -f -
}

test_forwarding() {
	make_node
	expect_hints "" bridge-nf
	sysctls "$node" ip_forward=0
	expect_hints ip-forward bridge-nf
	expect_match "Warnings: +net.ipv4.ip_forward is 0: .*sysctl -w net.ipv4.ip_forward=1" status
}

test_ports() {
	make_node
	sysctls "$node" ip_local_reserved_ports=8080 "ip_local_port_range=10240 65535"
	expect_hints node-port-range bridge-nf
	expect_match "10240-65535 includes .*sysctl -w net.ipv4.ip_local_reserved_ports=8080,30000-32767" status
	inside "$node" sysctl -qw net.ipv4.ip_local_reserved_ports=8080,30000-32767
	expect_hints "" bridge-nf
	sysctls "$node" "ip_local_port_range=1024 65535"
	expect_hints masquerade-ports bridge-nf
	knob "$node" masquerade_ports 30000-32767
	expect_hints masquerade-ports bridge-nf
	expect_match "take ports out of net.ipv4.ip_local_reserved_ports" status
	knob "$node" masquerade_ports 1024-29999
	inside "$node" sysctl -qw net.ipv4.ip_local_port_range="32768 60999"
	expect_hints "" bridge-nf
}

test_hairpin_mode() {
	modprobe br_netfilter || skip "no br_netfilter"
	defer modprobe -r br_netfilter
	make_node
	web a 10.244.1.10
	# Without netfilter in the bridge there is no need for it.
	nf_calls 0
	expect_hints "" bridge-nf
	expect_match "^a 10.244.1.1:" ask "$a" tcp "$vip:80"
	nf_calls 1
	expect_hints bridge-hairpin ""
	expect_match "a Service: va, vb.*ip link set dev va type bridge_slave hairpin on" status
	expect timeout ask "$a" udp "$vip:80" -t "$(slow 1)000"
	ip -n "$node" link set dev va type bridge_slave hairpin on
	expect_hints bridge-hairpin ""
	expect_match "a Service: vb" status
	expect_match "^a 10.244.1.1:" ask "$a" tcp "$vip:80"
	ip -n "$node" link set dev vb type bridge_slave hairpin on
	expect_hints "" ""
	# The bridge's own switch does the same.
	nf_calls 0
	ip -n "$node" link set dev cni0 type bridge nf_call_iptables 1
	ip -n "$node" link set dev va type bridge_slave hairpin off
	expect_hints bridge-hairpin ""
}

# Ports whose other end is in this namespace are no Pods.
test_bridge_without_pods() {
	make_node
	ip -n "$node" link set va nomaster
	ip -n "$node" link set vb nomaster
	ip -n "$node" link add h0 master cni0 type veth peer name h1
	expect_hints "" ""
}

stateful() {
	rules <<-END
		flush ruleset
		table inet fw {
			chain forward {
				type filter hook forward priority 0; policy drop
				ct state { $1 } accept
				ct state invalid drop
				ip saddr 10.244.1.10 ip daddr 192.168.0.100 accept
			}
		}
	END
}

test_stateful_firewall() {
	make_node
	web outside 192.168.0.100
	stateful "established, related"
	knob "$node" notrack 0
	expect_hints "" bridge-nf
	expect "outside 10.244.1.10:4000" ask "$a" tcp "$vip:80" -p 4000
	knob "$node" notrack 1
	expect_hints firewall-untracked bridge-nf
	expect_match "inet fw forward.*established, related, untracked" status
	expect timeout ask "$a" udp "$vip:80" -t "$(slow 1)000"
	stateful "established, related, untracked"
	expect_hints "" bridge-nf
	expect "outside 10.244.1.10:4001" ask "$a" udp "$vip:80" -p 4001
}

# As iptables has them, whichever it is.
test_iptables() {
	make_node
	type iptables iptables-save >/dev/null 2>&1 || skip "no iptables"
	knob "$node" notrack 1
	inside "$node" iptables -w -P FORWARD DROP
	expect_hints "" bridge-nf
	inside "$node" iptables -w -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	expect_hints firewall-untracked bridge-nf
	inside "$node" iptables -w -A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT
	expect_hints "" bridge-nf
}

offload() {
	rules <<-END
		flush ruleset
		table ip fw {
			flowtable ft {
				hook ingress priority 0; devices = { cni0, eth0 };
			}
			counter offloaded { }
			chain forward {
				type filter hook forward priority 0
				ct state established $1 flow add @ft counter name offloaded
			}
		}
	END
}

offloaded() {
	inside "$node" nft list counter ip fw offloaded | awk '$1 == "packets" { print $2 }'
}

is_broken() {
	[[ $(name_of "$1") =~ ^(reset|timeout)$ ]]
}

test_flowtable() {
	make_node
	modprobe -a nf_flow_table nft_flow_offload || skip "no flowtables"
	web outside 192.168.0.100
	knob "$node" notrack 0
	offload "ip saddr != 192.168.0.0/24 ip daddr != 192.168.0.0/24"
	expect_hints "" bridge-nf
	session kept "$a" tcp "$vip:80"
	expect outside name_of kept
	expect outside name_of kept
	expect 0 offloaded
	offload ""
	expect_hints flowtable bridge-nf
	expect_match 'flowtable ft of nft table ip fw \(devices ' status
	# If this goes on working, there is nothing to warn of any more. The first answers may come before it is offloaded.
	session broken "$a" tcp "$vip:80"
	busywait "$(slow 3)" is_broken broken || fail "works in a flowtable"
	knob "$node" notrack 1
	offload ""
	expect_hints "" bridge-nf
	session untracked "$a" tcp "$vip:80"
	expect outside name_of untracked
	expect outside name_of untracked
	expect 0 offloaded
}

# What cannot be read is not mentioned, and nothing fails.
test_without_nft() {
	make_node
	knob "$node" notrack 1
	stateful "established, related"
	expect_hints firewall-untracked bridge-nf
	mkdir "$ktap_tmp/bin"
	printf '#!/bin/sh\nexit 1\n' >"$ktap_tmp/bin/nft"
	chmod +x "$ktap_tmp/bin/nft"
	PATH=$ktap_tmp/bin:$PATH expect_hints "" bridge-nf
	PATH=$ktap_tmp/bin:$PATH
	printf '#!/bin/sh\necho "{"; exec sleep 1000\n' >"$ktap_tmp/bin/nft"
	expect_hints "" "bridge-nf ruleset"
	expect_hints_of nobody
}

# Another user reads what everybody may.
expect_hints_of() {
	local said
	chmod 755 "$ktap_tmp"
	sysctls "$node" ip_forward=0
	said=$(inside "$node" setpriv --reuid="$1" --regid=nogroup --clear-groups ipsvc --store "$ktap_tmp/store.db" \
		--run-dir "$ktap_tmp/run" status) || true
	[[ $said = *"ip_forward is 0"* && $said != *untracked* ]] || fail "$said"
}

run_tests
