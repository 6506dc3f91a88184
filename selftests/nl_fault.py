#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests that run out of memory: each allocation of each kind of request fails once. Then nothing has changed.

Needs a kernel with fault injection (the debug kernel); the leak check at the end of the machine does the rest.
"""
import os
import traceback

from nl import C, Ipsvc, NlError, Skip, check, equal, errno_name, fresh_instance, ip, run, service

FAIL_NTH = "/proc/thread-self/fail-nth"
FAILSLAB = "/sys/kernel/debug/failslab"
# Status of a child that was not met by the fault it waited for.
NO_FAULT = 77


def prepare():
    if not os.path.exists(FAIL_NTH) or not os.path.exists(FAILSLAB):
        raise Skip("this kernel has no fault injection")
    for name, value in (("ignore-gfp-wait", "N"), ("verbose", "0"), ("cache-filter", "N")):
        with open(f"{FAILSLAB}/{name}", "w", encoding="ascii") as f:
            f.write(value)
    # A stack trace in the log for each fault takes an emulated machine longer than all the rest.
    for kind in ("fail_page_alloc", "fail_usercopy"):
        path = f"/sys/kernel/debug/{kind}/verbose"
        if os.path.exists(path):
            with open(path, "w", encoding="ascii") as f:
                f.write("0")
    # Page faults of this process are not what is tested.
    page = "/sys/kernel/debug/fail_page_alloc/min-order"
    if os.path.exists(page):
        with open(page, "w", encoding="ascii") as f:
            f.write("11")


class Nth:
    """In here the n-th allocation fails; `hit` says whether there was one."""

    def __init__(self, n):
        self.n, self.hit = n, False
        self.fd = os.open(FAIL_NTH, os.O_RDWR)

    def __enter__(self):
        os.write(self.fd, str(self.n).encode())
        return self

    def __exit__(self, *_):
        try:
            self.hit = int(os.pread(self.fd, 20, 0).rstrip(b"\n\0")) == 0
        except OSError:
            # The fault was left for this very read.
            self.hit = False
        try:
            os.pwrite(self.fd, b"0", 0)
        except OSError:
            os.pwrite(self.fd, b"0", 0)
        os.close(self.fd)


def base():
    fresh_instance()
    nl = Ipsvc()
    nl.new(service("a", "tcp", [("10.96.0.1", 80), (None, 30000)], [("10.0.0.1", 1), ("10.0.0.2", 1)]),
           service("b", "udp", [("10.96.0.2", 53)], [("10.0.0.3", 53)]))
    return nl


def state(nl):
    return nl.instance(), nl.services()


def each_allocation(request, setup=lambda nl: None, least=3):
    """Repeats the request until no allocation of it fails any more."""
    prepare()
    nl, hits = base(), 0
    setup(nl)
    before = state(nl)
    for n in range(1, 2000):
        said = None
        with Nth(n) as nth:
            try:
                request(nl)
            except (NlError, OSError) as error:
                said = error
        if not nth.hit:
            check(said is None, f"it fails without a fault: {said}")
            check(hits >= least, f"only {hits} allocations failed")
            return
        hits += 1
        # What was read late, or lost with its answer, must not be taken for the next answer; and a transaction that
        # could not be committed ends with its socket.
        nl.close()
        nl = Ipsvc()
        if isinstance(said, NlError):
            check(said.errno in (12, 105), f"allocation {n}: {errno_name(said.errno)}: {said.message}")
            equal(state(nl), before, f"what there is after the refusal of allocation {n}")
        elif state(nl) != before:
            nl = base()
            setup(nl)
            before = state(nl)
    raise AssertionError("it has no end")


def test_new():
    each_allocation(lambda nl: nl.new(
        service("c", "tcp", [("10.96.0.3", 80), (None, 30001)], [("10.0.0.1", 1), ("10.0.0.9", 1)]),
        service("d", "udp", [("10.96.0.4", 53)], [("10.0.0.9", 53)])), least=20)


def test_set():
    each_allocation(lambda nl: nl.set(
        service("a", "tcp", [("10.96.0.2", 80), (None, 30000)], [("10.0.0.2", 1), ("10.0.0.9", 1)]),
        service("b", "udp", [("10.96.0.1", 53)], [])), least=10)


def test_move():
    each_allocation(lambda nl: nl.set(
        service("b2", "tcp", [("10.96.0.1", 80)]), service("a", "tcp", [(None, 30000)], [("10.0.0.2", 1)])),
                    lambda nl: nl.new(service("b2", "tcp")), least=10)


def test_delete():
    each_allocation(lambda nl: nl.delete("a", "b"), least=5)


def test_first_service():
    """Hooks are registered with it."""
    each_allocation(lambda nl: nl.new(service("a", "tcp", [("10.96.0.1", 80)], [("10.0.0.1", 1)])),
                    lambda nl: nl.delete("a", "b"), least=10)


def test_growing_table():
    """A table of frontends has 64 places at first, of which three fifths are taken before it grows."""
    each_allocation(lambda nl: nl.new(service("more", "tcp", [("10.96.1.1", 100 + i) for i in range(4)])),
                    lambda nl: nl.new(service("full", "tcp", [("10.96.1.1", 1 + i) for i in range(35)])), least=8)


def test_transaction():
    def request(nl):
        txn = nl.begin()
        nl.delete("a", txn=txn)
        nl.new(service("a", "udp", [("10.96.0.1", 80)], [("10.0.0.1", 1)]), txn=txn)
        nl.set(service("b", "udp", None, [("10.0.0.4", 53)]), txn=txn)
        nl.append(service("b", endpoints=[("10.0.0.5", 53), ("10.0.0.3", 53)]), txn=txn)
        nl.commit(txn)
    each_allocation(request, least=20)


def test_reading():
    each_allocation(lambda nl: (nl.services(), nl.service("a"), nl.instance(), nl.do(C.CMD_STATS_GET),
                                nl.dump(C.CMD_FLOW_GET)), least=5)


def test_events():
    """A listener that has missed an event is told so."""
    prepare()
    nl, lost = base(), 0
    for n in range(1, 300):
        listener = Ipsvc()
        listener.join()
        listener.sock.settimeout(1)
        generation = nl.generation()
        with Nth(n) as nth:
            try:
                nl.set(service("b", "udp", None, [("10.0.0.4", 53), ("10.0.0.5", 53)]))
            except OSError:
                pass
        nl = Ipsvc()
        if nl.generation() != generation:
            try:
                got = [m[4][0] for m in listener.receive()] + [m[4][0] for m in listener.receive()]
                equal(got, [C.CMD_SERVICE_NTF, C.CMD_COMMIT_NTF], f"events when allocation {n} fails")
            except OSError as error:
                equal(errno_name(error.errno), "ENOBUFS", f"error of the listener when allocation {n} fails")
                lost += 1
        listener.close()
        if not nth.hit:
            check(lost > 0, "no event was lost")
            return
    raise AssertionError("it has no end")


def test_new_instance():
    prepare()
    fresh_instance()
    hits = 0
    for n in range(1, 3000):
        pid = os.fork()
        if pid == 0:
            child_with_fault(n)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        Ipsvc()
        if status == NO_FAULT:
            check(hits >= 30, f"only {hits} allocations failed")
            return
        equal(status, 0, f"status of the process whose allocation {n} fails")
        hits += 1
    raise AssertionError("it has no end")


def child_with_fault(n):
    """In a child: never returns, or there would be two processes that run the tests."""
    status = 1
    try:
        status = 0 if new_instance_with_fault(n) else NO_FAULT
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        os._exit(status)


def new_instance_with_fault(n):
    """Says whether the n-th allocation of making an instance failed."""
    import socket  # pylint: disable=import-outside-toplevel
    import struct  # pylint: disable=import-outside-toplevel
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    kind = struct.pack("=HH", 10, 1) + b"ipsvc\0\0\0"
    name = struct.pack("=HH", 11, 3) + b"ipsvc9\0\0"
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + name + struct.pack("=HH", 4 + len(kind), 18) + kind

    def send(type_, flags, payload):
        sock.send(struct.pack("=IHHII", 16 + len(payload), type_, flags, 1, 0) + payload)
        data = sock.recv(8192)
        return -struct.unpack_from("=i", data, 16)[0]
    send(17, 5, struct.pack("=BxHiII", 0, 0, 0, 0, 0) + struct.pack("=HH", 11, 3) + b"ipsvc0\0\0")
    with Nth(n) as nth:
        try:
            send(16, 5 | 0x600, body)
        except OSError:
            pass
    try:
        send(17, 5, struct.pack("=BxHiII", 0, 0, 0, 0, 0) + name)
    except OSError:
        pass
    return nth.hit


TESTS = [(name.removeprefix("test_").replace("_", " "), function)
         for name, function in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    ip("link", "show", "dev", "lo")
    run(TESTS)
