"""As much of SVG as the plots need: scales, a canvas on a light card, markers that differ in shape too.

The card has its own light background, so that a plot reads the same on a dark page.
"""

import dataclasses
import html
import math

INK = "#1f2933"
SOFT = "#52606d"
GRID = "#dfe3e8"
CARD = "#fbfbfa"
FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif"


@dataclasses.dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` on pixels from `start` to `end`, evenly or by powers of ten."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value):
        if self.logarithmic:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self, count=6):
        """Round numbers: 1, 2, 5, 10, 20… or even steps of such a size."""
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            marks = (1,) if self.high / self.low > 5_000 else (1, 2, 5)
            every = [mark * 10.0**power for power in powers for mark in marks]
        else:
            rough = (self.high - self.low) / count
            power = 10.0 ** math.floor(math.log10(rough))
            step = next(mark * power for mark in (1, 2, 5, 10) if mark * power >= rough)
            every = [step * number for number in range(math.floor(self.high / step) + 1)]
        return [tick for tick in every if self.low * 0.999 <= tick <= self.high * 1.001]


def span_of(values):
    """Limits for a logarithmic scale with some room at both ends."""
    return min(values) / 1.25, max(values) * 1.25


def number(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


class Canvas:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" font-family="{FONT}">',
            f"<title>{html.escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{CARD}" stroke="{GRID}"/>',
        ]
        self.text(20, 30, title, size=16, weight=600)

    def text(self, x, y, words, *, size=12, anchor="start", color=INK, weight=400):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{color}">{html.escape(words)}</text>'
        )

    def line(self, x1, y1, x2, y2, color=GRID, width=1):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"/>'
        )

    def path(self, points, color):
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{joined}" fill="none" stroke="{color}" stroke-width="2"/>')

    def marker(self, x, y, style):
        r = 5
        shapes = {
            "circle": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}"',
            "ring": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r - 1}"',
            "square": f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9"',
            "diamond": f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"',
            "up": f'<path d="M{x:.1f} {y - 6:.1f}l6 10.5h-12z"',
            "down": f'<path d="M{x:.1f} {y + 6:.1f}l6 -10.5h-12z"',
        }
        fill = CARD if style.shape == "ring" else style.color
        stroke = style.color if style.shape == "ring" else CARD
        width = 2.5 if style.shape == "ring" else 1
        self.parts.append(f'{shapes[style.shape]} fill="{fill}" stroke="{stroke}" stroke-width="{width}"/>')

    def legend(self, x, y, entries):
        """Markers with names in one line; entries are (style, name)."""
        for style, name in entries:
            self.marker(x, y - 4, style)
            self.text(x + 11, y, name, color=SOFT)
            x += 32 + 6.4 * len(name)

    def axis_x(self, scale, top, bottom, label, ticks=None):
        for tick in ticks or scale.ticks():
            x = scale(tick)
            self.line(x, top, x, bottom)
            self.text(x, bottom + 17, number(tick), anchor="middle", color=SOFT)
        self.text((scale.start + scale.end) / 2, bottom + 37, label, anchor="middle")

    def axis_y(self, scale, left, right, label):
        for tick in scale.ticks():
            y = scale(tick)
            self.line(left, y, right, y)
            self.text(left - 8, y + 4, number(tick), anchor="end", color=SOFT)
        self.text(left, min(scale.start, scale.end) - 12, label, color=INK)

    def finish(self):
        return "\n".join([*self.parts, "</svg>"]) + "\n"
