#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A DNS server for tests, at 127.0.0.1: dns_upstream.py PORT ADDRESS LOG

What it does is the first label of the name that is asked for: an answer with ADDRESS, or what BEHAVIOURS says. LOG gets
a line for each question: tcp or udp, name, type.
"""
import socket
import struct
import sys
import threading
import time

port, address, log = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "a", buffering=1)
SOA = b"\1m\0\1m\0" + struct.pack(">IIIII", 1, 2, 3, 4, 30)


def parse(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    return labels, kind, query[12:at + 5]


def record(kind, data, ttl=60, owner=b"\xc0\x0c"):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def message(query, rcode=0, answers=(), authority=(), flags=0, question=None):
    question = parse(query)[2] if question is None else question
    head = query[:2] + struct.pack(">HHHHH", 0x8180 | flags | rcode, bool(question), len(answers), len(authority), 0)
    return head + question + b"".join(answers) + b"".join(authority)


def lower(query):
    return query[:12] + parse(query)[2].lower()


def plain(query, ip=address, ttl=60):
    return message(query, answers=[record(1, socket.inet_aton(ip), ttl)] if parse(query)[1] == 1 else [],
                   authority=[] if parse(query)[1] == 1 else [record(6, SOA)])


def forge(query, send):
    # Each is wrong in one way, and would lead to 192.0.2.66; the last one is right.
    bad = plain(query, "192.0.2.66")
    send(bytes([query[0] ^ 1]) + bad[1:])
    send(bad[:2] + bytes([bad[2] & 0x7f]) + bad[3:])
    send(bad[:13] + bytes([bad[13] ^ 1]) + bad[14:])
    send(bad[:30])
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.sendto(bad, send.client)
    time.sleep(0.1)
    send(plain(query))


def answer(query, tcp, send):
    labels, kind, _ = parse(query)
    what = labels[0].lower().decode()
    log.write(f"{'tcp' if tcp else 'udp'} {b'.'.join(labels).decode().lower()} {kind}\n")
    if what == "silent":
        return
    if what == "slow":
        time.sleep(0.7)
    if what == "forge" and not tcp:
        forge(query, send)
        return
    if what == "big" and not tcp:
        send(message(query, flags=0x200))
    elif what == "huge" and not tcp:
        send(message(query, flags=0x200))
    elif what == "huge":
        send(message(query, answers=[record(1, bytes([192, 0, i // 256, i % 256])) for i in range(3500)]))
    elif what == "big":
        send(message(query, answers=[record(1, bytes([192, 0, 2, i])) for i in range(100)]))
    elif what == "lower" and not tcp:
        send(plain(lower(query), "192.0.2.66"))
    elif what == "old" and not tcp:
        send(plain(lower(query), "192.0.2.66"))
    elif what == "old" and query[11]:
        send(message(query, rcode=1, question=parse(query)[2].lower()))
    elif what == "old":
        send(plain(lower(query)))
    elif what == "noedns" and query[11]:
        send(message(query, rcode=1, question=b""))
    elif what == "nx":
        send(message(query, rcode=3, authority=[record(6, SOA)]))
    elif what == "servfail" and address == "192.0.2.1":
        send(message(query, rcode=2))
    elif what == "broken":
        send(message(query, rcode=2))
    elif what == "junk":
        send(message(query, answers=[b"\xc0\xff" * 8]))
    elif what == "alias":
        send(message(query, answers=[record(5, b"\1c\3cdn\0"), record(1, socket.inet_aton(address), 60, b"\1c\3cdn\0")]))
    else:
        send(plain(query, ttl=0 if what == "zero" else 60))


class Udp:
    def __init__(self, sock, client):
        self.sock, self.client = sock, client

    def __call__(self, data):
        self.sock.sendto(data, self.client)


def udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    while True:
        query, client = sock.recvfrom(4096)
        threading.Thread(target=answer, args=(query, False, Udp(sock, client)), daemon=True).start()


def serve_tcp(conn):
    with conn:
        head = conn.recv(2, socket.MSG_WAITALL)
        if len(head) < 2:
            return
        query = conn.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)

        def send(data):
            # In pieces, as a network may deliver it.
            data = struct.pack(">H", len(data)) + data
            for at in range(0, len(data), 20000):
                conn.sendall(data[at:at + 500])
                time.sleep(0.005)
                conn.sendall(data[at + 500:at + 20000])

        answer(query, True, send)
        conn.recv(1)


def tcp():
    sock = socket.create_server(("127.0.0.1", port))
    while True:
        threading.Thread(target=serve_tcp, args=(sock.accept()[0],), daemon=True).start()


threading.Thread(target=udp, daemon=True).start()
tcp()
