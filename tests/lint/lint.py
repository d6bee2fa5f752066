#!/usr/bin/python3
"""All static checks, each with a line of its own: `lint.py BUILD`, where BUILD holds compile_commands.json."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import layers
import registry_code
import third_party
import tidy
from sources import ROOT, c_files, cpp_files, files, shell_files


def formatting() -> Iterator[str]:
    yield from _failure(["clang-format-19", "--dry-run", "-Werror", *map(str, (*cpp_files(), *c_files()))])


def shell() -> Iterator[str]:
    yield from _failure(["shellcheck", "--external-sources", *map(str, shell_files())])


def python() -> Iterator[str]:
    for path in files(".py"):
        try:
            ast.parse(path.read_text(), str(path))
        except SyntaxError as error:
            yield f"{path.relative_to(ROOT)}:{error.lineno}: {error.msg}"


def decisions() -> Iterator[str]:
    """A record is cited by its number, so each has one of its own, in its name and in its title."""
    paths = list(files(".md", below=ROOT / "docs" / "decisions"))
    for number, path in enumerate(paths, 1):
        title = path.read_text().splitlines()[0]
        if not path.name.startswith(f"{number:04d}-") or not title.startswith(f"# {number}. "):
            yield f"{path.relative_to(ROOT)}: record {number} in the order of names is called \"{title}\""


def image() -> Iterator[str]:
    """The image is configured from the folders that it copies, so each folder of CMakeLists.txt must reach it."""
    cmake, dockerfile, ignored = ((ROOT / name).read_text() for name in ("CMakeLists.txt", "deploy/Dockerfile", ".dockerignore"))
    for folder in re.findall(r"^ *add_subdirectory\((\w+)", cmake, re.MULTILINE):
        if not re.search(rf"^COPY {folder} {folder}$", dockerfile, re.MULTILINE):
            yield f"deploy/Dockerfile: does not copy {folder}, which CMakeLists.txt adds"
        if f"!{folder}\n" not in ignored:
            yield f".dockerignore: leaves out {folder}, which CMakeLists.txt adds"


def _failure(argv: list[str]) -> Iterator[str]:
    result = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        yield result.stdout + result.stderr


def check(name: str, run: Callable[[], Iterable[str]]) -> bool:
    started, found = time.monotonic(), 0
    for text in run():
        found += 1
        print(text.rstrip(), flush=True)
    print(f"{'FAILED' if found else 'ok':7}{name} ({time.monotonic() - started:.1f} s)", flush=True)
    return found == 0


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    checks: list[tuple[str, Callable[[], Iterable[str]]]] = [
        ("who includes whom, file sizes", layers.complaints),
        ("the registry's code", registry_code.complaints),
        ("formatting", formatting),
        ("shell scripts", shell),
        ("Python scripts", python),
        ("decision records", decisions),
        ("folders of the image", image),
        ("THIRD-PARTY.md", lambda: third_party.complaints(build)),
        ("clang-tidy", lambda: tidy.complaints(build)),
    ]
    return 0 if all([check(name, run) for name, run in checks]) else 1


if __name__ == "__main__":
    sys.exit(main())
