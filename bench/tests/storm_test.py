#!/usr/bin/env python3
"""Thousands of sessions that begin with polling and upgrade, against a server with several shards: no
request may fail to find its session, wherever the kernel put its connection.

    storm_test.py BUILD       (the folder with bench_load and bench_server)

A session is a handshake, three more polling requests and an upgrade. The load generator ends with
an error at any answer but 200 and 101, such as "Session ID unknown".
"""

import dataclasses
import sys
import unittest
import pathlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import load, servers

BUILD = None
SESSIONS = 5_000


class Storm(unittest.TestCase):
    def storm(self, threads, keep_alive):
        ours = servers.SERVERS["ours"]
        server = dataclasses.replace(ours, command=(*ours.command, "--threads", str(threads)))
        options = ["--connections", "100", "--messages", str(SESSIONS), "--keep-alive", str(keep_alive)]
        with servers.running(server, BUILD) as (process, port):
            result = load.run(BUILD, "connect-upgrade", process, port, options)
        self.assertEqual(result["messages"], SESSIONS)

    def test_two_shards(self):
        self.storm(2, 1)

    def test_two_shards_and_a_connection_for_each_request(self):
        self.storm(2, 0)

    def test_four_shards(self):
        self.storm(4, 1)

    def test_four_shards_and_a_connection_for_each_request(self):
        self.storm(4, 0)


if __name__ == "__main__":
    BUILD = load.find_programs(sys.argv.pop(1))
    unittest.main()
