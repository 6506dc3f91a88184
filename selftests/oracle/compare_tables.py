# SPDX-License-Identifier: GPL-2.0-or-later
"""What kubectl get prints (tables/)."""
import json

import compare
import tables

ORACLE = "tables"


def make_cases(oracle, seed, n):
    generator = tables.Generator(seed)
    made = [generator.table() for _ in range(n)]
    return [question | said for question, said in zip(made, compare.ask(oracle, made), strict=True)]


def question(c):
    return {k: v for k, v in c.items() if k != "text"}


def differences(c, said):
    return [] if c["text"] == said["text"] else ["text"]


def show(c, said):
    return [json.dumps(question(c)), "Kubernetes:", *c["text"].splitlines(), "ipsvc:", *said["text"].splitlines()]


def count(cases):
    return f"{len(cases)} tables, {sum(len(c['objects']) for c in cases)} objects"
