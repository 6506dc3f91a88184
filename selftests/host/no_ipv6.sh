#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that was booted without IPv6 has IPv4 Services, and nothing that an IPv6 packet could find.
# $VM_KERNEL (default: 6.12) is what it is tried on.
# shellcheck disable=SC2016,SC2119 # $( ) is for the guest; run_tests calls the functions
source "$(dirname "$0")/../lib.sh"

vm=$(cd "$(dirname "$0")/../vm" && pwd -P)/run
tools=$(cd "$(dirname "$0")/../.." && pwd -P)/build/selftests

# without_ipv6 SCRIPT: what it says is in $said, its exit status in $status.
without_ipv6() {
	status=0
	said=$("$vm" --kernel "${VM_KERNEL:-6.12}" --smp 1 --timeout 300 --append ipv6.disable=1 -- \
		bash -c "PATH=$tools:\$PATH; set -e; $1" 2>&1) || status=$?
}

test_ipv4_services() {
	without_ipv6 '
		ip netns add pod && ip link add p0 type veth peer name eth0 netns pod
		ip link set lo up && ip addr add 10.1.0.1/24 dev p0 && ip link set p0 up
		ip -n pod addr add 10.1.0.2/24 dev eth0 && ip -n pod link set eth0 up
		ip link add ipsvc0 type ipsvc && ip link set ipsvc0 up && ip route add 10.96.0.0/16 dev ipsvc0
		ip netns exec pod python3 -c "import socket
s = socket.create_server((\"10.1.0.2\", 8080))
print(\"ready\", flush=True)
print(\"client\", s.accept()[1][0], flush=True)" >/run/served &
		for _ in {1..100}; do grep -q ready /run/served && break; sleep 0.1; done
		svctool new web tcp vip 10.96.0.1:80 ep 10.1.0.2:8080
		python3 -c "import socket; socket.create_connection((\"10.96.0.1\", 80), 10)"
		wait $! && cat /run/served'
	((status == 0)) || fail "status $status: $said"
	[[ $said = *'client 10.1.0.1'* ]] || fail "it said $said"
}

test_ipv6_services_are_refused() {
	without_ipv6 '
		ip link add ipsvc0 type ipsvc && ip link set ipsvc0 up
		! svctool -6 new web tcp vip [fd00:96::1]:80 ep [fd00::2]:8080
		svctool new dns udp vip 10.96.0.1:53
		cat /proc/net/ipsvc/services'
	((status == 0)) || fail "status $status: $said"
	[[ $said = *'dns ipv4 udp'* && $said != *ipv6* ]] || fail "it said $said"
}

# A packet socket sends what it likes. Nobody can be told that nobody is there.
test_packet_to_the_link() {
	without_ipv6 '
		ip link add ipsvc0 type ipsvc && ip link set ipsvc0 up
		python3 -c "import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
ip6 = bytes([0x60, 0, 0, 0, 0, 8, 17, 64]) + bytes(15) + bytes([1]) + bytes.fromhex(\"fd\") + bytes(14) + bytes([9])
s.sendto(ip6 + bytes([0, 53, 0, 53, 0, 8, 0, 0]), (\"ipsvc0\", 0x86dd))
s.sendto(ip6[:20], (\"ipsvc0\", 0x86dd))"
		cat /sys/class/net/ipsvc0/statistics/tx_errors'
	((status == 0)) || fail "status $status: $said"
	[[ $said = 2 ]] || fail "it said $said"
}

run_tests
