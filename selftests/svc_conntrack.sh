#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Conntrack sees all of a flow, so that firewalls of the usual stateful forms work unchanged; with notrack it sees none.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

# Neighbours that nobody finds answer nothing.
nd=
! is_v6 || nd='icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'
pods1=10.244.1.0/24 nodes=192.168.0.0/24
! is_v6 || pods1=fd00:244:1::/64 nodes=fd00:168::/64

web() {
	fresh
	modprobe -q nf_conntrack || true
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pa_ip:8080"
	svc new dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080" ep "$pa_ip:8080"
}

# All kinds of clients reach both endpoints, whichever is chosen, and nothing goes astray.
works() {
	local proto from got
	for proto in tcp udp; do
		for from in "$pb $vip:80" "$client $node1_ip:30080" "$node1 $vip:80" "$node1 $loop:30080"; do
			# shellcheck disable=SC2086 # two words
			got=$(who ${from/ / $proto } 6 -t "$(slow 1)000")
			[[ $got =~ ^(pa|pc|pa pc)$ ]] || fail "$proto from $from: $got"
		done
	done
	no_leaks
}

packets() {
	inside "$node1" nft list counter "$ip" fw "$1" | awk '$1 == "packets" { print $2 }'
}

# Lines of conntrack's table that match.
tracked() {
	[[ -e /proc/net/nf_conntrack ]] || skip "this kernel does not show its connections in /proc"
	inside "$node1" grep -cE "$1" /proc/net/nf_conntrack || true
}

# A connection of each kind, each with a port of its own, from FIRST on: all_connect PROTO FIRST
all_connect() {
	local id port=$2
	session "pod$1" "$pa" "$1" "$vip:80" -p "$port"
	session "out$1" "$client" "$1" "$node1_ip:30080" -p $((port + 1))
	session "node$1" "$node1" "$1" "$vip:80" -p $((port + 2))
	session "lo$1" "$node1" "$1" "$loop:30080" -p $((port + 3))
	for id in pod out node lo; do
		expect pc name_of "$id$1"
		expect pc name_of "$id$1"
	done
}

# As conntrack shows it, and without a program: the entries of UDP do not wait.
shown() {
	local IFS=: left right all
	is_v6 || {
		echo "$1"
		return
	}
	all=$(bare "$1")
	read -ra left <<<"${all%%::*}"
	read -ra right <<<"${all##*::}"
	while ((${#left[@]} + ${#right[@]} < 8)); do left+=(0); done
	printf -v all ':%04x' "${left[@]/#/0x}" "${right[@]/#/0x}"
	echo "${all:1}"
}

# There is an entry of a client and the endpoint, both ways, and no other with that port.
entry() {
	local from to want
	from=$(shown "$2") to=$(shown "$pc_ip")
	want="src=$from dst=$to sport=$3 dport=8080 src=$to dst=$from sport=8080 dport=$3 "
	[[ $1 != tcp ]] || want="ESTABLISHED $want"
	expect_match "$want" inside "$node1" grep -E " $1 .* [sd]port=$3 " /proc/net/nf_conntrack
	expect 1 tracked " $1 .* [sd]port=$3 "
}

# The port is that which the endpoint sees; of the node it is the address as well. The first test: connections of others
# might have such ports, and /proc, which is read page by page, skips entries when some before them end meanwhile.
test_entries() {
	local proto port seen first=7000
	web
	svc set web ep "$pc_ip:8080" + dns ep "$pc_ip:8080"
	rules <<-END
		table $ip fw { chain c { type filter hook forward priority 0; ct state invalid drop; }; }
	END
	expect 0 knob "$node1" notrack
	# Conntrack's 30 s are not enough for a busy machine to look at all of them.
	sysctls "$node1" ../netfilter/nf_conntrack_udp_timeout=600
	defer sysctls "$node1" ../netfilter/nf_conntrack_udp_timeout=30
	for proto in tcp udp; do
		all_connect "$proto" "$first"
		entry "$proto" "$pa_ip" "$first"
		seen=$(flow_of $((first + 1)) masquerade)
		entry "$proto" "$client_ip" "${seen##*:}"
		for port in $((first + 2)) $((first + 3)); do
			seen=$(flow_of "$port" masquerade)
			entry "$proto" "${seen%:*}" "${seen##*:}"
			expect 0 tracked "[sd]port=$port "
		done
		first=$((first + 10))
	done
	expect 0 tracked "10\.96\.|fd00:0096:"
}

# Pods are forwarded; loopback and the node's own clients get their answers as established.
test_input_drop() {
	web
	rules <<-END
		table $ip fw {
			counter invalid { }
			chain input {
				type filter hook input priority 0; policy drop
				iif lo accept
				$nd
				ct state invalid counter name invalid drop
				ct state established,related accept
				tcp dport 22 accept
			}
		}
	END
	works
	expect 0 packets invalid
	# What it is there for.
	expect timeout ask "$client" tcp "$node1_ip:22222" -t 500
}

# Answers by state, questions by address.
test_forward_drop() {
	web
	rules <<-END
		table $ip fw {
			counter est { }
			counter invalid { }
			chain forward {
				type filter hook forward priority 0; policy drop
				ct state invalid counter name invalid drop
				ct state established,related counter name est accept
				$ip daddr $pod_net meta l4proto { tcp, udp } th dport 8080 ct state new accept
			}
		}
	END
	works
	expect 0 packets invalid
	(($(packets est) > 0)) || fail "no packet of an established connection"
	bulk send "$pb" "$vip:80" 300000
	bulk recv "$client" "$node1_ip:30080" 300000
	expect 0 packets invalid
	expect timeout ask "$pb" udp "$pc_ip:8081" -t 500
}

# A server that lets nothing out either, but new connections to pods.
test_all_chains_drop() {
	web
	rules <<-END
		table $ip fw {
			counter invalid { }
			chain common {
				$nd
				ct state invalid counter name invalid drop
				ct state established,related accept
				iifname lo accept
				oifname lo accept
				$ip daddr $pod_net ct state new accept
			}
			chain input { type filter hook input priority 0; policy drop; jump common; }
			chain forward { type filter hook forward priority 0; policy drop; jump common; }
			chain output { type filter hook output priority 0; policy drop; jump common; }
		}
	END
	works
	bulk send "$node1" "$loop:30080" 300000
	bulk recv "$node1" "$vip:80" 300000
	expect 0 packets invalid
}

# What docker sets, and what administrators add for the pods.
test_docker_forward_drop() {
	web
	rules <<-END
		table $ip fw {
			chain forward {
				type filter hook forward priority 0; policy drop
				oifname docker0 ct state established,related accept
				$ip saddr $pod_net accept
				$ip daddr $pod_net accept
			}
		}
	END
	works
}

# Docker's masquerade for what leaves its subnet, which here is that of the pods.
test_docker_masquerade() {
	web
	rules <<-END
		table $ip fw {
			counter nat { }
			chain post {
				type nat hook postrouting priority srcnat
				$ip saddr { $pods1, $nodes } oifname != { pa, pb, lo } counter name nat masquerade
			}
		}
	END
	svc set web ep "$pc_ip:8080" + dns ep "$pc_ip:8080"
	works
	bulk send "$pb" "$vip:80" 300000
	bulk recv "$client" "$node1_ip:30080" 300000
	bulk send "$node1" "$loop:30080" 300000
	(($(packets nat) > 0)) || fail "the rule saw no connection"
	svc set web ep "$pa_ip:8080" ep "$pc_ip:8080" + dns ep "$pa_ip:8080" ep "$pc_ip:8080"
	works
}

# The operator's choice: conntrack sees nothing, and rules that want a state must accept what has none.
test_notrack() {
	local before after
	web
	rules <<-END
		table $ip fw {
			counter est { }
			counter invalid { }
			chain common {
				$nd
				ct state established counter name est accept
				ct state invalid counter name invalid drop
				ct state untracked accept
				iif lo accept
			}
			chain forward { type filter hook forward priority 0; policy drop; jump common; }
			chain input { type filter hook input priority 0; policy drop; jump common; }
		}
	END
	with notrack 1
	works
	svc set web ep "$pc_ip:8080" + dns ep "$pc_ip:8080"
	# Connections of before may have been masqueraded with such a port.
	before=$(tracked "port=70[23][0-3] ")
	all_connect tcp 7020
	all_connect udp 7030
	expect 0 packets est
	expect 0 packets invalid
	after=$(tracked "port=70[23][0-3] ")
	((after <= before)) || fail "$after connections are tracked, $before were before"
	# Without that rule nobody is answered, and that is how the choice shows.
	inside "$node1" nft flush chain "$ip" fw common
	expect timeout ask "$pb" tcp "$vip:80" -t 500
}

cluster_up
run_tests
