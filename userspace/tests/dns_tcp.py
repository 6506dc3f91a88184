# SPDX-License-Identifier: GPL-2.0-or-later
"""What clients in tests of ipsvc-dnsd send and read; imported by these."""
import socket
import struct


def query(name, ident=7):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack(">HHHHHH", ident, 0x100, 1, 0, 0, 0) + wire + struct.pack(">HH", 1, 1)


def framed(data):
    return struct.pack(">H", len(data)) + data


def connect(port, timeout=8):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def exact(s, n):
    """n bytes, or None where the connection ends before."""
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part:
            return None
        data += part
    return data


def read(s):
    """The next message, or None."""
    head = exact(s, 2)
    return head and exact(s, struct.unpack(">H", head)[0])


def has_one(data):
    """Whether a message has one answer."""
    return data is not None and data[6:8] == b"\0\1"
