"""What a running process may have of the system. Root makes the control groups (v1 or v2)."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

from account import as_account
from daemon import StackError

GROUPS = Path("/sys/fs/cgroup")


class Group:
    """A control group with so much memory; who takes more is killed by the kernel."""

    def __init__(self, size: int) -> None:
        is_v1 = (GROUPS / "memory" / "cgroup.procs").exists()
        self.root = GROUPS / "memory" if is_v1 else GROUPS
        self.folder = self.root / f"latchkey-faults-{secrets.token_hex(4)}"
        self.folder.mkdir()
        (self.folder / ("memory.limit_in_bytes" if is_v1 else "memory.max")).write_text(str(size))

    def enter(self, pid: int | None) -> None:
        """What it has already counts for the group from which it comes."""
        move(pid, self.folder)

    def leave(self, pid: int | None) -> None:
        move(pid, self.root)


@contextlib.contextmanager
def group(size: int) -> Iterator[Group]:
    made = Group(size)
    try:
        yield made
    finally:
        for each in (made.folder / "cgroup.procs").read_text().split():
            made.leave(int(each))
        made.folder.rmdir()


def move(pid: int | None, folder: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        if pid is not None:
            (folder / "cgroup.procs").write_text(str(pid))


@contextlib.contextmanager
def refused(pid: int, more_bytes: int) -> Iterator[None]:
    """The kernel gives it no more than this; what it asks for beyond that, it is refused."""
    status = Path(f"/proc/{pid}/status").read_text()
    has = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmSize:"))
    with prlimit(pid, "as", has + more_bytes):
        yield


@contextlib.contextmanager
def prlimit(pid: int, what: str, limit: int) -> Iterator[None]:
    """`what`, as prlimit(1) calls it. Set by the account of the process, which may lower its own limit and raise it again."""
    before = set_limit(pid, "--output", "SOFT", "--noheadings", "--raw", f"--{what}").strip()
    set_limit(pid, f"--{what}={limit}:")
    try:
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            set_limit(pid, f"--{what}={before}:")


def set_limit(pid: int, *arguments: str) -> str:
    result = subprocess.run(as_account(["prlimit", "--pid", str(pid), *arguments]), capture_output=True, text=True)
    if result.returncode != 0 and "No such process" not in result.stderr:
        raise StackError(f"prlimit: {result.stderr}")
    return result.stdout
