"""A stack whose parts each have a clock of their own, which steps while they run."""

from __future__ import annotations

from account import give
from daemon import Daemon
from stack import GateStack, Stack

FAKETIME = "/usr/$LIB/faketime/libfaketimeMT.so.1"  # $LIB: the dynamic linker's
CLOCKS = ("service", "broker", "database")
PARTS = {"mosquitto": "broker", "postgres-server": "database"}


class Clocked(Stack):
    """What makes a stack one with such clocks; it comes before the kind of stack."""

    def replica(self, name: str) -> Daemon:
        return self._clocked(super().replica(name), "service")

    def _own(self, daemon: Daemon) -> Daemon:
        return super()._own(self._clocked(daemon, PARTS[daemon.name]) if daemon.name in PARTS else daemon)

    def _clocked(self, daemon: Daemon, clock: str) -> Daemon:
        self.step(clock, 0)
        # By env, not by the daemon's environment: setpriv, still with root's rights, must not make what faketime shares.
        daemon.argv = ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={self.folder / f'{clock}.clock'}",
                       "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", *daemon.argv]
        return daemon

    def step(self, clock: str, seconds: int) -> None:
        """How far it is ahead from now on; it is read every second."""
        file = self.folder / f"{clock}.clock"
        new = file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        give(new)
        new.rename(file)


class ClockedStack(Clocked, GateStack):
    pass
