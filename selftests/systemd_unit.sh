#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `make install` puts in place besides the module: a systemd of its own, in a network namespace as a machine, runs
# ipsvcd as the unit says: unprivileged, sandboxed, started again when it is killed; a service of it answers, and
# ipsvc-dnsd knows its name. `make uninstall` takes it away again.
# shellcheck disable=SC2119,SC2120,SC2154,SC2317 # run_tests calls the functions; names are set by cluster.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/cluster.sh"

repo=$(cd "$(dirname "$0")/.." && pwd -P)
systemd=/lib/systemd/systemd

# Into the guest's own root; the second time finds it there.
install_unit() {
	make -s -C "$repo/userspace" install >"$ktap_tmp/install" 2>&1 || fail "make install: $(<"$ktap_tmp/install")"
	mkdir -p /etc/ipsvc/manifests
	cat >/etc/ipsvc/manifests/web.yaml <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec:
		  clusterIP: 10.96.0.20
		  selector: {app: web}
		  ports: [{port: 53, targetPort: 8053, protocol: UDP}]
	YAML
	pod_manifest >/etc/ipsvc/manifests/pod.yaml
	defer rm -rf /etc/ipsvc /var/lib/ipsvc
}

# A systemd whose default unit is ipsvcd with all it wants; $machine is its process. It must not clean our /tmp, where
# the checkout may be, nor look after devices.
boot_systemd() {
	cat >"$ktap_tmp/boot" <<-BOOT
		mount -t proc proc /proc
		mount -t tmpfs -o mode=755 run /run
		mkdir /run/repo && mount --bind '$repo' /run/repo
		mount -t tmpfs tmp /tmp
		mount -o remount,bind,ro /sys
		export container=selftest
		exec $systemd --system --unit=ipsvcd.service --log-target=console --show-status=no
	BOOT
	nsrun "$node" unshare --fork --pid --mount --kill-child sh "$ktap_tmp/boot" >"$ktap_tmp/console" 2>&1 &
	defer kill -KILL $!
	# unshare takes no other signal.
	disown $!
	busywait "$(slow 5)" machine_of $! >"$ktap_tmp/machine" || fail "no systemd: $(<"$ktap_tmp/console")"
	machine=$(<"$ktap_tmp/machine")
	busywait "$(slow 20)" unit_is ActiveState=active >/dev/null || fail "$(in_machine systemctl status ipsvcd; cat "$ktap_tmp/console")"
}

machine_of() {
	pgrep -P "$1" -x systemd
}

in_machine() {
	nsenter -t "$machine" -m -n -p "$@"
}

unit_is() { # PROPERTY=VALUE [UNIT]
	[[ $(in_machine systemctl show -p "${1%=*}" "${2:-ipsvcd}" 2>/dev/null) = "$1" ]]
}

serves() {
	[[ $(nettool ask -n "$node" -t "$patience" udp 10.96.0.20:53) = "web "* ]]
}

# shellcheck disable=SC2120 # busywait calls it with one
knows_web() { # OPTION…
	[[ $(in_machine ipsvc dns query web "$@" 2>&1) = *" 10.96.0.20"* ]]
}

# Beside ipsvcd, then as a Service of the cluster.
names_are_known() {
	in_machine systemctl start ipsvc-dnsd || fail "$(in_machine systemctl status ipsvc-dnsd)"
	unit_is User=ipsvc-dns ipsvc-dnsd || fail "$(in_machine systemctl show -p User ipsvc-dnsd)"
	busywait "$(slow 5)" knows_web || fail "$(in_machine ipsvc status; in_machine ipsvc dns query web 2>&1)"
	in_machine mkdir -p /run/systemd/system/ipsvcd.service.d
	printf '[Service]\nExecStart=\nExecStart=ipsvcd --dns auto\n' |
		in_machine tee /run/systemd/system/ipsvcd.service.d/dns.conf >/dev/null
	in_machine systemctl daemon-reload
	in_machine systemctl restart ipsvcd
	busywait "$(slow 10)" knows_web --server 10.96.0.10 ||
		fail "$(in_machine ipsvc status; in_machine ipsvc dns query web --server 10.96.0.10 2>&1)"
	unit_is NRestarts=0 ipsvc-dnsd || fail "ipsvc-dnsd was started again"
}

generation() {
	nsrun "$node" sed -n 's/^generation //p' /proc/net/ipsvc/config
}

test_unit_runs_and_serves() {
	local machine before
	[[ -x $systemd ]] || fail "no $systemd: run 'make deps'"
	[[ -e /run/vm/init ]] || skip "installs into /usr/local and /etc: only for a machine of selftests/vm/run"
	small_cluster
	nettool serve "web=$pod:udp:8053" >/dev/null &
	install_unit
	boot_systemd
	unit_is User=ipsvc || fail "$(in_machine systemctl show -p User ipsvcd)"
	busywait "$(slow 5)" serves || fail "$(in_machine ipsvc status)"
	expect_match '^640 ipsvc' stat -c '%a %U' /var/lib/ipsvc/store.db
	expect_match 'Manifests: +/etc/ipsvc/manifests, 2 files' in_machine ipsvc status
	before=$(generation)
	in_machine systemctl kill -s KILL ipsvcd
	serves || fail "no answer without ipsvcd"
	busywait "$(slow 10)" unit_is NRestarts=1 || fail "not started again"
	busywait "$(slow 10)" unit_is ActiveState=active || fail "$(in_machine systemctl status ipsvcd)"
	expect "$before" generation
	names_are_known
	in_machine systemctl reload ipsvcd
	expect '' in_machine systemctl list-units --failed --plain --no-legend
	in_machine systemctl stop ipsvcd
	unit_is ActiveState=inactive || fail "$(in_machine systemctl status ipsvcd)"
	serves || fail "no answer after ipsvcd"
	knows_web || fail "ipsvc-dnsd did not outlive ipsvcd"
	taken_away
}

# An enabled unit that runs, and all that came with it, but not what is the user's.
taken_away() {
	in_machine systemctl enable --now ipsvcd 2>/dev/null
	expect enabled in_machine systemctl is-enabled ipsvcd
	in_machine make -s -C /run/repo uninstall >"$ktap_tmp/uninstall" 2>&1 || fail "$(<"$ktap_tmp/uninstall")"
	unit_is LoadState=not-found || fail "$(in_machine systemctl show ipsvcd)"
	unit_is ActiveState=inactive || fail "$(in_machine systemctl show ipsvcd)"
	expect "" find /usr/local /etc/systemd /etc/modules-load.d /usr/lib/modules-load.d /usr/lib/sysusers.d \
		-name '*ipsvc*'
	[[ -e /etc/ipsvc/manifests/web.yaml && -e /var/lib/ipsvc/store.db ]] || fail "manifests or store are gone"
	serves || fail "no answer after ipsvcd was taken away"
}

run_tests
