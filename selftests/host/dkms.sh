#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installing, on this machine but into directories of its own: DKMS builds the module from the files `make install`
# gives it, for both of Debian's kernels, and everything that is installed is uninstalled again. What DKMS built is
# left in build/dkms/<release>/ipsvc.ko for selftests/dkms_load.sh, which loads it in a guest.
# shellcheck disable=SC2119,SC2154,SC2317 # run_tests calls the functions; names: lib.sh, kernels.sh
source "$(dirname "$0")/../lib.sh"

repo=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$repo" || exit 1
export PATH=$PATH:/usr/sbin:/sbin

conf() {
	sed -n "s/^$1=\"\(.*\)\"\$/\1/p" dkms.conf
}

test_one_version() {
	local version
	version=$(sed -n 's/^#define IPSVC_VERSION "\(.*\)"$/\1/p' kmod/ipsvc.h)
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "IPSVC_VERSION of kmod/ipsvc.h is '$version'"
	expect "$version" conf PACKAGE_VERSION
	expect "ipsvc $version" build/user/ipsvc --version
	expect "ipsvcd $version" build/user/ipsvcd --version
}

test_conf_runs_nothing() {
	! grep -nvE '^(#.*|[A-Z_]+(\[0\])?="[^"`]*")$' dkms.conf || fail "these lines are not plain assignments"
	# shellcheck disable=SC2016 # literally
	! grep -nF '$(' dkms.conf || fail "these lines run something"
}

test_kernels_in_range() {
	local range rel
	range=$(conf BUILD_EXCLUSIVE_KERNEL)
	for rel in 6.1.0-56-amd64 6.12.117+deb12-amd64 6.9-rc1 6.10.2; do
		[[ $rel =~ $range ]] || fail "$rel is excluded"
	done
	for rel in 4.19.0-27-amd64 5.10.0-30-amd64 5.19.1 6.0.0-6-amd64 6.13.1 6.130 7.0.1 16.1; do
		[[ ! $rel =~ $range ]] || fail "$rel is not excluded"
	done
}

# A command with DKMS's trees below $tree. DKMS signs with a key it makes in /var/lib/dkms, unless it finds no program to
# sign with. Installing is for root, or for who looks like it.
with_trees() {
	local as=()
	((EUID == 0)) || as=(unshare -r)
	IPSVC_DKMS_ROOT=$tree KVER=$rel sign_file=/nonexistent "${as[@]}" "$@" ||
		fail "$*: $(find "$tree/dkms" -name make.log -exec cat {} +)"
}

run_dkms() {
	with_trees dkms "$@" --dkmstree "$tree/dkms" --sourcetree "$tree/src" --installtree "$tree/modules" --no-depmod
}

# Something that an older version left with DKMS.
older_version() {
	local source=$tree/src/ipsvc-0.0.1
	cp -r "$tree/template" "$source"
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.0.1"/' "$source/dkms.conf"
	run_dkms add ipsvc/0.0.1
}

dkms_round() {
	local kernel=$1 rel re kdir vars version tree built
	type dkms >/dev/null 2>&1 || fail "no dkms: run 'make deps'"
	((EUID == 0)) || unshare -r true 2>/dev/null || skip "neither root nor user namespaces"
	vars=$(scripts/kernels.sh show "$kernel")
	eval "$vars"
	version=$(conf PACKAGE_VERSION)
	# DKMS compiles in its tree: the host's /tmp may be small, or not for programs.
	mkdir -p build/dkms
	tree=$(mktemp -d "$repo/build/dkms/tree.XXXXXX")
	defer rm -rf "$tree"
	mkdir -p "$tree/dkms" "$tree/src" "$tree/modules/$rel"
	ln -s "$kdir" "$tree/modules/$rel/build"
	scripts/install.sh source "$tree/template"
	older_version
	# What `make install` does but for the programs.
	PREFIX=$tree/usr with_trees scripts/install.sh install
	[[ -f $tree/usr/share/doc/ipsvc/README.md ]] || fail "no documents: $(find "$tree/usr")"
	re=${rel//+/\\+}
	expect_match "^ipsvc/$version, $re, x86_64: installed" run_dkms status ipsvc
	[[ $output != *0.0.1* && ! -e $tree/src/ipsvc-0.0.1 ]] || fail "the older version is still there: $output"
	# Compressed, where the other modules of this machine are.
	built=$(find "$tree/modules" -name 'ipsvc.ko*')
	[[ $built = "$tree/modules/$rel/updates/dkms/ipsvc.ko"* ]] || fail "the module is not there but '$built'"
	expect_match "^$re " modinfo -F vermagic "$built"
	expect "$version" modinfo -F version "$built"
	mkdir -p "build/dkms/$rel"
	case $built in
	*.xz) xz -dc "$built" ;;
	*.zst) zstd -dcq "$built" ;;
	*.gz) gzip -dc "$built" ;;
	*) cat "$built" ;;
	esac >"build/dkms/$rel/ipsvc.ko.new"
	mv "build/dkms/$rel/ipsvc.ko.new" "build/dkms/$rel/ipsvc.ko"
	PREFIX=$tree/usr with_trees scripts/install.sh uninstall
	expect "" find "$tree/dkms" "$tree/modules" "$tree/src" "$tree/usr" -name 'ipsvc*'
}

test_dkms_6_1() {
	dkms_round 6.1
}

test_dkms_6_12() {
	dkms_round 6.12
}

test_install_and_uninstall() {
	local root=$repo/build/dkms/destdir version path
	version=$(conf PACKAGE_VERSION)
	rm -rf "$root"
	defer rm -rf "$root"
	make -s install DESTDIR="$root" PREFIX=/usr
	for path in usr/sbin/ipsvcd usr/sbin/ipsvc usr/lib/systemd/system/ipsvcd.service usr/lib/sysusers.d/ipsvc.conf \
		usr/lib/modules-load.d/ipsvc.conf usr/share/man/man8/ipsvc{,-kernel}.8 usr/share/man/man8/ipsvcd.8 \
		usr/share/bash-completion/completions/ipsvc usr/share/zsh/site-functions/_ipsvc \
		usr/share/fish/vendor_completions.d/ipsvc.fish "usr/src/ipsvc-$version/Kbuild" \
		"usr/src/ipsvc-$version/dkms.conf" "usr/src/ipsvc-$version/kmod/main.c" \
		"usr/src/ipsvc-$version/include/uapi/linux/ipsvc.h" usr/share/doc/ipsvc/README.md; do
		[[ -f $root/$path ]] || fail "$path was not installed:"$'\n'"$(find "$root" -type f)"
	done
	[[ -n $(find "$root/usr/share/doc/ipsvc/Documentation/ABI" -type f) ]] || fail "no ABI documents"
	expect "" find "$root/usr/src" -name '*.o' -o -name '*.ko' -o -name '.*.cmd'
	expect ipsvc grep -v '^#' "$root/usr/lib/modules-load.d/ipsvc.conf"
	make -s uninstall DESTDIR="$root" PREFIX=/usr
	expect "" find "$root" -type f -o -type l
}

run_tests
