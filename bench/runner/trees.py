"""Two states of the project, built alike: a commit in a folder of its own, and the working tree."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

from .servers import BenchError

ROOT = pathlib.Path(__file__).resolve().parents[2]


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextlib.contextmanager
def checked_out(commit):
    """A worktree of the commit in a temporary folder, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="socketio-compare-") as folder:
        tree = pathlib.Path(folder) / "before"
        git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            # The browser client that the server serves is no part of what is compared.
            (tree / "npm/node_modules").symlink_to(ROOT / "npm/node_modules")
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def build(tree, targets):
    """Builds Release and gives the folder with the programs."""
    # With paths relative to the tree, ccache knows again what it has compiled in another folder.
    environment = {**os.environ, "CCACHE_BASEDIR": str(tree), "CCACHE_NOHASHDIR": "1"}
    done = subprocess.run(["scripts/build", "release", *targets], cwd=tree, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        last_lines = "\n".join(done.stdout.splitlines()[-20:])
        raise BenchError(f"{tree} cannot be built:\n{last_lines}")
    return tree / "build/release/bench"
