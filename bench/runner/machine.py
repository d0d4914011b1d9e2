"""What a result depends on besides the code: machine, kernel, compilers, versions, commit."""

import os
import pathlib
import platform
import re
import subprocess

from . import servers


def output_of(command, folder=None):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def field_of(path, pattern):
    found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    return found.group(1).strip() if found else None


def describe_machine():
    return {
        "processor": field_of("/proc/cpuinfo", r"^model name\s*:(.*)$") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_kib": int(field_of("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0),
        "kernel": platform.release(),
        "load_average": os.getloadavg(),
    }


def describe_build(build):
    """Compiler and build type, from the cache of the build folder that `build` lies in."""
    cache = next((folder / "CMakeCache.txt" for folder in (build, *build.parents)
                  if (folder / "CMakeCache.txt").exists()), None)
    if cache is None:
        return {}
    compiler = field_of(cache, r"^CMAKE_CXX_COMPILER:\w+=(.*)$")
    version = output_of([compiler, "--version"]) if compiler else None
    return {
        "type": field_of(cache, r"^CMAKE_BUILD_TYPE:\w+=(.*)$"),
        "compiler": version.splitlines()[0] if version else compiler,
    }


def describe_versions():
    bun = servers.PEERS / "bun/node_modules/.bin/bun"
    return {
        "node": output_of(["node", "--version"]),
        "bun": output_of([str(bun), "--version"]),
        "socket.io": servers.package_version("node", "socket.io"),
        "engine.io": servers.package_version("node", "engine.io"),
        "ws": servers.package_version("node", "ws"),
        "@socket.io/bun-engine": servers.package_version("bun", "@socket.io/bun-engine"),
        "rustc": output_of(["rustc", "--version"]),
        **servers.crate_versions("socketioxide", "engineioxide", "axum", "tokio"),
        "python": platform.python_version(),
    }


def describe_commit(folder):
    return {
        "commit": output_of(["git", "rev-parse", "--short", "HEAD"], folder) or "unknown",
        "changed": bool(output_of(["git", "status", "--porcelain", "--untracked-files=no"], folder)),
    }
