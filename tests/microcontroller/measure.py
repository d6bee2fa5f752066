#!/usr/bin/python3
"""The device in C, compiled for microcontrollers: what it takes of flash, memory and stack.

    measure.py write           writes the table of docs/microcontrollers.md
    measure.py check           fails if the table is wrong by more than 5 %, or a rule below is broken
    measure.py rules           the rules alone, by this machine's compiler; and the page's examples and the modules for ESP-IDF and
                               Zephyr compile

The rules: it calls nothing but <string.h> and the compiler's own arithmetic (so no heap and no I/O), nothing recursive, no
stack whose size is not known before, nothing writable that is not the caller's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from page import PAGE, examples

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "device" / "c" / "src").glob("*.c"))
HEADER = ROOT / "device" / "c" / "latchkey.h"
BEGIN, END = "<!-- measured by tests/microcontroller/measure.py -->", "<!-- end of measured -->"
TOLERANCE = 0.05

OF_STRING_H = {"memcpy", "memmove", "memset", "memcmp", "strlen", "strcmp", "strchr"}
# The newest that is there.
CLANG = next((name for name in ("clang-19", "clang") if shutil.which(name)), None)
# Arithmetic of the compiler's run-time library.
OF_COMPILER = re.compile(r"__aeabi_\w+|__[a-z]+[sd]i3|__gnu_thumb1_case_\w+|__riscv_(save|restore)_\d+")

ARM = ("arm-none-eabi-", ["-mthumb"])
CPUS = {
    "Cortex-M0+": (ARM[0], [*ARM[1], "-mcpu=cortex-m0plus"]),
    "Cortex-M4": (ARM[0], [*ARM[1], "-mcpu=cortex-m4"]),
    "Cortex-M33": (ARM[0], [*ARM[1], "-mcpu=cortex-m33"]),
    "RV32IMC": ("riscv64-unknown-elf-", ["-march=rv32imc", "-mabi=ilp32"]),
}
PARTS = {
    "everything": [],
    "everything, without log": ["-DLK_HAS_LOG=0"],
    "P-256 only, without log": ["-DLK_HAS_SYMMETRIC=0", "-DLK_HAS_LOG=0"],
    "symmetric key only, without log": ["-DLK_HAS_P256=0", "-DLK_HAS_LOG=0"],
}
FLAGS = ["-std=c99", "-Os", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables",
         "-Wall", "-Wextra", "-Wconversion", "-Wstrict-prototypes", "-pedantic", "-Werror"]
# The largest stack that the page promises, without what the tables of the application take.
MOST_STACK, MOST_DEVICE = 1536, 512


def run(*argv: str) -> str:
    result = subprocess.run(argv, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(argv)}\n{result.stderr}")
    return result.stdout


@dataclass
class Measured:
    flash: int
    device: int
    stack: int

    def cells(self) -> tuple[int, int, int]:
        return self.flash, self.device, self.stack


class Compiled:
    """The objects of all sources, and what the compiler says of their functions."""

    def __init__(self, prefix: str, flags: list[str], folder: Path) -> None:
        self.prefix, self.folder = prefix, folder
        own = [] if prefix == "" else ["-isystem", str(Path(__file__).parent / "include")]
        self.command = [f"{prefix}gcc", *FLAGS, *flags, *own]
        self.objects = [str(folder / f"{source.stem}.o") for source in SOURCES]
        for source, target in zip(SOURCES, self.objects):
            run(*self.command, "-fcallgraph-info=su", "-c", str(source), "-o", target)

    def flash(self) -> int:
        sections = run(f"{self.prefix}size", "-A", *self.objects)
        return sum(int(size) for size in re.findall(r"^\.(?:text|rodata)\S*\s+(\d+)", sections, re.MULTILINE))

    def writable(self) -> int:
        sections = run(f"{self.prefix}size", "-A", *self.objects)
        return sum(int(size) for size in re.findall(r"^\.s?(?:data|bss)\S*\s+(\d+)", sections, re.MULTILINE))

    def device(self) -> int:
        """sizeof(struct lk_device)."""
        source, target = self.folder / "device.c", self.folder / "device.o"
        source.write_text(f'#include "{HEADER}"\nchar size_of_device[sizeof(struct lk_device)];\n')
        run(*self.command, "-c", str(source), "-o", str(target))
        found = re.search(r"\s([0-9a-f]+) \w size_of_device", run(f"{self.prefix}nm", "-S", str(target)))
        assert found
        return int(found[1], 16)

    def undefined(self) -> set[str]:
        names = re.findall(r"^\s+U (\w+)", run(f"{self.prefix}nm", *self.objects), re.MULTILINE)
        defined = re.findall(r"^[0-9a-f]+ [A-Za-z] (\S+)", run(f"{self.prefix}nm", *self.objects), re.MULTILINE)
        return set(names) - set(defined)

    def calls(self) -> tuple[dict[str, int], dict[str, set[str]], list[str]]:
        """Of each function its stack and whom it calls, by the compiler's graphs; and those with a stack of no fixed size."""
        stacks: dict[str, int] = {}
        edges: dict[str, set[str]] = {}
        dynamic = []
        for target in self.objects:
            text = Path(target).with_suffix(".ci").read_text()
            for name, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]+)"', text):
                if stack := re.search(r"(\d+) bytes \((\w+)\)", label):
                    stacks[name] = int(stack[1])
                    dynamic += [name] if stack[2] != "static" else []
            for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
                edges.setdefault(caller, set()).add(callee)
        return stacks, edges, dynamic


def deepest(stacks: dict[str, int], edges: dict[str, set[str]]) -> tuple[int, list[str]]:
    """The largest stack, and the functions on the way to it. A recursion is an error."""
    known: dict[str, tuple[int, list[str]]] = {}

    def of(name: str, above: tuple[str, ...]) -> tuple[int, list[str]]:
        if name in above:
            raise SystemExit(f"recursive: {' -> '.join((*above, name))}")
        if name not in known:
            below = max((of(callee, (*above, name)) for callee in edges.get(name, ())), default=(0, []))
            known[name] = (stacks.get(name, 0) + below[0], [name, *below[1]])
        return known[name]

    return max(of(name, ()) for name in stacks)


def broken_rules(compiled: Compiled) -> Iterator[str]:
    for name in sorted(compiled.undefined() - OF_STRING_H):
        if not OF_COMPILER.fullmatch(name):
            yield f"it needs {name}"
    if compiled.writable() > 0:
        yield f"it has {compiled.writable()} bytes of its own memory"
    stacks, edges, dynamic = compiled.calls()
    for name in dynamic:
        yield f"{name} has a stack of no fixed size"
    deepest(stacks, edges)


def broken_examples() -> Iterator[str]:
    """The page's C is compiled as it stands there."""
    for compiler in filter(None, ("gcc", CLANG)):
        for number, block in enumerate(examples(), 1):
            command = [compiler, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", str(HEADER.parent), "-x", "c", "-"]
            result = subprocess.run(command, input=block, capture_output=True, text=True)
            if result.returncode != 0:
                yield f"example {number}, {compiler}: {result.stderr}"


def broken_modules() -> Iterator[str]:
    """The modules for ESP-IDF and Zephyr compile, with the declarations of platforms/ in place of these SDKs."""
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror", "-fsyntax-only"]
    for platform in ("esp-idf", "zephyr"):
        sources = sorted((HEADER.parent / "examples" / platform).glob("*.c"))
        assert sources
        for compiler in filter(None, ("gcc", CLANG)):
            command = [compiler, *flags, "-isystem", str(Path(__file__).parent / "platforms" / platform), *map(str, sources)]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode != 0:
                yield f"{platform}, {compiler}: {result.stderr}"


def clean_with_clang() -> Iterator[str]:
    for source in SOURCES if CLANG else []:
        flags = [str(CLANG), "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wstrict-prototypes", "-pedantic", "-Werror", "-fsyntax-only"]
        result = subprocess.run([*flags, str(source)], capture_output=True, text=True)
        if result.returncode != 0:
            yield result.stderr


def measure(cpu: str, parts: str) -> tuple[Measured, list[str]]:
    prefix, flags = CPUS[cpu]
    with tempfile.TemporaryDirectory() as folder:
        compiled = Compiled(prefix, [*flags, *PARTS[parts]], Path(folder))
        stacks, edges, _ = compiled.calls()
        return Measured(compiled.flash(), compiled.device(), deepest(stacks, edges)[0]), list(broken_rules(compiled))


def table() -> tuple[str, list[str]]:
    lines = ["| what is compiled | CPU | flash | `struct lk_device` | stack |", "|---|---|---|---|---|"]
    faults = []
    for parts in PARTS:
        for cpu in CPUS:
            measured, broken = measure(cpu, parts)
            flash, device, stack = measured.cells()
            lines.append(f"| {parts} | {cpu} | {flash:,} | {device} | {stack:,} |")
            faults += [f"{cpu}, {parts}: {fault}" for fault in broken]
            if stack > MOST_STACK or device > MOST_DEVICE:
                faults.append(f"{cpu}, {parts}: stack {stack}, device {device}")
    return "\n".join(lines), faults


def split_page() -> tuple[str, str, str]:
    before, rest = PAGE.read_text().split(BEGIN)
    inside, after = rest.split(END)
    return before, inside.strip(), after


def numbers(text: str) -> list[tuple[str, list[int]]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    return [(f"{row[0]}, {row[1]}", [int(cell.replace(",", "")) for cell in row[2:]]) for row in rows]


def differences(page: str, now: str) -> Iterator[str]:
    told, found = dict(numbers(page)), dict(numbers(now))
    if told.keys() != found.keys():
        yield "the table has other rows: tests/microcontroller/measure.py write"
        return
    for name, values in found.items():
        for old, new in zip(told[name], values):
            if abs(new - old) > TOLERANCE * old:
                yield f"{name}: {new}, but the page says {old}: tests/microcontroller/measure.py write"


def main() -> int:
    if sys.argv[1] == "rules":
        with tempfile.TemporaryDirectory() as folder:
            faults = [*broken_rules(Compiled("", ["-fno-pie"], Path(folder))), *broken_examples(), *broken_modules(), *clean_with_clang()]
    else:
        text, faults = table()
        if sys.argv[1] == "write":
            before, _, after = split_page()
            PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
        else:
            faults += differences(split_page()[1], text)
        print(text)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
