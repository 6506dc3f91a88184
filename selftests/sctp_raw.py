#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Single SCTP packets, for svc_sctp.sh: sctp_raw.py cookie|abort ADDRESS PORT

Sends a packet with such a chunk, and prints the chunk of the answer: "abort", "abort T" with the bit that says that the
tag is the one the packet had, which is checked; or "nothing".
"""
import socket
import struct
import sys

CHUNKS = {"cookie": bytes([10, 0, 0, 8]) + b"\0\0\0\0", "abort": bytes([6, 0, 0, 4])}
TAG, PORT = 0x12345678, 4321


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def main(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_SCTP)
    sock.settimeout(2)
    packet = struct.pack("!HHII", PORT, int(port), TAG, 0) + CHUNKS[kind]
    sock.sendto(packet[:8] + struct.pack("<I", crc32c(packet)) + packet[12:], (address, 0))
    try:
        while True:
            got = sock.recv(4096)
            got = got if family == socket.AF_INET6 else got[(got[0] & 15) * 4:]
            source, dest, tag, crc = struct.unpack("!HHII", got[:12])
            if (source, dest, tag) == (int(port), PORT, TAG):
                break
    except TimeoutError:
        return "nothing"
    if crc32c(got[:8] + bytes(4) + got[12:]) != struct.unpack("<I", struct.pack("!I", crc))[0]:
        return "a wrong checksum"
    return {6: "abort T" if got[13] & 1 else "abort"}.get(got[12], f"chunk {got[12]}")


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
