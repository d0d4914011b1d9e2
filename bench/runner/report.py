"""The tables: the figure of each row with the spread of its rounds, and the ratios of these figures."""

RATIOS = (("ours", "node"), ("ours", "bun"), ("ours", "rust"), ("ours", "floor"), ("ours-2", "ours"))


def values_of(runs, scenario, server, metric):
    return [
        run["result"][metric]
        for run in runs
        if run["scenario"] == scenario and run["server"] == server and metric in run["result"]
    ]


def cell(values, row, with_spread):
    """`4.50 (4.50..4.80)`: the figure, and between what it was chosen."""
    if not values:
        return "–"

    def show(value):
        return f"{value:,.{row.decimals}f}"

    figure = show(row.of_rounds(values))
    return figure if len(values) == 1 or not with_spread else f"{figure} ({show(min(values))}..{show(max(values))})"


def ratio(ours, other, row):
    if not ours or not other or not row.of_rounds(other):
        return "–"
    return f"{row.of_rounds(ours) / row.of_rounds(other):.2f}"


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
            cells += [ratio(values[a], values[b], row) for a, b in ratios]
            lines.append([row.label, row.unit] + cells)
    return markdown(lines)


def short_table(runs, rows, servers):
    """What stands in the README: no ratios, no latencies, three digits."""

    def figure(scenario, row, server):
        values = values_of(runs, scenario.name, server.name, row.metric)
        if not values:
            return "–"
        number = row.of_rounds(values)
        return f"{number:,.0f}" if number >= 100 else f"{number:#.3g}"

    lines = [[""] + [server.title for server in servers], ["---"] + ["---:"] * len(servers)]
    for scenario, row in rows:
        lines.append([row.label] + [figure(scenario, row, server) for server in servers])
    return markdown(lines)


def markdown(lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
