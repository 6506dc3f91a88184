# SPDX-License-Identifier: GPL-2.0-or-later
"""Services and changes of them, as the API server takes, refuses and completes them (validate/)."""
import json
import os
import re
import subprocess

import services

CIDR = os.environ.get("CIDR", "10.96.0.0/16")
SET_BY_SERVER = ("uid", "creationTimestamp", "resourceVersion", "generation", "managedFields")
ORACLE = "validate"


# ---- asking -------------------------------------------------------------------------------------------------------

def ask_kubernetes(oracle, docs, *options):
    text = "\n---\n".join(json.dumps(d) for d in docs)
    out = subprocess.run([oracle, "-cidr", CIDR, *options], input=text, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    assert len(answers) == len(docs), f"{len(answers)} answers about {len(docs)} objects"
    return answers


def question(c):
    return {k: c[k] for k in ("doc", "old") if k in c}


def case(doc, said, old=None):
    out = {"doc": doc}
    if old:
        out["old"] = old
    return out | {k: said[k] for k in ("errors", "warnings", "object") if k in said}


def is_crash(said):
    """A panic of Kubernetes' own says nothing about the object."""
    return said.get("errors", [""])[0].startswith("panic: ")


def creations(oracle, generator, n):
    docs = [generator.service() for _ in range(n)]
    return [case(d, s) for d, s in zip(docs, ask_kubernetes(oracle, docs)) if not is_crash(s)]


def changes(oracle, generator, n):
    """Each is made of an object that Kubernetes has accepted, and names all that it was given there."""
    stored = []
    while len(stored) < n:
        stored += [c["object"] for c in creations(oracle, generator, n) if "object" in c]
    docs = []
    for obj in stored[:n]:
        # With finalizers it would not go at once, and with a time of deletion it would go when it is changed.
        for name in *SET_BY_SERVER, "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds":
            obj["metadata"].pop(name, None)
        gone = {"apiVersion": "v1", "kind": "Service", "metadata": obj["metadata"] | {"annotations": {"delete": ""}}}
        docs += [obj, generator.change(obj), gone]
    said = ask_kubernetes(oracle, docs, "-keep")
    return [case(docs[i + 1], said[i + 1], said[i]["object"]) for i in range(0, len(docs), 3)
            if not is_crash(said[i + 1])]


def make_cases(oracle, seed, n, pairs):
    generator = services.Generator(seed, dual="," in CIDR)
    return creations(oracle, generator, n) + changes(oracle, generator, pairs)


# ---- comparing ----------------------------------------------------------------------------------------------------

def numbers(value):
    """All that is named in a document: what is not among it was chosen at random."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(numbers, value)) if value else set()
    return {value} if isinstance(value, (int, str)) else set()


def plain_errors(errors, known):
    out = set()
    for text in errors:
        # These are not about a field in Kubernetes; ipsvc tells the field.
        text = re.sub(r"^Internal error occurred: |^[^ ]*: Internal error: ", "", text)
        # A number that nobody wrote is twice there because the port is, which is said as well.
        twice = re.fullmatch(r"spec\.ports\[\d+\]\.nodePort: Duplicate value: (\d+)", text)
        if not twice or int(twice[1]) in known:
            out.add(text)
    return out


def same_errors(theirs, ours, known):
    a, b = plain_errors(theirs, known), plain_errors(ours, known)
    # Go stops at the first field of a wrong type, and forgets the unknown ones.
    if any(t.startswith("json: cannot unmarshal") for t in a):
        return a <= b and all(t.startswith(("json: cannot unmarshal", "strict decoding error")) for t in b)
    # On an update Kubernetes says this before it looks at the fields, and without naming any.
    number = re.fullmatch(r"duplicate nodePort: {\w* (\d+)}", next(iter(a), ""))
    if number:
        return any(re.fullmatch(rf"spec\.ports\[\d+\]\.nodePort: Duplicate value: {number[1]}", t) for t in b)
    # Of two addresses that cannot be had, Kubernetes names any.
    one_of_two = r"spec\.clusterIPs: Invalid value: (\[.*\]): failed to allocate IP .*"
    named = [re.fullmatch(one_of_two, next(iter(x), "")) for x in (a, b)]
    if all(named):
        return len(a) == len(b) == 1 and named[0][1] == named[1][1]
    return a == b


class Allocated:
    """Puts the same word for the same place where a number was chosen at random."""

    def __init__(self, known, update):
        self.known, self.update, self.seen = known, update, {}

    def word(self, theirs, ours):
        """The word, or None when Kubernetes did not choose."""
        if theirs is None or theirs in self.known or ours is None:
            return None
        # Ports that share a number in Kubernetes share one here; changes may keep one that was there.
        first = self.seen.setdefault(theirs, ours)
        return "chosen" if self.update or first == ours else None

    def replace(self, theirs, ours, key):
        word = self.word(theirs.get(key), ours.get(key)) if theirs and ours else None
        if word:
            theirs[key] = ours[key] = word


def plain_objects(theirs, ours, known, update):
    allocated = Allocated(known, update)
    for obj in theirs, ours:
        for name in SET_BY_SERVER:
            obj["metadata"].pop(name, None)
    a, b = theirs["spec"], ours["spec"]
    for x, y in zip(a.get("ports", []), b.get("ports", [])):
        allocated.replace(x, y, "nodePort")
    allocated.replace(a, b, "healthCheckNodePort")
    for spec in a, b:
        if spec.get("clusterIP") == (spec.get("clusterIPs") or [None])[0]:
            spec.pop("clusterIPs", None) if len(spec.get("clusterIPs", [])) == 1 else None
    allocated.replace(a, b, "clusterIP")
    for x, y in zip(ips := a.get("clusterIPs", []), b.get("clusterIPs", [])):
        word = allocated.word(x, y)
        if word and len(ips) == len(b["clusterIPs"]):
            i = ips.index(x)
            ips[i] = b["clusterIPs"][i] = word
    return theirs, ours


def is_random(c, known):
    """Errors about an address that Kubernetes chose, and gave to a Service that cannot have it, change each time."""
    named = re.findall(r"\b10\.96\.\d+\.\d+\b|\bfd00:10:96::[0-9a-f]+\b", " ".join(c.get("errors", [])))
    return any(ip not in known for ip in named)


def gives_in(c):
    """Kubernetes takes over one node port for two ports of one protocol, and then fails; ipsvc gives each its own."""
    number = re.fullmatch(r"duplicate nodePort: {\w* (\d+)}", c.get("errors", [""])[0])
    return number and int(number[1]) not in numbers(c["doc"]["spec"].get("ports", []))


STALE = "spec.clusterIPs: Forbidden: may not be set for ExternalName services"


def is_stale(c):
    """Kubernetes forbids an address of a new ExternalName, but lets it stay where a change names clusterIP alone."""
    spec = c["doc"]["spec"]
    return "old" in c and spec.get("type") == "ExternalName" and spec.get("clusterIP") and not spec.get("clusterIPs")


def differences(c, said):
    """What of (verdict, words, object, warnings) is not the same."""
    if is_stale(c) and STALE in said.get("errors", []):
        c = {k: v for k, v in c.items() if k != "object"} | {"errors": [*c.get("errors", []), STALE]}
    if gives_in(c):
        return []
    if ("object" in c) != ("object" in said):
        return ["verdict"]
    known = numbers(c["doc"]) | numbers(c.get("old", {}))
    if "errors" in c:
        return [] if is_random(c, known) or same_errors(c["errors"], said["errors"], known) else ["words"]
    out = []
    theirs, ours = plain_objects(json.loads(json.dumps(c["object"])), said["object"], known, "old" in c)
    if theirs != ours:
        out.append("object")
    own = [w for w in said["warnings"] if w not in c.get("warnings", [])]
    if len(own) + len(c.get("warnings", [])) != len(said["warnings"]) or any("not supported yet" not in w for w in own):
        out.append("warnings")
    return out


def show(c, said):
    return [f"{json.dumps(c['doc'])}", f"  changed from {json.dumps(c.get('old'))}",
            f"  Kubernetes: {json.dumps(c.get('errors') or c['object'])} {c.get('warnings', '')}",
            f"  ipsvc:      {json.dumps(said.get('errors') or said['object'])} {said['warnings']}"]


def count(cases):
    changed, refused = sum("old" in c for c in cases), sum("errors" in c for c in cases)
    return f"{len(cases)} Services, {changed} of them changes, {refused} refused"
