#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The netlink protocol: what is refused, how it says so, and that nothing changes then.

Every operation has a good message here. Each attribute in it is then left out, shortened, lengthened, given twice,
given without the nested flag, and joined by unknown ones; values out of range have a table of their own.
"""
import errno
import os
import random

from nl import (Attr, C, Ipsvc, NlError, address16, be16, check, endpoint, equal, errno_name, family, fresh_instance,
                frontend, much, pack, ranges, run, service, u16, u32, u8, zstr)

A = Attr
KERNEL = tuple(int(n) for n in os.uname().release.split(".")[:2])
EINVAL, EEXIST, ENOENT, ERANGE = errno.EINVAL, errno.EEXIST, errno.ENOENT, errno.ERANGE
nl = None       # pylint: disable=invalid-name # the socket of the tests that need only one
before = None   # pylint: disable=invalid-name # what there was before a request that is refused


def fixture():
    global nl, before  # pylint: disable=global-statement
    fresh_instance()
    nl = Ipsvc()
    first = service("ns/a", "tcp", [("10.96.0.1", 80), (None, 30080)], [("10.0.0.1", 8080), ("10.0.0.2", 8080, 1)])
    first.payload.append(A(C.A_SERVICE_AFFINITY_TIMEOUT, u32(60)))
    nl.new(first,
           service("ns/b", "udp", [("10.96.0.2", 53)], [("10.0.0.3", 53)]))
    before = (nl.instance(), nl.services())


def refused(cmd, attrs, codes, *, text=None, miss=None, blame=True, dump=False, **kwargs):
    """The request fails with one of the codes and a sentence, and changes nothing."""
    codes = codes if isinstance(codes, tuple) else (codes,)
    marks = []
    pack(attrs, 20, marks)
    try:
        if dump:
            nl.dump(cmd, attrs)
        else:
            nl.do(cmd, attrs, **kwargs)
    except NlError as error:
        check(error.errno in codes, f"{errno_name(error.errno)} ({error.message}), not {errno_name(codes[0])}")
        # Before 6.3 the kernel takes none from families at the start of a dump.
        if error.message is None and dump and KERNEL < (6, 3):
            marks = []
        else:
            check(error.message, "no sentence")
        if text:
            check(text in error.message, f"it says '{error.message}', not '{text}'")
        if marks and blame:
            equal(error.offset, marks[0], f"offset of the attribute to blame ('{error.message}')")
        if miss is not None:
            equal(error.miss_type, miss, "missing attribute")
    else:
        fixture()
        raise AssertionError("it is accepted")
    after = (nl.instance(), nl.services())
    if after != before:
        was = before
        fixture()
        equal(after, was, "what there is afterwards")


# ---- good messages, and what becomes of them -------------------------------------------------------------------------

def good_put():
    new = service("ns/new", "tcp", [("10.96.0.9", 80), (None, 30090)], [("10.0.0.9", 80, 1)])
    new.payload += [A(C.A_SERVICE_SCHEDULER, u8(C.SCHEDULER_MAGLEV)), A(C.A_SERVICE_FLAGS, u32(0)),
                    A(C.A_SERVICE_HASH_KEY, b"0123456789abcdef"), A(C.A_SERVICE_HASH_SIZE, u32(5000)),
                    A(C.A_SERVICE_AFFINITY_TIMEOUT, u32(86400)), A(C.A_SERVICE_AFFINITY_PREFIX, u8(32)),
                    ranges(("10.0.0.0", 8), ("10.1.0.0", 16, 1))]
    only = new.payload[4].payload[0]
    only.payload += [A(C.A_ENDPOINT_WEIGHT, u16(3)), A(C.A_ENDPOINT_FLOWS_MAX, u32(9))]
    return [new, A(C.A_CONDITION, u8(C.CONDITION_ABSENT))]


def good_append():
    return [service("ns/new", endpoints=[("10.0.0.9", 80, 1)]), A(C.A_TXN, u32(1))]


def good_affinity(name="ns/a", client="10.1.1.1", ep="10.0.0.1"):
    return [A(C.A_AFFINITY, [
        A(C.A_AFFINITY_SERVICE, zstr(name)), A(C.A_AFFINITY_FAMILY, u8(2)), A(C.A_AFFINITY_CLIENT, address16(client)),
        A(C.A_AFFINITY_ENDPOINT, address16(ep)), A(C.A_AFFINITY_ENDPOINT_PORT, be16(8080)),
        A(C.A_AFFINITY_EXPIRES, u32(50000))])]


def good_packet(source="127.0.0.1", destination="10.96.0.1"):
    return [A(C.A_EXPLAIN, [
        A(C.A_EXPLAIN_FAMILY, u8(2)), A(C.A_EXPLAIN_PROTOCOL, u8(6)), A(C.A_EXPLAIN_SOURCE, address16(source)),
        A(C.A_EXPLAIN_SOURCE_PORT, be16(4000)), A(C.A_EXPLAIN_DESTINATION, address16(destination)),
        A(C.A_EXPLAIN_DESTINATION_PORT, be16(80)), A(C.A_EXPLAIN_IFINDEX, u32(1)), A(C.A_EXPLAIN_MARK, u32(1))])]


def good_key():
    return [service("ns/a")]


def flow_filter():
    ends = [attr for kind in (C.A_FLOW_CLIENT, C.A_FLOW_FRONTEND, C.A_FLOW_ENDPOINT, C.A_FLOW_MASQUERADE)
            for attr in (A(kind, address16("10.0.0.1")), A(kind + 1, be16(80)))]
    return [A(C.A_FLOW, [A(C.A_FLOW_SERVICE, zstr("ns/a")), A(C.A_FLOW_FAMILY, u8(2)), A(C.A_FLOW_PROTOCOL, u8(6))] + ends + [
        A(C.A_FLOW_STATE, u8(1))])]


# Operation: message, dump?, attributes that must be there (paths of types).
SERVICE_PATHS = [(C.A_SERVICE,), (C.A_SERVICE, C.A_SERVICE_NAME), (C.A_SERVICE, C.A_SERVICE_FAMILY)]
ENDPOINT_PATHS = [
    (C.A_SERVICE, C.A_SERVICE_ENDPOINTS, C.A_ENDPOINT, C.A_ENDPOINT_ADDRESS),
    (C.A_SERVICE, C.A_SERVICE_ENDPOINTS, C.A_ENDPOINT, C.A_ENDPOINT_PORT),
]
FRONTEND_PATHS = [
    (C.A_SERVICE, C.A_SERVICE_FRONTENDS, C.A_FRONTEND, C.A_FRONTEND_CLASS),
    (C.A_SERVICE, C.A_SERVICE_FRONTENDS, C.A_FRONTEND, C.A_FRONTEND_ADDRESS),
    (C.A_SERVICE, C.A_SERVICE_FRONTENDS, C.A_FRONTEND, C.A_FRONTEND_PORT),
]
RANGE_PATHS = [
    (C.A_SERVICE, C.A_SERVICE_RANGES, C.A_RANGE, C.A_RANGE_ADDRESS),
    (C.A_SERVICE, C.A_SERVICE_RANGES, C.A_RANGE, C.A_RANGE_PREFIX),
]
OPS = {
    "instance_get": (C.CMD_INSTANCE_GET, lambda: [], False, []),
    "service_get": (C.CMD_SERVICE_GET, good_key, False, SERVICE_PATHS),
    "service_get dump": (C.CMD_SERVICE_GET, lambda: [], True, []),
    "service_put": (C.CMD_SERVICE_PUT, good_put, False,
                    SERVICE_PATHS + [(C.A_SERVICE, C.A_SERVICE_PROTOCOL)] + FRONTEND_PATHS + ENDPOINT_PATHS + RANGE_PATHS),
    "service_append": (C.CMD_SERVICE_APPEND, good_append, False, SERVICE_PATHS + ENDPOINT_PATHS + [(C.A_TXN,)]),
    "service_del": (C.CMD_SERVICE_DEL, good_key, False, SERVICE_PATHS),
    "txn_begin": (C.CMD_TXN_BEGIN, lambda: [A(C.A_GENERATION, u32(2))], False, []),
    "txn_commit": (C.CMD_TXN_COMMIT, lambda: [A(C.A_TXN, u32(1))], False, [(C.A_TXN,)]),
    "txn_abort": (C.CMD_TXN_ABORT, lambda: [A(C.A_TXN, u32(1))], False, [(C.A_TXN,)]),
    "flow_get": (C.CMD_FLOW_GET, flow_filter, True, []),
    "flow_del": (C.CMD_FLOW_DEL, flow_filter, False, []),
    "affinity_get": (C.CMD_AFFINITY_GET, lambda: [good_affinity()[0].part(2)], True, []),
    "affinity_put": (C.CMD_AFFINITY_PUT, good_affinity, False, [(C.A_AFFINITY,)] + [
        (C.A_AFFINITY, kind) for kind in range(C.A_AFFINITY_SERVICE, C.A_AFFINITY_EXPIRES + 1)]),
    "affinity_del": (C.CMD_AFFINITY_DEL, lambda: [good_affinity()[0].part(3)], False, []),
    "explain": (C.CMD_EXPLAIN, good_packet, False, [(C.A_EXPLAIN,)] + [
        (C.A_EXPLAIN, kind) for kind in (C.A_EXPLAIN_FAMILY, C.A_EXPLAIN_PROTOCOL, C.A_EXPLAIN_DESTINATION,
                                         C.A_EXPLAIN_DESTINATION_PORT)]),
    "stats_get": (C.CMD_STATS_GET, lambda: [], False, []),
    "instance_set": (C.CMD_INSTANCE_SET, lambda: [A(C.A_INSTANCE, [
        A(C.A_INSTANCE_CLUSTER_ADDRESS, address16("10.244.0.0")), A(C.A_INSTANCE_CLUSTER_PREFIX, u8(16)),
        A(C.A_INSTANCE_CLUSTER_LINK, zstr("cali+"))])], False,
        [(C.A_INSTANCE,), (C.A_INSTANCE, C.A_INSTANCE_CLUSTER_ADDRESS), (C.A_INSTANCE, C.A_INSTANCE_CLUSTER_PREFIX)]),
}
MULTI = {(C.A_AFFINITY,), (C.A_SERVICE,), (C.A_SERVICE, C.A_SERVICE_FRONTENDS, C.A_FRONTEND),
         (C.A_SERVICE, C.A_SERVICE_ENDPOINTS, C.A_ENDPOINT), (C.A_SERVICE, C.A_SERVICE_RANGES, C.A_RANGE)}
MEMBERS = {C.A_SERVICE_FRONTENDS: "frontends", C.A_SERVICE_ENDPOINTS: "endpoints"}


def walk(attrs, path=()):
    """Every attribute of a message with its path, its list and its index in that."""
    for i, attr in enumerate(attrs):
        here = path + (attr.type,)
        yield here, attrs, i
        if isinstance(attr.payload, list):
            yield from walk(attr.payload, here)


def variants(build):
    """(what was done, path, message, codes, missing type)."""
    places = [path for path, _, _ in walk(build())]
    seen = set()
    for n, path in enumerate(places):
        if path in seen:
            continue
        seen.add(path)

        def mutated(change, n=n):
            message = build()
            _, attrs, i = list(walk(message))[n]
            change(attrs, i)
            return message

        def replace(payload, **kwargs):
            def change(attrs, i):
                attrs[i] = A(attrs[i].type, payload(attrs[i].payload), mark=True, **kwargs)
            return change

        def insert(where, attr):
            return lambda attrs, i: attrs.insert(i + where, attr)

        nested = isinstance(list(walk(build()))[n][1][list(walk(build()))[n][2]].payload, list)
        yield "left out", path, mutated(lambda attrs, i: attrs.pop(i)), (EINVAL,), path[-1]
        if nested:
            yield "not flagged as nested", path, mutated(replace(lambda p: p, nested=False)), (EINVAL,), None
            yield "a nest of 3 bytes", path, mutated(replace(lambda p: b"\1\2\3", nested=True)), (EINVAL, ERANGE), None
        else:
            yield "empty", path, mutated(replace(lambda p: b"")), (EINVAL, ERANGE), None
            yield "one byte short", path, mutated(replace(lambda p: p[:-1])), (EINVAL, ERANGE), None
            yield "one byte long", path, mutated(replace(lambda p: p + b"\1")), (EINVAL, ERANGE), None
            yield "flagged as nested", path, mutated(replace(lambda p: p, nested=True)), (EINVAL, ERANGE), None
        if path not in MULTI:
            twin = list(walk(build()))[n]
            again = twin[1][twin[2]].copy()
            again.mark = True
            yield "given twice", path, mutated(insert(1, again)), (EINVAL,), None
        yield "beside an unknown one", path, mutated(insert(1, A(200, b"\0" * 4, mark=True))), (EINVAL,), None
        yield "beside one of type 0", path, mutated(insert(0, A(0, b"\0" * 4, mark=True))), (EINVAL,), None


def mutation_tests():
    for op, (cmd, build, dump, required) in OPS.items():
        message = build()
        for attr in (A(100, b"", mark=True), A(0, b"", mark=True), A(C.A_STAT, [], mark=True)):
            yield (f"{op}: with attribute {attr.type}", lambda cmd=cmd, message=message, attr=attr, dump=dump:
                   refused(cmd, message + [attr], EINVAL, dump=dump))
        for what, path, mutant, codes, missing in variants(build):
            if what == "left out" and path not in required:
                continue
            # A name one byte short has lost its zero; one byte long goes on after it.
            yield (f"{op}: {'.'.join(map(str, path))} {what}",
                   lambda cmd=cmd, mutant=mutant, codes=codes, missing=missing, dump=dump:
                   refused(cmd, mutant, codes, miss=missing, dump=dump))


def test_good_messages():
    """The mutants are refused for what was done to them, not because the originals were wrong."""
    for op, (cmd, build, dump, _) in OPS.items():
        if op.startswith("txn_") or op == "service_append":
            continue
        fixture()
        try:
            (nl.dump if dump else nl.do)(cmd, build())
        except NlError as error:
            raise AssertionError(f"{op}: {error}") from error
    fixture()


# ---- values ----------------------------------------------------------------------------------------------------------

def head(proto=6, name="ns/new"):
    return [A(C.A_SERVICE_NAME, zstr(name)), family(), A(C.A_SERVICE_PROTOCOL, u8(proto))]


def fe_attr(*attrs):
    return [A(C.A_SERVICE, [*head(), A(C.A_SERVICE_FRONTENDS, [A(C.A_FRONTEND, list(attrs))])])]


def ep_attr(*attrs):
    return [A(C.A_SERVICE, [*head(), A(C.A_SERVICE_ENDPOINTS, [A(C.A_ENDPOINT, list(attrs))])])]


def named(name, mark=True):
    return [A(C.A_SERVICE, [A(C.A_SERVICE_NAME, name, mark=mark), family(), A(C.A_SERVICE_PROTOCOL, u8(6))])]


def ipv6(list_, member, *attrs):
    """A service of IPv6 with one member in one list."""
    return [A(C.A_SERVICE, [A(C.A_SERVICE_NAME, zstr("x")), A(C.A_SERVICE_FAMILY, u8(10)), A(C.A_SERVICE_PROTOCOL, u8(6)),
                            A(list_, [A(member, list(attrs))])])]


def key(name, af, mark_family=False):
    return A(C.A_SERVICE, [A(C.A_SERVICE_NAME, name, mark=not mark_family), A(C.A_SERVICE_FAMILY, u8(af), mark=mark_family)])


def marked(attr):
    attr.mark = True
    return attr


CLASS, FE_ADDR, FE_PORT = C.A_FRONTEND_CLASS, C.A_FRONTEND_ADDRESS, C.A_FRONTEND_PORT
EP_ADDR, EP_PORT, EP_FLAGS = C.A_ENDPOINT_ADDRESS, C.A_ENDPOINT_PORT, C.A_ENDPOINT_FLAGS
BAD_ADDRESSES = ["0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "169.254.1.1", "224.0.0.1", "239.1.1.1",
                 "255.255.255.255"]


ABSENT, PRESENT = (A(C.A_CONDITION, u8(value)) for value in (C.CONDITION_ABSENT, C.CONDITION_PRESENT))


def value_tests():
    new, delete = C.CMD_SERVICE_PUT, C.CMD_SERVICE_DEL
    table = []

    def case(name, cmd, attrs, codes, **kwargs):
        table.append((name, lambda: refused(cmd, attrs, codes, **kwargs)))

    for name, value in {"empty": b"\0", "no zero": b"abc", "192 bytes": zstr("x" * 192), "a zero inside": b"a\0b\0",
                        "a space": b"a b\0", "a tab": b"a\tb\0", "a newline": b"a\n\0", "DEL": b"a\x7f\0",
                        "UTF-8": "ä".encode() + b"\0", "byte 255": b"\xff\0"}.items():
        case(f"name: {name}", new, named(value), (EINVAL, ERANGE))
        case(f"name: {name}, del", delete, [key(value, 2)], (EINVAL, ERANGE))
        case(f"name: {name}, get", C.CMD_SERVICE_GET, [key(value, 2)], (EINVAL, ERANGE))
    for af, codes in {3: EINVAL, 9: EINVAL, 1: ERANGE, 11: ERANGE, 0: ERANGE, 255: ERANGE}.items():
        bad = key(zstr("ns/a"), af, mark_family=True)
        case(f"family {af}, put", new, [A(C.A_SERVICE, bad.payload + [A(C.A_SERVICE_PROTOCOL, u8(6))])], codes)
        case(f"family {af}, del", delete, [bad], codes)
        case(f"family {af}, get", C.CMD_SERVICE_GET, [bad], codes)
        case(f"flows of family {af}", C.CMD_FLOW_GET, [A(C.A_FLOW, [A(C.A_FLOW_FAMILY, u8(af), mark=True)])], codes, dump=True)
    for proto in (0, 1, 5, 7, 16, 18, 131, 133, 255):
        case(f"protocol {proto}", new, [A(C.A_SERVICE, head()[:2] + [A(C.A_SERVICE_PROTOCOL, u8(proto), mark=True)])],
             (EINVAL, ERANGE))
        case(f"flows of protocol {proto}", C.CMD_FLOW_GET, [A(C.A_FLOW, [A(C.A_FLOW_PROTOCOL, u8(proto), mark=True)])],
             (EINVAL, ERANGE), dump=True)
    for state in (0, 7, 255):
        case(f"flows of state {state}", C.CMD_FLOW_GET, [A(C.A_FLOW, [A(C.A_FLOW_STATE, u8(state), mark=True)])], ERANGE, dump=True)
    case("flows of an address of the other family", C.CMD_FLOW_DEL, [A(C.A_FLOW, [
        A(C.A_FLOW_FAMILY, u8(2)), A(C.A_FLOW_CLIENT, address16("fd00::1"), mark=True)])], EINVAL)
    case("delete flows of no service", C.CMD_FLOW_DEL, [A(C.A_FLOW, [A(C.A_FLOW_SERVICE, zstr("ns/x"), mark=True)])], ENOENT)
    for class_ in (0, 5, 255):
        case(f"class {class_}", new, fe_attr(A(CLASS, u8(class_), mark=True), A(FE_ADDR, address16("10.96.0.9")),
                                             A(FE_PORT, be16(80))), (EINVAL, ERANGE))
    case("frontend port 0", new, fe_attr(A(CLASS, u8(1)), A(FE_ADDR, address16("10.96.0.9")), A(FE_PORT, be16(0), mark=True)),
         ERANGE)
    case("endpoint port 0", new, ep_attr(A(EP_ADDR, address16("10.0.0.9")), A(EP_PORT, be16(0), mark=True)), ERANGE)
    case("node port with an address", new,
         fe_attr(A(CLASS, u8(2)), A(FE_ADDR, address16("10.96.0.9"), mark=True), A(FE_PORT, be16(80))), EINVAL)
    for condition in (0, 3, 255):
        case(f"condition {condition}", new, [service("x", "tcp"), A(C.A_CONDITION, u8(condition), mark=True)], ERANGE)
    case("one packet of TCP", new, [A(C.A_SERVICE, head() + [A(C.A_SERVICE_FLAGS, u32(1), mark=True)])], EINVAL,
         text="UDP")
    case("service flags 0x80000000", new, [A(C.A_SERVICE, head(17) + [
        A(C.A_SERVICE_FLAGS, u32(0x80000000), mark=True)])], EINVAL)
    case("affinity of more than a day", new, [A(C.A_SERVICE, head() + [
        A(C.A_SERVICE_AFFINITY_TIMEOUT, u32(86401), mark=True)])], ERANGE)
    case("a prefix of 33", new, [A(C.A_SERVICE, head() + [A(C.A_SERVICE_AFFINITY_PREFIX, u8(33), mark=True)])], ERANGE)
    for name, (codes, *given) in {
            "a prefix of 33 in a range": (ERANGE, ("10.0.0.0", 33)),
            "a range with bits beyond the prefix": (EINVAL, ("10.0.0.1", 8)),
            "all clients by an address": (EINVAL, ("10.0.0.0", 0)),
            "a range of IPv6": (EINVAL, ("fd00::", 16)),
            "a range twice": (EINVAL, ("10.0.0.0", 8), ("10.0.0.0", 8, 1)),
            "513 ranges": (errno.E2BIG, *((f"10.{i >> 8}.{i & 255}.0", 24) for i in range(513)))}.items():
        case(name, new, [A(C.A_SERVICE, head() + [ranges(*given)])], codes)
    for name, what in {"of no service": {"name": "ns/x"}, "of a service without": {"name": "ns/b"},
                       "of no endpoint": {"ep": "10.0.0.3"}, "of one that drains": {"ep": "10.0.0.2"}}.items():
        case(f"affinity {name}", C.CMD_AFFINITY_PUT, good_affinity() + [marked(good_affinity(**what)[0])], ENOENT)
    case("affinity of an IPv6 client", C.CMD_AFFINITY_PUT, good_affinity(client="fd00::1"), EINVAL, blame=False)
    case("clients of no service", C.CMD_AFFINITY_GET, [marked(good_affinity("ns/x")[0].part(1))], ENOENT, dump=True)
    case("a packet by no link", C.CMD_EXPLAIN, [A(C.A_EXPLAIN, good_packet()[0].payload[:6] + [
        A(C.A_EXPLAIN_IFINDEX, u32(12345))], mark=True)], errno.ENODEV)
    case("a packet of two families", C.CMD_EXPLAIN, [A(C.A_EXPLAIN, [
        A(C.A_EXPLAIN_FAMILY, u8(2)), A(C.A_EXPLAIN_PROTOCOL, u8(6)), A(C.A_EXPLAIN_DESTINATION_PORT, be16(80)),
        A(C.A_EXPLAIN_DESTINATION, bytes.fromhex("fd00" + "0" * 28), mark=True)])], EINVAL)
    case("forget clients of no service", C.CMD_AFFINITY_DEL, [marked(good_affinity("ns/b")[0].part(1))], ENOENT)
    for scheduler in (8, 255):
        case(f"scheduler {scheduler}", new, [A(C.A_SERVICE, head() + [
            A(C.A_SERVICE_SCHEDULER, u8(scheduler), mark=True)])], ERANGE)
    for flags in (8, 0x80000000, 0xffffffff):
        case(f"frontend flags {flags:#x}", new,
             fe_attr(A(CLASS, u8(1)), A(FE_ADDR, address16("10.96.0.9")), A(FE_PORT, be16(80)),
                     A(C.A_FRONTEND_FLAGS, u32(flags), mark=True)), EINVAL)
        case(f"endpoint flags {flags:#x}", new,
             ep_attr(A(EP_ADDR, address16("10.0.0.9")), A(EP_PORT, be16(80)), A(EP_FLAGS, u32(flags), mark=True)), EINVAL)
    for address in BAD_ADDRESSES:
        case(f"cluster IP {address}", new, fe_attr(A(CLASS, u8(1)), A(FE_ADDR, address16(address), mark=True),
                                                   A(FE_PORT, be16(80))), EINVAL)
        case(f"endpoint {address}", new, ep_attr(A(EP_ADDR, address16(address), mark=True), A(EP_PORT, be16(80))), EINVAL)
    for address in (bytes(16), bytes(15) + b"\1", bytes.fromhex("20010db8" + "0" * 24), bytes(12) + b"\n\0\0\t"):
        case(f"endpoint {address.hex()}", new, ep_attr(A(EP_ADDR, address, mark=True), A(EP_PORT, be16(80))), EINVAL,
             text="mapped")
        case(f"cluster IP {address.hex()}", new, fe_attr(A(CLASS, u8(1)), A(FE_ADDR, address, mark=True),
                                                         A(FE_PORT, be16(80))), EINVAL, text="mapped")
    for address, text in {"::": "global", "::1": "global", "fe80::1": "global", "ff02::1": "global", "ff0e::1": "global",
                          "10.0.0.1": "mapped", "0.0.0.0": "mapped"}.items():
        case(f"IPv6 endpoint {address}", new, ipv6(C.A_SERVICE_ENDPOINTS, C.A_ENDPOINT, A(
            EP_ADDR, address16(address), mark=True), A(EP_PORT, be16(80))), EINVAL, text=text)
        case(f"IPv6 cluster IP {address}", new, ipv6(C.A_SERVICE_FRONTENDS, C.A_FRONTEND, A(CLASS, u8(1)), A(
            FE_ADDR, address16(address), mark=True), A(FE_PORT, be16(80))), EINVAL, text=text)
    case("an IPv6 service of the name of an IPv4 one", C.CMD_SERVICE_GET, [A(C.A_SERVICE, [
        A(C.A_SERVICE_NAME, zstr("ns/a")), A(C.A_SERVICE_FAMILY, u8(10))], mark=True)], ENOENT)
    case("a frontend twice", new, [A(C.A_SERVICE, [*head(), A(C.A_SERVICE_FRONTENDS, [
        frontend("10.96.0.9", 80), frontend("10.96.0.8", 80), marked(frontend("10.96.0.9", 80, 1))])])], EINVAL,
         text="frontend twice")
    case("an endpoint twice", new, [A(C.A_SERVICE, [*head(), A(C.A_SERVICE_ENDPOINTS, [
        endpoint("10.0.0.9", 80), endpoint("10.0.0.9", 80, 1)])])], EINVAL, text="endpoint twice")
    case("65 frontends", new, [service("x", "tcp", [("10.96.1.1", 1 + i) for i in range(65)])], errno.E2BIG)
    for flag in ("connections", "flows"):
        kind = getattr(C, f"A_SERVICE_{flag.upper()}")
        case(f"{flag} in a request", new, [A(C.A_SERVICE, head() + [
            A(kind, b"\0" * (8 if flag == "connections" else 4), mark=True)])], EINVAL)
    case("no service", new, [], EINVAL, miss=C.A_SERVICE)
    case("there already", new, [service("ns/a", "tcp", mark=True), ABSENT], EEXIST)
    case("there already, among others", new, [service("x", "tcp"), service("ns/a", "tcp", mark=True), ABSENT], EEXIST)
    case("put twice in a request", new, [service("x", "tcp"), service("x", "udp", mark=True)], EINVAL, text="twice")
    case("removed twice in a request", delete, [service("ns/a"), service("ns/a", mark=True)], EINVAL, text="twice")
    case("not there", new, [service("ns/c", "tcp", mark=True), PRESENT], ENOENT)
    case("not there, among others", new, [service("ns/a", "tcp"), service("ns/c", "tcp", mark=True), PRESENT], ENOENT)
    case("a condition for removing", delete, [service("ns/a"), A(C.A_CONDITION, u8(2), mark=True)], EINVAL)
    case("remove what there is not", delete, [service("ns/c", mark=True)], ENOENT)
    case("get what there is not", C.CMD_SERVICE_GET, [service("ns/c", mark=True)], ENOENT)
    case("flows of what there is not", C.CMD_FLOW_GET, [A(C.A_FLOW, [A(C.A_FLOW_SERVICE, zstr("ns/c"), mark=True)])],
         ENOENT, dump=True)
    case("remove with a protocol", delete, [A(C.A_SERVICE, head(name="ns/a")[:2] + [
        A(C.A_SERVICE_PROTOCOL, u8(6), mark=True)])], EINVAL)
    case("the last of many is bad", new,
         [service(f"x{i}", "tcp", [("10.96.9.1", 1 + i)], [("10.0.9.1", 80)]) for i in range(20)] +
         [service("ns/a", "tcp", mark=True), ABSENT], EEXIST)
    append_cases(case)
    cluster_cases(case)
    conflict_cases(case)
    state_cases(case)
    return table


def append_cases(case):
    append, more = C.CMD_SERVICE_APPEND, [("10.0.9.9", 1)]
    case("append without a transaction", append, [service("ns/a", endpoints=more)], EINVAL, miss=C.A_TXN)
    case("append in no transaction", append, [service("ns/a", endpoints=more), A(C.A_TXN, u32(7), mark=True)], ENOENT)
    for name, attr in {"a protocol": A(C.A_SERVICE_PROTOCOL, u8(6), mark=True),
                       "frontends": A(C.A_SERVICE_FRONTENDS, [], mark=True)}.items():
        case(f"append {name}", append, [A(C.A_SERVICE, head()[:2] + [attr]), A(C.A_TXN, u32(1))], EINVAL)


def cluster_cases(case):
    def cluster(address, prefix, mark="address"):
        return [A(C.A_INSTANCE, [A(C.A_INSTANCE_CLUSTER_ADDRESS, address, mark=mark == "address"),
                                 A(C.A_INSTANCE_CLUSTER_PREFIX, u8(prefix), mark=mark == "prefix")])]
    case("cluster with bits beyond the prefix", C.CMD_INSTANCE_SET, cluster(address16("10.244.0.1"), 31), EINVAL,
         text="beyond")
    case("cluster of IPv6", C.CMD_INSTANCE_SET, cluster(bytes.fromhex("20010db8" + "0" * 24), 16), EINVAL, text="mapped")
    for address, prefix, text in (("10.244.0.0", 16, "mapped"), ("fd00::1", 127, "beyond")):
        case(f"cluster6 {address}", C.CMD_INSTANCE_SET, [A(C.A_INSTANCE, [
            A(C.A_INSTANCE_CLUSTER6_ADDRESS, address16(address), mark=True),
            A(C.A_INSTANCE_CLUSTER6_PREFIX, u8(prefix))])], EINVAL, text=text)
    for prefix in (129, 255):
        case(f"cluster6 prefix {prefix}", C.CMD_INSTANCE_SET, [A(C.A_INSTANCE, [
            A(C.A_INSTANCE_CLUSTER6_PREFIX, u8(prefix), mark=True)])], ERANGE)
    for prefix in (33, 96, 255):
        case(f"cluster prefix {prefix}", C.CMD_INSTANCE_SET, cluster(address16("10.0.0.0"), prefix, "prefix"), ERANGE)
    case("an instance that is only to be read", C.CMD_INSTANCE_SET, [A(C.A_INSTANCE, [
        A(C.A_INSTANCE_SERVICES_MAX, u32(1), mark=True), A(C.A_INSTANCE_CLUSTER_PREFIX, u8(0))])], EINVAL)


def conflict_cases(case):
    new, in_use = C.CMD_SERVICE_PUT, errno.EADDRINUSE

    def fe_service(name, proto, *fes, eps=()):
        return A(C.A_SERVICE, [*head(proto, name), A(C.A_SERVICE_FRONTENDS, list(fes)),
                               A(C.A_SERVICE_ENDPOINTS, list(eps))])

    case("frontend of another service", new, [fe_service("x", 6, frontend("10.96.0.9", 1),
                                                         marked(frontend("10.96.0.1", 80)))], in_use)
    case("node port of another service", new, [fe_service("x", 6, marked(frontend(None, 30080)))], in_use)
    case("frontend of another service, of one that is there", new,
         [fe_service("ns/b", 6, marked(frontend("10.96.0.1", 80)))], in_use)
    case("two that want the same frontend", new, [fe_service("x", 6, frontend("10.96.0.9", 80)),
                                                  fe_service("y", 6, marked(frontend("10.96.0.9", 80)))], in_use)
    case("two that want the same node port", new, [fe_service("x", 6, frontend(None, 30099)),
                                                   fe_service("y", 6, marked(frontend(None, 30099)))], in_use)


def state_cases(case):
    case("commit of nothing", C.CMD_TXN_COMMIT, [A(C.A_TXN, u32(1), mark=True)], ENOENT)
    case("abort of nothing", C.CMD_TXN_ABORT, [A(C.A_TXN, u32(1), mark=True)], ENOENT)
    case("a change in no transaction", C.CMD_SERVICE_DEL, [service("ns/a"), A(C.A_TXN, u32(1), mark=True)], ENOENT)
    case("cookie 0", C.CMD_TXN_COMMIT, [A(C.A_TXN, u32(0), mark=True)], ERANGE)
    case("begin of another generation", C.CMD_TXN_BEGIN, [A(C.A_GENERATION, u32(99), mark=True)], errno.ESTALE)
    case("bytes after the attributes", C.CMD_SERVICE_DEL, [], EINVAL, payload=pack([service("ns/a")]) + b"\1\2\3")
    case("reserved bits of the header", C.CMD_INSTANCE_GET, [], EINVAL, reserved=1)


def core_refused(cmd, code, **kwargs):
    try:
        (nl.dump if kwargs.pop("dump", False) else nl.do)(cmd, **kwargs)
    except NlError as error:
        equal(errno_name(error.errno), errno_name(code), "error")
    else:
        raise AssertionError("it is accepted")


def test_unknown_commands():
    # What would be NLM_F_EXCL and NLM_F_REPLACE of others.
    for flag in (0x100, 0x200, 0x400, 0x800):
        nl.send(C.CMD_SERVICE_PUT, [service("x", "tcp")], 4 | flag)
        try:
            nl.answer()
        except NlError as error:
            equal(errno_name(error.errno), "EINVAL", "error")
        else:
            raise AssertionError(f"flag {flag:#x} is accepted")
    for cmd in (0, C.CMD_SERVICE_NTF, C.CMD_SERVICE_DEL_NTF, C.CMD_COMMIT_NTF, C.CMD_EXPLAIN + 1, 255):
        core_refused(cmd, errno.EOPNOTSUPP)
        core_refused(cmd, errno.EOPNOTSUPP, dump=True)
    core_refused(C.CMD_FLOW_GET, errno.EOPNOTSUPP)
    core_refused(C.CMD_INSTANCE_GET, errno.EOPNOTSUPP, dump=True)


def test_largest():
    """What is just not too much is accepted, and comes back whole."""
    fixture()
    fes = [("10.96.1.1", 1 + i) for i in range(63)] + [(None, 31000)]
    eps = [(f"10.1.{i // 250}.{1 + i % 250}", 8080, i % 2) for i in range(1000)]
    name = "x" * 191
    nl.new(service(name, "udp", fes, eps))
    got = nl.service(name)
    equal(got["frontends"], sorted(fes, key=str), "frontends")
    equal(got["endpoints"], sorted(eps), "endpoints")
    equal(nl.services()[name], got, "dump")
    for small in (4096, 8192):
        equal(Ipsvc(bufsize=small).services()[name], got, f"dump with a buffer of {small}")
    fixture()


def test_fuzz():
    """Damaged messages: whatever is answered, only an accepted one makes a new generation."""
    fixture()
    rng = random.Random(1)
    messages = [(cmd, pack(build())) for op, (cmd, build, dump, _) in OPS.items() if not dump]
    accepted = 0
    for _ in range(much(1000)):
        cmd, payload = rng.choice(messages)
        payload = bytearray(payload)
        for _ in range(rng.randint(0, 3)):
            if payload:
                payload[rng.randrange(len(payload))] = rng.choice((0, 1, 2, 4, 255, rng.randrange(256)))
        if payload and rng.random() < 0.1:
            del payload[rng.randrange(len(payload)):]
        generation = nl.generation()
        try:
            nl.do(cmd, payload=bytes(payload))
        except NlError:
            equal(nl.generation(), generation, "generation")
        else:
            accepted += 1
            changes = cmd in (C.CMD_SERVICE_PUT, C.CMD_SERVICE_DEL, C.CMD_TXN_COMMIT)
            equal(nl.generation(), generation + changes, "generation")
            if nl.instance()["services"] != 2:
                fixture()
    check(accepted > 5, f"only {accepted} accepted")
    fixture()


if __name__ == "__main__":
    fixture()
    run([("good messages", test_good_messages), *mutation_tests(), *value_tests(),
         ("unknown commands", test_unknown_commands), ("the largest service", test_largest), ("fuzz", test_fuzz)])
