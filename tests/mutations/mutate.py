#!/usr/bin/python3
"""Removes each check of the verify path in turn and runs the unit tests: one that nobody misses is reported.

    mutate.py [NAME...]      only mutations whose name or file contains one of these

The list is the *.txt beside this file. An entry is a name in brackets, the file, and what is done to it; white space in
the code given does not matter, and it has to be there exactly once:

    [an ECDSA signature of another length]
    in crypto/signature.cpp
    never concatenated.size() != 2 * order.size()

    never CONDITION      it is never true            always CONDITION     it is always true
    drop STATEMENT       it is not there             replace CODE         by the code of the next line,
                                                     by CODE
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutate"
WORKERS = 2
LIMIT_S = 1200  # of trying; the first build of the unit tests comes before
TEST_LIMIT_S = 60  # a check may be what ends a loop


class Rotten(Exception):
    """The list and the code do not fit together."""


@dataclass(frozen=True)
class Mutation:
    name: str
    file: str
    old: str
    new: str

    def applied_to(self, text: str) -> str:
        pattern = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", self.old)))
        found = list(re.finditer(r"(?<!\w)" + pattern if self.old[0].isalnum() else pattern, text))
        if len(found) != 1:
            raise Rotten(f"{len(found)} places in {self.file} instead of one")
        match = found[0]
        return text[: match.start()] + self.new + text[match.end():]


def read(path: Path) -> list[Mutation]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    found, entry = [], []
    for line in [*lines, ""]:
        if line.startswith("#"):
            continue
        if line:
            entry.append(line)
        elif entry:
            found.append(_mutation(path, entry))
            entry = []
    return found


def _mutation(path: Path, entry: list[str]) -> Mutation:
    try:
        name, file, (verb, code), *more = entry[0], entry[1], entry[2].split(" ", 1), *entry[3:]
        new = {
            "never": lambda: f"(false && ({code}))",
            "always": lambda: f"(true || ({code}))",
            "drop": lambda: "",
            "replace": lambda: more[0].removeprefix("by "),
        }[verb]()
        if not re.fullmatch(r"\[.+\]", name) or not file.startswith("in "):
            raise ValueError
    except (IndexError, KeyError, ValueError):
        raise SystemExit(f"{path}: cannot read {entry}") from None
    return Mutation(name[1:-1], file.removeprefix("in "), code, new)


# --- a copy of the tree with a build of its own


class Tree:
    def __init__(self, number: int) -> None:
        self.path = SCRATCH / str(number)
        self.build = self.path / "build" / "dev"
        # Copies share what the compiler made.
        self.environment = os.environ | {"CCACHE_BASEDIR": str(self.path), "CCACHE_NOHASHDIR": "1"}

    def prepare(self) -> None:
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                                capture_output=True, text=True).stdout
        names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
        for name in names:
            self.write(name, (ROOT / name).read_bytes())
        for path in self.path.rglob("*"):
            name = path.relative_to(self.path)
            if path.is_file() and name.parts[0] != "build" and str(name) not in names:
                path.unlink()
        self._run(["cmake", "--preset", "dev"], self.path)

    def write(self, name: str, content: bytes) -> None:
        path = self.path / name
        if path.exists() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod((ROOT / name).stat().st_mode)

    def make(self, jobs: int = 1) -> bool:
        return self._run(["ninja", "-j", str(jobs), "latchkey_unit_tests"], self.build).returncode == 0

    def test(self, near: str = "") -> bool:
        """True if all pass; those of the folder `near` first, where a change is found soonest."""
        names = sorted(path.stem for path in (self.path / "tests" / "unit" / near).rglob("*_test.cpp"))
        first = ["--filenames-as-tags", ",".join(f"[#{name}]" for name in names)]
        return (not names or self._passes(first)) and self._passes([])

    def _passes(self, which: list[str]) -> bool:
        argv = ["tests/unit/latchkey_unit_tests", "--abort", *which]
        try:
            return self._run(argv, self.build, TEST_LIMIT_S).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def _run(self, argv: list[str], where: Path, limit: float | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(argv, cwd=where, env=self.environment, timeout=limit, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace", text=True)


def verdict(mutation: Mutation, tree: Tree) -> str:
    original = (tree.path / mutation.file).read_bytes()
    try:
        tree.write(mutation.file, mutation.applied_to(original.decode()).encode())
        if not tree.make():
            return "does not compile"
        return "SURVIVED" if tree.test(mutation.file.split("/")[0]) else "found"
    except (Rotten, OSError) as error:
        return f"does not apply: {error}"
    finally:
        tree.write(mutation.file, original)


# --- all of them


def work(tree: Tree, waiting: queue.SimpleQueue[Mutation], said: queue.SimpleQueue, deadline: float) -> None:
    while True:
        try:
            mutation = waiting.get_nowait()
        except queue.Empty:
            return
        late = time.monotonic() > deadline
        said.put((mutation, "not tried: out of time" if late else verdict(mutation, tree)))


def run(mutations: list[Mutation]) -> list[tuple[Mutation, str]]:
    trees = [Tree(number) for number in range(WORKERS)]
    for tree in trees:
        tree.prepare()
        if not tree.make(os.cpu_count() or 1) or not tree.test():
            raise SystemExit(f"the unit tests do not build and pass as they are: {tree.build}")
    waiting: queue.SimpleQueue[Mutation] = queue.SimpleQueue()
    said: queue.SimpleQueue[tuple[Mutation, str]] = queue.SimpleQueue()
    for mutation in mutations:
        waiting.put(mutation)
    deadline = time.monotonic() + LIMIT_S
    for tree in trees:
        threading.Thread(target=work, args=(tree, waiting, said, deadline), daemon=True).start()
    results = []
    for number in range(len(mutations)):
        mutation, what = said.get()
        results.append((mutation, what))
        print(f"{number + 1:3}/{len(mutations)} {what:9} {mutation.name} ({mutation.file})", flush=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args().names
    mutations = [mutation for path in sorted(Path(__file__).parent.glob("*.txt")) for mutation in read(path)]
    if names:
        mutations = [each for each in mutations if any(word in each.name + each.file for word in names)]
    started = time.monotonic()
    left = [(mutation, what) for mutation, what in run(mutations) if what != "found"]
    print(f"{len(mutations) - len(left)} of {len(mutations)} checks are missed when they are gone"
          f" ({time.monotonic() - started:.0f} s)")
    for mutation, what in left:
        print(f"  {what}: {mutation.name} ({mutation.file})")
    return 1 if left or not mutations else 0


if __name__ == "__main__":
    sys.exit(main())
