# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What the node does in each configuration, and how that ends. Flows live for a day everywhere: under -icount idle time
# jumps, and what is measured is the packets, not the end of flows.
# 10.96.0.10:80/udp is a service of one endpoint, 10.2.0.2:8080.

# The generator's floor: nothing but the way to the node.
configure_drop() {
	within node nft -f - <<-'NFT'
		table netdev floor {
			chain in {
				type filter hook ingress device n0 priority 0; policy drop;
			}
		}
	NFT
}

# The endpoint's own address, routed. No service.
configure_plain() {
	:
}

# As ipvsadm users have it: NAT, without conntrack; and with a connection table that fits the number of flows.
configure_ipvs() {
	if [[ ! -e /proc/net/ip_vs ]]; then modprobe ip_vs conn_tab_bits=20; fi
	ip -n node link add vip0 type dummy
	ip -n node addr add "$vip/32" dev vip0
	ip -n node link set vip0 up
	within node sysctl -qw net.ipv4.vs.conntrack=0
	within node ipvsadm --set 86400 86400 86400
	within node ipvsadm -A -u "$vip:80" -s rr
	within node ipvsadm -a -u "$vip:80" -r 10.2.0.2:8080 -m
}

undo_ipvs() {
	within node ipvsadm -C
}

# The table that kube-proxy writes in its nftables mode (Kubernetes v1.36), all of its base chains, with one service
# of one endpoint in it. Chains of services are named shorter.
configure_nft() {
	within node nft -f - <<-'NFT'
		table ip kube-proxy {
			set cluster-ips { type ipv4_addr; elements = { 10.96.0.10 } }
			set nodeport-ips { type ipv4_addr; elements = { 10.1.0.1 } }
			set hairpin-connections {
				type ipv4_addr . ipv4_addr . inet_proto . inet_service
				elements = { 10.2.0.2 . 10.2.0.2 . udp . 8080 }
			}
			map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
			map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
			map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
			map service-nodeports { type inet_proto . inet_service : verdict; }

			chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
			chain reject-chain { reject; }
			chain endpoint-1 { meta l4proto udp dnat to 10.2.0.2:8080; }
			chain service-1 {
				ip daddr 10.96.0.10 udp dport 80 ip saddr != 10.1.0.0/16 jump mark-for-masquerade
				numgen random mod 1 vmap { 0 : goto endpoint-1 }
			}
			map service-ips {
				type ipv4_addr . inet_proto . inet_service : verdict
				elements = { 10.96.0.10 . udp . 80 : goto service-1 }
			}

			chain nodeport-endpoints-check {
				ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
			}
			chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
			chain cluster-ips-check {
				ip daddr @cluster-ips reject
				ip daddr 10.96.0.0/12 drop
			}
			chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
			chain services {
				ip daddr . meta l4proto . th dport vmap @service-ips
				ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
			}
			chain masquerading {
				ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random
				meta mark & 0x4000 == 0 return
				meta mark set meta mark xor 0x4000
				masquerade fully-random
			}

			chain filter-prerouting-pre-dnat {
				type filter hook prerouting priority dstnat - 10
				ct state new jump firewall-check
			}
			chain filter-output-pre-dnat {
				type filter hook output priority -110
				ct state new jump firewall-check
			}
			chain filter-input {
				type filter hook input priority filter
				ct state new jump nodeport-endpoints-check
				ct state new jump service-endpoints-check
			}
			chain filter-forward {
				type filter hook forward priority filter
				ct state new jump service-endpoints-check
				ct state new jump cluster-ips-check
			}
			chain filter-output {
				type filter hook output priority filter
				ct state new jump service-endpoints-check
				ct state new jump cluster-ips-check
			}
			chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
			chain nat-output { type nat hook output priority -100; jump services; }
			chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
		}
	NFT
	within node sysctl -qw net.netfilter.nf_conntrack_udp_timeout=86400 \
		net.netfilter.nf_conntrack_udp_timeout_stream=86400
}

# As little of it as forwards and translates: one filter chain with one rule. For comparison with such figures only.
configure_nft-min() {
	configure_nft
	within node nft -f - <<-'NFT'
		delete chain ip kube-proxy filter-prerouting-pre-dnat
		flush chain ip kube-proxy filter-forward
		add rule ip kube-proxy filter-forward ct state new jump service-endpoints-check
	NFT
}

undo_nft-min() {
	undo_nft
}

undo_nft() {
	within node nft delete table ip kube-proxy
}

# A firewall's rule for the node, so that conntrack sees what is forwarded.
track() {
	within node nft -f - <<-'NFT'
		table ip firewall {
			chain forward {
				type filter hook forward priority filter
				ct state established,related accept
			}
		}
	NFT
	within node sysctl -qw net.netfilter.nf_conntrack_udp_timeout=86400 \
		net.netfilter.nf_conntrack_udp_timeout_stream=86400
}

untrack() {
	within node nft delete table ip firewall
}

configure_plain-tracked() {
	track
}

undo_plain-tracked() {
	untrack
}

# A device of the type ipsvc: ipsvc_device NOTRACK.
ipsvc_device() {
	ip -n node link add ipsvc0 type ipsvc
	ip -n node link set ipsvc0 up
	ip -n node route add 10.96.0.0/12 dev ipsvc0
	# Its own sysfs shows the namespace's devices.
	ip netns exec node sh -c "cd /sys/class/net/ipsvc0/ipsvc && echo $1 >notrack &&
		echo 86400 >timeout_udp && echo 86400 >timeout_udp_stream"
}

undo_ipsvc() {
	ip -n node link del ipsvc0
}

# The full path: netfilter hooks, the flows unseen by conntrack.
configure_ipsvc() {
	ipsvc_device 1
	within node "$IPSVC_BENCH_SVCTOOL" new bench udp vip "$vip:80" ep 10.2.0.2:8080
}

# What conntrack adds, as in plain-tracked.
configure_ipsvc-tracked() {
	ipsvc_device 0
	within node "$IPSVC_BENCH_SVCTOOL" new bench udp vip "$vip:80" ep 10.2.0.2:8080
	track
}

undo_ipsvc-tracked() {
	untrack
	undo_ipsvc
}

# many_services COUNT ENDPOINTS: service ports, UDP and TCP by turns, each of an address of its own, port 80, and with so
# many endpoints, port 8080, that no other has.
many_services() {
	awk -v count="$1" -v endpoints="$2" 'BEGIN {
		for (i = 0; i < count; i++) {
			printf "%s s%d %s vip 10.100.%d.%d:80", i % 100 ? " +" : i ? "\nnew" : "new", i, i % 2 ? "tcp" : "udp",
				i / 250, i % 250 + 1
			for (e = i * endpoints; e < (i + 1) * endpoints; e++)
				printf " ep 10.%d.%d.%d:8080", 128 + e / 62500, e / 250 % 250, e % 250 + 1
		}
		print ""
	}' | within node "$IPSVC_BENCH_SVCTOOL" -f -
}

# 10,000 services, and what is forwarded belongs to none of them.
configure_other() {
	ipsvc_device 1
	many_services 10000 1
}

undo_other() {
	undo_ipsvc
}
