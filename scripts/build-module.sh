#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds ipsvc.ko outside the source directories, once a kernel, so that the builds do not meet:
#
#   scripts/build-module.sh KERNEL    into build/kmod-<release>/; KERNEL as in kernels.sh, or the path of a kernel's
#                                     build directory (/lib/modules/…/build)
#
# Environment: DEBUG=1 compiles with -DDEBUG (the module tests itself when loaded) into build/kmod-<release>+debug/;
# W and C are kbuild's (W=1 more warnings, C=2 sparse); CLEAN=1 starts from nothing.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
which=${1:?usage: build-module.sh KERNEL}

if [[ $which = /* ]]; then
	kdir=$which kmake=
	rel=$(make -s -C "$kdir" kernelrelease)
else
	vars=$(scripts/kernels.sh show "$which")
	eval "$vars"
fi
[[ -e Kbuild ]] || {
	echo "build-module.sh: $repo/Kbuild is missing: is this a whole checkout?" >&2
	exit 1
}

out=build/kmod-${rel:?}
flags=
if [[ ${DEBUG:-0} = 1 ]]; then
	out+=+debug
	flags=KCFLAGS=-DDEBUG
fi
if [[ ${CLEAN:-0} = 1 ]]; then rm -rf "$out"; fi
mkdir -p "$out"
exec 9>"$out.lock"
flock 9

# Kbuild of these kernels writes objects beside the sources: give it a tree of links to them.
cp -rsf "$repo/Kbuild" "$repo/kmod" "$repo/include" "$out/"
find "$out" -xtype l -delete

# BTF of a module needs the kernel's vmlinux, which Debian does not ship: without this, each build says so.
# shellcheck disable=SC2086 # $kmake and $flags are words for make
make -s -j"$(nproc)" -C "${kdir:?}" $kmake $flags M="$repo/$out" W="${W:-}" C="${C:-0}" CONFIG_DEBUG_INFO_BTF_MODULES= modules
