"""The servers of the comparison and their life: start, tell the port, stop when the input closes.

Each is a process of its own that prints `listening <port>`; handlers are the same in all of them
(bench/peers/handlers.mjs, bench/peers/socketio/main.cpp, bench/floor/protocol.cpp).
"""

import contextlib
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
RUST_FOLDER = PEERS.parent.parent / "build/bench-rust"  # where scripts/setup has cargo build


class BenchError(Exception):
    """The run cannot go on; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    title: str
    command: tuple  # {build} is the folder with the programs
    package: str = ""  # the folder below peers/ whose npm packages it needs
    check: str = "check"
    cannot: tuple = ()  # scenarios that it does not know, by name or kind
    optional: str = ""  # why it may be missing; the run goes on without it


SERVERS = {
    server.name: server
    for server in (
        # The floor knows no polling, no handlers and takes no JSON apart, so it is asked for none of them.
        Server("floor", "floor", ("{build}/bench_floor",), check="check-basic",
               cannot=("connect-upgrade", "idle-handlers")),
        Server("ours", "ours", ("{build}/bench_server",)),
        Server("ours-2", "ours, 2 threads", ("{build}/bench_server", "--threads", "2")),
        Server("ours-per-socket", "ours, handlers per socket", ("{build}/bench_server", "--per-socket")),
        Server("node", "Node", ("node", str(PEERS / "node/server.mjs")), package="node"),
        Server("bun", "Bun", (str(PEERS / "bun/node_modules/.bin/bun"), str(PEERS / "bun/server.mjs")), package="bun"),
        Server("rust", "Rust", (str(RUST_FOLDER / "release/bench_rust"),),
               optional="scripts/setup bench builds it with cargo and says why it cannot"),
    )
}


def without_missing(servers):
    """Leaves out, and says so, the optional ones that are not there."""
    present = []
    for server in servers:
        if server.optional and shutil.which(server.command[0]) is None:
            print(f"bench/run goes on without {server.title}: {server.optional}", file=sys.stderr)
        else:
            present.append(server)
    return present


def install_packages(servers):
    """Installs the npm packages of the JavaScript peers where they are missing."""
    for server in servers:
        folder = PEERS / server.package
        if not server.package or (folder / "node_modules").is_dir():
            continue
        if shutil.which("npm") is None:
            raise BenchError(f"npm is needed to install the packages of {folder}")
        print(f"installing the packages of bench/peers/{server.package}", file=sys.stderr)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError(f"npm ci failed in {folder}:\n{done.stderr}")
    bun = PEERS / "bun/node_modules/.bin/bun"
    if bun.exists():
        # Where npm ran no install script, the first start of `bun` puts the real program in place
        # of a launcher; the process that is measured must be the real one.
        subprocess.run([bun, "--version"], capture_output=True, check=False)


def package_version(peer, package):
    file = PEERS / peer / "node_modules" / package / "package.json"
    return json.loads(file.read_text())["version"] if file.exists() else None


def crate_versions(*crates):
    """Of the crates that the Rust peer was built from, as cargo's lock file has them."""
    lock = PEERS / "rust/Cargo.lock"
    text = lock.read_text() if lock.exists() else ""
    found = dict(re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', text, re.MULTILINE))
    return {crate: found.get(crate) for crate in crates}


@contextlib.contextmanager
def running(server, build, arguments=(), patience=10):
    """Starts the server and gives (process id, port); ends it by closing its input, and by force after `patience` s."""
    command = [part.format(build=build) for part in server.command] + list(arguments)
    if shutil.which(command[0]) is None:
        raise BenchError(f"{server.name}: there is no {command[0]}; build it, or leave it out with --servers")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        words = process.stdout.readline().split()
        if len(words) != 2 or words[0] != "listening":
            raise BenchError(f"{server.name}: expected `listening <port>`, got {words}")
        yield process.pid, int(words[1])
        if process.poll() is not None:
            raise BenchError(f"{server.name}: ended by itself with code {process.returncode}")
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            print(f"{server.name}: did not stop when its input closed", file=sys.stderr)
        process.stdout.close()
