"""What the tests of packages share. Each is called with <cmake> <build folder> <c++ compiler>."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
CMAKE, BUILD, COMPILER = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
TREES = BUILD / "package"
CLIENT_TREE = TREES / "client"  # static, the client alone
SHARED_TREE = TREES / "shared"  # both sides, and the command


def run(*command: object, timeout: float = 100, folder: object = None, **environment: str) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, env={**os.environ, **environment}, cwd=folder)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def fails(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=100)
    if done.returncode == 0:
        sys.exit(f"{' '.join(map(str, command))} should fail, but said\n{done.stdout}")
    return done.stdout


def check(holds: object, what: str) -> None:
    if not holds:
        sys.exit(what)


def build_tree(folder: pathlib.Path, *options: str, timeout: float) -> None:
    """Release, with Ninja and, where there is one, the compiler cache; what is there stays."""
    configure(SOURCES, folder, "-DSOCKETIO_DEVELOPER_MODE=OFF", *options)
    run(CMAKE, "--build", folder, timeout=timeout)


def configure(sources: pathlib.Path, folder: pathlib.Path, *options: str) -> str:
    return run(CMAKE, "-G", "Ninja", "-S", sources, "-B", folder, f"-DCMAKE_CXX_COMPILER={COMPILER}",
               "-DCMAKE_BUILD_TYPE=Release", *options)


def install(tree: pathlib.Path, prefix: pathlib.Path) -> None:
    run(CMAKE, "--install", tree, "--prefix", prefix)


@contextlib.contextmanager
def official_server():
    """The URL of a server of the official package, as long as the block lasts."""
    node = os.environ["SOCKETIO_NODE"]
    with subprocess.Popen([node, str(SOURCES / "tests/client/node_server.mjs"), "{}"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline()
        check(line, "the official server did not start")
        try:
            yield f"http://127.0.0.1:{json.loads(line)['port']}"
        finally:
            server.stdin.close()  # it ends by itself
            server.stdout.read()


def asks(program: pathlib.Path, url: str, **environment: str) -> str:
    """Runs a consumer of the client: it connects and gets its acknowledgement."""
    said = run(program, url, **environment)
    check("acknowledged 42\n" in said, f"{program} said: {said}")
    return said


def symbols(file: pathlib.Path, *options: str) -> list[str]:
    """The names that `nm` lists; with -C demangled."""
    lines = run("nm", "--format=posix", *options, file).splitlines()
    return [match[1] for line in lines if (match := re.match(r"(.+?) [A-Za-z](?: [0-9a-f]*)* *$", line))]
