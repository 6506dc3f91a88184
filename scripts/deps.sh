#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs the Debian 12 packages that building and testing ipsvc need. Does nothing, quickly, when they are there.
#
#   scripts/deps.sh [--refresh] [PACKAGE]...     --refresh: apt-get update and upgrade them even so; PACKAGE: that, too
set -euo pipefail

packages=(
	# the module
	build-essential bc bison flex kmod libelf-dev libssl-dev linux-headers-6.12-amd64 linux-headers-amd64
	# userspace
	libcap-ng-dev libcmocka-dev libjansson-dev libknot-dev libmicrohttpd-dev libnl-3-dev libnl-genl-3-dev libsqlite3-dev libsystemd-dev libyaml-dev
	pkg-config
	# virtual machines, and kernels built from source
	busybox-static cpio linux-source-6.12 qemu-system-x86 xz-utils
	# what the tests run
	curl ethtool iproute2 iptables iputils-ping ipvsadm jq knot knot-dnsutils nftables procps python3 python3-jsonschema python3-yaml
	socat systemd tcpdump traceroute
	# checks of the sources
	codespell mandoc shellcheck sparse
	# installing
	dkms
)

refresh=''
if [[ ${1:-} = --refresh ]]; then
	refresh=1
	shift
fi
packages+=("$@")

missing() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2>/dev/null |
		awk '$1 ~ /^[ih]i$/ { print $2 }' | sort | comm -13 - <(printf '%s\n' "${packages[@]}" | sort)
}

mapfile -t want < <(missing)
if [[ -n $refresh ]]; then want=("${packages[@]}"); fi
((${#want[@]})) || exit 0

echo "deps.sh: installing ${want[*]}"
root=()
if ((EUID)); then
	type sudo >/dev/null 2>&1 || {
		echo "deps.sh: not root and no sudo: as root, run apt-get install ${want[*]}" >&2
		exit 1
	}
	root=(sudo)
fi
apt() {
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@"
}
apt update
apt install --no-install-recommends "${want[@]}" >/dev/null || {
	echo "deps.sh: apt-get failed (see above). ipsvc is built and tested on Debian 12 (bookworm)." >&2
	exit 1
}
