"""registry/code as registry/README.md describes it: a file holds one object that is named like it, in lines that fit a
screen, and says nothing of rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sources import ROOT, files

CODE = ROOT / "registry" / "code"
WIDEST = 100
OBJECT = re.compile(r"^CREATE (?:OR REPLACE )?(FUNCTION|VIEW|TRIGGER) (\w+)(?:.*? ON (\w+))?", re.MULTILINE | re.DOTALL)
# What passes/rights.sql sets, for all of them.
ELSEWHERE = re.compile(r"\bSECURITY DEFINER\b|\bsearch_path\b|^(GRANT|REVOKE)\b|^ALTER\b|^SET\b", re.MULTILINE)


def complaints() -> Iterator[str]:
    for path in files(".sql", below=CODE):
        name, text = path.relative_to(ROOT), path.read_text()
        yield from (f"{name}: {what}" for what in _faults(path, text))


def _faults(path: Path, text: str) -> Iterator[str]:
    made = [(kind, f"{table}.{object_}" if kind == "TRIGGER" else object_) for kind, object_, table in OBJECT.findall(text)]
    if [object_ for _, object_ in made] != [path.stem]:
        yield f"it makes {made}, and not {path.stem} alone"
    if made and made[0][0] != "TRIGGER" and f"COMMENT ON {made[0][0]} {path.stem}" not in text:
        yield "it has no comment"
    if "CREATE OR REPLACE" not in text:
        yield "it cannot be run again: CREATE OR REPLACE"
    if found := ELSEWHERE.search(text):
        yield f"{found[0]} belongs into registry/passes/rights.sql"
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > WIDEST:
            yield f"line {number} has {len(line)} characters; {WIDEST} is the most"
