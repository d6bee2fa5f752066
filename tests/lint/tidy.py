"""clang-tidy over the program's .cpp files, two at a time; a file that passed is looked at again only when something that
it depends on changed. It sees each file without precompiled headers, so that no file leans on what those hold. The tests are
left to the compiler's warnings: Catch2's headers would triple the time."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import ROOT, files, own_headers

PROGRAM = "clang-tidy-19"
# The compile commands are g++'s: clang does not know some of its warnings, has some of its own that g++ lacks, and takes
# what libstdc++ does with its own deprecated functions for ours (g++ tells the two apart, and refuses ours).
ARGUMENTS = ["--quiet", "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error",
             "--extra-arg=-Wno-deprecated-declarations"]
PLUGIN = Path(__file__).with_name("own_declarations.cpp")
# g++'s own, which clang could not read.
PRECOMPILED = re.compile(r" -Winvalid-pch| -include \S+/cmake_pch\.hxx")


def complaints(build: Path) -> Iterator[str]:
    passed = build / "lint"
    passed.mkdir(exist_ok=True)
    commands = _commands(build, passed)
    todo = [(path, key) for path in files(".cpp")
            if path in commands and ROOT / "tests" not in path.parents
            and not (passed / (key := _key(path, commands[path]))).exists()]
    if not todo:
        return
    plugin = _plugin(passed)
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for (path, key), output in zip(todo, pool.map(lambda item: _tidy(item[0], passed, plugin), todo)):
            if output:
                yield output
            else:
                (passed / key).touch()


def _commands(build: Path, folder: Path) -> dict[Path, str]:
    """How each file is compiled, as clang-tidy finds it in the folder: without precompiled headers."""
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = PRECOMPILED.sub("", entry["command"])
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return {Path(entry["file"]): entry["command"] for entry in entries}


def _plugin(folder: Path) -> Path:
    """The plugin, compiled again when it changed."""
    made = folder / f"own_declarations-{hashlib.sha256(PLUGIN.read_bytes()).hexdigest()[:16]}.so"
    if not made.exists():
        subprocess.run(["g++", "-std=c++17", "-fno-rtti", "-fPIC", "-shared", "-isystem", "/usr/lib/llvm-19/include",
                        str(PLUGIN), "-o", str(made)], check=True)
    return made


def _key(path: Path, command: str) -> str:
    """Stands for all that the verdict depends on: file, headers of ours, checks, compile command, program."""
    digest = hashlib.sha256(f"{PROGRAM} {ARGUMENTS} {command}".encode())
    for part in [ROOT / ".clang-tidy", PLUGIN, path, *sorted(own_headers(path))]:
        digest.update(part.as_posix().encode() + b"\0" + part.read_bytes())
    return digest.hexdigest()


def _tidy(path: Path, commands: Path, plugin: Path) -> str:
    result = subprocess.run([PROGRAM, *ARGUMENTS, "--load", str(plugin), "-p", str(commands), str(path)], cwd=ROOT,
                            capture_output=True, text=True)
    # Standard error counts the warnings in other people's headers; it matters when clang-tidy itself could not run.
    return "" if result.returncode == 0 else result.stdout or result.stderr
