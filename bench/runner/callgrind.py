"""How many instructions the server executes for one message, counted by valgrind's callgrind.

A run with few messages is subtracted from a run with many, so that starting, connecting and ending
do not count. Counts hardly depend on what else the machine does: they differ by well below 1 % from
run to run, where CPU times differ by 10 % on a busy machine. They say nothing of caches and of the
kernel, where most of the time goes.
"""

import collections
import dataclasses
import pathlib
import re
import tempfile

from . import load, servers


@dataclasses.dataclass(frozen=True)
class Profile:
    instructions: float  # per message
    functions: dict  # name -> instructions per message in the function itself


def count_self_costs(text):
    """Instructions by function, without what they call, from a file that callgrind wrote.

    Its lines, as far as they matter here (a name is spelled out where its number occurs first):

        fn=(2) main          what follows belongs to main
        12 40                line 12, 40 instructions of main itself
        cfn=(3) parse        the next cost is that of a call of parse,
        calls=7 30
        12 900               900 with all that it calls in turn; it counts where parse is listed
    """
    names = {}
    costs = collections.Counter()
    function = None
    is_call = False  # the line behind `calls=` has the cost of what was called
    for line in text.splitlines():
        if line.startswith("fn="):
            number, name = re.fullmatch(r"fn=\((\d+)\)(?: (.*))?", line).groups()
            function = names.setdefault(number, name)
        elif line.startswith("calls="):
            is_call = True
        elif re.match(r"[+\-*\d]", line):
            if not is_call:
                costs[function] += int(line.split()[1])
            is_call = False
        elif (called := re.fullmatch(r"cfn=\((\d+)\) (.*)", line)) is not None:
            names.setdefault(called[1], called[2])
    total = re.search(r"^totals: (\d+)", text, re.MULTILINE)
    if total is None or int(total[1]) != sum(costs.values()):
        raise servers.BenchError("callgrind's file is not understood: its functions do not add up to its total")
    return costs


def run_once(programs, load_programs, scenario, messages, threads):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", "--log-file=/dev/null", f"--callgrind-out-file={output}",
                   str(programs / "bench_server")]
        command += ["--threads", str(threads)] if threads > 1 else []
        server = servers.Server("callgrind", "under callgrind", tuple(command))
        with servers.running(server, programs, patience=60) as (process, port):
            options = [*scenario.arguments(), "--messages", str(messages)]
            answered = load.run(load_programs, scenario.kind, process, port, options)["messages"]
        return count_self_costs(output.read_text()), answered


def profile(programs, load_programs, scenario, messages, threads=1):
    """Counts a scenario of bench/run for the server in the folder `programs`."""
    few, few_answered = run_once(programs, load_programs, scenario, messages // 10, threads)
    many, many_answered = run_once(programs, load_programs, scenario, messages, threads)
    answered = many_answered - few_answered
    functions = {name: (many[name] - few[name]) / answered for name in many.keys() | few.keys()}
    return Profile(sum(functions.values()), functions)
