#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes and transactions over netlink, as the uapi header promises them."""
import errno
import os
import random
import re
import socket
import time

from nl import (Attr, C, Ipsvc, NlError, a_service, address16, addresses, check, equal, events, expect, ip, join_parts,
                mount_sysfs, much, parse, run, service, start, sysfs, u8)


# ---- changes ---------------------------------------------------------------------------------------------------------

def test_put_and_del():
    nl = start()
    equal(nl.generation(), 1, "generation of a new instance")
    nl.put(service("a", "tcp"), service("b", "udp", [("10.96.0.2", 53)], [("10.0.0.2", 53), ("10.0.0.1", 53, 1)]))
    equal(nl.services(), {"a": {"name": "a", "proto": "tcp", "frontends": [], "endpoints": []},
                          "b": {"name": "b", "proto": "udp", "frontends": [("10.96.0.2", 53)],
                                "endpoints": [("10.0.0.1", 53, 1), ("10.0.0.2", 53, 0)]}})
    equal(nl.instance()["endpoints"], 2, "endpoints")
    nl.put(service("b", "udp", [("10.96.0.2", 53)], [("10.0.0.3", 53)]), service("c", "tcp"))
    equal(nl.service("b")["endpoints"], [("10.0.0.3", 53, 0)], "endpoints, given anew")
    nl.put(service("b", "udp", None, [("10.0.0.3", 53)]))
    equal(nl.service("b")["frontends"], [], "frontends, not given")
    nl.put(service("b", "udp", [("10.96.0.2", 53, C.FRONTEND_F_MASQUERADE), (None, 30053)]))
    equal(nl.service("b"), {"name": "b", "proto": "udp", "endpoints": [],
                            "frontends": [("10.96.0.2", 53, C.FRONTEND_F_MASQUERADE), (None, 30053)]}, "service")
    equal(nl.instance(), nl.instance() | {"generation": 5, "services": 3, "endpoints": 0}, "counts")
    nl.delete("a", "b", "c")
    equal(nl.services(), {}, "services")
    equal(nl.instance(), nl.instance() | {"generation": 6, "services": 0, "endpoints": 0}, "counts")


def test_conditions():
    """What must hold before a PUT: for each of its services, with what was staged before."""
    nl = start()
    expect(errno.ENOENT, nl.set, service("a", "tcp"))
    nl.new(service("a", "tcp"))
    expect(errno.EEXIST, nl.new, service("a", "tcp"))
    expect(errno.EEXIST, nl.new, service("b", "tcp"), service("a", "tcp"))
    expect(errno.ENOENT, nl.set, service("a", "tcp"), service("b", "tcp"))
    equal((set(nl.services()), nl.generation()), ({"a"}, 2), "services and generation after refusals")
    nl.set(service("a", "udp"))
    equal(nl.service("a")["proto"], "udp", "protocol")
    txn = nl.begin()
    nl.delete("a", txn=txn)
    expect(errno.ENOENT, nl.set, service("a", "tcp"), txn=txn)
    nl.new(service("a", "tcp"), service("b", "tcp"), txn=txn)
    expect(errno.EEXIST, nl.new, service("b", "tcp"), txn=txn)
    nl.set(service("b", "udp"), txn=txn)
    nl.commit(txn)
    equal({name: s["proto"] for name, s in nl.services().items()}, {"a": "tcp", "b": "udp"}, "services")


def test_generation_goes_on_after_the_link():
    """A number that was read once never stands for other services."""
    nl = start()
    nl.new(service("a", "tcp"))
    nl.new(service("b", "tcp"))
    before = nl.generation()
    ip("link", "del", "ipsvc0")
    ip("link", "add", "ipsvc0", "type", "ipsvc")
    equal((nl.services(), nl.generation()), ({}, before + 1), "services and generation of the new link")
    nl.abort(nl.begin(before + 1))


def test_begin_whose_answer_is_lost():
    """Nobody has its cookie: others need not wait for the socket to be closed."""
    nl, deaf = start(), Ipsvc()
    deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    nl.new(service("x" * 180, "tcp", [("10.96.0.1", 80 + i) for i in range(64)]))
    # Its receive buffer is full of answers that it does not read.
    for _ in range(20):
        deaf.send(C.CMD_SERVICE_GET, [service("x" * 180)])
    deaf.send(C.CMD_TXN_BEGIN)
    nl.abort(nl.begin())
    deaf.close()


def test_frontend_moves():
    nl = start()
    fe, nodeport = ("10.96.0.1", 80), (None, 30000)
    a, b = [("10.0.0.1", 1)], [("10.0.0.2", 2)]
    nl.new(service("a", "tcp", [fe, nodeport], a), service("b", "tcp", [], b))
    expect(errno.EADDRINUSE, nl.set, service("b", "tcp", [fe], b))
    nl.set(service("b", "tcp", [fe], b), service("a", "tcp", [nodeport], a))
    equal(nl.service("b")["frontends"], [fe], "frontends of the new owner")
    equal(nl.service("a")["frontends"], [nodeport], "frontends of the old one")
    nl.set(service("a", "tcp", [fe], a), service("b", "tcp", [nodeport], b))
    equal((nl.service("a")["frontends"], nl.service("b")["frontends"]), ([fe], [nodeport]), "swapped")
    # Of the same number, but another protocol: not the same frontend.
    nl.new(service("c", "udp", [fe, nodeport]))
    # What becomes free because its owner changes its protocol.
    expect(errno.EADDRINUSE, nl.set, service("c", "tcp", [fe]))
    nl.set(service("c", "tcp", [fe]), service("a", "udp", [fe], a))


def test_address_of_both_kinds():
    """An address may be a cluster IP and an endpoint: a packet is translated once."""
    nl = start()
    nl.new(service("a", "tcp", [("10.96.0.1", 80)], [("10.96.0.1", 81), ("10.96.0.1", 80)]))
    nl.delete("a")


def pieces(nl, txn, name, endpoints, step=1500):
    for i in range(0, len(endpoints), step):
        nl.append(service(name, endpoints=endpoints[i:i + step]), txn=txn)


def test_append():
    nl = start()
    txn = nl.begin()
    expect(errno.ENOENT, nl.append, service("a", endpoints=addresses(1)), txn=txn)
    nl.put(service("a", "tcp", [("10.96.0.1", 80)], addresses(2)), service("b", "tcp"), txn=txn)
    nl.append(service("a", endpoints=addresses(2, 5)), service("b", endpoints=addresses(1)), txn=txn)
    for twin in (addresses(1), addresses(1, 6), addresses(1, 20) + addresses(1, 5)):
        expect(errno.EEXIST, nl.append, service("b", endpoints=addresses(1, 30)), service("a", endpoints=twin), txn=txn)
    expect(errno.EINVAL, nl.append, service("a", endpoints=addresses(1, 20) * 2), txn=txn)
    # In between those there are, in any order; and nothing at all.
    nl.append(service("a", endpoints=addresses(2, 2)[::-1]), txn=txn)
    nl.append(service("a"), service("b", endpoints=[]), txn=txn)
    nl.commit(txn)
    equal(nl.service("a")["endpoints"], [(*e, 0) for e in sorted(addresses(4) + addresses(2, 5))], "endpoints of a")
    equal(nl.service("b")["endpoints"], [(*e, 0) for e in addresses(1)], "endpoints of b, after refusals")
    equal(nl.instance()["endpoints"], 7, "endpoints")
    txn = nl.begin()
    expect(errno.ENOENT, nl.append, service("a", endpoints=addresses(1, 90)), txn=txn)
    nl.delete("b", txn=txn)
    expect(errno.ENOENT, nl.append, service("b", endpoints=addresses(1, 90)), txn=txn)
    # A PUT after it begins anew.
    nl.put(service("b", "tcp", [], addresses(1)), txn=txn)
    nl.append(service("b", endpoints=addresses(1, 1)), txn=txn)
    nl.put(service("b", "tcp", [], addresses(1, 2)), txn=txn)
    nl.append(service("b", endpoints=addresses(1, 1)), txn=txn)
    nl.commit(txn)
    equal(nl.service("b")["endpoints"], [(*e, 0) for e in addresses(2, 1)], "endpoints of b, put anew")


def test_largest_set():
    """65,535 endpoints come, are dumped, announced, kept when they are put again, and go."""
    nl, listener, n = start(), Ipsvc(rcvbuf=64 << 20), 65535
    listener.join()
    want = addresses(n)
    txn = nl.begin()
    nl.put(service("big", "tcp", [("10.96.0.1", 80)]), service("z", "tcp", [], addresses(1)), txn=txn)
    pieces(nl, txn, "big", want)
    expect(errno.E2BIG, nl.append, service("big", endpoints=addresses(1, n)), txn=txn)
    nl.commit(txn)
    equal(nl.instance()["endpoints"], n + 1, "endpoints")
    want = sorted((*e, 0) for e in want)
    for bufsize in (4096, 1 << 17):
        got = Ipsvc(bufsize=bufsize).services()
        equal((got["big"]["endpoints"] == want, len(got)), (True, 2), "the dump is complete")
    *announced, generation = events(listener)
    check(len(announced) > 10, f"only {len(announced)} messages")
    equal(join_parts(announced) == got, True, "the notifications are complete")
    equal(generation, 2, "generation")
    error = expect(errno.EMSGSIZE, nl.service, "big")
    check("dump" in error.message, f"it says '{error.message}'")
    with open("/proc/net/ipsvc/endpoints", encoding="ascii") as f:
        equal(len(f.readlines()), n + 2, "lines of /proc")
    nl.put(service("big", "tcp", [], addresses(3)))
    equal(nl.service("big")["endpoints"], [(*e, 0) for e in addresses(3)], "endpoints, put in one message")
    nl.delete("big", "z")
    equal(nl.instance()["endpoints"], 0, "endpoints")


def test_cluster_cidr():
    nl = start()
    mount_sysfs()

    def cluster(*attrs):
        nl.do(C.CMD_INSTANCE_SET, [Attr(C.A_INSTANCE, list(attrs))])
        answer = dict(parse(nl.do(C.CMD_INSTANCE_GET).get(C.A_INSTANCE)))
        return answer.get(C.A_INSTANCE_CLUSTER_ADDRESS), answer.get(C.A_INSTANCE_CLUSTER_PREFIX), sysfs("cluster_cidr")
    address, prefix = Attr(C.A_INSTANCE_CLUSTER_ADDRESS, address16("10.244.0.0")), C.A_INSTANCE_CLUSTER_PREFIX
    equal(sysfs("cluster_cidr"), "none", "cluster_cidr at first")
    equal(cluster(address, Attr(prefix, u8(16))), (address16("10.244.0.0"), u8(16), "10.244.0.0/16"), "cluster")
    equal(cluster(Attr(prefix, u8(0))), (None, None, "none"), "no cluster")
    equal(cluster(Attr(C.A_INSTANCE_CLUSTER_ADDRESS, address16("255.255.255.255")), Attr(prefix, u8(32)))[2],
          "255.255.255.255/32", "the longest")
    cluster(Attr(prefix, u8(0)))
    nl.do(C.CMD_INSTANCE_SET, [Attr(C.A_INSTANCE, [Attr(C.A_INSTANCE_CLUSTER6_ADDRESS, address16("fd00:244::")),
                                                   Attr(C.A_INSTANCE_CLUSTER6_PREFIX, u8(32))])])
    equal(sysfs("cluster_cidr"), "fd00:244::/32", "of IPv6")
    equal(cluster(address, Attr(prefix, u8(16)))[2], "10.244.0.0/16,fd00:244::/32", "of both")
    nl.do(C.CMD_INSTANCE_SET, [Attr(C.A_INSTANCE, [Attr(C.A_INSTANCE_CLUSTER6_PREFIX, u8(0))])])
    equal(sysfs("cluster_cidr"), "10.244.0.0/16", "of IPv4 again")
    equal(nl.generation(), 1, "generation")


def test_caps():
    nl = start()
    mount_sysfs()
    sysfs("services_max", "3")
    sysfs("endpoints_max", "4")
    equal(nl.instance()["services_max"], 3, "services_max")
    nl.new(*(service(f"s{i}", "tcp", [], [("10.0.0.1", 1 + i)]) for i in range(3)))
    expect(errno.ENOSPC, nl.put, service("x", "tcp"))
    nl.put(service("s0", "tcp", None, [("10.0.0.1", 1), ("10.0.0.2", 1)]))
    two = service("s1", "tcp", None, [("10.0.0.1", 2), ("10.0.0.2", 2)])
    expect(errno.ENOSPC, nl.put, two)
    nl.put(service("s0", "tcp", None, [("10.0.0.9", 1)]), two)
    sysfs("endpoints_max", "2")
    nl.put(service("s1", "tcp", None, [("10.0.0.1", 2)]))
    txn = nl.begin()
    nl.delete("s0", txn=txn)
    nl.new(service("s3", "tcp"), txn=txn)
    nl.commit(txn)
    txn = nl.begin()
    for i in range(3):
        nl.new(service(f"t{i}", "tcp"), txn=txn)
    # What is put again counts once.
    nl.set(service("t0", "udp"), txn=txn)
    expect(errno.ENOSPC, nl.new, service("t4", "tcp"), txn=txn)
    expect(errno.ENOSPC, nl.put, service("t1", "tcp", None, [("10.0.0.1", 1 + i) for i in range(3)]), txn=txn)
    nl.append(service("t1", endpoints=[("10.0.0.1", 1)]), txn=txn)
    expect(errno.ENOSPC, nl.append, service("t1", endpoints=[("10.0.0.1", 2), ("10.0.0.1", 3)]), txn=txn)
    expect(errno.ENOSPC, nl.commit, txn)
    equal(set(nl.services()), {"s1", "s2", "s3"}, "services after a refused commit")
    # Less than there are: what does not add to them is still possible.
    sysfs("services_max", "1")
    txn = nl.begin()
    nl.set(service("s2", "udp"), service("s3", "udp"), txn=txn)
    nl.commit(txn)
    equal(nl.service("s2")["proto"], "udp", "protocol")


def test_sysfs():
    start()
    mount_sysfs()
    for name, good, bad in (("services_max", "1", "0"), ("endpoints_max", "16777216", "16777217"),
                            ("flows_max", "7", "-1"), ("timeout_tcp_syn", "1", "0"), ("timeout_udp", "1728000", "1728001"),
                            ("notrack", "0", "2"), ("masquerade_ports", "1024-65535", "5-4"),
                            ("masquerade_ports", "7-7", "0-9"), ("masquerade_ports", "1-2", "1-65536"),
                            ("masquerade_ports", "3-4", "3-4x"), ("masquerade_ports", "5-6", "5"),
                            ("timeout_tcp_closed", "9", ""), ("timeout_tcp_closing", "10", "x"),
                            ("timeout_tcp_established", "11", "1 1"), ("timeout_udp_stream", "12", "4294967297"),
                            ("timeout_txn", "1", "0"), ("cluster_cidr", "10.244.0.0/16", "10.244.0.1/16"),
                            ("cluster_cidr", "10.244.0.1/32", "10.244.0.0"), ("cluster_cidr", "128.0.0.0/1", "0.0.0.0/0"),
                            ("cluster_cidr", "10.0.0.0/8", "10.0.0.0/33"), ("cluster_cidr", "none", "::/0"),
                            ("cluster_cidr", "10.1.0.0/16", "10.0.0.0/8 "), ("cluster_cidr", "10.2.0.0/16", "")):
        sysfs(name, good)
        equal(sysfs(name), good, name)
        try:
            sysfs(name, bad + "\n")
        except OSError as error:
            equal(error.errno, errno.EINVAL, f"error of {name} = {bad!r}")
        else:
            raise AssertionError(f"{name} takes {bad!r}")
        equal(sysfs(name), good, f"{name} after a bad value")
    equal(sysfs("generation"), "1", "generation")
    with open("/proc/net/ipsvc/config", encoding="ascii") as f:
        config = dict(line.rstrip("\n").split(" ", 1) for line in f)
    equal(config, {name: sysfs(name) for name in os.listdir("/sys/class/net/ipsvc0/ipsvc")}, "what procfs says of it")


# ---- transactions ----------------------------------------------------------------------------------------------------

def test_transaction():
    nl = start()
    nl.new(service("old", "tcp", [("10.96.0.1", 80)], [("10.0.0.1", 1)]))
    seen = nl.services()
    txn = nl.begin(2)
    nl.new(a_service(1), a_service(2), txn=txn)
    nl.delete("old", txn=txn)
    nl.new(service("old", "udp", [("10.96.0.1", 80)], [("10.0.0.9", 9)]), txn=txn)
    nl.set(service("ns/s00001", "tcp", None, [("10.0.0.7", 7)]), txn=txn)
    nl.delete("ns/s00002", txn=txn)
    equal(nl.services(), seen, "what is seen before the commit")
    equal(nl.generation(), 2, "generation before the commit")
    equal(nl.commit(txn), 3, "generation after the commit")
    got = nl.services()
    equal(set(got), {"old", "ns/s00001"}, "services")
    equal(got["old"]["proto"], "udp", "protocol of the service that was made anew")
    equal(got["ns/s00001"]["endpoints"], [("10.0.0.7", 7, 0)], "endpoints put after they were made")
    expect(errno.ENOENT, nl.commit, txn)
    equal(nl.commit(nl.begin()), 4, "generation after an empty commit")


def test_transaction_checks():
    """What is staged counts for what is staged next, and a refused request stages nothing."""
    nl = start()
    nl.new(service("a", "tcp"))
    txn = nl.begin()
    nl.new(service("b", "tcp"), txn=txn)
    expect(errno.EEXIST, nl.new, service("c", "tcp"), service("b", "tcp"), txn=txn)
    nl.new(service("c", "tcp"), txn=txn)
    nl.delete("a", "b", txn=txn)
    expect(errno.ENOENT, nl.delete, "a", txn=txn)
    expect(errno.ENOENT, nl.delete, "c", "b", txn=txn)
    nl.put(service("a", "udp"), txn=txn)
    nl.put(service("a", "udp", [("10.96.0.1", 1)]), txn=txn)
    nl.commit(txn)
    equal({name: s["proto"] for name, s in nl.services().items()}, {"a": "udp", "c": "tcp"}, "services")
    equal(nl.service("a")["frontends"], [("10.96.0.1", 1)], "frontends")


def test_commit_refused():
    """The last of many operations is bad: nothing of them happens, and the transaction is over."""
    nl = start()
    nl.new(service("a", "tcp", [("10.96.200.1", 80)]))
    before = (nl.instance(), nl.services())
    txn = nl.begin()
    for i in range(300):
        nl.new(a_service(i), txn=txn)
    nl.delete("a", txn=txn)
    nl.new(service("a", "tcp", [("10.96.200.2", 80)]), txn=txn)
    nl.new(service("z", "tcp", [("10.96.200.2", 80)]), txn=txn)
    expect(errno.EADDRINUSE, nl.commit, txn)
    equal((nl.instance(), nl.services()), before, "what there is after a refused commit")
    expect(errno.ENOENT, nl.abort, txn)
    txn = nl.begin()
    nl.new(service("b", "tcp", [("10.96.200.1", 80)]), txn=txn)
    expect(errno.EADDRINUSE, nl.commit, txn)
    txn = nl.begin()
    nl.new(service("b", "tcp", [("10.96.200.1", 80)]), txn=txn)
    nl.set(service("a", "tcp", []), txn=txn)
    nl.commit(txn)
    equal(nl.service("b")["frontends"], [("10.96.200.1", 80)], "frontend that was moved")


def test_transaction_is_exclusive():
    nl, other = start(), Ipsvc()
    txn = nl.begin()
    expect(errno.EBUSY, nl.begin)
    expect(errno.EBUSY, other.begin)
    for who in (nl, other):
        expect(errno.EBUSY, who.new, service("x", "tcp"))
        expect(errno.EBUSY, who.new, service("x", "tcp"), txn=txn + 1)
        expect(errno.EBUSY, who.commit, txn + 1)
    expect(errno.EBUSY, other.new, service("x", "tcp"), txn=txn)
    expect(errno.EBUSY, other.commit, txn)
    expect(errno.EBUSY, other.abort, txn)
    equal(other.services(), {}, "a dump meanwhile")
    nl.abort(txn)
    check(other.begin() != txn, "a cookie comes twice")


def seconds_of(error):
    """For how long the transaction that is open will be, as the refusal says; from Linux 6.2 on."""
    if tuple(int(n) for n in os.uname().release.split(".")[:2]) < (6, 2):
        check("a transaction is open" in error.message, f"it says '{error.message}'")
        return None
    return int(re.search(r"open, for (\d+) s", error.message).group(1))


def test_time_limit():
    """Who stopped in the middle of a transaction does not block others for ever; who goes on is not disturbed."""
    nl, other = start(), Ipsvc()
    mount_sysfs()
    equal(sysfs("timeout_txn"), "60", "timeout_txn at first")
    nl.begin()
    left = seconds_of(expect(errno.EBUSY, other.begin))
    check(left is None or 50 < left <= 60, f"{left} s of 60 are left")
    sysfs("timeout_txn", "2")
    nl.close()
    for take_over in ("begin", "change"):
        nl = Ipsvc()
        txn = nl.begin()
        for _ in range(3):
            time.sleep(1)
            nl.put(service("x", "tcp"), txn=txn)
            left = seconds_of(expect(errno.EBUSY, other.put, service("y", "tcp")))
            check(left is None or 1 <= left <= 2, f"{left} s of 2 are left")
        time.sleep(2.1)
        if take_over == "change":
            other.put(service("z", "tcp"))
        else:
            mine = other.begin()
        for refused in (lambda txn=txn: nl.put(service("x", "tcp"), txn=txn), lambda txn=txn: nl.commit(txn),
                        lambda txn=txn: nl.abort(txn)):
            error = expect(errno.ENOENT, refused)
            check("timed out" in error.message, f"it says '{error.message}'")
        if take_over == "begin":
            other.put(service("y", "tcp"), txn=mine)
            nl.close()
            other.commit(mine)
    equal(set(nl.services()), {"y", "z"}, "services")
    # Nobody has taken it over: it may go on.
    txn = nl.begin()
    time.sleep(2.1)
    nl.put(service("x", "tcp"), txn=txn)
    nl.commit(txn)
    equal(set(nl.services()), {"x", "y", "z"}, "services")


def test_closing_aborts():
    nl, other = start(), Ipsvc()
    txn = nl.begin()
    for i in range(200):
        nl.new(a_service(i), txn=txn)
    other.close()
    expect(errno.EBUSY, Ipsvc().begin)
    nl.close()
    third = Ipsvc()
    equal(third.services(), {}, "services")
    txn = third.begin()
    third.new(a_service(1), txn=txn)
    third.commit(txn)


def test_stale():
    nl = start()
    expect(errno.ESTALE, nl.begin, 7)
    nl.abort(nl.begin(1))
    nl.new(service("x", "tcp"))
    expect(errno.ESTALE, nl.begin, 1)
    nl.abort(nl.begin(2))


def test_random_changes():
    """Random changes, good and bad, against a plain model of what they should do."""
    nl, rng, model = start(), random.Random(2), {}
    names = [f"r{i}" for i in range(12)]
    for _ in range(much(600)):
        txn = nl.begin() if rng.random() < 0.5 else None
        draft, refused = {k: dict(v) for k, v in model.items()}, False
        for _ in range(rng.randint(1, 5) if txn else 1):
            refused |= not random_op(nl, rng, names, draft, txn)
        if txn:
            try:
                nl.commit(txn)
                check(consistent(draft), "an inconsistent commit is accepted")
                model = draft
            except NlError as error:
                check(not consistent(draft), f"a consistent commit is refused: {error.message}")
        elif not refused:
            model = draft
    check(len(model) > 2, "the model is nearly empty")
    equal(nl.services(), {k: v | {"frontends": sorted(v["frontends"], key=str), "endpoints": sorted(v["endpoints"])}
                          for k, v in model.items()}, "services")


def consistent(model):
    keys = [(s["proto"], fe) for s in model.values() for fe in s["frontends"]]
    return len(keys) == len(set(keys))


def random_op(nl, rng, names, draft, txn):
    """Sends one operation and does it to the draft; returns whether it was accepted, as it should be."""
    kind, name = rng.choice(("put", "new", "set", "delete")), rng.choice(names)
    fes = rng.sample([("10.96.0.1", 1), ("10.96.0.1", 2), ("10.96.0.2", 1), ("10.0.0.1", 1), (None, 30001), (None, 30002)],
                     rng.randint(0, 2))
    eps = [(a, p, rng.randint(0, 1)) for a, p in
           rng.sample([("10.0.0.1", 1), ("10.0.0.1", 2), ("10.0.0.2", 1), ("10.96.0.2", 1)], rng.randint(0, 3))]
    proto, there, after = rng.choice(("tcp", "udp")), name in draft, {k: dict(v) for k, v in draft.items()}
    good = {"put": True, "new": not there, "set": there, "delete": there}[kind]
    if kind == "delete":
        after.pop(name, None)
    else:
        after[name] = {"name": name, "proto": proto, "frontends": fes, "endpoints": eps}
    good = good and (txn is not None or consistent(after))
    try:
        if kind == "delete":
            nl.delete(name, txn=txn)
        else:
            getattr(nl, kind)(service(name, proto, fes, eps), txn=txn)
    except NlError as error:
        check(not good, f"{kind} {name} is refused: {error.message}")
        return False
    check(good, f"{kind} {name} {fes} {eps} is accepted")
    draft.clear()
    draft.update(after)
    return True


TESTS = [(name.removeprefix("test_").replace("_", " "), function)
         for name, function in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    run(TESTS)
