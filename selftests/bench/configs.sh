# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What the node does in each configuration. 10.96.0.10:80/udp is a service of one endpoint, 10.2.0.2:8080.

# The generator's floor: nothing but the way to the node.
configure_drop() {
	ip netns exec node nft -f - <<-'NFT'
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

# As ipvsadm users have it: NAT, without conntrack.
configure_ipvs() {
	modprobe -a ip_vs ip_vs_rr
	ip -n node link add vip0 type dummy
	ip -n node addr add "$vip/32" dev vip0
	ip -n node link set vip0 up
	ip netns exec node sysctl -qw net.ipv4.vs.conntrack=0
	ip netns exec node ipvsadm -A -u "$vip:80" -s rr
	ip netns exec node ipvsadm -a -u "$vip:80" -r 10.2.0.2:8080 -m
}

# The tables kube-proxy's nftables mode writes (pkg/proxy/nftables), with one service in them.
configure_nft() {
	ip netns exec node nft -f - <<-'NFT'
		table ip kube-proxy {
			set cluster-ips { type ipv4_addr; elements = { 10.96.0.10 } }
			map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
			map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
			set nodeport-ips { type ipv4_addr; elements = { 10.1.0.1 } }
			set hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service;
				elements = { 10.2.0.2 . 10.2.0.2 . udp . 8080 } }
			map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
			chain reject-chain { reject; }
			chain endpoint-1 { ip saddr 10.2.0.2 jump mark-for-masquerade
				meta l4proto udp dnat to 10.2.0.2:8080; }
			chain service-1 { ip daddr 10.96.0.10 udp dport 80 ip saddr != 10.1.0.0/16 jump mark-for-masquerade
				numgen random mod 1 vmap { 0 : goto endpoint-1 }; }
			chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
			map service-ips { type ipv4_addr . inet_proto . inet_service : verdict;
				elements = { 10.96.0.10 . udp . 80 : goto service-1 } }
			map service-nodeports { type inet_proto . inet_service : verdict; }
			chain nodeport-endpoints-check { ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
			chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
			chain cluster-ips-check { ip daddr @cluster-ips reject; }
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
			chain filter-prerouting-pre-dnat { type filter hook prerouting priority dstnat - 10; ct state new jump firewall-check; }
			chain filter-input { type filter hook input priority -110; ct state new jump nodeport-endpoints-check
				ct state new jump service-endpoints-check; }
			chain filter-forward { type filter hook forward priority -110; ct state new jump service-endpoints-check
				ct state new jump cluster-ips-check; }
			chain filter-output { type filter hook output priority -110; ct state new jump service-endpoints-check
				ct state new jump firewall-check; }
			chain filter-output-post-dnat { type filter hook output priority -90; ct state new jump cluster-ips-check; }
			chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
			chain nat-output { type nat hook output priority -100; jump services; }
			chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
		}
	NFT
}

# The full path: netfilter hooks.
configure_ipsvc() {
	ip -n node link add ipsvc0 type ipsvc
	ip -n node link set ipsvc0 up
	ip -n node route add 10.96.0.0/12 dev ipsvc0
	ip netns exec node "$IPSVC_BENCH_SVCTOOL" new bench udp vip "$vip:80" ep 10.2.0.2:8080
}
