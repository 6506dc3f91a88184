#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 packets that programs do not send by themselves, for svc_ipv6.sh. The namespace is that of the caller.

    ip6.py ask ADDRESS PORT SIZE OPTION…      a datagram with extension headers; prints who answers, or why nobody does
    ip6.py tcp ADDRESS PORT [LINK]            asks by TCP; LINK: of a link-local address
    ip6.py send LINK SOURCE DESTINATION       packets of many kinds from there to there, one of each
    ip6.py receive LINK SOURCE DESTINATION    prints "ready", waits for all of them and compares; prints "same"
"""
import os
import random
import socket
import struct
import sys

ETH_P_IPV6, SECONDS = 0x86dd, 4
# Options as the kernel takes them: the next header is filled in, the length is 0, the rest padding.
PADDING = bytes([0, 0, 1, 4, 0, 0, 0, 0])
STICKY = {"hop": socket.IPV6_HOPOPTS, "dest": socket.IPV6_DSTOPTS}


def answer_of(sock):
    try:
        return sock.recv(65536).split(b" ")[0].decode()
    except OSError as error:
        return "timeout" if isinstance(error, TimeoutError) else os.strerror(error.errno)


def ask(address, port, size, *options):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.settimeout(SECONDS)
    for option in options:
        sock.setsockopt(socket.IPPROTO_IPV6, STICKY[option], PADDING)
    sock.connect((address, int(port)))
    sock.send(b"x" * int(size))
    print(answer_of(sock))


def tcp(address, port, link=None):
    sock = socket.socket(socket.AF_INET6)
    sock.settimeout(SECONDS)
    try:
        sock.connect((address, int(port), 0, socket.if_nametoindex(link) if link else 0))
        sock.send(b"hello\n")
        print(answer_of(sock))
    except OSError as error:
        print("timeout" if isinstance(error, TimeoutError) else os.strerror(error.errno))


def packets(source, destination):
    """What is of no flow: each of another kind, all from and to ports that a service has."""
    noise = random.Random(1)
    udp = struct.pack("!HHHH", 8080, 8080, 16, 0x1234) + b"nonsense"
    chains = {
        50: noise.randbytes(60),                                                # encrypted
        51: bytes([17, 4]) + noise.randbytes(22) + udp,                         # authenticated
        59: b"nothing",
        132: struct.pack("!HHII", 8080, 8080, 1, 2) + noise.randbytes(20),      # SCTP
        43: bytes([17, 2, 2, 1]) + noise.randbytes(20) + udp,                   # not at its destination yet
        60: (bytes([60, 0, 1, 4]) + bytes(4)) * 8 + bytes([17, 0, 1, 4]) + bytes(4) + udp,
        58: bytes([128, 0, 0xab, 0xcd]) + noise.randbytes(30),                  # an echo, its checksum wrong
        17: udp[:4],                                                            # cut off
    }
    for kind, body in chains.items():
        header = struct.pack("!IHBB", 6 << 28 | noise.randrange(1 << 20), len(body), kind, 9)
        yield header + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination) + body


def send(link, source, destination):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    gateway = [line for line in os.popen(f"ip -6 neigh show dev {link}") if " router" in line or "fe80::1" in line]
    mac = bytes.fromhex(gateway[0].split("lladdr ")[1].split()[0].replace(":", ""))
    for packet in packets(source, destination):
        sock.sendto(packet, (link, ETH_P_IPV6, 0, 0, mac))


def receive(link, source, destination):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IPV6))
    sock.bind((link, ETH_P_IPV6))
    sock.settimeout(SECONDS * 4)
    print("ready", flush=True)
    # Two nodes have forwarded them.
    want = [packet[:7] + bytes([packet[7] - 2]) + packet[8:] for packet in packets(source, destination)]
    start = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    for expected in want:
        packet = b""
        while packet[8:40] != start:
            packet = sock.recv(65536)
        if packet != expected:
            sys.exit(f"{packet.hex()}\ninstead of\n{expected.hex()}")
    print("same")


if __name__ == "__main__":
    {"ask": ask, "tcp": tcp, "send": send, "receive": receive}[sys.argv[1]](*sys.argv[2:])
