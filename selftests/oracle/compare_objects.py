# SPDX-License-Identifier: GPL-2.0-or-later
"""EndpointSlices, Endpoints, Nodes, Namespaces and Pods, and changes of them, as the API server takes them (validate/)."""
import collections
import json

import compare_services
import objects
from compare_services import SET_BY_SERVER, case, is_crash, question, show  # noqa: F401

ORACLE = "validate"


def creations(oracle, generator, n):
    docs = [generator.object() for _ in range(n)]
    said = compare_services.ask_kubernetes(oracle, docs)
    return [case(d, s) for d, s in zip(docs, said) if not is_crash(s)]


def changes(oracle, generator, n):
    stored = []
    while len(stored) < n:
        stored += [c["object"] for c in creations(oracle, generator, n) if "object" in c]
    cases = []
    for obj in stored[:n]:
        for name in *SET_BY_SERVER, "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName":
            obj["metadata"].pop(name, None)
        # Of other names, since they stay.
        obj["metadata"]["name"] = f"o{len(cases)}"
        cases.append((obj, generator.change(obj)))
    said = compare_services.ask_kubernetes(oracle, [doc for pair in cases for doc in pair], "-keep")
    return [case(doc, said[2 * i + 1], said[2 * i]["object"]) for i, (_, doc) in enumerate(cases)
            if not is_crash(said[2 * i + 1])]


def make_cases(oracle, seed, n, pairs):
    generator = objects.Generator(seed)
    return creations(oracle, generator, n) + changes(oracle, generator, pairs)


def plain(obj, update):
    obj = json.loads(json.dumps(obj))
    for name in SET_BY_SERVER:
        obj["metadata"].pop(name, None)
    # Structs that Go writes out although nothing is in them; and a change is not about the status.
    status = {k: v for k, v in obj.get("status", {}).items() if k not in ("daemonEndpoints", "nodeInfo")}
    if update or not status:
        obj.pop("status", None)
    else:
        obj["status"] = status
    obj = {k: v for k, v in obj.items() if v is not None}
    for endpoint in obj.get("endpoints", []):
        for hints in endpoint.get("hints", {}).values():
            for hint in hints or []:
                hint.setdefault("name", "")  # which Go writes out
    # What ipsvc does not act on is not completed either, and a Pod without a kubelet has the status that is written.
    if obj["kind"] == "Pod":
        return obj["metadata"]
    # There is nothing that would have to be done before a Namespace goes.
    if obj["kind"] == "Namespace":
        obj.pop("spec", None)
    return obj


# Kubernetes says this about new slices only.
FQDN = "spec.addressType: FQDN endpoints are deprecated"
# And this besides telling what is wrong with each range.
NO_PAIR = "spec.podCIDRs: Internal error: "


def differences(c, said):
    if ("object" in c) != ("object" in said):
        return ["verdict"]
    if "errors" in c:
        known = compare_services.numbers(c["doc"])
        theirs = [text for text in c["errors"] if not text.startswith(NO_PAIR)]
        # Endpoints that did not change are not looked at, of whatever type they are now.
        if any(text.startswith("addressType: ") and text.endswith("field is immutable") for text in theirs):
            return [] if set(theirs) <= set(said["errors"]) else ["words"]
        return [] if compare_services.same_errors(theirs, said["errors"], known) else ["words"]
    out = ["object"] if plain(c["object"], "old" in c) != plain(said["object"], "old" in c) else []
    if c["doc"]["kind"] == "Pod":
        return out
    ours = [w for w in said["warnings"] if "old" not in c or w != FQDN]
    return out + (["warnings"] if c.get("warnings", []) != ours else [])


def count(cases):
    kinds = collections.Counter(c["doc"]["kind"] for c in cases)
    refused = sum("errors" in c for c in cases)
    return f"{len(cases)} objects, {refused} refused: {', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}"
