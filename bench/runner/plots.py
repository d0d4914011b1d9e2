"""The plots of docs/performance.md, drawn from the raw results of one run."""

import dataclasses

from . import report, scenarios, servers, svg


@dataclasses.dataclass(frozen=True)
class Style:
    color: str
    shape: str


# Colours that the colour-blind can tell apart, and shapes for whoever prints.
STYLES = {
    "floor": Style("#8a9099", "ring"),
    "ours": Style("#0072b2", "circle"),
    "ours-2": Style("#56b4e9", "down"),
    "node": Style("#009e73", "square"),
    "bun": Style("#cc79a7", "diamond"),
    "rust": Style("#d55e00", "up"),
}
CPU_NAMES = {
    "echo-1-32": "echo, window 1, 32 B",
    "echo-10-32": "echo, window 10, 32 B",
    "echo-1-1024": "echo, window 1, 1 KiB",
    "echo-10-1024": "echo, window 10, 1 KiB",
    "rate-10000": "echo at 10,000/s",
    "rate-40000": "echo at 40,000/s",
    "broadcast-1000": "broadcast to 1,000",
    "broadcast-10000": "broadcast to 10,000",
    "room": "room of 10",
    "connect": "connect and leave",
    "connect-upgrade": "the same with upgrade",
}
PERCENTILES = (("p50_us", "50 %"), ("p90_us", "90 %"), ("p99_us", "99 %"), ("p999_us", "99.9 %"))


def figure(runs, scenario, server, metric):
    values = report.values_of(runs, scenario, server, metric)
    return scenarios.Row(metric, "", "").of_rounds(values) if values else None


def present(runs):
    """The servers of a run that have a style, in the order of the table."""
    names = {run["server"] for run in runs}
    return [name for name in STYLES if name in names]


def legend(names):
    return [(STYLES[name], servers.SERVERS[name].title) for name in names]


def cpu(runs):
    """One line per scenario, one marker per server, on a scale of powers of ten."""
    names = present(runs)
    measured = {run["scenario"] for run in runs}
    rows = [name for name in CPU_NAMES if name in measured]
    values = {(row, name): figure(runs, row, name, "cpu_us") for row in rows for name in names}
    width, left, top, pitch = 820, 190, 74, 30
    bottom = top + pitch * len(rows)
    canvas = svg.Canvas(width, bottom + 56, "Server CPU time per message (left is better)")
    canvas.legend(left, 56, legend(names))
    known = [value for value in values.values() if value]
    scale = svg.Scale(*svg.span_of(known), left, width - 24, logarithmic=True)
    canvas.axis_x(scale, top, bottom, "microseconds per message, user and system, all threads; logarithmic")
    for place, row in enumerate(rows):
        y = top + pitch * (place + 0.5)
        canvas.text(left - 12, y + 4, CPU_NAMES[row], anchor="end")
        places = [scale(values[row, name]) for name in names if values[row, name]]
        canvas.line(min(places), y, max(places), y, color="#b8c0c9", width=1.5)
        for name in reversed(names):  # the first lies on top
            if values[row, name]:
                canvas.marker(scale(values[row, name]), y, STYLES[name])
    return canvas.finish()


def latency(runs):
    """A panel per rate: percentiles from left to right, latency upwards by powers of ten."""
    rates = [name for name in ("rate-10000", "rate-40000") if any(run["scenario"] == name for run in runs)]
    names = present(runs)
    values = {(rate, name, metric): figure(runs, rate, name, metric)
              for rate in rates for name in names for metric, _ in PERCENTILES}
    width, top, bottom, panel = 820, 106, 370, 350
    canvas = svg.Canvas(width, bottom + 56, "Latency of an echo, counted from when it was due (low is better)")
    canvas.legend(30, 56, legend(names))
    low, high = svg.span_of([value for value in values.values() if value])
    for place, rate in enumerate(rates):
        left = 72 + place * (panel + 36)
        scale = svg.Scale(low, high, bottom, top, logarithmic=True)
        canvas.axis_y(scale, left, left + panel - 24, f"µs at {CPU_NAMES[rate][8:]}")
        across = svg.Scale(0, len(PERCENTILES) - 1, left + 26, left + panel - 50)
        for at, (_, label) in enumerate(PERCENTILES):
            canvas.text(across(at), bottom + 19, label, anchor="middle", color=svg.SOFT)
        canvas.text(left + panel / 2 - 12, bottom + 39, "so many messages were faster", anchor="middle")
        for name in reversed(names):
            points = [(across(at), scale(values[rate, name, metric]))
                      for at, (metric, _) in enumerate(PERCENTILES) if values[rate, name, metric]]
            draw_series(canvas, points, STYLES[name])
    return canvas.finish()


def draw_series(canvas, points, style):
    canvas.path(points, style.color)
    for x, y in points:
        canvas.marker(x, y, style)


def memory(runs):
    """Bytes per idle connection against the number of connections."""
    names = present(runs)
    steps = scenarios.IDLE_STEPS
    values = {(step, name): figure(runs, "idle", name, f"resident_bytes_{step}") for step in steps for name in names}
    width, left, top, bottom = 820, 72, 106, 370
    canvas = svg.Canvas(width, bottom + 56, "Resident memory per idle connection (low is better)")
    canvas.legend(30, 56, legend(names))
    across = svg.Scale(0, steps[-1] * 1.02, left, width - 24)
    upwards = svg.Scale(0, max(value for value in values.values() if value) / 1024 * 1.1, bottom, top)
    canvas.axis_y(upwards, left, width - 24, "KiB per connection")
    for step in steps:
        canvas.text(across(step), bottom + 19, svg.number(step), anchor="middle", color=svg.SOFT)
    canvas.text((left + width) / 2, bottom + 39, "idle connections", anchor="middle")
    for name in reversed(names):
        points = [(across(step), upwards(values[step, name] / 1024)) for step in steps if values[step, name]]
        draw_series(canvas, points, STYLES[name])
    return canvas.finish()


PLOTS = {"cpu.svg": cpu, "latency.svg": latency, "memory.svg": memory}
