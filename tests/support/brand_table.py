"""The table of docs/brokers.md: what each broker can do, as the tests saw it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "brokers.md"
# `./dev test brands --record`: write what was seen instead of comparing it.
RECORDS = bool(os.environ.get("LATCHKEY_RECORD_BRANDS"))


class Table:
    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.begin = self.lines.index(next(line for line in self.lines if line.startswith("| | ")))
        end = next(n for n in range(self.begin, len(self.lines)) if not self.lines[n].startswith("|"))
        self.cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in self.lines[self.begin:end]]
        self.end = end

    @property
    def titles(self) -> list[str]:
        return self.cells[0][1:]

    @property
    def rows(self) -> list[str]:
        return [row[0] for row in self.cells[2:]]

    def position(self, row: str, title: str) -> tuple[int, int]:
        return 2 + self.rows.index(row), 1 + self.titles.index(title)

    def text(self) -> str:
        lines = ["| " + " | ".join(row) + " |" for row in self.cells]
        lines[0] = "| | " + " | ".join(self.titles) + " |"
        lines[1] = "|" + "---|" * len(self.cells[0])
        return "\n".join([*self.lines[:self.begin], *lines, *self.lines[self.end:]]) + "\n"


def read() -> Table:
    return Table(PAGE.read_text())


def record(row: str, title: str, cell: str) -> None:
    """Tests of several brokers run at the same time, and read the page while another one writes it."""
    folder = os.open(PAGE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        table = read()
        line, column = table.position(row, title)
        table.cells[line][column] = cell
        fresh = PAGE.with_suffix(".new")
        fresh.write_text(table.text())
        fresh.replace(PAGE)
    finally:
        os.close(folder)
