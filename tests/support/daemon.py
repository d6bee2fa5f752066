"""One background process: started, awaited by the event it sends itself, and ended by its pid file."""

from __future__ import annotations

import os
import secrets
import select
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from account import as_account

READY_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0


class StackError(Exception):
    """Something a person has to see; the text says what."""


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without what would point a program at another stack."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LATCHKEY_", "PG", "NOTIFY_"))}
    return own | (extra or {})


def start_time(pid: int) -> str | None:
    """Clock ticks from boot to the start of `pid`: together with the pid it names one process for good."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


class Notification:
    """The receiving end of sd_notify(3): PostgreSQL, Mosquitto and the service say READY=1 to it."""

    def __init__(self) -> None:
        self.name = f"@latchkey-{secrets.token_hex(12)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.name[1:])

    def await_ready(self, pid: int, limit_s: float) -> str | None:
        """None when it is ready; otherwise why it never will be."""
        deadline = time.monotonic() + limit_s
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return "ended at once"
        try:
            while (left := deadline - time.monotonic()) > 0:
                readable, _, _ = select.select([self._socket, process], [], [], left)
                if self._socket in readable:
                    if b"READY=1" in self._socket.recv(4096).split(b"\n"):
                        return None
                elif process in readable:
                    return "ended before it was ready"
            return f"was not ready after {limit_s:g} s"
        finally:
            os.close(process)

    def close(self) -> None:
        self._socket.close()


@dataclass
class Daemon:
    """A process below `folder`, with NAME.pid and NAME.log there."""

    name: str
    argv: list[str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    ends_with_parent: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None
    _notification: Notification | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def pid(self) -> int | None:
        """The pid of the process that this daemon's pid file names, if that very process still runs."""
        try:
            pid, started = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if start_time(int(pid)) == started else None

    def start(self, **environment: str) -> None:
        self.spawn(**environment)
        self.await_ready()

    def spawn(self, **environment: str) -> None:
        """Starts without waiting, so that several can come up together. Call it from a thread that lives on: the death
        of the starting thread is what `ends_with_parent` is about."""
        if self.pid is not None:
            raise StackError(f"{self.name} is running already")
        self._notification = Notification()
        own = {"NOTIFY_SOCKET": self._notification.name, "HOME": str(self.folder)}
        argv = as_account(self.argv, self.stop_signal.name.removeprefix("SIG") if self.ends_with_parent else None)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in a terminal reaches the stack, which ends its parts in order.
            self._child = subprocess.Popen(
                argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=clean_environment(self.environment | own | environment))
        self.pid_file.write_text(f"{self._child.pid} {start_time(self._child.pid)}\n")

    def await_ready(self, limit_s: float = READY_LIMIT_S) -> None:
        assert self._child and self._notification
        complaint = self._notification.await_ready(self._child.pid, limit_s)
        self._notification.close()
        if complaint:
            self.kill()
            raise StackError(f"{self.name} {complaint}; the end of {self.log}:\n{self.last_lines()}")

    def last_lines(self, count: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def stop(self) -> None:
        """Ends it and waits for that; a process that does not listen is killed. Nothing happens if it does not run."""
        self.end(self.stop_signal)
        if self.pid is not None:
            self.kill()

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def restart(self, **environment: str) -> None:
        self.stop()
        self.start(**environment)

    def end(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            process = os.pidfd_open(pid)
            try:
                signal.pidfd_send_signal(process, number)
                select.select([process], [], [], STOP_LIMIT_S)
            except ProcessLookupError:
                pass
            finally:
                os.close(process)
        self._reap()
        if self.pid is None:
            self.pid_file.unlink(missing_ok=True)

    def await_end(self, limit_s: float) -> int:
        """Waits for it to end by itself; its exit status, negative for a signal."""
        assert self._child
        try:
            return self._child.wait(limit_s)
        except subprocess.TimeoutExpired as error:
            raise StackError(f"{self.name} still runs after {limit_s:g} s") from error

    def _reap(self) -> None:
        if self._child:
            self._child.poll()
        if self._notification:
            self._notification.close()
