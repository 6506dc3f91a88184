#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the benchmark's statistics: python3 selftests/bench/figures_test.py"""
import unittest

import figures


def measurement(config, t, boot=1, round_=1, traffic="new"):
    return {"config": config, "traffic": traffic, "boot": boot, "round": round_, "t": t}


class Figures(unittest.TestCase):
    def test_node_cost_and_ratios(self):
        rounds = [measurement(c, t) for c, t in
                  [("drop", 100.0), ("plain", 200.0), ("ipvs", 300.0), ("ipsvc", 250.0)]]
        results = {r["config"]: r for r in figures.evaluate(rounds)}
        self.assertNotIn("n", results["drop"])
        self.assertEqual(results["ipsvc"]["n"]["median"], 150.0)
        self.assertEqual(results["ipsvc"]["n_to_plain"]["median"], 1.5)
        self.assertEqual(results["ipsvc"]["n_to_ipvs"]["median"], 0.75)
        self.assertEqual(results["ipsvc"]["n_over_plain"]["median"], 50.0)
        self.assertNotIn("n_to_nft", results["ipsvc"])

    def test_compares_within_rounds(self):
        # The second round is twice as slow altogether: no ratio may change.
        rounds = [measurement(c, t * n, round_=n) for n in (1, 2)
                  for c, t in [("drop", 100.0), ("plain", 200.0), ("ipsvc", 180.0)]]
        results = {r["config"]: r for r in figures.evaluate(rounds)}
        self.assertEqual(results["ipsvc"]["n_to_plain"], {"median": 0.8, "low": 0.8, "high": 0.8, "min": 0.8})

    def test_interval_holds_the_median(self):
        values = [float(v) for v in range(21)]
        low, high = figures.interval(values)
        self.assertLess(0, low)
        self.assertLess(low, 10.0)
        self.assertLess(10.0, high)
        self.assertLess(high, 20)
        self.assertEqual((low, high), figures.interval(values))

    def test_repeats(self):
        limits = {"established": 0.001, "new": 0.01}
        rounds = [measurement("drop", 1000.0, boot=1), measurement("drop", 1005.0, boot=2)]
        found = figures.differences(rounds)
        self.assertEqual(found, [{"traffic": "new", "config": "drop", "difference": 0.005}])
        self.assertEqual(figures.too_different(found, limits), [])
        found[0]["traffic"] = "established"
        self.assertEqual(len(figures.too_different(found, limits)), 1)
        found[0]["config"] = "other-80"
        self.assertEqual(figures.too_different(found, limits), [])

    def test_median_of_each_boot(self):
        rounds = [measurement("drop", t, boot=b, round_=n)
                  for b, n, t in [(1, 1, 9.0), (1, 2, 8.0), (1, 3, 12.0), (2, 1, 7.0)]]
        self.assertEqual([(r["boot"], r["t"]) for r in figures.boots(rounds)], [(1, 9.0), (2, 7.0)])

    def test_table_has_all(self):
        rounds = [measurement(c, 100.0 * i, traffic=t) for t in figures.TRAFFIC
                  for i, c in enumerate(figures.ROWS, 1)]
        run = {"machine": "icount", "release": "6.1", "unit": "instructions", "results": figures.evaluate(rounds)}
        text = figures.table(run)
        self.assertEqual(len(text.splitlines()), 2 + len(figures.TRAFFIC) * len(figures.ROWS))


if __name__ == "__main__":
    unittest.main()
