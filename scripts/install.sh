#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `make install` and `make uninstall` do besides the programs and man pages of userspace/Makefile.
#
#   scripts/install.sh source DIR      the module's sources, as DKMS wants them, into DIR
#   scripts/install.sh install         the sources into /usr/src, the module by DKMS for kernel $KVER (default: the
#                                      running one; dkms(8) builds it for later kernels by itself), the documents
#   scripts/install.sh stop            ends and disables the unit, before it is taken away
#   scripts/install.sh uninstall       undoes that, for every kernel
#
# Environment: DESTDIR: everything below that directory, for packagers; DKMS and systemd are then not told. PREFIX.
# /etc/ipsvc (manifests) and /var/lib/ipsvc (the store) are the user's, and are left alone. The system user ipsvc, to
# whom the store belongs, stays with it: its number must not become another one's.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
source=${DESTDIR:-}/usr/src/ipsvc-${version:?}
documents=${DESTDIR:-}${PREFIX:-/usr/local}/share/doc/ipsvc

die() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}

# The files of the module and nothing else that lies about in its directories.
install_source() {
	local file
	rm -rf "${1:?}"
	find Kbuild dkms.conf COPYING kmod include -type f \( -name '*.[ch]' -o -name Kbuild -o -name dkms.conf \
		-o -name COPYING \) ! -name '*.mod.c' | while read -r file; do
		install -D -m 0644 "$file" "$1/$file"
	done
	[[ -e $1/Kbuild && -e $1/dkms.conf ]] || die "Kbuild or dkms.conf is missing: is this a whole checkout?"
}

install_documents() {
	local file
	find Documentation docs README.md COPYING -type f | while read -r file; do
		install -D -m 0644 "$file" "$documents/$file"
	done
}

dkms_install() {
	local kernel=${KVER:-$(uname -r)}
	type dkms >/dev/null 2>&1 || die "dkms is missing: install it (Debian: apt install dkms)"
	[[ -e /lib/modules/$kernel/build/Makefile ]] ||
		die "the headers of Linux $kernel are missing: install them (Debian: apt install linux-headers-$kernel)"
	dkms add "ipsvc/$version"
	dkms install "ipsvc/$version" -k "$kernel"
}

# Every version, with its sources: an upgrade leaves nothing behind.
dkms_remove() {
	local old
	type dkms >/dev/null 2>&1 || return 0
	dkms status ipsvc | sed -n 's,^ipsvc/\([^,: ]*\).*,\1,p' | sort -u | while read -r old; do
		dkms remove "ipsvc/$old" --all
		rm -rf "/usr/src/ipsvc-$old"
	done
}

# What only makes sense where systemd runs: the user of the unit, and the unit itself.
systemd_reload() {
	[[ -d /run/systemd/system ]] || return 0
	! type systemd-sysusers >/dev/null 2>&1 || systemd-sysusers
	systemctl daemon-reload
}

hint() {
	cat <<-TEXT
		ipsvc $version is installed. To start it, and to have it start at boot:
		    modprobe ipsvc
		    systemctl enable --now ipsvcd
		Manifests go into /etc/ipsvc/manifests/.
	TEXT
}

do_install() {
	if [[ -z ${DESTDIR:-} ]]; then dkms_remove; fi
	install_source "$source"
	install_documents
	[[ -z ${DESTDIR:-} ]] || return 0
	dkms_install
	systemd_reload
	# One that runs becomes the new one; traffic does not notice. The module that is loaded stays until it is unloaded.
	[[ ! -d /run/systemd/system ]] || systemctl try-restart ipsvcd.service
	hint
}

do_stop() {
	[[ -z ${DESTDIR:-} && -d /run/systemd/system ]] || return 0
	systemctl disable --now ipsvcd.service 2>/dev/null || true
}

do_uninstall() {
	if [[ -z ${DESTDIR:-} ]]; then dkms_remove; fi
	rm -rf "$source" "$documents"
	[[ -z ${DESTDIR:-} ]] || return 0
	systemd_reload
	[[ ! -d /sys/module/ipsvc ]] ||
		echo "The kernel goes on serving what it has until its ipsvc links are deleted or ipsvc is unloaded (rmmod ipsvc)."
	echo "Left for you: /etc/ipsvc, /var/lib/ipsvc and, where systemd made it, the user ipsvc."
}

case "${1:-} ${2:-}" in
"source "?*) install_source "$2" ;;
"install ") do_install ;;
"stop ") do_stop ;;
"uninstall ") do_uninstall ;;
*)
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
	;;
esac
