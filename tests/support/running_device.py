"""`latchkey-device run` as a process: its steps as they happen, its folder, its end."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from daemon import StackError, clean_environment
from jose import Json

STEP_LIMIT_S = 20.0


class RunningDevice:
    """One process; `expect` takes what it says in the order in which it says it."""

    def __init__(self, binary: Path, device_id: str, folder: Path, environment: dict[str, str], *flags: str,
                 wrapper: tuple[str, ...] = (), **more: str) -> None:
        """`wrapper`: a command that runs the device."""
        self.id, self.folder = device_id, folder
        command = [*wrapper, *self.command(binary, device_id, folder, *flags)]
        self.errors = folder.parent / f"{folder.name}.stderr"
        with self.errors.open("ab") as errors:
            self.process = self.start(command, errors, clean_environment(environment | more))
        self._steps: queue.Queue[Json | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def command(self, binary: Path, device_id: str, folder: Path, *flags: str) -> list[str]:
        return [str(binary), "run", device_id, "--dir", str(folder), "--json", *flags]

    def start(self, command: list[str], errors: BinaryIO, environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self._steps.put(json.loads(line))
        self._steps.put(None)

    def expect(self, step: str, limit_s: float = STEP_LIMIT_S, **fields: Any) -> Json:
        """The next step of this name with these fields; those before it are passed over."""
        return self.until(lambda it: it["step"] == step and all(it.get(name) == value for name, value in fields.items()),
                          f"{step} {fields}", limit_s)

    def until(self, wanted: Callable[[Json], bool], what: str, limit_s: float = STEP_LIMIT_S) -> Json:
        seen = []
        deadline = time.monotonic() + limit_s
        while True:
            try:
                step = self._steps.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                step = None
            if step is None:
                raise StackError(f"{self.id} did not come to {what}; it said {seen}\n{self.errors.read_text()}")
            if wanted(step):
                return step
            seen.append(step)

    def next(self) -> Json | None:
        """The next step, whatever it is; None at its end."""
        try:
            return self._steps.get(timeout=STEP_LIMIT_S)
        except queue.Empty:
            raise StackError(f"{self.id} says nothing\n{self.errors.read_text()}") from None

    def said(self) -> list[Json]:
        """The steps until now that nobody took; it does not wait."""
        steps = []
        with suppress(queue.Empty):
            while (step := self._steps.get_nowait()) is not None:
                steps.append(step)
        return steps

    def stop(self) -> int:
        """Asked to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STEP_LIMIT_S)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def await_end(self) -> int:
        return self.process.wait(STEP_LIMIT_S)

    # --- its files

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())


class SimulatedFleet(RunningDevice):
    """`latchkey-device simulate`: every second a tally."""

    def command(self, binary: Path, device_id: str, folder: Path, *flags: str) -> list[str]:
        return [str(binary), "simulate", device_id, "--dir", str(folder), "--json", *flags]

    def tally(self) -> Json:
        """The newest one; empty if there is none since the last call."""
        said = self.said()
        return said[-1] if said else {}

    def expect_tally(self, **wanted: int) -> None:
        """Passes over those before it, for as long as there is one a second."""
        for _ in range(60):
            tally = self.next()
            assert tally, self.errors.read_text()
            if all(tally[name] == value for name, value in wanted.items()):
                return
        raise AssertionError(f"it never came to {wanted}, but to {tally}")
