# SPDX-License-Identifier: GPL-2.0-or-later
"""Worlds of Services, Pods and Nodes, and the EndpointSlices and Endpoints that controllers make of them (endpoints/)."""
import json

import compare
import worlds

ORACLE = "endpoints"
CHANGED = "endpoints.kubernetes.io/last-change-trigger-time"


def make_cases(oracle, seed, n):
    generator = worlds.Generator(seed)
    made = [generator.world() for _ in range(n)]
    return [{"world": world} | said for world, said in zip(made, compare.ask(oracle, made), strict=True)]


def question(c):
    return c["world"]


def text(value):
    return json.dumps(value, sort_keys=True)


def in_order(items):
    return sorted(items, key=text)


def plain_meta(doc):
    """Without what is chosen at random, or tells when it was done."""
    meta = {k: v for k, v in doc["metadata"].items() if v and k not in ("creationTimestamp", "resourceVersion")}
    notes = {k: v for k, v in meta.pop("annotations", {}).items() if k != CHANGED}
    if meta.pop("generateName", None):
        del meta["name"]
    return meta | ({"annotations": notes} if notes else {})


def plain_slices(docs):
    """Which endpoints share a slice with which is chosen at random, where there are more than one slice takes."""
    made = {}
    for doc in docs:
        about = {"metadata": plain_meta(doc), "addressType": doc["addressType"], "ports": in_order(doc.get("ports") or [])}
        one = made.setdefault(text(about), about | {"endpoints": [], "sizes": []})
        one["sizes"].append(len(doc.get("endpoints") or []))
        one["endpoints"] += doc.get("endpoints") or []
    return [one | {"sizes": sorted(one["sizes"]), "endpoints": in_order(one["endpoints"])} for one in made.values()]


def plain_subset(subset):
    return {key: in_order(value) for key, value in subset.items()}


def plain_endpoints(doc):
    return {"metadata": plain_meta(doc), "subsets": in_order(map(plain_subset, doc.get("subsets") or []))}


def plain(said):
    return {"slices": in_order(plain_slices(said["slices"])),
            "endpoints": in_order(map(plain_endpoints, said["endpoints"]))}


def differences(c, said):
    theirs, ours = plain(c), plain(said)
    return [what for what in theirs if theirs[what] != ours[what]]


def show(c, said):
    theirs, ours = plain(c), plain(said)
    lines = [text(c["world"])]
    for what in differences(c, said):
        lines += [f"  Kubernetes: {text(one)}" for one in theirs[what] if one not in ours[what]]
        lines += [f"  ipsvc:      {text(one)}" for one in ours[what] if one not in theirs[what]]
    return lines


def count(cases):
    return f"{len(cases)} worlds, {sum(len(c['slices']) for c in cases)} slices"
