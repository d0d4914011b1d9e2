#!/usr/bin/env python3
"""compile_time.py <compiler> <seconds> <source>: fails when the best of three compilations (without optimisation) takes
more user time than that. The limit leaves room for a loaded machine; what to expect on an idle one is in HACKING.md."""
import os
import pathlib
import subprocess
import sys

RUNS = 3
INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"


def user_seconds(command: list[str]) -> float:
    before = os.times().children_user
    subprocess.run(command, check=True)
    return os.times().children_user - before


def main() -> int:
    compiler, limit, source = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    command = [compiler, "-std=c++20", "-O0", f"-I{INCLUDE}", "-c", source, "-o", os.devnull]
    times = sorted(user_seconds(command) for _ in range(RUNS))
    print(f"{source}: {' '.join(f'{time:.2f}' for time in times)} s of user time, the limit is {limit:.2f} s")
    return int(times[0] > limit)


if __name__ == "__main__":
    sys.exit(main())
