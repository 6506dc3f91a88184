#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What changes over netlink do to traffic, and what netlink says of it.

A node and a pod on a veth; clients are sockets on the node, endpoints are addresses of the pod.
"""
import errno
import os
import socket
import struct
import sys
import threading
import time

from nl import (CLONE_NEWNET, Attr, C, Ipsvc, NlError, address16, address_text, be16, check, equal, expect, fresh_instance, ip,
                libc, parse, run, service, u8, unshare, zstr)

NODE, PODS, VIP = "10.0.0.254", ["10.0.0.1", "10.0.0.2", "10.0.0.3"], "10.96.0.1"


def uint(data):
    """An unsigned number, as long as it had to be."""
    return int.from_bytes(data, sys.byteorder)


class Cluster:
    """The sockets of a test end with it."""

    def __init__(self):
        fresh_instance()
        self.node = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.nl = Ipsvc()
        ip("link", "add", "p0", "type", "veth", "peer", "name", "eth0")
        ip("addr", "add", f"{NODE}/24", "dev", "p0")
        ip("link", "set", "p0", "up")
        ip("link", "set", "lo", "up")
        ip("route", "add", "10.96.0.0/16", "dev", "ipsvc0")
        unshare(CLONE_NEWNET)
        self.pod = os.open("/proc/self/ns/net", os.O_RDONLY)
        libc.setns(self.node, CLONE_NEWNET)
        ip("link", "set", "eth0", "netns", f"/proc/{os.getpid()}/fd/{self.pod}")
        libc.setns(self.pod, CLONE_NEWNET)
        for address in PODS:
            ip("addr", "add", f"{address}/24", "dev", "eth0")
        ip("link", "set", "eth0", "up")
        libc.setns(self.node, CLONE_NEWNET)
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in self.sockets:
            sock.close()
        os.close(self.node)
        os.close(self.pod)

    def server(self, kind, address, port):
        """A bound socket in the pod."""
        libc.setns(self.pod, CLONE_NEWNET)
        sock = self.keep(socket.socket(socket.AF_INET, kind))
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(100)
        libc.setns(self.node, CLONE_NEWNET)
        return sock

    def client(self, kind, address, port):
        sock = self.keep(socket.socket(socket.AF_INET, kind))
        sock.connect((address, port))
        return sock

    def keep(self, sock):
        sock.settimeout(10)
        self.sockets.append(sock)
        return sock

    def flows(self, *attrs, **kwargs):
        return [flow(message) for message in Ipsvc(**kwargs).dump(C.CMD_FLOW_GET, [Attr(C.A_FLOW, list(attrs))] if attrs else [])]

    def stat(self, name):
        for type_, value in self.nl.do(C.CMD_STATS_GET).attrs:
            pair = dict(parse(value))
            if type_ == C.A_STAT and pair[C.A_STAT_NAME] == zstr(name):
                return uint(pair[C.A_STAT_VALUE])
        raise AssertionError(f"no counter {name}")

    def counters(self, name):
        """Of each endpoint of a service: connections and flows."""
        out = {}
        for type_, value in parse(self.nl.do(C.CMD_SERVICE_GET, [service(name)]).get(C.A_SERVICE)):
            for _, nest in parse(value) if type_ == C.A_SERVICE_ENDPOINTS else []:
                nest = dict(parse(nest))
                out[address_text(nest[C.A_ENDPOINT_ADDRESS])] = (
                    uint(nest[C.A_ENDPOINT_CONNECTIONS]), uint(nest[C.A_ENDPOINT_FLOWS]))
        return out


def flow(message):
    attrs = dict(parse(message.get(C.A_FLOW)))

    def address(name):
        if getattr(C, f"A_FLOW_{name}") not in attrs:
            return None
        return (address_text(attrs[getattr(C, f"A_FLOW_{name}")]),
                int.from_bytes(attrs[getattr(C, f"A_FLOW_{name}_PORT")], "big"))
    name = attrs.get(C.A_FLOW_SERVICE)
    equal(attrs[C.A_FLOW_FAMILY], u8(socket.AF_INET), "family")
    return {"service": name and name[:-1].decode(), "proto": attrs[C.A_FLOW_PROTOCOL][0], "client": address("CLIENT"),
            "frontend": address("FRONTEND"), "endpoint": address("ENDPOINT"), "masquerade": address("MASQUERADE"),
            "state": attrs[C.A_FLOW_STATE][0], "expires": struct.unpack("=I", attrs[C.A_FLOW_EXPIRES])[0]}


def echo(server, client, text=b"hello"):
    """A datagram there and back; returns who the client seems to be."""
    client.send(text)
    data, peer = server.recvfrom(100)
    equal(data, text, "request")
    server.sendto(b"re:" + text, peer)
    equal(client.recv(100), b"re:" + text, "answer")
    return peer


def eventually(what, want, seconds=10):
    end = time.monotonic() + seconds
    while (got := what()) != want and time.monotonic() < end:
        time.sleep(0.05)
    equal(got, want)


def dns(c, *endpoints):
    c.nl.put(service("dns", "udp", [(VIP, 53)], endpoints))


def test_udp_flow():
    with Cluster() as c:
        dns(c, (PODS[0], 5353))
        server, client = c.server(socket.SOCK_DGRAM, PODS[0], 5353), c.client(socket.SOCK_DGRAM, VIP, 53)
        client.send(b"?")
        server.recv(10)
        equal([f["state"] for f in c.flows()], [C.FLOW_NEW], "state of a flow that is not answered")
        peer = echo(server, client)
        got, = c.flows()
        expires = got.pop("expires")
        check(0 < expires <= 120000, f"it expires in {expires} ms")
        equal(got, {"service": "dns", "proto": 17, "client": client.getsockname(), "frontend": (VIP, 53),
                    "endpoint": (PODS[0], 5353), "masquerade": None if peer == client.getsockname() else peer,
                    "state": C.FLOW_ESTABLISHED}, "flow")
        with open("/proc/net/ipsvc/flows", encoding="ascii") as f:
            head, line = f.read().splitlines()
        row = dict(zip(head.split()[1:], line.split()))
        equal((row["proto"], row["frontend"], row["endpoint"], row["state"], row["service"]),
              ("udp", f"{VIP}:53", f"{PODS[0]}:5353", "established", "dns"), "flow in /proc")
        equal(c.counters("dns"), {PODS[0]: (1, 1)}, "counters of the endpoint")


def test_tcp_states():
    with Cluster() as c:
        c.nl.new(service("web", "tcp", [(VIP, 80)], [(PODS[0], 8080)]))
        server = c.server(socket.SOCK_STREAM, PODS[0], 8080)
        client = c.client(socket.SOCK_STREAM, VIP, 80)
        conn = c.keep(server.accept()[0])

        def state():
            return [f["state"] for f in c.flows()]
        equal(state(), [C.FLOW_ESTABLISHED], "state")
        client.shutdown(socket.SHUT_WR)
        eventually(state, [C.FLOW_CLOSING])
        conn.close()
        eventually(state, [C.FLOW_CLOSED])


def test_filters():
    with Cluster() as c:
        dns(c, (PODS[0], 5353))
        c.nl.new(service("ntp", "udp", [(VIP, 123)], [(PODS[0], 1123)]), service("web", "tcp", [(VIP, 80)], [(PODS[0], 80)]))
        c.server(socket.SOCK_STREAM, PODS[0], 80)
        c.client(socket.SOCK_STREAM, VIP, 80)
        for port in (53, 123, 123):
            c.client(socket.SOCK_DGRAM, VIP, port).send(b"x")

        def ports(*attrs):
            return sorted(f["frontend"][1] for f in c.flows(*attrs))
        by_name, by_proto = (lambda n: Attr(C.A_FLOW_SERVICE, zstr(n))), (lambda p: Attr(C.A_FLOW_PROTOCOL, u8(p)))
        equal(ports(), [53, 80, 123, 123], "all flows")
        equal(ports(by_name("ntp")), [123, 123], "flows of a service")
        equal(ports(by_proto(6)), [80], "TCP flows")
        equal(ports(by_proto(17)), [53, 123, 123], "UDP flows")
        equal(ports(by_name("web"), by_proto(17)), [], "UDP flows of a TCP service")
        one = next(f for f in c.flows() if f["frontend"][1] == 123)
        by = {"client": one["client"], "frontend": one["frontend"], "endpoint": one["endpoint"]}
        for end, (address, port) in by.items():
            by_address = Attr(getattr(C, f"A_FLOW_{end.upper()}"), address16(address))
            by_port = Attr(getattr(C, f"A_FLOW_{end.upper()}_PORT"), be16(port))
            want = sorted(f["frontend"][1] for f in c.flows() if f[end][0] == address)
            equal(ports(by_address), want, f"flows by the address of the {end}")
            want = sorted(f["frontend"][1] for f in c.flows() if f[end] == (address, port))
            equal(ports(by_address, by_port), want, f"flows by the {end}")
            equal(ports(by_address, Attr(by_port.type, be16(port ^ 1))), [], f"flows by another port of the {end}")
        equal(ports(Attr(C.A_FLOW_ENDPOINT, address16(PODS[1]))), [], "flows of another endpoint")
        equal(ports(Attr(C.A_FLOW_STATE, u8(C.FLOW_ESTABLISHED))), [80], "flows that are established")
        equal(ports(Attr(C.A_FLOW_MASQUERADE_PORT, be16(1))), [], "flows by a masquerade port")
        equal(ports(Attr(C.A_FLOW_MASQUERADE, address16(NODE))), sorted(f["frontend"][1] for f in c.flows() if f["masquerade"]),
              "flows that are masqueraded")


def test_delete():
    with Cluster() as c:
        dns(c, (PODS[0], 5353))
        c.nl.new(service("web", "tcp", [(VIP, 80)], [(PODS[0], 8080)]))
        server, clients = c.server(socket.SOCK_DGRAM, PODS[0], 5353), [c.client(socket.SOCK_DGRAM, VIP, 53) for _ in range(3)]
        listener = c.server(socket.SOCK_STREAM, PODS[0], 8080)
        stays, ends = c.client(socket.SOCK_STREAM, VIP, 80), c.client(socket.SOCK_STREAM, VIP, 80)
        pairs = {conn.getpeername()[1]: conn for conn in (c.keep(listener.accept()[0]) for _ in range(2))}
        for client in clients:
            echo(server, client)
        equal(len(c.flows()), 5, "flows")

        def delete(*attrs):
            c.nl.do(C.CMD_FLOW_DEL, [Attr(C.A_FLOW, list(attrs))] if attrs else [])
        generation = c.nl.instance()["generation"]
        delete(Attr(C.A_FLOW_PROTOCOL, u8(6)), Attr(C.A_FLOW_CLIENT_PORT, be16(ends.getsockname()[1])))
        equal(len(c.flows()), 4, "flows after one was deleted")
        delete(Attr(C.A_FLOW_ENDPOINT, address16(PODS[1])))
        equal((len(c.flows()), c.stat("flow_deleted")), (4, 1), "flows and deleted ones")
        expect(errno.ENOENT, delete, Attr(C.A_FLOW_SERVICE, zstr("nobody")))
        # The client is told at once; another connection goes on.
        ends.send(b"x")
        try:
            check(not ends.recv(1), "the connection goes on")
            raise AssertionError("the connection ended in peace")
        except ConnectionResetError:
            pass
        stays.send(b"y")
        equal([conn.recv(1) for port, conn in pairs.items() if port == stays.getsockname()[1]] or [b"y"], [b"y"], "what came")
        # A datagram makes another flow.
        created = c.stat("flow_created")
        delete(Attr(C.A_FLOW_SERVICE, zstr("dns")))
        equal([f["service"] for f in c.flows()], ["web"], "flows that are left")
        echo(server, clients[0])
        equal((len(c.flows()), c.stat("flow_created")), (2, created + 1), "flows")
        delete()
        equal((c.flows(), c.stat("flow_deleted")), ([], 6), "flows")
        equal(c.nl.instance()["generation"], generation, "generation")
        eventually(lambda: c.nl.instance()["flows"], 0)


def test_many_flows():
    """Complete, and none twice, whatever the size of the reader's buffer."""
    with Cluster() as c:
        dns(c, (PODS[0], 5353))
        server = c.server(socket.SOCK_DGRAM, PODS[0], 5353)
        clients = [c.client(socket.SOCK_DGRAM, VIP, 53) for _ in range(400)]
        for client in clients:
            echo(server, client)
        want = sorted(client.getsockname() for client in clients)
        for bufsize in (4096, 1 << 17):
            equal(sorted(f["client"] for f in c.flows(bufsize=bufsize)) == want, True, "the dump is complete")
        with open("/proc/net/ipsvc/flows", "rb", buffering=0) as f:
            data = b"".join(iter(lambda: f.read(300), b"")).decode()
        equal(sorted(line.split()[1] for line in data.splitlines()[1:]) == sorted(f"{a}:{p}" for a, p in want), True,
              "/proc is complete")
        equal(c.counters("dns"), {PODS[0]: (400, 400)}, "counters of the endpoint")


def test_udp_removal():
    """When the request is answered, UDP flows to what it removed are gone, and those to what stays are not."""
    with Cluster() as c:
        dns(c, (PODS[0], 53), (PODS[1], 53))
        for _ in range(60):
            c.client(socket.SOCK_DGRAM, VIP, 53).send(b"x")
        used = {f["endpoint"][0] for f in c.flows()}
        equal(used, set(PODS[:2]), "endpoints in use")
        first = c.counters("dns")
        dns(c, (PODS[1], 53), (PODS[2], 53))
        equal({f["endpoint"][0] for f in c.flows()}, {PODS[1]}, "endpoints in use after one was removed")
        equal(c.counters("dns"), {PODS[1]: first[PODS[1]], PODS[2]: (0, 0)}, "counters: what stays keeps its own")
        dns(c, (PODS[1], 53, C.ENDPOINT_F_DRAIN), (PODS[2], 53))
        equal(len(c.flows()), first[PODS[1]][1], "flows to an endpoint that drains")
        for _ in range(20):
            c.client(socket.SOCK_DGRAM, VIP, 53).send(b"x")
        equal(c.counters("dns"), {PODS[1]: first[PODS[1]], PODS[2]: (20, 20)}, "new flows go elsewhere")
        c.nl.delete("dns")
        equal(c.flows(), [], "flows of a service that is gone")


def test_tcp_removal():
    """Connections go on, even when their service is gone; then they have no name."""
    with Cluster() as c:
        c.nl.new(service("web", "tcp", [(VIP, 80)], [(PODS[0], 80)]))
        server = c.server(socket.SOCK_STREAM, PODS[0], 80)
        client = c.client(socket.SOCK_STREAM, VIP, 80)
        conn = c.keep(server.accept()[0])

        def talk():
            client.send(b"ping")
            equal(conn.recv(10), b"ping", "request")
            conn.send(b"pong")
            equal(client.recv(10), b"pong", "answer")
        talk()
        c.nl.set(service("web", "tcp", [(VIP, 80)]))
        talk()
        equal([f["service"] for f in c.flows()], ["web"], "service")
        c.nl.delete("web")
        talk()
        equal([f["service"] for f in c.flows()], [None], "service that is gone")
        c.nl.new(service("web", "tcp", [(VIP, 80)], [(PODS[1], 80)]))
        talk()
        equal([f["service"] for f in c.flows()], [None], "another service of that name")
        equal(c.nl.service("web")["endpoints"], [(PODS[1], 80, 0)], "endpoints")


def test_put_again():
    """What is put as it is, or with other frontends beside, ends no flow and keeps the counters."""
    with Cluster() as c:
        web = ("tcp", [(VIP, 80)], [(PODS[0], 80)])
        c.nl.new(service("web", *web))
        dns(c, (PODS[0], 53))
        server, client = c.server(socket.SOCK_DGRAM, PODS[0], 53), c.client(socket.SOCK_DGRAM, VIP, 53)
        echo(server, client)
        c.server(socket.SOCK_STREAM, PODS[0], 80)
        c.client(socket.SOCK_STREAM, VIP, 80)

        def seen():
            return sorted((f["service"], f["client"]) for f in c.flows()), c.counters("web"), c.counters("dns")
        before = seen()
        for more in ([], [(VIP, 5353)], [(None, 30053)], []):
            c.nl.put(service("dns", "udp", [(VIP, 53), *more], [(PODS[0], 53)]), service("web", *web))
            equal(seen(), before, f"flows and counters with {more}")
            echo(server, client)
        equal(c.stat("flow_purged"), 0, "purged flows")
        # Its frontend goes: its flow goes as well.
        c.nl.put(service("dns", "udp", [(VIP, 5353)], [(PODS[0], 53)]))
        equal([f["service"] for f in c.flows()], ["web"], "services with flows")
        equal(c.counters("dns")[PODS[0]][0], 1, "connections of the endpoint")
        # Another protocol: another service port, whose flows are its own.
        c.nl.put(service("web", "udp", [(VIP, 80)], [(PODS[0], 80)]))
        equal([f["service"] for f in c.flows()], [None], "service of a flow of the protocol before")
        equal(c.counters("web"), {PODS[0]: (0, 0)}, "counters of another protocol")


def test_moving_frontend():
    """A frontend changes hands all the time, in requests and in transactions: nobody ever finds it without an owner."""
    with Cluster() as c:
        fe, done, errors, sent = (VIP, 53), threading.Event(), [], [0]
        for address in PODS:
            c.server(socket.SOCK_DGRAM, address, 53)
        c.nl.new(service("a", "udp", [fe], [(PODS[0], 53)]), service("b", "udp", [], [(PODS[1], 53)]))

        def traffic():
            while not done.is_set():
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    try:
                        sock.connect(fe)
                        sock.send(b"x")
                        sent[0] += 1
                    except OSError as error:
                        errors.append(error)
        threads = [threading.Thread(target=traffic) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for i in range(150):
                give, take = ("a", "b") if i % 2 == 0 else ("b", "a")
                taken, given = service(take, "udp", [fe], [(PODS[1 - i % 2], 53)]), service(give, "udp", [], [(PODS[i % 2], 53)])
                if i % 3:
                    c.nl.set(taken, given)
                else:
                    txn = c.nl.begin()
                    c.nl.delete(give, txn=txn)
                    if i % 2:
                        c.nl.new(given, txn=txn)
                    c.nl.put(taken, txn=txn)
                    c.nl.commit(txn)
                    c.nl.put(given)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        check(not errors, f"{len(errors)} errors, the first: {errors[:1]}")
        check(sent[0] > 50, f"only {sent[0]} datagrams")
        equal(c.stat("reject_no_service") + c.stat("reject_no_endpoint"), 0, "datagrams without a service")


def test_changes_under_traffic():
    """Endpoints come and go at random while datagrams flow; in the end everything adds up."""
    with Cluster() as c:
        done = threading.Event()
        dns(c, (PODS[0], 53))

        def traffic():
            while not done.is_set():
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    try:
                        sock.connect((VIP, 53))
                        for _ in range(3):
                            sock.send(b"x")
                    except OSError as error:
                        if error.errno not in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH):
                            raise
        threads = [threading.Thread(target=traffic) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for i in range(200):
                chosen = [(address, 53, i >> 3 & 1) for j, address in enumerate(PODS) if i >> j & 1]
                if i % 10 == 9:
                    c.nl.delete("dns")
                    dns(c, *chosen)
                else:
                    dns(c, *chosen)
                stale = {f["endpoint"][0] for f in c.flows()} - {e[0] for e in chosen}
                check(not stale, f"flows to {stale}, which were removed")
        finally:
            done.set()
            for thread in threads:
                thread.join()
        c.nl.delete("dns")
        equal(c.flows(), [], "flows")


def test_instance_goes_with_flows():
    with Cluster() as c:
        dns(c, (PODS[0], 53))
        c.nl.new(service("web", "tcp", [(VIP, 80)], [(PODS[0], 80)]))
        c.server(socket.SOCK_STREAM, PODS[0], 80)
        c.client(socket.SOCK_STREAM, VIP, 80)
        for _ in range(50):
            c.client(socket.SOCK_DGRAM, VIP, 53).send(b"x")
        c.nl.delete("web")
        ip("link", "del", "ipsvc0")
        try:
            c.flows()
        except NlError as error:
            equal(error.errno, errno.ENODEV, "error")
        else:
            raise AssertionError("there are flows without an instance")


TESTS = [(name.removeprefix("test_").replace("_", " "), function)
         for name, function in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    run(TESTS)
