"""The load generator: where it was built, and one run of it."""

import json
import pathlib
import subprocess

from .servers import BenchError

ROOT = pathlib.Path(__file__).resolve().parents[2]


def find_programs(build):
    """The folder with bench_load, bench_floor and bench_server."""
    folders = [pathlib.Path(build)] if build else [ROOT / "build/release", ROOT / "build"]
    for folder in folders:
        for programs in (folder / "bench", folder):
            if (programs / "bench_load").exists():
                return programs.resolve()
    raise BenchError(f"there is no bench_load in {' or '.join(map(str, folders))}; build it first")


def run(programs, kind, process, port, options):
    """Runs one scenario against a server and gives what bench_load printed."""
    command = [str(programs / "bench_load"), kind, "--port", str(port), "--pid", str(process), *options]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=700, check=False)
    except subprocess.TimeoutExpired as late:
        raise BenchError(f"{kind}: the load generator did not end within 700 s") from late
    if done.returncode != 0:
        raise BenchError(f"{kind}: the load generator ended with code {done.returncode}")
    return json.loads(done.stdout)
