#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what over netlink, and what ends with a namespace or a link."""
import errno
import os
import socket
import subprocess
import sys

from nl import (CLONE_NEWNET, CLONE_NEWUSER, Attr, C, Ipsvc, Skip, a_service, check, equal, errno_name, events, expect,
                fill, fresh_instance, ip, libc, mount_sysfs, parse, run, service, start, sysfs, u8, u32, unshare)

PR_SET_DUMPABLE, PR_CAPBSET_DROP, CAP_NET_ADMIN = 4, 24, 12


# ---- permissions -----------------------------------------------------------------------------------------------------

def in_child(function):
    """Runs it in a process of its own; its assertions become ours."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            function()
            os._exit(0)
        except Skip as why:
            os.write(write, str(why).encode())
            os._exit(4)
        except BaseException as error:  # pylint: disable=broad-except
            os.write(write, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        why = f.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status == 4:
        raise Skip(why)
    check(status == 0, why)


def drop_privileges():
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    # Else /proc/self stays root's.
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def test_unprivileged():
    nl = start()
    nl.new(a_service(1))
    mount_sysfs()

    def child():
        drop_privileges()
        sock = Ipsvc()
        equal(sock.instance()["services"], 1, "services")
        check(len(parse(sock.do(C.CMD_STATS_GET).get(C.A_STAT))) > 0, "no counters")
        requests = {C.CMD_SERVICE_PUT: [service("x", "tcp")], C.CMD_SERVICE_DEL: [service("ns/s00001")],
                    C.CMD_SERVICE_APPEND: [service("ns/s00001"), Attr(C.A_TXN, u32(1))],
                    C.CMD_SERVICE_GET: [service("ns/s00001")],
                    C.CMD_AFFINITY_PUT: [], C.CMD_AFFINITY_DEL: [], C.CMD_FLOW_DEL: [],
                    C.CMD_INSTANCE_SET: [Attr(C.A_INSTANCE, [Attr(C.A_INSTANCE_CLUSTER_PREFIX, u8(0))])],
                    C.CMD_TXN_BEGIN: [], C.CMD_TXN_COMMIT: [Attr(C.A_TXN, u32(1))],
                    C.CMD_TXN_ABORT: [Attr(C.A_TXN, u32(1))]}
        for cmd, attrs in requests.items():
            expect(errno.EPERM, sock.do, cmd, attrs)
        expect(errno.EPERM, sock.dump, C.CMD_SERVICE_GET)
        expect(errno.EPERM, sock.dump, C.CMD_FLOW_GET, [Attr(C.A_FLOW, [Attr(C.A_FLOW_PROTOCOL, u8(6))])])
        for what in (sock.join, lambda: sysfs("services_max", "9"), lambda: open("/proc/net/ipsvc/flows", "rb"),
                     lambda: open("/proc/net/ipsvc/services", "rb"), lambda: open("/proc/net/ipsvc/endpoints", "rb")):
            try:
                what()
            except OSError as error:
                check(error.errno in (errno.EPERM, errno.EACCES), f"{error}")
            else:
                raise AssertionError("it is allowed")
        for name in ("stats", "config"):
            with open(f"/proc/net/ipsvc/{name}", encoding="ascii") as f:
                check(f.read(), f"/proc/net/ipsvc/{name} is empty")
    in_child(child)
    equal(nl.generation(), 2, "generation")


def test_root_without_capability():
    start()
    mount_sysfs()

    def child():
        check(libc.prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0) == 0, "prctl")
        # The bounding set bites at the next exec: hold on to root, and lose the capability.
        code = ("import sys; sys.path.insert(0, sys.argv[1]); import nl_perm; nl_perm.without_capability()")
        os.execv(sys.executable, [sys.executable, "-c", code, os.path.dirname(os.path.abspath(__file__))])
    in_child(child)


def without_capability():
    sock = Ipsvc()
    expect(errno.EPERM, sock.new, service("x", "tcp"))
    expect(errno.EPERM, sock.dump, C.CMD_SERVICE_GET)
    try:
        sysfs("services_max", "9")
    except OSError as error:
        equal(errno_name(error.errno), "EPERM", "error of sysfs")
    else:
        raise AssertionError("root without CAP_NET_ADMIN may write to sysfs")
    equal(sock.instance()["services"], 0, "services")


def module_parameter(name, value):
    with open(f"/sys/module/ipsvc/parameters/{name}", "w", encoding="ascii") as f:
        f.write(value)


def in_user_namespace(function):
    """Runs it as root of a user namespace and of a network namespace of that, in a process of its own."""
    def child():
        drop_privileges()
        try:
            unshare(CLONE_NEWUSER)
        except OSError as error:
            raise Skip(f"no user namespaces: {error}") from error
        with open("/proc/self/uid_map", "w", encoding="ascii") as f:
            f.write("0 65534 1")
        unshare(CLONE_NEWNET)
        function()
    in_child(child)


def test_user_namespace_is_refused():
    """Unless the module parameter userns says otherwise, only the initial one makes instances."""
    with open("/sys/module/ipsvc/parameters/userns", encoding="ascii") as f:
        equal(f.read(), "N\n", "userns at first")

    def child():
        result = subprocess.run(["ip", "link", "add", "ipsvc0", "type", "ipsvc"], capture_output=True, text=True, check=False)
        check(result.returncode and "module parameter userns" in result.stderr, f"it says '{result.stderr}'")
        expect(errno.ENODEV, Ipsvc().instance)
        result = subprocess.run(["ip", "link", "add", "d0", "type", "dummy"], capture_output=True, text=True, check=False)
        check("Operation not permitted" not in result.stderr, "it may make no link at all")
    in_user_namespace(child)


def test_user_namespace():
    """Root of a user namespace is root of its network namespaces, and of no others."""
    module_parameter("userns", "Y")
    try:
        user_namespace()
    finally:
        module_parameter("userns", "N")


def user_namespace():
    nl = start()
    nl.new(service("outer", "tcp"))

    outer = Ipsvc()

    def child():
        expect(errno.EPERM, outer.new, service("x", "tcp"))
        ip("link", "add", "ipsvc0", "type", "ipsvc")
        inner = Ipsvc()
        inner.join()
        inner.new(service("inner", "tcp", [("10.96.0.1", 80)], [("10.0.0.1", 80)]))
        equal(set(inner.services()), {"inner"}, "services")
        equal(len(inner.dump(C.CMD_FLOW_GET)), 0, "flows")
        with open("/proc/net/ipsvc/services", encoding="ascii") as f:
            check("inner" in f.read(), "its root cannot read /proc/net/ipsvc")
        # Less is its own affair; more memory of the kernel is not.
        mount_sysfs()
        for name in ("flows_max", "services_max", "endpoints_max"):
            sysfs(name, "5")
            try:
                sysfs(name, "6")
                raise AssertionError(f"{name} can be raised")
            except PermissionError:
                equal(sysfs(name), "5", name)
    in_user_namespace(child)
    equal(set(nl.services()), {"outer"}, "services outside")


# ---- namespaces ------------------------------------------------------------------------------------------------------

def test_namespaces():
    """Neither changes nor events cross namespaces."""
    nl = start()
    nl.new(service("x", "tcp", [("10.96.0.1", 80)]))
    unshare(CLONE_NEWNET)
    ip("link", "add", "ipsvc0", "type", "ipsvc")
    other, listener = Ipsvc(), Ipsvc()
    listener.join()
    equal(other.services(), {}, "services of the other namespace")
    other.new(service("y", "tcp", [("10.96.0.1", 80)]))
    nl.new(service("z", "tcp"))
    equal(events(listener)[-1], 2, "event")
    listener.sock.settimeout(0.2)
    try:
        raise AssertionError(f"an event of the other namespace: {events(listener)}")
    except socket.timeout:
        pass
    equal((set(nl.services()), nl.generation()), ({"x", "z"}, 3), "services of the first")


def test_namespace_goes():
    """A namespace ends with services, an open transaction and a listener."""
    for _ in range(8):
        nl = start()
        fill(nl, 100)
        listener = Ipsvc()
        listener.join()
        txn = nl.begin()
        nl.new(a_service(1000), txn=txn)
        nl.delete("ns/s00001", txn=txn)
    fresh_instance()


def test_link_goes():
    nl = start()
    fill(nl, 200)
    txn = nl.begin()
    nl.delete("ns/s00001", txn=txn)
    ip("link", "del", "ipsvc0")
    expect(errno.ENODEV, nl.commit, txn)
    ip("link", "add", "ipsvc0", "type", "ipsvc")
    expect(errno.ENOENT, nl.commit, txn)
    equal(nl.services(), {}, "services of the new instance")


TESTS = [(name.removeprefix("test_").replace("_", " "), function)
         for name, function in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    run(TESTS)
