#!/usr/bin/env python3
"""The client alone is built where there is no Boost and no OpenSSL, and no file of theirs is read."""
import json
import re

from package_support import CLIENT_TREE, build_tree, check, run

FOREIGN = re.compile(r"/(boost|openssl)/")


def main() -> None:
    build_tree(CLIENT_TREE, "-DSOCKETIO_SERVER=OFF", "-DSOCKETIO_TLS=OFF", "-DCMAKE_INSTALL_PREFIX=/usr",
               # What docs/packaging.md says to whoever wants small programs.
               "-DCMAKE_BUILD_TYPE=MinSizeRel", "-DCMAKE_CXX_FLAGS=-ffunction-sections -fdata-sections",
               "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON", timeout=880)
    commands = json.loads((CLIENT_TREE / "compile_commands.json").read_text())
    check(len(commands) > 50, f"only {len(commands)} files are compiled")
    for command in commands:
        check(not FOREIGN.search(command["command"]), f"compiled with {command['command']}")
        check("/src/net/" not in command["file"] and "/src/server/" not in command["file"],
              f"{command['file']} is the server's")
    read = run("ninja", "-C", CLIENT_TREE, "-t", "deps")
    check("curl/curl.h" in read, "ninja does not know which headers were read")
    check(not FOREIGN.search(read), f"read: {FOREIGN.search(read)}")
    for library in CLIENT_TREE.glob("src/*/*.a"):
        check(b"boost" not in run("nm", library).encode().lower(), f"{library} names Boost")


if __name__ == "__main__":
    main()
