#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks two DNS servers the same, and compares the answers section by section.

dns_compare.py QUESTIONS PORT1 [tcp] PORT2 [tcp]     questions are lines of a name and a type
"""
import socket
import struct
import sys

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65}


class Server:
    def __init__(self, port, tcp):
        self.tcp = tcp
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", port))

    def exact(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError("the server hung up")
            data += part
        return data

    def ask(self, query):
        if not self.tcp:
            self.socket.send(query)
            return self.socket.recv(65535)
        self.socket.sendall(struct.pack(">H", len(query)) + query)
        return self.exact(struct.unpack(">H", self.exact(2))[0])


def read_name(data, at):
    """The name at that place, in lower case, and where it ends."""
    labels, end = [], None
    while data[at]:
        if data[at] >= 0xc0:
            end = end or at + 2
            at = (data[at] & 0x3f) << 8 | data[at + 1]
            continue
        labels.append(data[at + 1:at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    return ".".join(labels) + ".", end or at + 1


def read_data(data, at, kind, length):
    if kind in (2, 5, 12):
        return read_name(data, at)[0]
    if kind == 33:
        return struct.unpack(">HHH", data[at:at + 6]) + (read_name(data, at + 6)[0],)
    if kind == 6:
        server, at = read_name(data, at)
        mailbox, at = read_name(data, at)
        # The serial number is each server's own.
        return (server, mailbox) + struct.unpack(">IIIII", data[at:at + 20])[1:]
    return data[at:at + length]


def read_message(data):
    flags, questions, *counts = struct.unpack(">HHHHH", data[2:12])
    at = 12
    for _ in range(questions):
        at = read_name(data, at)[1] + 4
    sections = []
    for count in counts:
        records = set()
        for _ in range(count):
            name, at = read_name(data, at)
            kind, _, ttl, length = struct.unpack(">HHIH", data[at:at + 10])
            if kind != 41:
                records.add((name, kind, ttl, read_data(data, at + 10, kind, length)))
            at += 10 + length
        sections.append(records)
    assert at == len(data), "bytes behind the end"
    # Answer or not, authoritative, truncated, and the code.
    return [flags & 0x860f] + sections


def main():
    words = sys.argv[2:]
    servers = []
    while words:
        port, tcp = int(words.pop(0)), bool(words) and words[0] == "tcp"
        if tcp:
            words.pop(0)
        servers.append(Server(port, tcp))
    different = asked = 0
    with open(sys.argv[1], encoding="utf-8") as questions:
        for line in questions:
            name, kind = line.split()
            query = struct.pack(">HHHHHH", asked & 0xffff, 0, 1, 0, 0, 1)
            query += b"".join(bytes([len(x)]) + x.encode() for x in name.rstrip(".").split(".")) + b"\0"
            query += struct.pack(">HH", TYPES[kind], 1) + struct.pack(">BHHIH", 0, 41, 1232, 0, 0)
            answers = [read_message(s.ask(query)) for s in servers]
            asked += 1
            if answers[0] != answers[1]:
                different += 1
                if different <= 10:
                    print(f"# {name} {kind}:", *answers, sep="\n#   ")
    print(f"# {asked} questions, {different} answers differ")
    sys.exit(different != 0)


if __name__ == "__main__":
    main()
