#!/usr/bin/env python3
"""Shared libraries of both sides, and the command, are built: for the tests that follow."""
from package_support import SHARED_TREE, build_tree


def main() -> None:
    build_tree(SHARED_TREE, "-DBUILD_SHARED_LIBS=ON", "-DSOCKETIO_TOOLS=ON", "-DCMAKE_INSTALL_PREFIX=/usr", timeout=1780)


if __name__ == "__main__":
    main()
