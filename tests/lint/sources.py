"""The project's own files, by kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Made by tools, not written: nothing there is ours to check.
SKIPPED = {"build", ".git", ".run", "secrets", ".cache", "__pycache__"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def files(*suffixes: str, below: Path = ROOT) -> Iterator[Path]:
    for path in sorted(below.iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name not in SKIPPED:
            yield from files(*suffixes, below=path)
        elif path.is_file() and path.suffix in suffixes:
            yield path


def cpp_files() -> Iterator[Path]:
    return files(".cpp", ".hpp")


def c_files() -> Iterator[Path]:
    """C: the device for microcontrollers, and what else is in C."""
    return files(".c", ".h")


def shell_files() -> Iterator[Path]:
    """Scripts say by their first line what they are; the two without a suffix are named."""
    yield from files(".sh")
    yield from (path for path in (ROOT / "dev", ROOT / ".ci" / "run") if path.exists())


def includes(path: Path) -> Iterator[tuple[str, str]]:
    """(`"` or `<`, name) of each include in a file."""
    for match in INCLUDE.finditer(path.read_text()):
        yield match[1], match[2]


def own_headers(path: Path, known: set[Path] | None = None) -> set[Path]:
    """All headers of the project that a file reaches."""
    known = set() if known is None else known
    for kind, name in includes(path):
        header = next((base / name for base in (ROOT, path.parent) if (base / name).is_file()), None)
        if kind == '"' and header and header not in known:
            known.add(header)
            own_headers(header, known)
    return known
