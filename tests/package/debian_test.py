#!/usr/bin/env python3
"""cpack -G DEB of both trees: which packages, what is in them and what they depend on; the command runs."""
import os
import pathlib
import re
import shutil
import sys
import tempfile

from package_support import CLIENT_TREE, CMAKE, COMPILER, SHARED_TREE, check, run

SHARED = {
    "libsocketio-client0.1": ([r"/libsocketio_client\.so\.0\.1\.0$", r"/libsocketio_client\.so\.0\.1$"], ["libcurl4", "libc6"]),
    "libsocketio-server0.1": ([r"/libsocketio_server\.so\.0\.1\.0$"], ["libssl3", "libcrypt1"]),
    "libsocketio-dev": ([r"/include/socketio/client\.hpp$", r"/socketio-config\.cmake$"], []),
    "libsocketio-client-dev": ([r"/libsocketio_client\.so$", r"/socketio-client\.pc$", r"/socketio-client-targets\.cmake$"],
                               ["libsocketio-client0.1 (= 0.1.0-1)", "libsocketio-dev (= 0.1.0-1)"]),
    "libsocketio-server-dev": ([r"/libsocketio_server\.so$", r"/socketio\.pc$"], ["libsocketio-server0.1 (= 0.1.0-1)"]),
    "socketio-tools": ([r"/usr/bin/socketio$"], ["libcurl4"]),
}
STATIC = {
    "libsocketio-dev": ([r"/include/socketio/client\.hpp$", r"/libsocketio_base\.a$"], ["libsimdjson-dev", "zlib1g-dev"]),
    "libsocketio-client-dev": ([r"/libsocketio_client\.a$", r"/libsocketio_dial\.a$", r"/socketio-client\.pc$"],
                               ["libcurl4-openssl-dev | libcurl-dev", "libsocketio-dev (= 0.1.0-1)"]),
}


def packages_of(tree: pathlib.Path, work: pathlib.Path, expected: dict) -> dict[str, pathlib.Path]:
    cpack = pathlib.Path(CMAKE).with_name("cpack")
    run(cpack, "-G", "DEB", "-B", work, folder=tree, timeout=300)
    files = {file.name.split("_")[0]: file for file in work.glob("*.deb")}
    check(set(files) == set(expected), f"there are other packages than expected: {sorted(files)}")
    for name, (contents, depends) in expected.items():
        listed = [line.split(" -> ")[0] for line in run("dpkg-deb", "--contents", files[name]).splitlines()]
        for pattern in contents:
            check(any(re.search(pattern, line) for line in listed), f"{name} has no {pattern}: {listed}")
        said = run("dpkg-deb", "--field", files[name], "Depends") if depends else ""
        for one in depends:
            check(one in said, f"{name} should depend on {one}: {said}")
    owners = {}
    for name, file in files.items():
        for line in run("dpkg-deb", "--contents", file).splitlines():
            path = line.split(" -> ")[0].split()[-1]
            if not path.endswith("/"):
                check(owners.setdefault(path, name) == name, f"{path} is in {name} and in {owners[path]}")
    return files


def installed(root: pathlib.Path, files: dict[str, pathlib.Path]) -> None:
    """dpkg accepts them together, in a system that is empty otherwise."""
    state = root / "var/lib/dpkg"
    for folder in ("info", "updates", "triggers"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    run("dpkg", f"--root={root}", "--force-depends", "--force-script-chrootless", "-i", *files.values())
    said = run("dpkg-query", f"--admindir={state}", "--show", "--showformat=${Package} ${Status}\n")
    for name in files:
        check(f"{name} install ok installed\n" in said, f"{name} is not installed: {said}")


def main() -> None:
    if not shutil.which("dpkg-shlibdeps"):
        sys.exit("dpkg-shlibdeps was not found: install dpkg-dev")
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        packages_of(CLIENT_TREE, work / "static", STATIC)
        files = packages_of(SHARED_TREE, work / "shared", SHARED)
        root = work / "root"
        for file in files.values():
            run("dpkg", "-x", file, root)
        said = run(root / "usr/bin/socketio", "--version")
        check("0.1.0" in said, f"socketio --version said {said}")
        # Of the packages alone a program is built: they are complete.
        run(COMPILER, "-std=c++20", f"-I{root}/usr/include",
            pathlib.Path(__file__).with_name("client_consumer.cpp"), "-o", work / "program",
            f"-L{next(root.rglob('libsocketio_client.so')).parent}", "-lsocketio_client")
        if os.geteuid() == 0:
            installed(work / "empty", files)


if __name__ == "__main__":
    main()
