"""What processes take: processor time and memory, out of /proc."""

from __future__ import annotations

import os
from pathlib import Path

from daemon import StackError


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process has taken, in user and kernel mode."""
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, children.read_text().split())]


def family_cpu_s(pid: int) -> float:
    """Of the process, its children, and those that it has buried."""
    living = sum(map(_cpu_s_if_it_lives, family(pid)))
    fields = _fields(pid)  # last: a child that ended in between is among them
    return living + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _cpu_s_if_it_lives(pid: int) -> float:
    try:
        return cpu_s(pid)
    except FileNotFoundError:
        return 0


def memory_bytes(pid: int, name: str) -> int:
    """`VmRSS` (resident now) or `VmHWM` (most ever)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise StackError(f"no {name} of process {pid}")


def forget_files(folder: Path) -> None:
    """The kernel keeps nothing of these files in memory: who reads them next waits for the disk."""
    os.sync()
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as open_file:
                os.posix_fadvise(open_file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
