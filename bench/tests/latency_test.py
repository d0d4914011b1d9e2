#!/usr/bin/env python3
"""A server that stands still is charged for every message that had to wait: `bench_load rate` counts
from when a message was due.

    latency_test.py BUILD       (the folder with bench_load and bench_floor)

The floor server is stopped for three quarters of the time, in pieces of 150 ms. Three quarters of
the messages are due while it stands, so half of all must wait for 50 ms or longer. Whoever waits for
an answer before sending the next, or counts from when a message could be sent, sees one slow message
per connection and stop, which is 1 % of them here, and a median below a millisecond.
"""

import os
import pathlib
import signal
import sys
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import load, servers

BUILD = None
STOPPED_SECONDS = 0.150
RUNNING_SECONDS = 0.050
OPTIONS = ["--connections", "4", "--rate", "2000", "--seconds", "1", "--warm-up", "0.1"]


def stop_and_go(process, ended):
    while not ended.wait(RUNNING_SECONDS):
        os.kill(process, signal.SIGSTOP)
        ended.wait(STOPPED_SECONDS)
        os.kill(process, signal.SIGCONT)


class Latency(unittest.TestCase):
    def test_counts_from_when_a_message_was_due(self):
        ended = threading.Event()
        with servers.running(servers.SERVERS["floor"], BUILD) as (process, port):
            disturber = threading.Thread(target=stop_and_go, args=(process, ended))
            disturber.start()
            try:
                result = load.run(BUILD, "rate", process, port, OPTIONS)
            finally:
                ended.set()
                disturber.join()
        self.assertGreater(result["p50_us"], 20_000)
        self.assertGreater(result["p99_us"], 100_000)
        self.assertEqual(result["samples"], 2_000)


if __name__ == "__main__":
    BUILD = load.find_programs(sys.argv.pop(1))
    unittest.main()
