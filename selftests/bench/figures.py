# SPDX-License-Identifier: GPL-2.0-or-later
"""From raw measurements to figures: what a packet costs in each configuration, and how they compare.

A measurement is {"config", "traffic", "boot", "round", "t"}. T is the cost of a packet from the generator to the
sink; N = T - T(drop) is what the node adds to the generator's floor. Both are compared within a round only.
"""
import random
import statistics

CONFIGS = ["drop", "plain", "ipvs", "nft", "ipsvc", "plain-tracked", "ipsvc-tracked", "other"]
# As the results have them: one configuration is measured as several.
ROWS = CONFIGS + ["other-80", "other-8080", "nft-min"]
TRAFFIC = ["established", "new", "segment", "syn"]
PEERS = ["plain", "ipvs", "nft"]
RESAMPLES = 2000


class BenchError(Exception):
    """The measurement is not to be trusted."""


def interval(values, resamples=RESAMPLES, seed=1):
    """The bootstrap's 95 % interval of the median."""
    rng = random.Random(seed)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(resamples))
    return medians[int(0.025 * resamples)], medians[int(0.975 * resamples) - 1]


def summary(values):
    """Median, its interval and the minimum. Of a few values the interval is their range."""
    low, high = interval(values) if len(values) > 4 else (min(values), max(values))
    return {"median": round(statistics.median(values), 4), "low": round(low, 4), "high": round(high, 4),
            "min": round(min(values), 4)}


def by_round(rounds, traffic):
    """[{config: t}], one a round, of the complete rounds."""
    found = {}
    for r in rounds:
        if r["traffic"] == traffic:
            found.setdefault((r["boot"], r["round"]), {})[r["config"]] = r["t"]
    return [found[key] for key in sorted(found)]


def figures_of(config, rounds):
    """T, N and the ratios of one configuration."""
    result = {"t": summary([r[config] for r in rounds])}
    if config == "drop" or "drop" not in rounds[0]:
        return result
    result["n"] = summary([r[config] - r["drop"] for r in rounds])
    if "plain" in rounds[0]:
        result["n_over_plain"] = summary([r[config] - r["plain"] for r in rounds])
    for peer in PEERS:
        if peer in rounds[0]:
            result[f"t_to_{peer}"] = summary([r[config] / r[peer] for r in rounds])
            result[f"n_to_{peer}"] = summary([(r[config] - r["drop"]) / (r[peer] - r["drop"]) for r in rounds])
    return result


def evaluate(rounds):
    """[{"traffic", "config", "t", "n", "n_to_plain", …}]"""
    results = []
    for traffic in TRAFFIC:
        complete = by_round(rounds, traffic)
        for config in ROWS:
            if complete and config in complete[0]:
                results.append({"traffic": traffic, "config": config, **figures_of(config, complete)})
    return results


def boots(rounds):
    """Of each boot's rounds the median T: a round may be dearer for how memory happens to lie in it (README.md)."""
    found = {}
    for r in rounds:
        found.setdefault((r["boot"], r["config"], r["traffic"]), []).append(r["t"])
    return [{"boot": boot, "config": config, "traffic": traffic, "round": 0, "t": statistics.median(t)}
            for (boot, config, traffic), t in found.items()]


def differences(rounds):
    """[{"traffic", "config", "difference"}]: how much boots differ, as a fraction."""
    seen = {}
    for r in rounds:
        seen.setdefault((r["traffic"], r["config"]), []).append(r["t"])
    return [{"traffic": traffic, "config": config, "difference": round((max(ts) - min(ts)) / min(ts), 6)}
            for (traffic, config), ts in seen.items()]


def limit_of(difference, limits):
    """How much is too much. With many services, each boot's keys put others of them into a packet's way."""
    return limits["new" if difference["config"].startswith("other") else difference["traffic"]]


def too_different(found, limits):
    """What is wrong with differences(): one text each; limits are by traffic."""
    return [f"{d['config']}, {d['traffic']}: two boots differ by {100 * d['difference']:.3f} %, "
            f"more than {100 * limit_of(d, limits):.2g} %"
            for d in found if d["difference"] >= limit_of(d, limits)]


def cell(result, key, digits, ranged):
    """One figure of the table."""
    if key not in result:
        return "-"
    s = result[key]
    text = f"{s['median']:.{digits}f}"
    if ranged:
        text += f" [{s['low']:.{digits}f} {s['high']:.{digits}f}] {s['min']:.{digits}f}"
    return text


def table(run):
    """The results of one machine for people."""
    ranged = run["machine"] == "uml"
    lines = [f"{run['release']} ({run['machine']}), {run['unit']} a packet"
             + ("; median [95 % interval] minimum of the rounds" if ranged else "")]
    columns = [("t", "T", 0), ("n", "N", 0), ("n_over_plain", "N-plain", 0), ("n_to_plain", "N/plain", 3),
               ("n_to_ipvs", "N/ipvs", 3), ("n_to_nft", "N/nft", 3), ("t_to_plain", "T/plain", 3)]
    rows = [["traffic", "config"] + [head for _, head, _ in columns]]
    for r in run["results"]:
        rows.append([r["traffic"], r["config"]] + [cell(r, key, digits, ranged) for key, _, digits in columns])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        left = [row[i].ljust(widths[i]) for i in range(2)]
        right = [row[i].rjust(widths[i]) for i in range(2, len(row))]
        lines.append("  " + "  ".join(left + right))
    return "\n".join(lines)
