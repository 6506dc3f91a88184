#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the test kernels that Debian does not have, from its linux-source-6.12, outside the tree:
#
#   scripts/build-kernel.sh build debug|uml    does nothing when it is built already
#   scripts/build-kernel.sh where debug|uml    the directory it is, or would be, in
#
# A kernel is kept by the hash of its source's version, patches (selftests/vm/<name>-*.patch) and configuration
# (selftests/vm/*.config), in kernels/<name>-<hash> of the cache: obj/ is its build directory, which modules are built
# against, lib/modules/ its own modules, and the file `show` what kernels.sh says of it. The unpacked source (1.2 GB) is
# shared, and has all patches: one changes only what no other kernel reads.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
vm=$here/../selftests/vm
tarball=/usr/src/linux-source-6.12.tar.xz
cache=$("$here/kernels.sh" cache)/kernels

die() {
	printf 'build-kernel.sh: %s\n' "$*" >&2
	exit 1
}

usage() {
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
}

# Sets what differs between the kernels: make arguments, fragments, the target that boots.
settings() {
	case $name in
	debug) kmake='' arch=x86_64 target=bzImage image=arch/x86/boot/bzImage fragments=(kernel x86 debug) ;;
	uml) kmake=ARCH=um arch=um target=linux image=linux fragments=(kernel uml) ;;
	*) usage ;;
	esac
	fragments=("${fragments[@]/#/$vm/}")
	fragments=("${fragments[@]/%/.config}")
	version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null) ||
		die "linux-source-6.12 is not installed: run 'make deps'"
	hash=$({
		echo "$version $target"
		cat "${fragments[@]}"
		find "$vm" -name "$name-*.patch" -exec cat {} +
	} | sha256sum | cut -c1-12)
	dir=$cache/$name-$hash
	source=$cache/source-$version-$(cat "$vm"/*.patch | sha256sum | cut -c1-12)
}

unpack() {
	[[ ! -e $source/.done ]] || return 0
	echo "build-kernel.sh: unpacking $tarball"
	rm -rf "$source"
	mkdir -p "$source"
	# Most of the source is graphics drivers and tools that no test kernel has; Kconfig wants their Kconfig only.
	tar -xJf "$tarball" -C "$source" --strip-components=1 --wildcards \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/sound/*.[ch]' --exclude='*/Documentation/*.rst' \
		--exclude='*/Documentation/*.yaml' --exclude='*/tools/testing' --exclude='*/tools/perf'
	cat "$vm"/*.patch | patch -s -p1 -d "$source"
	touch "$source/.done"
}

# tinyconfig with the fragments over it. What a fragment asks for and Kconfig does not give is an error: a debug
# kernel that silently lacks its checks proves nothing.
configure() {
	local obj=$1 line symbol bad=0
	make -s -C "$source" O="$obj" $kmake tinyconfig >/dev/null
	(cd "$source" && ARCH=$arch scripts/kconfig/merge_config.sh -m -O "$obj" "$obj/.config" "${fragments[@]}" \
		>"$obj/merge.log" 2>&1) || die "merging the configuration failed, see $obj/merge.log"
	make -s -C "$source" O="$obj" $kmake olddefconfig >/dev/null
	while read -r line; do
		symbol=${line%%=*}
		if [[ $line = *=n ]]; then
			if grep -q "^$symbol=[ym]" "$obj/.config"; then bad=1 && echo "$symbol is set, but is to be off" >&2; fi
		elif ! grep -qxF "$line" "$obj/.config"; then
			echo "wanted $line, got: $(grep -E "^(# )?${symbol}[= ]" "$obj/.config" || echo nothing)" >&2
			bad=1
		fi
	done < <(cat "${fragments[@]}" | grep '^CONFIG_')
	((bad == 0)) || die "the configuration of the $name kernel does not come out as selftests/vm/*.config say"
}

compile() {
	local obj=$dir/obj rel
	mkdir -p "$obj"
	configure "$obj"
	echo "build-kernel.sh: building the $name kernel with $(nproc) jobs at low priority; $dir/log"
	nice -n 5 make -s -C "$source" O="$obj" $kmake -j"$(nproc)" "$target" modules >"$dir/log" 2>&1 || {
		tail -n 30 "$dir/log" >&2
		die "the build failed, see $dir/log"
	}
	make -s -C "$source" O="$obj" $kmake INSTALL_MOD_PATH="$dir" INSTALL_MOD_STRIP=1 modules_install \
		>>"$dir/log" 2>&1
	rel=$(make -s -C "$source" O="$obj" $kmake kernelrelease)
	mkdir -p "$dir/lib/modules/$rel/kernel"
	rm -f "$dir/lib/modules/$rel"/{build,source}
	printf 'rel=%q\nimage=%q\nmodules=%q\nkdir=%q\nkmake=%q\n' "$rel" "$dir/obj/$image" "$dir/lib/modules/$rel" \
		"$dir/obj" "$kmake" >"$dir/show.tmp"
	# Modules need the headers, scripts and symbol versions of the build, not its objects.
	(cd "$obj" && find . \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \) ! -path './scripts/*' \
		! -path './tools/*' ! -name 'module.lds' -delete && rm -f vmlinux.o .tmp_vmlinux* vmlinux.unstripped)
	mv "$dir/show.tmp" "$dir/show"
}

(($# == 2)) || usage
name=$2
settings
case $1 in
where) echo "$dir" ;;
build)
	[[ ! -e $dir/show ]] || exit 0
	[[ -e $tarball ]] || die "$tarball is missing: run 'make deps'"
	mkdir -p "$cache"
	exec 9>"$cache/build-$name.lock"
	flock 9
	[[ ! -e $dir/show ]] || exit 0
	exec 8>"$cache/source.lock"
	flock 8
	unpack
	exec 8>&-
	rm -rf "$dir"
	compile
	echo "build-kernel.sh: $dir"
	;;
*) usage ;;
esac
