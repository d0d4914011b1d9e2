#!/usr/bin/env python3
"""Every rule of scripts/tidy finds the offence it is there for, and nothing in a tree that keeps the rules."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "tidy"

GOOD = {
    "src/base/clock.hpp": "#pragma once\nnamespace socketio {}\n",
    "src/base/CMakeLists.txt": "socketio_floor(base SOURCES clock.cpp unit.cpp)\n",
    "src/base/clock.cpp": '#include "base/clock.hpp"\n',
    "src/base/unit.cpp": "int x;\n",
    "README.md": "# Title of it\n[here](#title-of-it) [there](src/base/clock.cpp) `[not](a link)`\n",
}


def tidy(files: dict[str, str], *, executable: str = "") -> str:
    """The findings in a tree of the good files and these."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in (GOOD | files).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if executable:
            (root / executable).chmod(0o755)
        done = subprocess.run([sys.executable, TIDY, "--root", folder], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        assert done.returncode == (0 if " 0 findings" in done.stdout else 1), done.stdout
        return done.stdout


class Tidy(unittest.TestCase):
    def finds(self, message: str, files: dict[str, str], **more):
        self.assertIn(message, tidy(files, **more))

    def test_is_silent_about_a_tree_that_keeps_the_rules(self):
        self.assertIn(" 0 findings", tidy({}))

    def test_a_floor_may_not_include_a_higher_one(self):
        self.finds("base may not include net", {"src/base/unit.cpp": '#include "net/loop.hpp"\n'})

    def test_net_may_not_include_core(self):
        self.finds("net may not include core", {"src/net/loop.hpp": '#pragma once\n#include "core/room.hpp"\n'})

    def test_below_net_nothing_opens_sockets_or_reads_a_clock(self):
        self.finds("includes boost/asio.hpp", {"src/base/unit.cpp": "#include <boost/asio.hpp>\n"})
        self.finds("says clock::now", {"src/base/unit.cpp": "auto x = clock::now();\n"})
        self.assertIn(" 0 findings", tidy({"src/base/unit.cpp": '// not clock::now()\nint* p;\n'}))

    def test_only_net_sees_asio(self):
        self.finds("only net sees", {"src/server/server.hpp": "#include <boost/asio.hpp>\n"})

    def test_only_sources_of_dial_see_libcurl(self):
        self.finds("only .cpp files of dial see libcurl", {"src/net/loop.cpp": "#include <curl/curl.h>\n"})
        self.finds("only .cpp files of dial see libcurl", {"src/dial/easy.hpp": "#pragma once\n#include <curl/curl.h>\n"})
        self.finds("dial may not include net", {"src/dial/line.hpp": '#pragma once\n#include "net/loop.hpp"\n'})
        self.finds("only net sees", {"src/dial/line.hpp": "#pragma once\n#include <openssl/ssl.h>\n"})

    def test_public_headers_name_no_library_and_nothing_of_src(self):
        self.finds("may not include simdjson.h", {"include/socketio/a.hpp": "#pragma once\n#include <simdjson.h>\n"})
        self.finds("may not include base/clock.hpp",
                   {"include/socketio/a.hpp": '#pragma once\n#include "base/clock.hpp"\n'})
        self.finds("no public header socketio/b.hpp",
                   {"include/socketio/a.hpp": "#pragma once\n#include <socketio/b.hpp>\n"})

    def test_a_file_of_more_than_600_lines_is_too_long(self):
        self.finds("601 lines", {"src/base/unit.cpp": "int x;\n" * 601})

    def test_a_function_of_more_than_70_lines_is_too_long(self):
        body = "  f();\n" * 70
        for head in ("void f() {", "foo::foo(int a) : a_{a}, b_{1} {", "TEST(Foo, Bar) {", "int f() const noexcept {"):
            text = f"namespace x {{\n{head}\n{body}}}\n}}\n"
            self.finds("src/base/unit.cpp:2: a function of 72 lines", {"src/base/unit.cpp": text})

    def test_a_long_class_or_table_is_no_function(self):
        for head in ("class x : public y {", "struct alignas(64) x {", "constexpr int (*table[])() = {"):
            text = f"{head}\n" + "  f,\n" * 90 + "};\n"
            self.assertIn(" 0 findings", tidy({"src/base/unit.cpp": text}))

    def test_braces_in_strings_and_comments_do_not_count(self):
        text = 'void f() {\n  g("{", \'{\', R"({{{)");  // {\n}\n' + "int x;\n" * 80
        self.assertIn(" 0 findings", tidy({"src/base/unit.cpp": text}))

    def test_a_source_that_is_not_built_is_dead(self):
        self.finds("no CMakeLists.txt names", {"src/base/forgotten.cpp": "int x;\n"})

    def test_a_header_that_nothing_includes_is_dead(self):
        self.finds("nothing includes", {"src/base/forgotten.hpp": "#pragma once\n"})

    def test_links_lead_somewhere(self):
        self.finds("leads nowhere: gone.md", {"docs/a.md": "[x](gone.md)\n"})
        self.finds("has no heading #gone", {"docs/a.md": "[x](../README.md#gone)\n"})

    def test_leftovers_are_found(self):
        self.finds("leftover marker", {"src/base/unit.cpp": "// TO" "DO: later\n"})
        self.finds("a tab", {"src/base/unit.cpp": "\tint x;\n"})
        self.finds("blanks at the end", {"src/base/unit.cpp": "int x; \n"})
        self.finds("no end of line", {"src/base/unit.cpp": "int x;"})

    def test_modes_fit_the_content(self):
        self.finds("but is not executable", {"scripts/a": "#!/bin/sh\n"})
        self.finds("should not be executable", {}, executable="src/base/clock.cpp")


if __name__ == "__main__":
    unittest.main()
