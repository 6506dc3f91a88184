#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds ipsvc to what Kubernetes says.

compare.py golden SUBJECT PROGRAM FILE               the stored answers of Kubernetes (no Go is needed)
compare.py fresh SUBJECT PROGRAM ORACLES SEED N…     what a new seed makes
compare.py record SUBJECT ORACLES FILE SEED N…       makes the file of stored answers

SUBJECT is services (N of them, and N changes of them), worlds or tables. PROGRAM is the one of userspace's tests that
says what ipsvc does, ORACLES the directory of the programs that say what Kubernetes does.
"""
import importlib
import json
import lzma
import subprocess
import sys

SHOWN = 10  # differences


def ask(program, questions):
    text = "".join(json.dumps(q) + "\n" for q in questions)
    out = subprocess.run([program], input=text, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def compare(subject, program, cases):
    count, shown = {}, 0
    answers = ask(program, [subject.question(c) for c in cases])
    for c, said in zip(cases, answers, strict=True):
        wrong = subject.differences(c, said)
        for what in wrong:
            count[what] = count.get(what, 0) + 1
        if wrong and shown < SHOWN:
            shown += 1
            print(f"# {wrong} of", *("#   " + line for line in subject.show(c, said)), sep="\n")
    print(f"# {subject.count(cases)}; differences: {count or 'none'}")
    return not count


def main(verb, name, *args):
    subject = importlib.import_module(f"compare_{name}")
    if verb == "record":
        oracles, file, seed, *sizes = args
        with lzma.open(file, "wt", preset=9) as f:
            for c in subject.make_cases(f"{oracles}/{subject.ORACLE}", int(seed), *map(int, sizes)):
                f.write(json.dumps(c, separators=(",", ":")) + "\n")
        return 0
    if verb == "golden":
        program, file = args
        with lzma.open(file, "rt") as f:
            cases = [json.loads(line) for line in f]
    else:
        program, oracles, seed, *sizes = args
        cases = subject.make_cases(f"{oracles}/{subject.ORACLE}", int(seed), *map(int, sizes))
    return 0 if compare(subject, program, cases) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
