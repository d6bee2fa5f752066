#!/usr/bin/python3
"""THIRD-PARTY.md: what the program is linked with or compiled from that is not ours, and its licences.

    third_party.py BUILD       writes the page from the program in BUILD; `./dev lint` says when it is out of date

It names Debian's source packages and no versions, so that an update of Debian does not make it wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sources import ROOT

PAGE = ROOT / "THIRD-PARTY.md"
# Headers of the kernel, which glibc's include: declarations only, no code of it gets into the program.
DECLARATIONS = {"linux"}
# Copyright files from before there was a format for them: the licence, and the words by which such a file gives it.
UNFORMATTED = {
    "gcc": ("GPL-3+ with the GCC Runtime Library Exception", "GCC Runtime Library Exception"),
    "glibc": ("LGPL-2.1+", "version 2.1 of the License, or (at your option) any later version"),
}
TEXT = """\
# Third-party software

What the program `latchkey` is made of besides the sources in this repository, by the names of Debian's source packages. It
is linked to shared libraries, and compiled with the code of headers. The licence is that of most of a package's files, by the
name that Debian has for it (Expat is what many call MIT); on Debian `/usr/share/doc/*/copyright` has its text, and the files
that are under another one. `./dev lint` checks this page; `tests/lint/third_party.py build/dev` writes it.

| software | how it is used | licence |
|---|---|---|
{rows}
These libraries bring others along, such as libpq by libpqxx. The image of `deploy/Dockerfile` has all of them as packages of
Debian 13, and psql of PostgreSQL; the licence of each is in its `/usr/share/doc`.
"""


def _printed(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def packages(paths: set[str]) -> set[str]:
    """The binary packages that these files are from."""
    owners = _printed("dpkg-query", "--search", *sorted(paths))
    return {line.split(": ")[0].split(",")[0] for line in owners.splitlines() if not line.startswith("diversion")}


def linked(program: Path) -> set[str]:
    """The packages of the libraries that the program itself names; not those that these bring along."""
    named = re.findall(r"\(NEEDED\).*\[(.*)\]", _printed("readelf", "--dynamic", str(program)))
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", _printed("ldd", str(program)), re.MULTILINE))
    # dpkg knows a file by the name that it was unpacked under: /lib is a link to /usr/lib.
    return set().union(*(packages({path}) for path in (_unpacked(found[name]) for name in named)))


def _unpacked(library: str) -> str:
    path = str(Path(library).resolve())
    known = subprocess.run(["dpkg-query", "--search", path], capture_output=True).returncode == 0
    return path if known else path.removeprefix("/usr")


def included(build: Path) -> set[str]:
    """The packages of the headers that the program was compiled with."""
    objects = {name for name in _printed("ninja", "-C", str(build), "-t", "inputs", "latchkey").split() if name.endswith(".o")}
    headers: set[str] = set()
    wanted = False
    for line in _printed("ninja", "-C", str(build), "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            wanted = line.split(": #deps")[0] in objects
        elif wanted and line.startswith("    /usr/") and not line.strip().startswith(str(ROOT)):
            headers.add(str(Path(line.strip()).resolve()))
    return packages(headers)


def source(package: str) -> str:
    """Without the version that some have in their name: gcc-12."""
    return re.sub(r"-\d+$", "", _printed("dpkg-query", "--show", "--showformat=${source:Package}", package))


def licence(package: str) -> str:
    text = Path(f"/usr/share/doc/{package.split(':')[0]}/copyright").read_text()
    if source(package) in UNFORMATTED:
        short, words = UNFORMATTED[source(package)]
        if words.lower() not in " ".join(text.split()).lower():
            raise SystemExit(f"third_party.py: the copyright file of {package} has no words \"{words}\"")
        return short
    of_most = re.search(r"^Files:\s*\*$.*?^License:\s*(.+?)$", text, re.MULTILINE | re.DOTALL)
    if not of_most:
        raise SystemExit(f"third_party.py: it cannot read which licence {package} has: add it to UNFORMATTED")
    return of_most[1]


def page(build: Path) -> str:
    uses: dict[str, tuple[str, str]] = {}
    for package in included(build):
        uses[source(package)] = ("code in its headers", licence(package))
    for package in linked(build / "latchkey"):
        uses[source(package)] = ("linked", licence(package))
    rows = (f"| {name} | {how} | {text} |\n" for name, (how, text) in sorted(uses.items()) if name not in DECLARATIONS)
    return TEXT.format(rows="".join(rows))


def complaints(build: Path) -> Iterator[str]:
    if page(build) != PAGE.read_text():
        yield f"{PAGE.name} is not what is linked now: tests/lint/third_party.py {build} writes it"


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1]).resolve()))
