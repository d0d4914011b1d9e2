#!/usr/bin/env python3
"""Preprocesses every public header and fails where it drags in what a user must not pay for or depend on.

check_public_headers.py <compiler>
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
FORBIDDEN = re.compile(r"/(boost|openssl|simdjson|zlib|gtest)(/|\.h)|" + re.escape(str(ROOT / "src")) + "/")
LINE_MARKER = re.compile(r'^# \d+ "([^"]+)"', re.MULTILINE)


def files_behind(compiler: str, header: pathlib.Path) -> set[str]:
    command = [compiler, "-std=c++20", "-E", "-x", "c++", "-I", str(INCLUDE), str(header)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return set(LINE_MARKER.findall(text))


def main() -> int:
    # The bridge to Asio is for those who have it.
    headers = sorted(header for header in INCLUDE.rglob("*.hpp") if header.name != "asio.hpp")
    if not headers:
        print(f"no header found below {INCLUDE}")
        return 1
    bad = 0
    for header in headers:
        foreign = sorted(f for f in files_behind(sys.argv[1], header) if FORBIDDEN.search(f))
        if foreign:
            bad += 1
            print(f"{header.relative_to(ROOT)} reaches {foreign[0]} (and {len(foreign) - 1} more)")
    print(f"{len(headers)} public headers, {bad} with forbidden includes")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
