#!/usr/bin/env python3
"""Consumers of the installed client: by find_package, by pkg-config, without exceptions, beside another Boost, and small."""
import pathlib
import tempfile

from package_support import (CLIENT_TREE, CMAKE, COMPILER, HERE, asks, check, configure, fails, install,
                             official_server, run, symbols)

# What a program costs that uses the static client and nothing else, stripped; it was 462,408 bytes with g++ 12 on
# x86-64 when this was written, and 1,142,320 with the library at -O3.
STRIPPED_BYTES_MAX = 600_000


def by_find_package(prefix: pathlib.Path, folder: pathlib.Path, url: str) -> None:
    # There is no server here, which an optional component may find out.
    said = configure(HERE / "client_find_package", folder, f"-DCMAKE_PREFIX_PATH={prefix}")
    check("server found: FALSE" in said, said)
    run(CMAKE, "--build", folder)
    asks(folder / "consumer", url)


def what_is_missing_is_said(prefix: pathlib.Path, folder: pathlib.Path) -> None:
    refused = [CMAKE, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={COMPILER}"]
    said = fails(*refused, "-B", folder / "server", "-S", HERE / "find_package")
    check("the server is not installed here" in said and "SOCKETIO_SERVER=ON" in said, said)
    said = fails(*refused, "-B", folder / "curl", "-S", HERE / "client_find_package", "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON")
    check("the client needs CURL 7.87, which was not found" in said, said)


def by_pkg_config(prefix: pathlib.Path, folder: pathlib.Path, url: str, **variables: str) -> pathlib.Path:
    folder.mkdir()
    found = list(prefix.rglob("socketio-client.pc"))
    check(len(found) == 1, f"socketio-client.pc is installed {len(found)} times below {prefix}")
    check(not list(prefix.rglob("socketio.pc")), "socketio.pc is installed without a server")
    run("make", "-C", HERE / "client_pkg_config", f"BUILD={folder}", f"CXX={COMPILER}",
        PKG_CONFIG_PATH=str(found[0].parent), **variables)
    asks(folder / "consumer", url)
    return folder / "consumer"


def small(prefix: pathlib.Path, folder: pathlib.Path, url: str) -> None:
    program = by_pkg_config(prefix, folder, url, CXXFLAGS="-Os -ffunction-sections -fdata-sections",
                            LDFLAGS="-Wl,--gc-sections -Wl,--as-needed")
    run("strip", program)
    size = program.stat().st_size
    print(f"a program with the static client, stripped: {size} bytes")
    check(size < STRIPPED_BYTES_MAX, f"{size} bytes are more than {STRIPPED_BYTES_MAX}")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, official_server() as url:
        work = pathlib.Path(temporary)
        prefix = work / "prefix"
        install(CLIENT_TREE, prefix)
        by_find_package(prefix, work / "find_package", url)
        what_is_missing_is_said(prefix, work / "missing")
        by_pkg_config(prefix, work / "pkg_config", url)
        by_pkg_config(prefix, work / "no_exceptions", url, CXXFLAGS="-fno-exceptions -fno-rtti -Wall -Wextra -Werror")
        other = by_pkg_config(prefix, work / "other_boost", url, SOURCE=str(HERE / "other_boost.cpp"))
        check(any("boost::asio" in name for name in symbols(other, "-C")), "the program has no Boost of its own")
        small(prefix, work / "small", url)


if __name__ == "__main__":
    main()
