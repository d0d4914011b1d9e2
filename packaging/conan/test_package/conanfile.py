"""A program is built with the package, and run."""
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class TestSocketio(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"
    test_type = "explicit"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        options = self.dependencies["socketio"].options
        sides = [side for side in ("client", "server") if options.get_safe(side)]
        cmake = CMake(self)
        cmake.configure(variables={"sides": ";".join(sides)})
        cmake.build()

    def test(self):
        if can_run(self):
            for side in ("client", "server"):
                program = os.path.join(self.cpp.build.bindir, side)
                if os.path.exists(program):
                    self.run(program, env="conanrun")
