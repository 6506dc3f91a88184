#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Firewalls on a node see clients and endpoints, never the addresses of services.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC2119 # names: cluster.sh; functions: run_tests
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

web() {
	fresh
	svc new web tcp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
	svc new dns udp vip "$vip:80" nodeport 30080 ep "$pc_ip:8080"
}

packets() {
	inside "$node1" nft list counter "$ip" fw "$1" | awk '$1 == "packets" { print $2 }'
}

test_forward_sees_endpoints() {
	web
	rules <<-END
		table $ip fw {
			counter to { }
			counter from { }
			counter service { }
			chain forward {
				type filter hook forward priority 0; policy drop
				$ip daddr $vip_net counter name service
				$ip saddr $vip_net counter name service
				$ip saddr $(bare "$pa_ip") $ip daddr $(bare "$pc_ip") tcp dport 8080 counter name to accept
				$ip saddr $(bare "$pc_ip") $ip daddr $(bare "$pa_ip") tcp sport 8080 counter name from accept
			}
		}
	END
	expect pc who "$pa" tcp "$vip:80" 3
	expect 0 packets service
	(($(packets to) >= 12 && $(packets from) >= 9)) || fail "rules saw $(packets to), $(packets from) packets"
	# Not allowed: dropped, and the client does not hear otherwise.
	expect timeout ask "$pa" udp "$vip:80" -t 500
	expect timeout ask "$client" tcp "$node1_ip:30080" -t 500
	expect 3 heard pc
}

# On the way in and out of the node itself, too.
test_input_and_output() {
	web
	rules <<-END
		table $ip fw {
			counter out { }
			counter in { }
			counter service { }
			chain output {
				type filter hook output priority 0
				$ip daddr $(bare "$pc_ip") tcp dport 8080 counter name out
				$ip daddr $vip_net counter name service
			}
			chain input {
				type filter hook input priority 0
				$ip saddr $(bare "$pc_ip") tcp sport 8080 counter name in
				$ip saddr $vip_net counter name service
			}
		}
	END
	expect pc who "$node1" tcp "$vip:80" 2
	expect 0 packets service
	(($(packets out) >= 6 && $(packets in) >= 6)) || fail "rules saw $(packets out), $(packets in) packets"
}

# What is dropped stays dropped: an endpoint nobody may reach is not reachable through a service.
test_policy_for_an_endpoint() {
	web
	rules <<-END
		table $ip fw {
			chain forward {
				type filter hook forward priority 0
				$ip daddr $(bare "$pc_ip") drop
			}
			chain output {
				type filter hook output priority 0
				$ip daddr $(bare "$pc_ip") drop
			}
		}
	END
	expect timeout ask "$pa" tcp "$vip:80" -t 500
	expect timeout ask "$client" udp "$node1_ip:30080" -t 500
	expect 1 ask_fails "$node1" udp "$vip:80"
	expect 0 heard pc
}

# 1 when nobody answered, for whatever reason.
ask_fails() {
	[[ $(ask "$@" -t 500) = pc* ]] || echo 1
}

cluster_up
run_tests
