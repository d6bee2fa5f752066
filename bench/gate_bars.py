"""The gate against its limits: `./dev bench --gate`. Each program prints its figures in the same form (tests/support/bars.py)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from daemon import StackError

REPOSITORY = Path(__file__).resolve().parents[1]
TESTS = REPOSITORY / "tests" / "integration"
PROGRAMS = (
    ["{release}/latchkey-gate-bench"],
    [sys.executable, "bench/gate/turns.py"],
    [sys.executable, "-m", "unittest", "test_gate_many", "test_gate_revocation.Revocation"],
    [sys.executable, "bench/gate/flooded.py"],
)
ROW = re.compile(r"^(?P<what>.{58}) +(?P<value>[0-9.]+) (?P<unit>.{6}) \(limit (?P<limit>[0-9.]+)\)(?P<missed>.*)$")
LIMIT_S = 900


@dataclass(frozen=True)
class Row:
    what: str
    value: float
    unit: str
    limit: float
    is_kept: bool


def rows_of(printed: str) -> list[Row]:
    found = filter(None, map(ROW.match, printed.splitlines()))
    return [Row(row["what"].strip(), float(row["value"]), row["unit"].strip(), float(row["limit"]), not row["missed"]) for row in found]


def measure(release: Path) -> list[Row]:
    """All programs in turn; one that ends with a failure has missed a limit that it printed, or has failed."""
    rows: list[Row] = []
    environment = os.environ | {"LATCHKEY_BIN": str(release / "latchkey"), "PYTHONPATH": str(TESTS)}
    for argv in PROGRAMS:
        argv = [word.format(release=release) for word in argv]
        result = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, env=environment, cwd=REPOSITORY)
        found = rows_of(result.stdout)
        if not found or (result.returncode != 0 and all(row.is_kept for row in found)):
            raise StackError(f"`{' '.join(argv)}` ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        rows += found
    return rows


def shown(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"


def table(rows: list[Row]) -> str:
    lines = [f"{row.what:<58} {shown(row.value):>8} {row.unit:<6} <= {row.limit:g}{'' if row.is_kept else '   NOT KEPT'}" for row in rows]
    return "\n".join(lines)


def record(rows: list[Row], how: str) -> None:
    page = REPOSITORY / "docs" / "gate.md"
    block = f"<!-- figures -->\n```\n{how}\n\n{table(rows)}\n```\n<!-- end -->"
    page.write_text(re.sub(r"(?s)<!-- figures -->.*<!-- end -->", lambda _: block, page.read_text()))
