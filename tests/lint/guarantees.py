#!/usr/bin/python3
"""docs/guarantees.md and docs/security.md name tests: each has to exist, and each promise has to have one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^- `(tests/[^`]+)`(?: \(slow\))?: (.+)$", re.MULTILINE)
PROMISE = re.compile(r"^\*\*(G\d+)", re.MULTILINE)


def has(file: Path, test: str) -> bool:
    if not file.is_file():
        return False
    text = file.read_text()
    if file.suffix == ".py":
        return f"def {test}(" in text
    # A long name is a literal in pieces.
    return f'"{test}"' in re.sub(r'"\s*\n\s*"', "", text)


def complaints() -> Iterator[str]:
    for page in ("guarantees.md", "security.md"):
        text = (ROOT / "docs" / page).read_text()
        named = LINE.findall(text)
        if len(named) < 10:
            yield f"docs/{page}: only {len(named)} tests are named"
        for file, test in named:
            if not has(ROOT / file, test):
                yield f"docs/{page}: {file} has no test \"{test}\""
    text = (ROOT / "docs" / "guarantees.md").read_text()
    for promise, part in zip(PROMISE.findall(text), PROMISE.split(text)[2::2]):
        if not LINE.search(part.split("\n## ")[0]):
            yield f"docs/guarantees.md: {promise} has no test"


if __name__ == "__main__":
    found = list(complaints())
    print("\n".join(found) or "every test that is named exists")
    sys.exit(1 if found else 0)
