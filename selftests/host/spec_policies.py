#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what the netlink spec says of requests with the tables of kmod/netlink_gen.c: spec_policies.py SPEC FILE

Of each operation: who may, which attributes it takes; of each attribute that the kernel takes: type and range. A nested
set may be taken in part (a key, a filter), but what no request takes must say that it is for answers only.
"""
import re
import sys

import yaml


def read_tables(text):
    """{policy: (last attribute, {attribute: entry without spaces})}"""
    tables = {}
    for name, last, body in re.findall(r"struct nla_policy (\w+)\[(\w+) \+ 1\] = \{\n(.*?)\n\};", text, re.S):
        entries = re.findall(r"\[(\w+)\] = (.*?),\n(?=\t\[|$)", body + "\n", re.S)
        tables[name] = last, {attr: re.sub(r"\s", "", entry).replace(",}", "}") for attr, entry in entries}
    return tables


def read_ops(text):
    """{command: {field: value}}"""
    ops = {}
    table = re.search(r"struct genl_ops \w+\[\] = \{\n(.*?)\n\};", text, re.S).group(1)
    for op in re.findall(r"\{\n(.*?)\n\t\}", table, re.S):
        fields = dict(re.findall(r"\.(\w+)\s*= (\w+),", op))
        ops[fields["cmd"]] = fields
    return ops


class Comparison:
    def __init__(self, spec, text):
        self.spec = spec
        self.sets = {item["name"]: item for item in spec["attribute-sets"]}
        self.enums = {item["name"]: item for item in spec["definitions"]}
        self.tables = read_tables(text)
        self.ops = read_ops(text)
        self.taken = {name: set() for name in self.sets}
        self.wrong = []

    def differ(self, where, spec, kernel):
        if spec != kernel:
            self.wrong.append(f"{where}: {spec} in the spec, {kernel} in the kernel")

    def constant(self, attr_set, attr):
        return (self.sets[attr_set]["name-prefix"] + attr["name"]).upper().replace("-", "_")

    def entry(self, attr):
        """What the kernel is to have for an attribute, but for the policy of a nested one."""
        checks = attr.get("checks", {})
        kind = "NLA_" + attr["type"].upper()
        if attr.get("byte-order") == "big-endian":
            kind = kind.replace("_U", "_BE")
        if attr["type"] == "nest":
            return "NLA_POLICY_NESTED"
        if "exact-len" in checks:
            return f"NLA_POLICY_EXACT_LEN({checks['exact-len']})"
        if "max-len" in checks:
            return f"{{.type=NLA_NUL_STRING,.len=IPSVC_{checks['max-len'].upper().replace('-', '_')}}}"
        if "flags-mask" in checks:
            entries = self.enums[checks["flags-mask"]]["entries"]
            return f"NLA_POLICY_MASK({kind},{(1 << len(entries)) - 1:#x})"
        if "min" in checks and "max" in checks:
            return f"NLA_POLICY_RANGE({kind},{checks['min']},{checks['max']})"
        if "max" in checks:
            return f"NLA_POLICY_MAX({kind},{checks['max']})"
        if "min" in checks:
            return f"NLA_POLICY_MIN({kind},{checks['min']})"
        return f"{{.type={kind}}}"

    def policy(self, name, attr_set, only=None):
        """A table of the kernel against the spec's set, or those attributes of it."""
        last, entries = self.tables[name]
        attrs = {self.constant(attr_set, attr): attr for attr in self.sets[attr_set]["attributes"]}
        self.differ(f"attributes of {name}", sorted(only if only is not None else entries), sorted(entries))
        self.differ(f"last attribute of {name}", [c for c in attrs if c in entries][-1:], [last])
        for constant, entry in entries.items():
            attr = attrs[constant]
            self.taken[attr_set].add(attr["name"])
            nested = re.fullmatch(r"NLA_POLICY_NESTED\((\w+)\)", entry)
            self.differ(constant, self.entry(attr), "NLA_POLICY_NESTED" if nested else entry)
            if nested:
                self.policy(nested.group(1), attr["nested-attributes"])

    def operation(self, op):
        fields = self.ops.pop(("ipsvc-cmd-" + op["name"]).upper().replace("-", "_"))
        admin = "GENL_UNS_ADMIN_PERM" if "admin-perm" in op.get("flags", []) else None
        self.differ(f"flags of {op['name']}", admin, fields.get("flags"))
        for how in "do", "dump":
            self.differ(f"{how} of {op['name']}", how in op, how + "it" in fields)
        requests = [op[how]["request"]["attributes"] for how in ("do", "dump") if "request" in op.get(how, {})]
        only = {self.constant("ipsvc", {"name": name}) for request in requests for name in request}
        last, entries = self.tables[fields["policy"]]
        self.differ(f"maxattr of {op['name']}", last, fields["maxattr"])
        if only:
            self.policy(fields["policy"], "ipsvc", only)
        else:
            self.differ(f"attributes of {op['name']}", {"{.type=NLA_REJECT}"}, set(entries.values()))

    def run(self):
        for op in self.spec["operations"]["list"]:
            if "do" in op or "dump" in op:
                self.operation(op)
        self.differ("further operations", [], sorted(self.ops))
        for name, item in self.sets.items():
            requests = {attr["name"] for attr in item["attributes"] if "Answers only" not in attr.get("doc", "")}
            if name not in ("ipsvc", "stat", "instance"):
                self.differ(f"attributes of {name} in requests", sorted(requests), sorted(self.taken[name]))
        return self.wrong


def main(spec, source):
    with open(spec, encoding="ascii") as f:
        loaded = yaml.safe_load(f)
    with open(source, encoding="ascii") as f:
        wrong = Comparison(loaded, f.read()).run()
    sys.exit("\n".join(wrong) or 0)


main(*sys.argv[1:])
