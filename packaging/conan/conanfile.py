"""The recipe of Conan 2: conan create packaging/conan -o "&:server=False". The sources are the tree that it lies in."""
import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class SocketioRecipe(ConanFile):
    name = "socketio"
    version = "0.1.0"
    description = "Socket.IO for C++20: server and client"
    license = "MIT"
    topics = ("socket.io", "websocket")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "server": [True, False], "client": [True, False],
               "tls": [True, False], "tools": [True, False]}
    default_options = {"shared": False, "fPIC": True, "server": True, "client": True, "tls": True, "tools": False,
                       "boost/*:header_only": True}

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*", "tools/*"):
            copy(self, pattern, tree, self.export_sources_folder)

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")
        if not self.options.server:
            self.options.rm_safe("tls")  # the client's TLS is libcurl's

    def layout(self):
        cmake_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("socketio needs Linux")
        if not self.options.server and not self.options.client:
            raise ConanInvalidConfiguration("socketio without server and client is nothing")
        if self.options.tools and not self.options.client:
            raise ConanInvalidConfiguration("the command socketio needs the client")

    def requirements(self):
        self.requires("simdjson/[>=3.1 <5]")
        self.requires("zlib/[>=1.2.11 <2]")
        if self.options.client:
            self.requires("libcurl/[>=7.87 <9]")
        if self.options.server:
            self.requires("boost/[>=1.81 <2]")
            self.requires("libxcrypt/[>=4.4 <5]")
            if self.options.tls:
                self.requires("openssl/[>=3 <4]")
        if self.options.tools:
            self.requires("cli11/[>=2 <3]")

    def generate(self):
        toolchain = CMakeToolchain(self)
        for option in ("server", "client", "tools", "shared"):
            toolchain.cache_variables[f"SOCKETIO_{option.upper()}"] = bool(self.options.get_safe(option))
        toolchain.cache_variables["SOCKETIO_TLS"] = bool(self.options.get_safe("tls", False))
        toolchain.cache_variables["SOCKETIO_DEVELOPER_MODE"] = False
        # The browser client comes from npm, which a recipe does not ask.
        toolchain.cache_variables["SOCKETIO_CLIENT_BUNDLE"] = False
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "socketio")
        both = ["zlib::zlib", "simdjson::simdjson"]
        floors = {"client": ["client", "dial"], "server": ["server", "net", "core"]}
        needs = {"client": ["libcurl::libcurl"], "server": ["boost::headers", "libxcrypt::libxcrypt"]}
        if self.options.get_safe("tls"):
            needs["server"].append("openssl::openssl")
        if not self.options.shared:
            self._component("both", ["events", "engine", "wire", "base"], both)
        for side in ("client", "server"):
            if self.options.get_safe(side):
                inner = [] if self.options.shared else ["both"]
                libraries = [side] if self.options.shared else floors[side]
                self._component(side, libraries, inner + needs[side] + (both if self.options.shared else []))

    def _component(self, name, floors, requires):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", f"socketio::{name}")
        component.set_property("pkg_config_name", {"server": "socketio", "client": "socketio-client"}.get(name, "socketio-both"))
        component.libs = [f"socketio_{floor}" for floor in floors]
        component.requires = requires
        component.system_libs = ["pthread"]
