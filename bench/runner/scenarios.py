"""The scenarios of a run: what the load generator is told, and which rows of the table come of it."""

import dataclasses
import statistics

CPU = "cpu_us"


@dataclasses.dataclass(frozen=True)
class Row:
    metric: str  # the name in the load generator's JSON
    label: str
    unit: str
    decimals: int = 2

    def of_rounds(self, values):
        """The figure that stands for all rounds. CPU time: the smallest, because whatever else happens on the
        machine only adds to it, to whom it hits. Everything else: the median."""
        return min(values) if self.metric == CPU else statistics.median(values)


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str  # unique; --only chooses by it or by the kind
    kind: str  # what bench_load calls it
    options: dict
    rows: tuple
    server_arguments: tuple = ()  # for all servers; see bench/peers/handlers.mjs
    rounds_max: int = 1000  # memory differs little from run to run, and takes long to come to rest

    def arguments(self):
        return [word for name, value in self.options.items() for word in (f"--{name}", str(value))]


IDLE_STEPS = (1_000, 5_000, 10_000, 19_000)  # where bench/load/idle.cpp reads the memory


def echo(window, payload, name):
    label = f"echo with ack, 100 connections, window {window}, {payload} B"
    return Scenario(
        name,
        "echo",
        {"connections": 100, "window": window, "payload": payload},
        (Row(CPU, label, "µs"),),
    )


def broadcast(connections):
    return Scenario(
        f"broadcast-{connections}",
        "broadcast",
        {"connections": connections},
        (Row(CPU, f"broadcast to {connections:,}, per delivery", "µs"),),
    )


def rate(messages_per_second):
    label = f"echo at {messages_per_second:,}/s"
    return Scenario(
        f"rate-{messages_per_second}",
        "rate",
        {"connections": 100, "rate": messages_per_second},
        (
            Row(CPU, label, "µs"),
            Row("p50_us", f"{label}: latency p50", "µs", 0),
            Row("p99_us", f"{label}: latency p99", "µs", 0),
            Row("p999_us", f"{label}: latency p99.9", "µs", 0),
            Row("sent_late_p99_us", f"{label}: of it before sending, p99", "µs", 0),
        ),
    )


def room(connections):
    return Scenario(
        "room",
        "room",
        {"connections": connections, "room-size": 10},
        (Row(CPU, f"room of 10 among {connections:,}, per delivery", "µs"),),
    )


def idle(steps):
    rows = [Row(f"resident_bytes_{step}", f"idle connection, {step:,} of them, resident", "B", 0) for step in steps]
    return Scenario("idle", "idle", {"connections": steps[-1]}, tuple(rows), rounds_max=2)


def idle_with_handlers(connections):
    return Scenario(
        "idle-handlers",
        "idle",
        {"connections": connections},
        (Row(f"resident_bytes_{connections}", f"idle connection, {connections:,} of them, three handlers on each socket", "B", 0),),
        server_arguments=("--three-per-socket",),
        rounds_max=2,
    )


def cycles(count):
    return Scenario(
        "cycles",
        "cycles",
        {"connections": 32, "messages": count},
        (Row("resident_ratio", f"resident after {count:,} connects and disconnects / before", "×", 3),),
        rounds_max=2,
    )


def all_scenarios(quick):
    """The rows that issue and README speak of; a quick run has the same ones with fewer clients."""
    return [
        echo(1, 32, "echo-1-32"),
        echo(10, 32, "echo-10-32"),
        echo(1, 1024, "echo-1-1024"),
        echo(10, 1024, "echo-10-1024"),
        *([rate(2_000)] if quick else [rate(10_000), rate(40_000)]),
        broadcast(100 if quick else 1_000),
        broadcast(1_000 if quick else 10_000),
        room(100 if quick else 1_000),
        Scenario("connect", "connect", {"connections": 32}, (Row(CPU, "connect, echo, disconnect", "µs"),)),
        # Node releases the poll of an upgrade only after 100 ms, so many have to be under way.
        Scenario(
            "connect-upgrade",
            "connect-upgrade",
            {"connections": 20 if quick else 200},
            (Row(CPU, "connect by polling, upgrade, echo, disconnect", "µs"),),
        ),
        idle(IDLE_STEPS[:1] if quick else IDLE_STEPS),
        idle_with_handlers(1_000 if quick else 10_000),
        cycles(2_000 if quick else 100_000),
    ]


def chosen(scenarios, names):
    """Those whose name (`broadcast-1000`) or kind (`broadcast`) is among the given words."""
    if not names:
        return scenarios

    def wanted(scenario):
        return any(scenario.name == name or scenario.kind == name for name in names)

    return [scenario for scenario in scenarios if wanted(scenario)]
