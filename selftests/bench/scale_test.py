#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the arithmetic on many flows: python3 selftests/bench/scale_test.py"""
import unittest

import scale


def watched(kind, busy, elapsed=1000, collecting=0, wakes=10, longest=5, round_=1, flows=10):
    return {"scale": kind, "round": round_, "flows": flows, "busy": busy, "elapsed": elapsed, "collecting": collecting,
            "wakes": wakes, "longest": longest}


def packets(kind, t, round_=1, flows=10):
    return {"scale": kind, "round": round_, "flows": flows, "t": t}


def memory(what, objects, size):
    return {"scale": "memory", "round": 1, "what": what, "objects": objects, "bytes": size}


class Scale(unittest.TestCase):
    def test_floor_is_of_the_same_round_and_number(self):
        lines = [packets("floor", 100), packets("floor", 200, round_=2), packets("floor", 1, flows=20)]
        lines += [packets("lookup", 150), packets("lookup", 250, round_=2), packets("lookup", 8, flows=20)]
        self.assertEqual(scale.evaluate(lines), [{"flows": 10, "lookup": 50}, {"flows": 20, "lookup": 7}])

    def test_watching_is_not_counted(self):
        # To wake takes 10 ns; 10 flows expire in 2000 ns, half of it busy, in which it woke 12 times.
        lines = [packets("floor", 1), watched("nothing", 100)]
        lines += [watched("expiry", 1000, elapsed=2000, collecting=500, wakes=12)]
        result, = scale.evaluate(lines)
        self.assertEqual(result["expiry"], (1000 - 120) / 10)
        self.assertEqual(result["expired_a_second"], 10 / 500e-9)

    def test_no_speed_of_what_goes_at_once(self):
        lines = [packets("floor", 1), watched("nothing", 100), watched("expiry", 1000)]
        self.assertNotIn("expired_a_second", scale.evaluate(lines)[0])

    def test_share_at_rest(self):
        lines = [packets("floor", 1), watched("nothing", 100), watched("rest", 1000, elapsed=4000, wakes=40)]
        self.assertEqual(scale.evaluate(lines)[0]["share_at_rest"], 0.15)

    def test_wait_is_that_of_the_best_round(self):
        lines = [packets("floor", 1)]
        lines += [watched("nothing", 100, longest=w, round_=n) for n, w in [(1, 9), (2, 7), (3, 8)]]
        self.assertEqual(scale.evaluate(lines)[0]["longest_nothing"], 7)

    def test_memory(self):
        lines = [memory("instance", 1, 4096), memory("flow", 10, 1280), memory("service", 100, 50000),
                 memory("eleven", 100, 150000)]
        self.assertEqual(scale.memory(lines), [
            {"object": "instance, without any", "bytes": 4096}, {"object": "flow, of 10", "bytes": 128},
            {"object": "service port", "bytes": 400}, {"object": "endpoint", "bytes": 100}])

    def test_table_has_all(self):
        lines = [packets("floor", 1), packets("lookup", 2), watched("nothing", 1), memory("instance", 1, 1),
                 memory("flow", 10, 1), memory("service", 1, 1), memory("eleven", 1, 1)]
        run = {"release": "6.1", "machine": "icount", "unit": "instructions", "scale": scale.evaluate(lines),
               "memory": scale.memory(lines)}
        self.assertEqual(len(scale.table(run).splitlines()), 3 + 2 + 4)


if __name__ == "__main__":
    unittest.main()
