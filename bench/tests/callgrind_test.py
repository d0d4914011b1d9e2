#!/usr/bin/env python3
"""Self costs are read right from a file of callgrind."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import callgrind, servers

SAMPLE = """\
version: 1
positions: line
events: Ir

ob=(1) /bin/program
fl=(1) main.cpp
fn=(1) main
10 40
+2 5
cfn=(2) parse
calls=7 30
* 900
-1 3

fn=(2)
fi=(2) inlined.hpp
30 850
fe=(1)
31 50

totals: 948
"""


class SelfCosts(unittest.TestCase):
    def test_leaves_out_what_is_called(self):
        self.assertEqual(callgrind.count_self_costs(SAMPLE), {"main": 48, "parse": 900})

    def test_refuses_what_does_not_add_up(self):
        with self.assertRaises(servers.BenchError):
            callgrind.count_self_costs(SAMPLE.replace("totals: 948", "totals: 949"))


if __name__ == "__main__":
    unittest.main()
