#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is read of services over netlink, of events, and in /proc, as the uapi header promises it."""
import errno
import time

from nl import (C, Ipsvc, NlError, a_service, addresses, check, decode_service, equal, errno_name, events, expect, fill,
                ip, join_parts, much, ranges, run, service, start)


# ---- dumps -----------------------------------------------------------------------------------------------------------

def test_long_dump():
    nl, n = start(), much(3000)
    fill(nl, n)
    want = {s["name"]: s for s in (decode_service(b"".join(a.pack(0, []) for a in a_service(i).payload))
                                   for i in range(n))}
    for sock in (nl, Ipsvc(bufsize=4096), Ipsvc(bufsize=9000), Ipsvc(rcvbuf=4096)):
        equal(sock.services() == want, True, "dump is complete")
        check(not sock.interrupted, "a dump in peace is said to be interrupted")
    with open("/proc/net/ipsvc/services", encoding="ascii") as f:
        lines = f.read().splitlines()
    equal([line.split()[0] for line in lines[1:]], sorted(want), "names in /proc")
    with open("/proc/net/ipsvc/endpoints", "rb", buffering=0) as f:
        data = b"".join(iter(lambda: f.read(100), b""))
    rows = [tuple(line.split()[:4]) for line in data.decode().splitlines()[1:]]
    equal(sorted(rows) == sorted((s["name"], "ipv4", s["proto"], f"{ep[0]}:{ep[1]}") for s in want.values()
                                 for ep in s["endpoints"]), True, "endpoints in /proc are complete")


def test_ranges():
    """What does not fit in the first message follows in others, ranges before endpoints."""
    nl = start()
    given = [("0.0.0.0", 0)] + [(f"10.{i >> 8}.{i & 255}.0", 24, i & 1) for i in range(511)]
    for n in (0, 300):
        svc = service("ns/r", "tcp", [("10.96.0.1", 80, C.FRONTEND_F_RANGES)],
                      [(f"10.0.{i >> 8}.{i & 255}", 80) for i in range(n)])
        svc.payload.append(ranges(*given))
        nl.put(svc)
        want = decode_service(b"".join(a.pack(0, []) for a in svc.payload))
        for sock in (nl, Ipsvc(bufsize=4096)):
            equal(sock.services()["ns/r"], want, "service with ranges")
    with open("/proc/net/ipsvc/ranges", "rb", buffering=0) as f:
        data = b"".join(iter(lambda: f.read(100), b""))
    equal([line.split() for line in data.decode().splitlines()[1:]],
          [["ns/r", "ipv4", "deny" if flags else "allow", f"{address}/{prefix}"]
           for address, prefix, flags in want["ranges"]], "ranges in /proc")


def proc_time(name, step=1 << 16):
    """Reads a file of /proc in pieces; returns its lines and how long that took."""
    begin = time.monotonic()
    with open(f"/proc/net/ipsvc/{name}", "rb", buffering=0) as f:
        data = b"".join(iter(lambda: f.read(step), b""))
    return data.count(b"\n") - 1, time.monotonic() - begin


def test_proc_is_linear():
    """Ten times as many services take ten times as long to read, and not a hundred times."""
    nl, few, many = start(), much(10000), much(100000)
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as f:
        f.write("-500")
    txn, took = nl.begin(), {}
    for first in range(0, many, 500):
        nl.put(*(service(f"ns/s{i:06}", "tcp", [(f"10.{96 + (i >> 16)}.{i >> 8 & 255}.{i & 255}", 80)], [("10.0.0.1", 80)])
                 for i in range(first, first + 500)), txn=txn)
        if first + 500 in (few // 500 * 500, many // 500 * 500) or first + 500 >= many:
            nl.commit(txn)
            there = nl.instance()["services"]
            for name in ("services", "endpoints"):
                lines, took[there, name] = proc_time(name)
                equal(lines, there, f"lines of {name}")
            txn = nl.begin()
    sizes = sorted({there for there, _ in took})
    for name in ("services", "endpoints"):
        each = [took[there, name] / there * 1e6 for there in sizes]
        check(each[-1] < 4 * each[0] + 5, f"{name}: {each} us a line with {sizes} services")
    nl.abort(txn)


def test_dump_interrupted():
    nl, other = start(), Ipsvc()
    fill(nl, 1000)
    changes = (lambda: other.new(a_service(5000)), lambda: other.delete(*(f"ns/s{i:05}" for i in range(0, 1000, 2))),
               lambda: other.set(service("ns/s00999", "tcp")))
    for change in changes:
        slow = Ipsvc(bufsize=4096)
        got = slow.services(between=change)
        check(slow.interrupted, "a dump that was overtaken does not say so")
        check("ns/s00001" in got and "ns/s00999" in got, "what stayed is not in the dump")
        slow.services()
        check(not slow.interrupted, "the next dump is interrupted as well")


def test_dump_outlives():
    """Everything goes while dumps are under way."""
    nl = start()
    fill(nl, 500)
    dumps = [Ipsvc(bufsize=4096) for _ in range(3)]

    def gone(how):
        def between():
            how()
        return between
    got = dumps[0].services(between=gone(lambda: nl.delete(*(f"ns/s{i:05}" for i in range(500)))))
    check(0 < len(got) < 500, f"{len(got)} services in the dump")
    fill(nl, 500)
    try:
        dumps[1].services(between=gone(lambda: ip("link", "del", "ipsvc0")))
        raise AssertionError("a dump of an instance that is gone ends well")
    except NlError as error:
        equal(errno_name(error.errno), "ENODEV", "error")
    expect(errno.ENODEV, nl.services)
    expect(errno.ENODEV, nl.instance)
    expect(errno.ENODEV, nl.new, service("x", "tcp"))
    ip("link", "add", "ipsvc0", "type", "ipsvc")
    fill(nl, 500)

    def other_instance():
        ip("link", "del", "ipsvc0")
        ip("link", "add", "ipsvc0", "type", "ipsvc")
        fill(nl, 3)
    dumps[2].services(between=other_instance)
    check(dumps[2].interrupted, "a dump that ends in another instance does not say so")


def test_large_services():
    nl = start()
    sizes = (0, 1, 500, 1000, 1100)
    for n in sizes:
        nl.new(service(f"s{n}", "tcp", [(f"10.96.{n // 250}.{n % 250}", 1 + i) for i in range(64)], addresses(n)))
    for bufsize in (4096, 16384, 1 << 17):
        got = Ipsvc(bufsize=bufsize).services()
        equal({name: len(s["endpoints"]) for name, s in got.items()}, {f"s{n}": n for n in sizes})
        equal(got["s1000"], nl.service("s1000"), "the largest that fits")
    expect(errno.EMSGSIZE, nl.service, "s1100")


# ---- notifications ---------------------------------------------------------------------------------------------------

def test_notifications():
    nl, listener = start(), Ipsvc()
    listener.join()
    nl.new(a_service(1), a_service(2))
    equal(events(listener), [nl.service("ns/s00001"), nl.service("ns/s00002"), 2], "events")
    nl.set(service("ns/s00001", "tcp"))
    equal(events(listener), [nl.service("ns/s00001"), 3], "events")
    expect(errno.EEXIST, nl.new, a_service(1))
    txn = nl.begin()
    nl.delete("ns/s00001", "ns/s00002", txn=txn)
    nl.new(service("ns/s00002", "udp"), a_service(3, 800), txn=txn)
    nl.commit(txn)
    first, second, third, *rest = events(listener)
    equal([first, second, third], [("del", "ns/s00001"), ("del", "ns/s00002"), nl.service("ns/s00002")],
          "events of a transaction")
    check(len(rest) > 2, "the large one is announced in one message")
    equal((join_parts(rest[:-1])["ns/s00003"], rest[-1]), (nl.service("ns/s00003"), 4), "events of the large one")
    nl.commit(nl.begin())
    equal(events(listener), [5], "events of an empty transaction")


def test_notifications_lost():
    nl, listener = start(), Ipsvc(rcvbuf=4096)
    listener.join()
    fill(nl, 300)
    try:
        while True:
            events(listener)
    except OSError as error:
        equal(errno_name(error.errno), "ENOBUFS", "error")


TESTS = [(name.removeprefix("test_").replace("_", " "), function)
         for name, function in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    run(TESTS)
