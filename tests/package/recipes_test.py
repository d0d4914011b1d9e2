#!/usr/bin/env python3
"""The recipes of vcpkg and Conan in packaging/: what can be said about them without the network. Their options are those of
CMakeLists.txt; the port runs with a vcpkg that only writes down; Conan, where it is installed, resolves the recipe and
makes the package of the client, with recipes for what it needs that stand for the libraries of this system."""
import ast
import json
import os
import pathlib
import re
import shutil
import tempfile

from package_support import CMAKE, COMPILER, SOURCES, check, run

PORT = SOURCES / "packaging/vcpkg/ports/socketio"
RECIPE = SOURCES / "packaging/conan"
OPTIONS = set(re.findall(r"^option\((SOCKETIO_\w+)", (SOURCES / "CMakeLists.txt").read_text(), re.MULTILINE))
OPTIONS |= set(re.findall(r"^option\((SOCKETIO_\w+)", (SOURCES / "src/server/CMakeLists.txt").read_text(), re.MULTILINE))
VERSION = re.search(r"project\(socketio VERSION ([\d.]+)", (SOURCES / "CMakeLists.txt").read_text())[1]

# A vcpkg that says what it is asked to do.
VCPKG = """
cmake_minimum_required(VERSION 3.22)
set(CURRENT_PORT_DIR {port})
set(CURRENT_PACKAGES_DIR {work}/packages)
set(VCPKG_LIBRARY_LINKAGE static)
set(PORT socketio)
set(FEATURES client tools)
function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" OUT_FEATURE_OPTIONS FEATURES)
  message("check_features ${{arg_FEATURES}}")
  set(${{arg_OUT_FEATURE_OPTIONS}} -DSOCKETIO_CLIENT=ON -DSOCKETIO_SERVER=OFF PARENT_SCOPE)
endfunction()
foreach(name cmake_configure cmake_install cmake_config_fixup fixup_pkgconfig copy_tools install_copyright)
  function(vcpkg_${{name}})
    message("${{CMAKE_CURRENT_FUNCTION}} ${{ARGV}}")
  endfunction()
endforeach()
include({port}/portfile.cmake)
"""

STUB = """
from conan import ConanFile
class Stub(ConanFile):
    name, version = "{name}", "{version}"
    options, default_options = {options}, {defaults}
    def package_info(self):
        self.cpp_info.includedirs = self.cpp_info.libdirs = self.cpp_info.bindirs = []
        self.cpp_info.set_property("cmake_file_name", "{file}")
        part = self.cpp_info.components["{part}"]
        part.includedirs = part.libdirs = part.bindirs = []
        part.set_property("cmake_target_name", "{target}")
        part.system_libs = {libraries}
"""
STUBS = [  # name, version, file, component, target, libraries, options
    ("simdjson", "3.1.0", "simdjson", "simdjson", "simdjson::simdjson", ["simdjson"], {}),
    ("zlib", "1.2.13", "ZLIB", "zlib", "ZLIB::ZLIB", ["z"], {}),
    ("libcurl", "7.88.1", "CURL", "libcurl", "CURL::libcurl", ["curl"], {}),
    ("boost", "1.81.0", "Boost", "headers", "Boost::headers", [], {"header_only": [True, False]}),
    ("libxcrypt", "4.4.33", "libxcrypt", "libxcrypt", "libxcrypt::libxcrypt", ["crypt"], {}),
    ("openssl", "3.0.11", "OpenSSL", "openssl", "OpenSSL::SSL", ["ssl", "crypto"], {}),
    ("cli11", "2.3.2", "CLI11", "cli11", "CLI11::CLI11", [], {}),
]


def vcpkg(work: pathlib.Path) -> None:
    port = json.loads((PORT / "vcpkg.json").read_text())
    check(port["version"] == VERSION, f"the port is of version {port['version']}, the project {VERSION}")
    for feature in port["features"]:
        check(f"SOCKETIO_{feature.upper()}" in OPTIONS, f"no option is meant by the feature {feature}")
    (work / "vcpkg.cmake").write_text(VCPKG.format(port=PORT, work=work))
    said = run(CMAKE, "-P", work / "vcpkg.cmake")
    named = re.findall(r"(?:\b|-D)(SOCKETIO_\w+)", said)
    check(len(named) >= 8 and set(named) <= OPTIONS, f"the port names options that are none: {set(named) - OPTIONS}")
    check(f"SOURCE_PATH;{SOURCES};" in said and "vcpkg_install_copyright" in said, said)
    check((work / "packages/share/socketio/usage").is_file(), "no usage is installed")


def conan_recipe() -> None:
    text = (RECIPE / "conanfile.py").read_text()
    ast.parse(text)
    ast.parse((RECIPE / "test_package/conanfile.py").read_text())
    check(f'version = "{VERSION}"' in text, "the recipe is of another version than the project")
    for name in re.findall(r"SOCKETIO_[A-Z_]+", text):
        check(name in OPTIONS, f"the recipe names {name}, which is no option")


def conan_packages(conan: str, work: pathlib.Path) -> None:
    # The packages of Conan have new folders each time; with the base folder the compiler cache knows them again.
    home = {"CONAN_HOME": str(work / "conan"), "CCACHE_BASEDIR": str(work / "conan"), "CCACHE_NOHASHDIR": "1",
            "CXX": COMPILER}
    run(conan, "profile", "detect", **home)
    for name, version, file, part, target, libraries, options in STUBS:
        folder = work / "stubs" / name
        folder.mkdir(parents=True)
        (folder / "conanfile.py").write_text(STUB.format(name=name, version=version, file=file, part=part, target=target,
                                                         libraries=libraries, options=options,
                                                         defaults={key: values[0] for key, values in options.items()}))
        run(conan, "create", folder, "--no-remote", **home)
    # Nothing is written beside the recipe.
    elsewhere = ("-c", f"tools.cmake.cmake_layout:test_folder={work / 'test'}", "-c",
                 "tools.cmake.cmaketoolchain:user_presets=")
    strict = (*elsewhere, "--no-remote", "-s", "compiler.cppstd=20", "-c", "tools.cmake.cmaketoolchain:generator=Ninja")
    def needed(*options: str) -> set[str]:
        run(conan, "graph", "info", RECIPE, "--format=json", f"--out-file={work / 'graph.json'}", *options, *strict, **home)
        nodes = json.loads((work / "graph.json").read_text())["graph"]["nodes"].values()
        return {node["name"] for node in nodes} - {"socketio"}

    everything = {"boost", "libcurl", "libxcrypt", "openssl", "simdjson", "zlib"}
    check(needed() == everything, f"by default it needs {needed()}")
    of_client = {"libcurl", "simdjson", "zlib"}
    check(needed("-o", "&:server=False") == of_client, f"the client needs {needed('-o', '&:server=False')}")
    run(conan, "create", RECIPE, "-o", "&:server=False", *strict, timeout=400, **home)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        vcpkg(work)
        conan_recipe()
        conan = shutil.which("conan", path=f"{SOURCES / 'build/conan/bin'}{os.pathsep}{os.environ['PATH']}")
        if conan:
            conan_packages(conan, work)
        else:
            print("conan was not found: its recipe is only read (scripts/setup test installs it where it can)")


if __name__ == "__main__":
    main()
