"""A small disk of its own for some folders, which gets full and has room again. Root mounts it."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from account import give
from daemon import StackError

CHUNK = bytes(1 << 16)


class Disk:
    """`folder` is in memory, and has `size` (as mount takes it). StackError: there is no right to mount."""

    def __init__(self, folder: Path, size: str) -> None:
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir(parents=True, exist_ok=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "latchkey", str(folder)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            raise StackError(f"no right to mount: {mounted.stderr.strip()}")
        give(folder)

    def fill(self) -> None:
        """To the last byte: whole chunks first."""
        with self.filler.open("wb", buffering=0) as file:
            size = len(CHUNK)
            while size:
                try:
                    os.write(file.fileno(), CHUNK[:size])
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def free(self) -> None:
        self.filler.unlink(missing_ok=True)

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        try:
            self.fill()
            yield
        finally:
            self.free()

    def unmount(self) -> None:
        """Lazily: of processes that were killed the last ones may be about to end."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
