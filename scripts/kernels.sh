#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernels ipsvc is tested on, kept in a cache outside the tree and never installed on this host.
#
#   scripts/kernels.sh show KERNEL    make KERNEL available, print how to use it as shell assignments
#   scripts/kernels.sh list           the names `show` knows
#   scripts/kernels.sh cache          the cache directory
#
# KERNEL is 6.1 or 6.12 (Debian's amd64 kernels, downloaded by `show` when missing), or debug or uml
# (built from Debian's source by `make debug-kernel`, `make uml-kernel`). In a script:
#
#   eval "$(scripts/kernels.sh show 6.12)"
#
#   rel      kernel release, as `uname -r` says in the guest
#   image    what to boot: a bzImage, or for uml an executable
#   modules  …/lib/modules/$rel: the kernel's own modules, plain .ko, with depmod's files
#   kdir     build directory for out-of-tree modules: make -C $kdir $kmake M=…
#   kmake    arguments such a build needs (ARCH=um), often empty
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

cache=${IPSVC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipsvc}

# Modules left out of Debian's 4000, which as .ko.xz files make every depmod and modprobe in an emulated guest slow:
# hardware and file systems a test guest never has.
drop='^(sound|mm|(fs/(?!9p|fscache|netfs|overlayfs))|net/(bluetooth|wireless|mac80211|nfc|can|atm|ceph|rxrpc|sunrpc)|'
drop+='(drivers/(?!net/|virtio/|char/virtio|block/loop|ptp/|pps/))|drivers/net/(?!bonding|ipvlan|netdevsim|vxlan|'
drop+='wireguard|[^/]*$))'

die() {
	printf 'kernels.sh: %s\n' "$*" >&2
	exit 1
}

# The release and package version a headers meta package stands for: image and headers must be of one version,
# or the module does not load.
headers_of() {
	local meta=$1 prefix=$2 dep
	dep=$(dpkg-query -W -f '${Depends}' "$meta" 2>/dev/null) ||
		die "$meta is not installed: run 'make deps'"
	[[ $dep =~ linux-headers-(${prefix}[^ ,]*-amd64)\ \(=\ ([^\)]+)\) ]] ||
		die "$meta does not depend on headers of Linux $prefix ('$dep'); only Debian 12 is supported"
	rel=${BASH_REMATCH[1]} version=${BASH_REMATCH[2]}
}

unpack_image() {
	local dir=$1 deb=$2 tree
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --no-same-owner
	[[ -d $dir/lib ]] || mv "$dir/usr/lib" "$dir/lib"
	rm -rf "${dir:?}/usr"
	tree=$dir/lib/modules/$rel
	(cd "$tree/kernel" && find . -type f -printf '%P\n' | grep -P "$drop" | xargs rm)
	find "$tree" -type d -empty -delete
	find "$tree" -name '*.ko.xz' -print0 | xargs -0r -P "$(nproc)" -n 64 xz -d
	# modules.order names the files as they are now, so that depmod prefers what Debian prefers.
	sed -i 's/\.ko\.xz$/.ko/' "$tree/modules.order"
}

fetch() {
	local dir=$1 tmp sandbox=()
	# As root apt would drop to _apt, which cannot write into our cache, and warn about it.
	((EUID)) || sandbox=(-o APT::Sandbox::User=root)
	[[ -e $dir/done ]] && return 0
	mkdir -p "$cache/kernels"
	exec 9>"$cache/kernels/lock"
	flock 9
	if [[ ! -e $dir/done ]]; then
		echo "kernels.sh: fetching linux-image-$rel $version" >&2
		rm -rf "$dir"
		tmp=$(mktemp -d "$cache/kernels/tmp.XXXXXX")
		(cd "$tmp" && apt-get -qq "${sandbox[@]}" download "linux-image-$rel=$version" >&2) || {
			rm -rf "$tmp"
			die "cannot download linux-image-$rel $version, which fits the installed headers." \
				"If the headers are older than the archive's, run 'scripts/deps.sh --refresh'."
		}
		unpack_image "$tmp" "$tmp"/linux-image-*.deb
		rm -f "$tmp"/linux-image-*.deb
		depmod -b "$tmp" "$rel"
		touch "$tmp/done"
		mv "$tmp" "$dir"
	fi
	exec 9>&-
}

show_debian() {
	local rel version dir
	headers_of "$1" "$2"
	dir=$cache/kernels/$rel-$version
	fetch "$dir"
	[[ -d /usr/src/linux-headers-$rel ]] || die "/usr/src/linux-headers-$rel is missing: run 'make deps'"
	printf 'rel=%q\nimage=%q\nmodules=%q\nkdir=%q\nkmake=\n' "$rel" "$dir/boot/vmlinuz-$rel" \
		"$dir/lib/modules/$rel" "/usr/src/linux-headers-$rel"
}

# Built by build-kernel.sh, which leaves the same five lines in the file `show`.
show_built() {
	local dir
	dir=$("$(dirname "$0")/build-kernel.sh" where "$1")
	[[ -e $dir/show ]] || die "the $1 kernel is not built (or its configuration changed): run 'make $1-kernel'"
	cat "$dir/show"
}

case "${1:-} ${2:-}" in
"show 6.1") show_debian linux-headers-amd64 6.1. ;;
"show 6.12") show_debian linux-headers-6.12-amd64 6.12. ;;
"show debug" | "show uml") show_built "$2" ;;
"list ") printf '%s\n' 6.1 6.12 debug uml ;;
"cache ") echo "$cache" ;;
*)
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
	;;
esac
