"""Draws and prints what `./dev bench --growth` measured: a curve for each cost over a logarithmic axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from plot import text

Points = list[dict[str, float]]

WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 760, 200, 64, 160, 30, 36
COLOURS = ("#2f6f9f", "#c58b3f", "#5a8f4f", "#8a5a8f")
CPU = (("service", "service_cpu_us"), ("database", "database_cpu_us"), ("broker", "broker_cpu_us"))


@dataclass(frozen=True)
class Panel:
    title: str
    key: str  # of the figures
    axis: str
    unit: str
    curves: tuple[tuple[str, str], ...]


PANELS = (
    Panel("Processor time for a new device", "rows", "devices in the registry", "us", CPU),
    Panel("Processor time for the first 30,000 new devices after a cold start", "rows", "devices in the registry", "us",
          tuple((name, f"cold_{key}") for name, key in CPU)),
    Panel("p99 at 100 new devices a second, and what operators wait for", "rows", "devices in the registry", "ms",
          (("p99", "p99_ms"), ("one device by its id", "one_ms"), ("first 100 of a view", "list_ms"))),
    Panel("Processor time for a new device", "groups", "groups, whose devices come in turn", "us", CPU),
    Panel("Processor time for a journey", "rights", "topics in the rights of each device", "us", CPU),
    Panel("Processor time of the gate for a decision", "known", "devices that the gate knows", "us",
          (("CONNECT, password", "password_us"), ("publish, by a right", "acl_us"))),
    Panel("Processor time for a new device", "rate", "new devices a second; the last: as many as it can", "us", CPU),
)


def nice(most: float) -> float:
    """The round number above."""
    power = 10 ** math.floor(math.log10(most)) if most > 0 else 1
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= most))


def short(number: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:g}"


class Axes:
    """From points to the place in the picture. Zero stands left of one."""

    def __init__(self, top: int, xs: list[float], most: float) -> None:
        self.top = top + TOP
        self.bottom = top + PANEL - BOTTOM
        self.logs = [math.log10(max(x, 0.5)) for x in xs]
        self.most = most

    def x(self, value: float) -> float:
        low, high = min(self.logs), max(self.logs)
        return LEFT + (WIDTH - LEFT - RIGHT) * ((math.log10(max(value, 0.5)) - low) / (high - low or 1))

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * value / self.most


def panel(top: int, shown: Panel, points: Points) -> list[str]:
    curves = [(name, [(point["x"], point[key]) for point in points if key in point]) for name, key in shown.curves]
    values = [y for _, curve in curves for _, y in curve]
    axes = Axes(top, [x for _, curve in curves for x, _ in curve], nice(max(values)))
    out = [f'<text x="0" y="{top + 14}" class="title">{shown.title}</text>',
           text((LEFT + WIDTH - RIGHT) / 2, axes.bottom + 30, shown.axis, "middle")]
    for part in (0, 0.5, 1):
        y = axes.y(part * axes.most)
        out += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>',
                text(LEFT - 6, y + 4, f"{part * axes.most:g} {shown.unit}", "end")]
    out += [text(axes.x(x), axes.bottom + 15, short(x), "middle") for x in sorted({x for _, curve in curves for x, _ in curve})]
    ends: list[float] = []
    for (name, curve), colour in zip(curves, COLOURS):
        line = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in curve)
        dots = [f'<circle cx="{axes.x(x):.1f}" cy="{axes.y(y):.1f}" r="2.5" fill="{colour}"/>' for x, y in curve]
        end = apart(axes.y(curve[-1][1]), ends)
        out += [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots,
                f'<text x="{WIDTH - RIGHT + 8}" y="{end + 4:.1f}" style="fill:{colour}">{name}</text>']
    return out


def apart(y: float, taken: list[float]) -> float:
    """The nearest place where a name covers none before it."""
    place = min((y + step for step in range(-90, 91) if all(abs(y + step - other) >= 13 for other in taken)), key=lambda at: abs(at - y))
    taken.append(place)
    return place


def is_curve(each: Panel, points: Points) -> bool:
    """Two points at least: a run that ends early has one, or none, of a cold start."""
    return sum(any(key in point for _, key in each.curves) for point in points) >= 2


def draw(figures: dict[str, Any]) -> str:
    shown = [each for each in PANELS if is_curve(each, figures.get(each.key, []))]
    parts = [line for number, each in enumerate(shown) for line in panel(number * PANEL, each, figures[each.key])]
    height = PANEL * len(shown)
    style = "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.grid{stroke:#ddd}"
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
                      f'aria-label="How cost grows"><style>{style}</style>',
                      f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', *parts, "</svg>"])


COLUMNS = (("service us", "service_cpu_us"), ("database us", "database_cpu_us"), ("broker us", "broker_cpu_us"), ("a second", "per_s"),
           ("p99 ms", "p99_ms"), ("cold/s", "cold_per_s"), ("cold db us", "cold_database_cpu_us"),
           ("cold pages", "cold_pages"), ("one ms", "one_ms"), ("list ms", "list_ms"),
           ("CONNECT us", "password_us"), ("publish us", "acl_us"), ("bytes", "right_bytes"))
TITLES = {"rows": "devices in the registry", "groups": "groups", "rights": "topics in rights", "known": "devices at the gate",
          "rate": "devices a second"}


def table(figures: dict[str, Any]) -> str:
    blocks = []
    for name, title in TITLES.items():
        points: Points = figures.get(name, [])
        if not points:  # not measured
            continue
        columns = [(head, key) for head, key in COLUMNS if any(key in point for point in points)]
        lines = [f"{title:24}" + "".join(f"{head:>12}" for head, _ in columns)]
        lines += [(f"{point['x']:24,.0f}" + "".join(cell(point, key) for _, key in columns)).rstrip() for point in points]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def cell(point: dict[str, float], key: str) -> str:
    if key not in point:
        return f"{'':12}"
    return f"{point[key]:12,.{0 if point[key] >= 20 else 1}f}"
