# One command per task. Each is one line that calls a script or a preset, so that it can be copied and changed.
# HACKING.md has the longer list.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help demo test packages bench fuzz lint format docs clean

help:    ## list the commands
	@sed -n 's/^\([a-z]*\): *## */make \1\t/p' Makefile | expand -t 14

demo:    ## install what is missing, build Release, run the chat
	@scripts/demo

test:    ## install what is missing, build dev and asan, run every test
	@scripts/test

packages: ## build and test every package: shared, Debian, vcpkg, Conan, from sources (long)
	@scripts/packages

bench:   ## compare with Node.js, Bun, Rust and the leanest possible server
	@scripts/bench

fuzz:    ## fuzz every decoder for a while (SECONDS_EACH=60)
	@scripts/fuzz

lint:    ## clang-format, clang-tidy and scripts/tidy
	@scripts/lint

format:  ## lay out the sources
	@scripts/format

docs:    ## build the reference of the public headers into build/docs
	@scripts/docs

clean:   ## remove everything that was built
	@rm -rf build artifacts
