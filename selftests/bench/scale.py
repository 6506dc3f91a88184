# SPDX-License-Identifier: GPL-2.0-or-later
"""From what scale.sh prints to figures: what many flows do to the cost of a packet, and what objects take of memory.

A line is {"scale": KIND, "round", …}, see scale.sh. N is the cost of a packet less the generator's floor, as in
figures.py.
"""
import statistics

SERVICE_ENDPOINTS, ELEVEN = 1, 11
PACKETS = ["fill", "insert", "lookup"]
WATCHED = ["nothing", "filling", "rest", "expiry"]


def rows(lines, kind):
    """{(round, flows): line}"""
    return {(line["round"], line["flows"]): line for line in lines if line["scale"] == kind}


def median(values):
    return round(statistics.median(values), 4)


def busy(line, alone):
    """How long the CPU was busy with other things than watching, whose cost is known from when there is no flow."""
    return line["busy"] - alone["busy"] / alone["wakes"] * line["wakes"]


def expiry(lines):
    """{flows: {"expiry": cost of a flow, "expired_a_second"}}"""
    nothing, seen = rows(lines, "nothing"), {}
    for (round_, flows), line in rows(lines, "expiry").items():
        cost = busy(line, nothing[round_, flows])
        speed = flows / line["collecting"] * 1e9 if line["collecting"] else None
        seen.setdefault(flows, []).append((cost / flows, speed))
    results = {flows: {"expiry": median([cost for cost, _ in found])} for flows, found in seen.items()}
    for flows, found in seen.items():
        if all(speed for _, speed in found):
            results[flows]["expired_a_second"] = median([speed for _, speed in found])
    return results


def at_rest(lines):
    """{flows: share of the CPU that looking for what is over takes}"""
    nothing, found = rows(lines, "nothing"), {}
    for (round_, flows), line in rows(lines, "rest").items():
        found.setdefault(flows, []).append(busy(line, nothing[round_, flows]) / line["elapsed"])
    return {flows: median(shares) for flows, shares in found.items()}


def longest(lines, kind):
    """{flows: the longest wait for the CPU}, of the round where that was least: a wait may be the machine's fault."""
    found = {}
    for (_, flows), line in rows(lines, kind).items():
        found[flows] = min(found.get(flows, line["longest"]), line["longest"])
    return found


def evaluate(lines):
    """[{"flows", "fill", "insert", "lookup", "expiry", …}], one a number of flows."""
    floor = rows(lines, "floor")
    results = {flows: {"flows": flows} for _, flows in floor}
    for kind in PACKETS:
        found = {}
        for key, line in rows(lines, kind).items():
            found.setdefault(key[1], []).append(line["t"] - floor[key]["t"])
        for flows, values in found.items():
            results[flows][kind] = median(values)
    for flows, figures in expiry(lines).items():
        results[flows].update(figures)
    for flows, share in at_rest(lines).items():
        results[flows]["share_at_rest"] = share
    for kind in WATCHED:
        for flows, wait in longest(lines, kind).items():
            results[flows][f"longest_{kind}"] = wait
    return [results[flows] for flows in sorted(results)]


def memory(lines):
    """[{"object", "bytes"}]: an instance, a flow (one for each number of flows), a service port, an endpoint."""
    found = {}
    for line in lines:
        if line["scale"] == "memory":
            found.setdefault((line["what"], line["objects"]), []).append(line["bytes"] / line["objects"])
    each = {key: statistics.median(values) for key, values in found.items()}
    services = dict((what, size) for (what, _), size in each.items() if what in ("service", "eleven"))
    endpoint = (services["eleven"] - services["service"]) / (ELEVEN - SERVICE_ENDPOINTS)
    objects = [("instance, without any", each["instance", 1])]
    objects += [(f"flow, of {objects}", size) for (what, objects), size in sorted(each.items()) if what == "flow"]
    objects += [("service port", services["service"] - SERVICE_ENDPOINTS * endpoint), ("endpoint", endpoint)]
    return [{"object": name, "bytes": round(size, 1)} for name, size in objects]


COLUMNS = [("fill", "fill N", 1), ("insert", "insert N", 1), ("lookup", "lookup N", 1), ("expiry", "expiry", 1),
           ("expired_a_second", "expired/s", 1), ("share_at_rest", "rest CPU %", 0.01),
           ("longest_nothing", "wait/us: none", 1000), ("longest_filling", "filling", 1000),
           ("longest_rest", "rest", 1000), ("longest_expiry", "expiry", 1000)]


def cell(result, key, unit):
    if key not in result:
        return "-"
    return f"{result[key] / unit:.{1 if unit != 1 else 0}f}"


def table(run):
    """Both for people."""
    lines = [f"{run['release']} ({run['machine']}), {run['unit']} a packet, or a flow that expires"]
    text = [["flows"] + [head for _, head, _ in COLUMNS]]
    text += [[str(r["flows"])] + [cell(r, key, unit) for key, _, unit in COLUMNS] for r in run["scale"]]
    widths = [max(len(row[i]) for row in text) for i in range(len(text[0]))]
    lines += ["  " + "  ".join(value.rjust(width) for value, width in zip(row, widths)) for row in text]
    lines += ["", f"{run['release']}, bytes"]
    lines += [f"  {m['object']:24} {m['bytes']:10.0f}" for m in run["memory"]]
    return "\n".join(lines)
