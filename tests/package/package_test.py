#!/usr/bin/env python3
"""package_test.py <cmake> <build folder> <c++ compiler>: what users do with the library, after it was built.

Installs the libraries of the build folder below a temporary one and builds and runs a consumer of them: by find_package
and by pkg-config. The consumer of the source folder is configured, and of its targets only the lowest floor and the
consumer's own source are compiled: the whole library takes minutes, and would be the one that is built here already.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def run(*command: object, **environment: str) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=100, env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def check(program: pathlib.Path) -> None:
    said = run(program)
    port = re.fullmatch(r"listening on port (\d+)\n", said)
    if not port or int(port[1]) == 0:
        sys.exit(f"{program} said: {said}")


def by_find_package(cmake: str, compiler: str, prefix: pathlib.Path, folder: pathlib.Path) -> None:
    run(cmake, "-S", HERE / "find_package", "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={compiler}")
    run(cmake, "--build", folder)
    check(folder / "consumer")


def by_pkg_config(compiler: str, prefix: pathlib.Path, folder: pathlib.Path) -> None:
    folder.mkdir()
    found = [str(file.parent) for file in prefix.rglob("socketio.pc")]
    if len(found) != 1:
        sys.exit(f"socketio.pc is installed {len(found)} times below {prefix}")
    run("make", "-C", HERE / "pkg_config", f"BUILD={folder}", f"CXX={compiler}", PKG_CONFIG_PATH=found[0])
    check(folder / "consumer")


def by_subdirectory(cmake: str, compiler: str, folder: pathlib.Path) -> None:
    # Ninja, because make would build the whole library before the consumer's first source.
    run(cmake, "-G", "Ninja", "-S", HERE / "subdirectory", "-B", folder, f"-DCMAKE_CXX_COMPILER={compiler}")
    run(cmake, "--build", folder, "--target", "socketio_base", "consumer_object")


def main() -> None:
    cmake, build, compiler = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        run(cmake, "--install", build, "--prefix", work / "prefix")
        by_find_package(cmake, compiler, work / "prefix", work / "find_package")
        by_pkg_config(compiler, work / "prefix", work / "pkg_config")
        by_subdirectory(cmake, compiler, work / "subdirectory")


if __name__ == "__main__":
    main()
