#!/usr/bin/env python3
"""The shared libraries: their names, what they export, and programs that use one of them or both."""
import pathlib
import re
import tempfile

from package_support import (BUILD, CMAKE, COMPILER, HERE, SHARED_TREE, asks, check, configure, install, official_server,
                             run, symbols)

# Names of the library itself that no program needs, and of those that it uses.
INNER = re.compile(r"socketio::(base|wire|engine|core|net|dial|server_side|client_side|admin::instrumentation|\w+::(impl|state|inside)|timer|activity|logger|client_url)\b.*::")
FOREIGN = re.compile(r"\b(boost|simdjson|std|__gnu_cxx)::|^(deflate|inflate|curl_|SSL_|crc32|adler32)")
PUBLIC = {
    "client": ("socketio::client::client(", "socketio::manager::stop(", "socketio::event_loop::run(",
               "socketio::value::to_string", "socketio::category()", "socketio::detail::emit_to("),
    "server": ("socketio::server::listen(", "socketio::nsp::name(", "socketio::web::router::dispatch(",
               "socketio::value::to_string", "socketio::category()", "typeinfo for socketio::connect_error"),
}


def exports(library: pathlib.Path, side: str) -> None:
    names = symbols(library, "-C", "-D", "--defined-only")
    names = [name.split("@")[0] for name in names]
    for name in names:
        if name == "SOCKETIO_0.1":
            continue
        subject = re.sub(r"^(vtable|VTT|typeinfo|typeinfo name|guard variable) for ", "", name)
        check(subject.startswith("socketio::"), f"{library.name} exports {name}")
        check(not INNER.match(subject.split("(")[0] + "::"), f"{library.name} exports what is internal: {name}")
        check(not FOREIGN.search(subject.split("(")[0]), f"{library.name} exports what is not ours: {name}")
    for wanted in PUBLIC[side]:
        check(any(name.startswith(wanted) for name in names), f"{library.name} does not export {wanted}")
    check("boost" not in run("nm", "-C", library).lower() or side == "server", f"{library.name} contains Boost")
    print(f"{library.name}: {len(names)} names, {library.stat().st_size} bytes")


def every_program_links(libraries: list[pathlib.Path]) -> None:
    """What the objects of all examples and of the integration tests refer to is exported: they were compiled for the static
    libraries, and would link with these."""
    exported = {name.split("@")[0] for library in libraries for name in symbols(library, "-D", "--defined-only")}
    objects = [*BUILD.glob("examples/**/*.o"), *BUILD.glob("tests/integration/**/*.o")]
    check(len(objects) > 30, f"only {len(objects)} objects were found: build the examples first")
    wanted, own = set(), set()
    for file in objects:
        wanted.update(name for name in symbols(file, "-u") if re.match(r"_Z(T[ISV])?N?K?8socketio", name))
        own.update(symbols(file, "--defined-only"))
    missing = run("c++filt", *sorted(wanted - own - exported)) if wanted - own - exported else ""
    check(not missing, f"not exported, but used:\n{missing}")


def names_and_links(prefix: pathlib.Path, side: str) -> None:
    library = next(prefix.rglob(f"libsocketio_{side}.so.0.1.0"))
    check(f"SONAME               libsocketio_{side}.so.0.1\n" in run("objdump", "-p", library), "another SONAME")
    for name in ("so.0.1", "so"):
        link = library.parent / f"libsocketio_{side}.{name}"
        check(link.is_symlink() and link.resolve() == library.resolve(), f"{link} is no link to the library")
    exports(library, side)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, official_server() as url:
        work = pathlib.Path(temporary)
        prefix = work / "prefix"
        install(SHARED_TREE, prefix)
        check(not list(prefix.rglob("*.a")), "static libraries are installed")
        names_and_links(prefix, "client")
        names_and_links(prefix, "server")
        every_program_links(list(prefix.rglob("libsocketio_*.so.0.1.0")))

        for how, program in (("client_find_package", "consumer"), ("both_find_package", "both")):
            configure(HERE / how, work / how, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON")
            run(CMAKE, "--build", work / how)
        said = asks(work / "client_find_package/consumer", url)
        said = run(work / "both_find_package/both")
        for line in ("caught std::invalid_argument", "caught mine", 'refused: not you 7', "timed out: 1"):
            check(line in said, f"`{line}` is missing: {said}")

        libraries = next(prefix.rglob("libsocketio_client.so")).parent
        for source in ("client_consumer.cpp", "other_boost.cpp"):
            folder = work / source
            folder.mkdir()
            run("make", "-C", HERE / "client_pkg_config", f"BUILD={folder}", f"CXX={COMPILER}", f"SOURCE={HERE / source}",
                PKG_CONFIG_PATH=str(libraries / "pkgconfig"))
            asks(folder / "consumer", url, LD_LIBRARY_PATH=str(libraries))


if __name__ == "__main__":
    main()
