#!/usr/bin/python3
"""How many instructions a device takes on the pure path, from its request's bytes to its answer: callgrind counts them, so
the figure does not depend on the machine. Fails when it is more than 5 % away from what is written down beside this file,
in either direction: what became cheaper is to be written down too (`--write`).

    instructions.py COUNT COMPILER BUILD [--write]

COUNT is latchkey-count, COMPILER and BUILD what it was built by (g++ 12.2.0, Debug). Other compilers make other
instructions: without a figure for them the exit status is 77, which ctest takes for skipped."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FIGURES = Path(__file__).with_name("instructions.json")
KINDS = ("hs256_csr", "es256_x5c_csr")
TOLERANCE = 0.05
SKIPPED = 77
DEVICES = 20

# OpenSSL and the C library choose their code by what the processor can do: here it can do what every x86-64 can.
PLAIN_PROCESSOR = {"OPENSSL_ia32cap": "0x0:0x0", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX,-ERMS,-BMI1,-BMI2"}


def costs(lines: Iterator[str]) -> Iterator[tuple[str, int]]:
    """(object file, instructions of its own) for each cost line of a callgrind profile."""
    names: dict[str, str] = {}
    current, inclusive = "", False
    for line in lines:
        if found := re.match(r"c?ob=(\(\d+\))(?: (.+))?", line):  # a name stands with its number the first time only
            name = names.setdefault(found[1], found[2] or "")
            current = current if line.startswith("c") else name
        elif line.startswith("calls="):
            inclusive = True  # the next line is the cost of the called, counted where they are
        elif found := re.match(r"[+*-]?\d*\s+(\d+)$", line):
            if not inclusive:
                yield current, int(found[1])
            inclusive = False


def count(program: str, kind: str) -> tuple[int, int]:
    """All instructions of a device, and those outside of OpenSSL."""
    with tempfile.TemporaryDirectory(prefix="latchkey-count-") as folder:
        profile = Path(folder) / "callgrind"
        argv = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--toggle-collect=latchkey_one_device",
                program, kind, str(DEVICES)]
        result = subprocess.run(argv, capture_output=True, text=True, env=os.environ | PLAIN_PROCESSOR)
        if result.returncode != 0:
            raise SystemExit(f"valgrind failed:\n{result.stderr}")
        with profile.open() as lines:
            pairs = list(costs(lines))
    outside = sum(n for name, n in pairs if "libcrypto" not in name)
    return sum(n for _, n in pairs) // DEVICES, outside // DEVICES


def measure(program: str) -> dict[str, int]:
    figures = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for kind, (whole, outside) in zip(KINDS, pool.map(lambda kind: count(program, kind), KINDS)):
            figures |= {kind: whole, f"{kind}_outside_openssl": outside}
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count")
    parser.add_argument("compiler")
    parser.add_argument("build")
    parser.add_argument("--write", action="store_true", help="write down what is measured now")
    arguments = parser.parse_args()
    written = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    key = f"{arguments.compiler}, {arguments.build}"
    if key not in written and not arguments.write:
        print(f"no figures for {key}")
        return SKIPPED
    measured = measure(arguments.count)
    if arguments.write:
        FIGURES.write_text(json.dumps(written | {key: measured}, indent=2) + "\n")
        return 0
    far = 0
    for name, wanted in written[key].items():
        change = measured[name] / wanted - 1
        far += abs(change) > TOLERANCE
        print(f"{name:32} {measured[name]:12,} instructions a device, {change:+.1%} of what is written down")
    if far:
        print(f"more than {TOLERANCE:.0%} away: if that is meant, write it down in the same commit: {__file__} --write")
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
