#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SCTP associations, for svc_sctp.sh. The namespace is that of the caller.

    sctp.py serve NAME ADDRESS PORT    prints "ready"; answers each message with "NAME CLIENT:PORT", "BYE" by ending
    sctp.py ask ADDRESS PORT [COUNT]   prints the answers, each of another association, or why there is none
    sctp.py talk ADDRESS PORT          prints "connected"; each line of stdin is sent, the answer printed
    sctp.py bulk ADDRESS PORT BYTES    sends so many in messages of 1000, prints "ok" when all were counted
"""
import selectors
import socket
import sys

SECONDS = 8


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def reason(error):
    if isinstance(error, TimeoutError):
        return "timeout"
    return {111: "refused", 104: "reset", 113: "no-route", 101: "no-route"}.get(error.errno, error.strerror)


def dial(address, port):
    sock = socket.socket(family(address), socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    sock.settimeout(SECONDS)
    sock.connect((address, int(port)))
    return sock


def answer(sock, text):
    sock.send(text.encode())
    said = sock.recv(4096).decode()
    return said or "closed"


def ask(address, port, count=1):
    for _ in range(int(count)):
        try:
            with dial(address, port) as sock:
                print(answer(sock, "hello"), flush=True)
        except OSError as error:
            print(reason(error), flush=True)


def talk(address, port):
    sock = dial(address, port)
    print("connected", flush=True)
    for line in sys.stdin:
        try:
            print(answer(sock, line.strip()), flush=True)
        except OSError as error:
            print(reason(error), flush=True)


def bulk(address, port, size):
    with dial(address, port) as sock:
        left = int(size)
        while left:
            left -= sock.send(b"x" * min(left, 1000))
        print("ok" if answer(sock, "COUNT").split()[-1] == size else "lost", flush=True)


class Client:
    def __init__(self, name, sock, peer):
        self.name, self.sock, self.count = name, sock, 0
        self.peer = f"[{peer[0]}]:{peer[1]}" if ":" in peer[0] else f"{peer[0]}:{peer[1]}"

    def take(self):
        """False: the association is over."""
        try:
            text = self.sock.recv(4096)
        except OSError:
            return False
        if text.startswith(b"x"):
            self.count += len(text)
        elif text and text != b"BYE":
            self.sock.send(f"{self.name} {self.peer} {self.count if text == b'COUNT' else ''}".strip().encode())
        return text not in (b"", b"BYE")


def serve(name, address, port):
    wait = selectors.DefaultSelector()
    server = socket.socket(family(address), socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    server.bind((address, int(port)))
    server.listen(64)
    wait.register(server, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in wait.select():
            if key.fileobj is server:
                sock, peer = server.accept()
                wait.register(sock, selectors.EVENT_READ, Client(name, sock, peer))
            elif not key.data.take():
                wait.unregister(key.fileobj)
                key.fileobj.close()


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "talk": talk, "bulk": bulk}[sys.argv[1]](*sys.argv[2:])
