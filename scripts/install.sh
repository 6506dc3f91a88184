#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `make install` and `make uninstall` do besides the programs and man pages of userspace/Makefile.
#
#   scripts/install.sh source DIR      the module's sources, as DKMS wants them, into DIR
#   scripts/install.sh install         the module as below, the documents
#   scripts/install.sh module          the sources into /usr/src, the module by DKMS for kernel $KVER (default: the
#                                      running one; dkms(8) builds it for later kernels by itself)
#   scripts/install.sh stop            ends and disables the unit, before it is taken away
#   scripts/install.sh uninstall       undoes `install`, for every kernel
#   scripts/install.sh remove-module   undoes `module`, for every kernel
#
# Environment: DESTDIR: everything below that directory, for packagers; DKMS and systemd are then not told. PREFIX.
# IPSVC_DKMS_ROOT: its src, dkms and modules are used for /usr/src, /var/lib/dkms and /lib/modules, and systemd is not
# told either, for tests.
# /etc/ipsvc (manifests) and /var/lib/ipsvc (the store) are the user's, and are left alone. The system user ipsvc, to
# whom the store belongs, stays with it: its number must not become another one's.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
sources=${DESTDIR:-}/usr/src
modules=/lib/modules
trees=()
if [[ -n ${IPSVC_DKMS_ROOT:-} ]]; then
	sources=$IPSVC_DKMS_ROOT/src
	modules=$IPSVC_DKMS_ROOT/modules
	trees=(--dkmstree "$IPSVC_DKMS_ROOT/dkms" --sourcetree "$sources" --installtree "$modules" --no-depmod)
fi
source=$sources/ipsvc-${version:?}
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
	[[ -e $modules/$kernel/build/Makefile ]] ||
		die "the headers of Linux $kernel are missing: install them (Debian: apt install linux-headers-$kernel)"
	dkms add "${trees[@]}" "ipsvc/$version"
	dkms install "${trees[@]}" "ipsvc/$version" -k "$kernel"
}

# Every version, with its sources: an upgrade leaves nothing behind.
dkms_remove() {
	local old
	type dkms >/dev/null 2>&1 || return 0
	dkms status "${trees[@]}" ipsvc | sed -n 's,^ipsvc/\([^,: ]*\).*,\1,p' | sort -u | while read -r old; do
		dkms remove "${trees[@]}" "ipsvc/$old" --all
		rm -rf "$sources/ipsvc-$old"
	done
}

install_module() {
	dkms_remove
	install_source "$source"
	dkms_install
}

remove_module() {
	dkms_remove
	rm -rf "$source"
}

has_systemd() {
	[[ -z ${DESTDIR:-}${IPSVC_DKMS_ROOT:-} && -d /run/systemd/system ]]
}

# What only makes sense where systemd runs: the user of the unit, and the unit itself.
systemd_reload() {
	has_systemd || return 0
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
	install_documents
	if [[ -n ${DESTDIR:-} ]]; then
		install_source "$source"
		return
	fi
	install_module
	systemd_reload
	# One that runs becomes the new one; traffic does not notice. The module that is loaded stays until it is unloaded.
	! has_systemd || systemctl try-restart ipsvcd.service ipsvc-dnsd.service
	hint
}

do_stop() {
	has_systemd || return 0
	systemctl disable --now ipsvc-dnsd.service ipsvcd.service 2>/dev/null || true
}

do_uninstall() {
	rm -rf "$documents"
	if [[ -n ${DESTDIR:-} ]]; then
		rm -rf "$source"
		return
	fi
	remove_module
	systemd_reload
	[[ ! -d /sys/module/ipsvc ]] ||
		echo "The kernel goes on serving what it has until its ipsvc links are deleted or ipsvc is unloaded (rmmod ipsvc)."
	echo "Left for you: /etc/ipsvc, /var/lib/ipsvc and, where systemd made it, the user ipsvc."
}

case "${1:-} ${2:-}" in
"source "?*) install_source "$2" ;;
"install ") do_install ;;
"stop ") do_stop ;;
"module ") install_module ;;
"remove-module ") remove_module ;;
"uninstall ") do_uninstall ;;
*)
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
	;;
esac
