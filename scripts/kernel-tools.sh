#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prints a directory that has tools/net/ynl, Documentation/netlink and scripts/checkpatch.pl of Debian's
# linux-source-6.12, unpacked into the cache where they are not there yet: the kernel tree's own netlink client, for tests
# of the protocol, and its own judge of style.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tarball=/usr/src/linux-source-6.12.tar.xz

version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null) || {
	echo "kernel-tools.sh: linux-source-6.12 is not installed: run 'make deps'" >&2
	exit 1
}
dir=$("$here/kernels.sh" cache)/tools-$version
if [[ ! -e $dir ]]; then
	mkdir -p "${dir%/*}"
	tmp=$(mktemp -d "$dir.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	tar -xJf "$tarball" -C "$tmp" --strip-components=1 --wildcards '*/tools/net/ynl/*' '*/Documentation/netlink/*' \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
	chmod 755 "$tmp"
	# Somebody else may have been faster.
	mv -T "$tmp" "$dir" 2>/dev/null || [[ -e $dir ]]
fi
echo "$dir"
