#!/usr/bin/python3
"""Draws what `./dev bench --json` measured: `plot.py FIGURES.json > docs/performance.svg`. Above, devices a second beside the
ceilings of the same run; below, where the processors' time for one device goes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

WIDTH, LEFT, BAR, GAP = 760, 210, 16, 8
COLOURS = {"ceiling": "#b8c4d0", "ours": "#2f6f9f", "other": "#c58b3f"}
RATES = (("echo", "echo_per_s", "ceiling"), ("crypto", "crypto_per_s", "ceiling"), ("database", "database_per_s", "ceiling"),
         ("combined", "combined_per_s", "ceiling"), ("HS256 + CSR", "hs256_csr_per_s", "ours"),
         ("ES256 x5c + CSR", "es256_x5c_csr_per_s", "ours"), ("token + password", "token_password_per_s", "ours"),
         ("statuses", "status_per_s", "ours"), ("reconnects", "reconnect_per_s", "ours"),
         ("whole journeys", "journey_per_s", "ours"), ("naive", "naive_per_s", "other"))
STEPS = ("decode", "authenticate", "decide", "issue", "answer")


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def bars(top: int, title: str, rows: list[tuple[str, float, str]], unit: str) -> tuple[list[str], int]:
    most = max(value for _, value, _ in rows)
    out = [f'<text x="0" y="{top}" class="title">{title}</text>']
    y = top + GAP
    for name, value, colour in rows:
        width = (WIDTH - LEFT - 110) * value / most
        middle = y + BAR - 4
        out += [text(LEFT - GAP, middle, name, "end"),
                f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[colour]}"/>',
                text(LEFT + width + GAP, middle, f"{value:,.0f}{unit}")]
        y += BAR + GAP
    return out, y + 2 * GAP


def parts(figures: dict[str, Any]) -> list[tuple[str, float, str]]:
    """The service's time by step: what the pure path's steps take by themselves, the link's as the echo has it, the rest."""
    steps = [(f"service: {step}", figures["hs256_csr_step_us"][step], "ours") for step in STEPS]
    link = figures["echo_service_cpu_us"]
    rest = figures["service_cpu_us_per_device"] - link - sum(us for _, us, _ in steps)
    return [*steps, ("service: link (as echo)", link, "ours"), ("service: rows and the rest", max(0, rest), "ours"),
            ("broker", figures["broker_cpu_us_per_device"], "other"),
            ("database", figures["database_cpu_us_per_device"], "other")]


def draw(figures: dict[str, Any]) -> str:
    rates = [(name, figures[key], colour) for name, key, colour in RATES if key in figures]
    first, below = bars(20, "A second, on two processors that also run broker, database and load", rates, "")
    second, height = bars(below, "Processor time for one device, HS256 + CSR", parts(figures), " us")
    style = "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}"
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
                      f'aria-label="Figures of docs/performance.md"><style>{style}</style>',
                      f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', *first, *second, "</svg>"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(draw(json.loads(Path(sys.argv[1]).read_text())))
