# SPDX-License-Identifier: GPL-2.0-or-later
"""Generic netlink by hand, for tests of the protocol: messages are built attribute by attribute, also wrong ones.

An attribute is Attr(type, payload) with payload bytes or a list of attributes; one of a message may be marked as the
one that the kernel is to blame. Values come from the uapi header, so that a test cannot disagree with it.
"""
import ctypes
import errno
import os
import re
import socket
import struct
import sys

NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_DUMP_INTR, NLM_F_DUMP = 1, 2, 4, 0x10, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSGERR_MSG, NLMSGERR_OFFS, NLMSGERR_MISS_TYPE, NLMSGERR_MISS_NEST = 1, 2, 5, 6
NLA_F_NESTED = 0x8000
NETLINK_GENERIC, SO_RCVBUFFORCE = 16, 33
SOL_NETLINK, ADD_MEMBERSHIP, CAP_ACK, EXT_ACK = 270, 1, 10, 11
CTRL_ID, CTRL_GETFAMILY, CTRL_NAME, CTRL_FAMILY_ID, CTRL_MCAST_GROUPS = 16, 3, 2, 1, 7
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def much(n):
    """So many rounds or objects of what is done at random or in bulk; fewer where the machine is slow."""
    return n // 3 if os.environ.get("KSFT_MACHINE_SLOW") == "yes" else n



def header_constants():
    """All enumerators and numbers of the uapi header."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../include/uapi/linux/ipsvc.h")
    with open(path, encoding="ascii") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    names = {name: int(value) for name, value in re.findall(r"^#define\s+(IPSVC_\w+)\s+(\d+)\s*$", text, re.M)}
    for body in re.findall(r"enum\s+\w+\s*\{(.*?)\}", text, re.S):
        value = -1
        for item in filter(None, (item.strip() for item in body.split(","))):
            name, _, expr = (part.strip() for part in item.partition("="))
            value = value + 1 if not expr else int(expr) if expr.isdigit() else None
            if value is None:
                break
            names[name] = value
    return names


class C:
    """The constants without their prefix: C.CMD_SERVICE_PUT, C.A_TXN…"""


for _name, _value in header_constants().items():
    setattr(C, _name.removeprefix("IPSVC_"), _value)


class Attr:
    def __init__(self, type_, payload=b"", mark=False, nested=None, length=None):
        self.type, self.payload, self.mark = type_, payload, mark
        self.nested = isinstance(payload, list) if nested is None else nested
        self.length = length

    def copy(self):
        payload = [a.copy() for a in self.payload] if isinstance(self.payload, list) else self.payload
        return Attr(self.type, payload, self.mark, self.nested, self.length)

    def part(self, n):
        """Of a nest the first so many members."""
        return Attr(self.type, self.payload[:n])

    def pack(self, offset, marks):
        if self.mark:
            marks.append(offset)
        body = pack(self.payload, offset + 4, marks) if isinstance(self.payload, list) else self.payload
        length = 4 + len(body) if self.length is None else self.length
        return struct.pack("=HH", length, self.type | (NLA_F_NESTED if self.nested else 0)) + body + bytes(-len(body) % 4)


def pack(attrs, offset=0, marks=None):
    out = b""
    marks = [] if marks is None else marks
    for attr in attrs:
        out += attr.pack(offset + len(out), marks)
    return out


def parse(data):
    """A list of (type, payload)."""
    out = []
    while len(data) >= 4:
        length, type_ = struct.unpack_from("=HH", data)
        assert length >= 4, "attribute shorter than its header"
        out.append((type_ & 0x3FFF, data[4:length]))
        data = data[(length + 3) & ~3:]
    return out


def u8(v):
    return struct.pack("=B", v)


def u16(v):
    return struct.pack("=H", v)


def u32(v):
    return struct.pack("=I", v)


def be16(v):
    return struct.pack(">H", v)


def address16(text):
    """Of an IPv6 address, or of an IPv4 address, mapped to IPv6."""
    return socket.inet_pton(socket.AF_INET6, text if ":" in text else f"::ffff:{text}")


def address_text(data):
    check(data[:12] == address16("0.0.0.0")[:12], f"{data.hex()} is not a mapped address")
    return socket.inet_ntoa(data[12:])


def zstr(text):
    return (text if isinstance(text, bytes) else text.encode()) + b"\0"


class NlError(OSError):
    def __init__(self, code, message, offset, miss_type, miss_nest):
        super().__init__(code, message or os.strerror(code))
        self.message, self.offset, self.miss_type, self.miss_nest = message, offset, miss_type, miss_nest


class Message:
    def __init__(self, cmd, flags, attrs, portid):
        self.cmd, self.flags, self.attrs, self.portid = cmd, flags, attrs, portid

    def get(self, type_):
        found = [payload for t, payload in self.attrs if t == type_]
        return found[0] if found else None


def decode_error(data, flags, start=None):
    """Of an NLMSG_ERROR, which quotes the request, or with start=4 of an NLMSG_DONE."""
    code, = struct.unpack_from("=i", data)
    tlvs = {}
    if flags & NLM_F_ACK_TLVS:
        if start is None:
            inner, = struct.unpack_from("=I", data, 4)
            start = 4 + (16 if flags & NLM_F_CAPPED else (inner + 3) & ~3)
        tlvs = dict(parse(data[start:]))

    def number(type_):
        return struct.unpack("=I", tlvs[type_])[0] if type_ in tlvs else None
    message = tlvs.get(NLMSGERR_MSG, b"\0")[:-1].decode() or None
    return NlError(-code, message, number(NLMSGERR_OFFS), number(NLMSGERR_MISS_TYPE), number(NLMSGERR_MISS_NEST))


class Genl:
    """A socket, in the network namespace it was made in."""
    opened = []

    def __init__(self, family="ipsvc", rcvbuf=None, bufsize=1 << 17):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        Genl.opened.append(self)
        self.sock.bind((0, 0))
        self.portid = self.sock.getsockname()[0]
        self.sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, CAP_ACK, 1)
        self.sock.settimeout(20)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, rcvbuf)
        self.bufsize, self.seq, self.family, self.version, self.groups = bufsize, 0, CTRL_ID, 1, {}
        reply = self.do(CTRL_GETFAMILY, [Attr(CTRL_NAME, zstr(family))])
        self.family, = struct.unpack("=H", reply.get(CTRL_FAMILY_ID))
        for _, group in parse(reply.get(CTRL_MCAST_GROUPS) or b""):
            group = dict(parse(group))
            self.groups[group[1].rstrip(b"\0").decode()], = struct.unpack("=I", group[2])

    def close(self):
        self.sock.close()

    def send(self, cmd, attrs=(), flags=0, payload=None, reserved=0):
        """Returns the offset of the marked attribute, or None."""
        self.seq += 1
        marks = []
        body = struct.pack("=BBH", cmd, self.version, reserved)
        body += pack(attrs, 20, marks) if payload is None else payload
        self.sock.send(struct.pack("=IHHII", 16 + len(body), self.family, NLM_F_REQUEST | flags, self.seq, 0) + body)
        return marks[0] if marks else None

    def receive(self):
        """The messages of one datagram, as (type, flags, seq, portid, payload)."""
        data, out = self.sock.recv(self.bufsize), []
        while data:
            length, type_, flags, seq, portid = struct.unpack_from("=IHHII", data)
            assert 16 <= length <= len(data), f"truncated: {length} of {len(data)}"
            out.append((type_, flags, seq, portid, data[16:length]))
            data = data[(length + 3) & ~3:]
        return out

    @staticmethod
    def message(flags, portid, payload):
        return Message(payload[0], flags, parse(payload[4:]), portid)

    def do(self, cmd, attrs=(), **kwargs):
        """A request that is acknowledged; returns the answer, if there is one."""
        self.send(cmd, attrs, NLM_F_ACK, **kwargs)
        return self.answer()

    def answer(self):
        reply = None
        while True:
            for type_, flags, seq, portid, payload in self.receive():
                if seq != self.seq:
                    continue
                if type_ == NLMSG_ERROR:
                    error = decode_error(payload, flags)
                    if error.errno:
                        raise error
                    return reply
                reply = self.message(flags, portid, payload)

    def dump(self, cmd, attrs=(), between=None, flags=0):
        """All messages; `between` is called once, after the first datagram."""
        self.send(cmd, attrs, NLM_F_DUMP | flags)
        out, self.interrupted = [], False
        while True:
            for type_, flags, _, portid, payload in self.receive():
                self.interrupted |= bool(flags & NLM_F_DUMP_INTR)
                if type_ == NLMSG_ERROR:
                    raise decode_error(payload, flags)
                if type_ == NLMSG_DONE:
                    error = decode_error(payload, flags, 4)
                    if error.errno:
                        raise error
                    return out
                out.append(self.message(flags, portid, payload))
            if between:
                between()
                between = None

    def join(self, group="config"):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups[group])


# ---- services -------------------------------------------------------------------------------------------------------

def frontend(address, port, flags=0):
    if address is None:
        return Attr(C.A_FRONTEND, [Attr(C.A_FRONTEND_CLASS, u8(C.FRONTEND_NODE_PORT)), Attr(C.A_FRONTEND_PORT, be16(port)),
                                   Attr(C.A_FRONTEND_FLAGS, u32(C.FRONTEND_F_MASQUERADE))])
    return Attr(C.A_FRONTEND, [Attr(C.A_FRONTEND_CLASS, u8(C.FRONTEND_CLUSTER_IP)),
                               Attr(C.A_FRONTEND_ADDRESS, address16(address)), Attr(C.A_FRONTEND_PORT, be16(port)),
                               Attr(C.A_FRONTEND_FLAGS, u32(flags))])


def endpoint(address, port, flags=0):
    return Attr(C.A_ENDPOINT, [Attr(C.A_ENDPOINT_ADDRESS, address16(address)), Attr(C.A_ENDPOINT_PORT, be16(port)),
                               Attr(C.A_ENDPOINT_FLAGS, u32(flags))])


def ranges(*given):
    """Of (address, prefix) or (address, prefix, flags)."""
    return Attr(C.A_SERVICE_RANGES, [
        Attr(C.A_RANGE, [Attr(C.A_RANGE_ADDRESS, address16(address)), Attr(C.A_RANGE_PREFIX, u8(prefix)),
                         Attr(C.A_RANGE_FLAGS, u32(flags[0] if flags else 0))]) for address, prefix, *flags in given])


def family():
    return Attr(C.A_SERVICE_FAMILY, u8(socket.AF_INET))


def service(name, proto=None, frontends=None, endpoints=None, mark=False):
    attrs = [Attr(C.A_SERVICE_NAME, zstr(name)), family()]
    if proto:
        attrs.append(Attr(C.A_SERVICE_PROTOCOL, u8({"tcp": 6, "udp": 17}.get(proto, proto))))
    if frontends is not None:
        attrs.append(Attr(C.A_SERVICE_FRONTENDS, [frontend(*f) for f in frontends]))
    if endpoints is not None:
        attrs.append(Attr(C.A_SERVICE_ENDPOINTS, [endpoint(*e) for e in endpoints]))
    return Attr(C.A_SERVICE, attrs, mark=mark)


def decode_service(payload):
    out = {"frontends": [], "endpoints": []}
    for type_, value in parse(payload):
        if type_ == C.A_SERVICE_NAME:
            out["name"] = value[:-1].decode()
        elif type_ == C.A_SERVICE_FAMILY:
            equal(value, u8(socket.AF_INET), "family")
        elif type_ == C.A_SERVICE_PROTOCOL:
            out["proto"] = {6: "tcp", 17: "udp"}[value[0]]
        elif type_ == C.A_SERVICE_FRONTENDS:
            for _, nest in parse(value):
                out["frontends"].append(decode_frontend(dict(parse(nest))))
        elif type_ == C.A_SERVICE_ENDPOINTS:
            for _, nest in parse(value):
                nest = dict(parse(nest))
                out["endpoints"].append((address_text(nest[C.A_ENDPOINT_ADDRESS]),
                                         int.from_bytes(nest[C.A_ENDPOINT_PORT], "big"),
                                         int.from_bytes(nest[C.A_ENDPOINT_FLAGS], sys.byteorder)))
        elif type_ == C.A_SERVICE_RANGES:
            for _, nest in parse(value):
                nest = dict(parse(nest))
                out.setdefault("ranges", []).append((address_text(nest[C.A_RANGE_ADDRESS]), nest[C.A_RANGE_PREFIX][0],
                                                     int.from_bytes(nest[C.A_RANGE_FLAGS], sys.byteorder)))
    out["frontends"].sort(key=str)
    out["endpoints"].sort()
    return out


def decode_frontend(nest):
    """(address, port), or (address, port, flags) where they are not those of its class."""
    address = nest.get(C.A_FRONTEND_ADDRESS)
    flags = int.from_bytes(nest[C.A_FRONTEND_FLAGS], sys.byteorder)
    usual = 0 if address else C.FRONTEND_F_MASQUERADE
    return (address and address_text(address), int.from_bytes(nest[C.A_FRONTEND_PORT], "big"),
            *([flags] if flags != usual else []))


class Ipsvc(Genl):
    def put(self, *services, txn=None, condition=None):
        attrs = [Attr(C.A_CONDITION, u8(condition))] if condition else []
        self.do(C.CMD_SERVICE_PUT, [*services, *self.cookie(txn), *attrs])

    def new(self, *services, txn=None):
        self.put(*services, txn=txn, condition=C.CONDITION_ABSENT)

    def set(self, *services, txn=None):
        self.put(*services, txn=txn, condition=C.CONDITION_PRESENT)

    def append(self, *services, txn):
        self.do(C.CMD_SERVICE_APPEND, [*services, *self.cookie(txn)])

    def delete(self, *names, txn=None):
        self.do(C.CMD_SERVICE_DEL, [*(service(n) for n in names), *self.cookie(txn)])

    @staticmethod
    def cookie(txn):
        return [Attr(C.A_TXN, u32(txn))] if txn else []

    def begin(self, generation=None):
        attrs = [] if generation is None else [Attr(C.A_GENERATION, u32(generation))]
        return struct.unpack("=I", self.do(C.CMD_TXN_BEGIN, attrs).get(C.A_TXN))[0]

    def commit(self, txn):
        return struct.unpack("=I", self.do(C.CMD_TXN_COMMIT, self.cookie(txn)).get(C.A_GENERATION))[0]

    def abort(self, txn):
        self.do(C.CMD_TXN_ABORT, self.cookie(txn))

    def instance(self):
        attrs = dict(parse(self.do(C.CMD_INSTANCE_GET).get(C.A_INSTANCE)))
        return {name: struct.unpack("=I", attrs[getattr(C, "A_INSTANCE_" + name.upper())])[0]
                for name in ("generation", "services", "services_max", "endpoints", "endpoints_max", "flows")}

    def generation(self):
        return self.instance()["generation"]

    def service(self, name):
        return decode_service(self.do(C.CMD_SERVICE_GET, [service(name)]).get(C.A_SERVICE))

    def services(self, **kwargs):
        """All by name; the parts of a service that came in several messages are put together."""
        return join_parts(decode_service(m.get(C.A_SERVICE)) for m in self.dump(C.CMD_SERVICE_GET, **kwargs))


def join_parts(parts):
    out, last = {}, None
    for part in parts:
        if part["name"] in out:
            check("proto" not in part, f"{part['name']} came twice")
            equal(part["name"], last, "a service that is continued")
            out[last]["endpoints"] += part["endpoints"]
            if "ranges" in part:
                out[last].setdefault("ranges", []).extend(part["ranges"])
        else:
            check("proto" in part, f"{part['name']} is continued before it began")
            last = part["name"]
            out[last] = part
    for part in out.values():
        part["endpoints"].sort()
    return out


# ---- tests ----------------------------------------------------------------------------------------------------------

class Skip(Exception):
    pass


def check(condition, why):
    if not condition:
        raise AssertionError(why)


def equal(got, want, what="value"):
    check(got == want, f"{what} is {got!r}, not {want!r}")


def unshare(flags):
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def ip(*args):
    status = os.spawnlp(os.P_WAIT, "ip", "ip", *args)
    check(status == 0, f"ip {' '.join(args)} returned {status}")


def fresh_instance():
    """From here on we are in a new network namespace with an instance."""
    for sock in Genl.opened:
        sock.close()
    Genl.opened.clear()
    unshare(CLONE_NEWNET)
    # Else the link's own IPv6 packets are counted: they are to no service.
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w", encoding="ascii") as f:
        f.write("1")
    ip("link", "add", "ipsvc0", "type", "ipsvc")
    ip("link", "set", "ipsvc0", "up")


def expect(code, function, *args, **kwargs):
    """The call is refused with that error, and a sentence unless the core of netlink refused it."""
    try:
        function(*args, **kwargs)
    except NlError as error:
        check(error.errno == code, f"{errno_name(error.errno)} ({error.message}), not {errno_name(code)}")
        # Nor does the kernel take one from families at the start of a dump, before 6.3.
        check(error.message or code in (errno.EPERM, errno.EOPNOTSUPP) or function.__name__ == "services", "no sentence")
        return error
    raise AssertionError(f"it is accepted, not {errno_name(code)}")


def a_service(i, endpoints=2):
    return service(f"ns/s{i:05}", "tcp" if i % 3 else "udp", [(f"10.{96 + (i >> 16)}.{i >> 8 & 255}.{i & 255}", 80)],
                   [(f"10.{j // 250}.{i % 250}.{1 + j % 250}", 8080) for j in range(endpoints)])


def start():
    fresh_instance()
    return Ipsvc()


def fill(nl, n, endpoints=2):
    for first in range(0, n, 100):
        nl.new(*(a_service(i, endpoints) for i in range(first, min(first + 100, n))))


def addresses(n, first=0):
    """So many endpoints, all different."""
    return [(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", 80) for i in range(first, first + n)]


def sysfs(name, value=None):
    path = f"/sys/class/net/ipsvc0/ipsvc/{name}"
    with open(path, "w" if value is not None else "r", encoding="ascii") as f:
        return f.write(value) if value is not None else f.read().strip()


def mount_sysfs():
    """sysfs shows the network namespace it was mounted in."""
    unshare(0x20000)
    check(libc.mount(None, b"/", None, 0x4000 | 0x40000, None) == 0, "cannot make mounts private")
    check(libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None) == 0, "cannot mount sysfs")


def events(sock):
    """What came, up to the end of a change."""
    out = []
    while True:
        for type_, flags, _, portid, payload in sock.receive():
            if type_ != sock.family:
                continue
            message = sock.message(flags, portid, payload)
            if message.cmd == C.CMD_COMMIT_NTF:
                out.append(struct.unpack("=I", message.get(C.A_GENERATION))[0])
                return out
            decoded = decode_service(message.get(C.A_SERVICE))
            out.append(("del", decoded["name"]) if message.cmd == C.CMD_SERVICE_DEL_NTF else decoded)


def run(tests):
    """Runs (name, function) pairs with KTAP output; exits as kselftest does."""
    print(f"TAP version 13\n1..{len(tests)}", flush=True)
    count = {"pass": 0, "fail": 0, "skip": 0}
    for n, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {n} {name}", flush=True)
            count["pass"] += 1
        except Skip as why:
            print(f"ok {n} {name} # SKIP {why}", flush=True)
            count["skip"] += 1
        except Exception as error:  # pylint: disable=broad-except
            line = error.__traceback__
            while line.tb_next and line.tb_next.tb_frame.f_code.co_filename == sys.argv[0]:
                line = line.tb_next
            print(f"# line {line.tb_lineno}: {type(error).__name__}: {error}")
            print(f"not ok {n} {name}", flush=True)
            count["fail"] += 1
    print(f"# Totals: pass:{count['pass']} fail:{count['fail']} xfail:0 xpass:0 skip:{count['skip']} error:0")
    sys.exit(1 if count["fail"] else 0 if count["pass"] else 4)


def errno_name(code):
    return errno.errorcode.get(code, str(code))
