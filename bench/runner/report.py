"""The table: medians with their spread, and the ratios of the medians."""

import statistics

RATIOS = (("ours", "node"), ("ours", "bun"), ("ours", "rust"), ("ours", "floor"), ("ours-2", "ours"))


def values_of(runs, scenario, server, metric):
    return [
        run["result"][metric]
        for run in runs
        if run["scenario"] == scenario and run["server"] == server and metric in run["result"]
    ]


def cell(values, row, with_spread):
    """`4.62 (4.50..4.80)`: the median, and between what it was chosen."""
    if not values:
        return "–"

    def show(value):
        return f"{value:,.{row.decimals}f}"

    median = show(statistics.median(values))
    return median if len(values) == 1 or not with_spread else f"{median} ({show(min(values))}..{show(max(values))})"


def ratio(ours, other):
    if not ours or not other:
        return "–"
    return f"{statistics.median(ours) / statistics.median(other):.2f}"


def table(runs, scenarios, servers, with_spread=True):
    """One Markdown table: a row per figure, a column per server, then the ratios."""
    names = [server.name for server in servers]
    ratios = [(a, b) for a, b in RATIOS if a in names and b in names]
    titles = {server.name: server.title for server in servers}
    heads = ["Server CPU per message unless said otherwise", "unit"]
    heads += [server.title for server in servers]
    heads += [f"{titles[a]}/{titles[b]}" for a, b in ratios]
    lines = [heads, ["---", "---"] + ["---:"] * (len(heads) - 2)]
    for scenario in scenarios:
        for row in scenario.rows:
            values = {name: values_of(runs, scenario.name, name, row.metric) for name in names}
            if not any(values.values()):
                continue
            cells = [cell(values[name], row, with_spread) for name in names]
            cells += [ratio(values[a], values[b]) for a, b in ratios]
            lines.append([row.label, row.unit] + cells)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
