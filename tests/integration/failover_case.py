"""What the tests of a failover share: a standby of the stack's primary, and its promotion."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from proof_case import ProofTest

from account import as_account
from daemon import Daemon, clean_environment
from ports import free_port
from postgres import binaries
from stack import Stack

LOST = "the database lacks a request that it had committed: call registry.restored(reason) now"


class FailoverTest(ProofTest):
    standby: Daemon
    data: Path
    port: int

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        cls.port = free_port()

    def tool(self, *argv: str) -> None:
        environment = {"PGPASSWORD": self.stack.cluster.superuser_password}
        result = subprocess.run(as_account([str(binaries() / argv[0]), *argv[1:]]), capture_output=True, text=True,
                                cwd=self.stack.folder, env=clean_environment(environment))
        self.assertEqual(result.returncode, 0, f"{argv}\n{result.stderr}")

    def start_standby(self) -> None:
        primary = self.stack.cluster
        self.data = self.stack.folder / "standby"
        self.tool("pg_basebackup", "--pgdata", str(self.data), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
                  "--dbname", f"postgresql://postgres@127.0.0.1:{primary.port}/?password={primary.superuser_password}")
        self.standby = Daemon("postgres-standby", [str(binaries() / "postgres"), "-D", str(self.data), "-p", str(self.port)],
                              self.stack.folder, stop_signal=signal.SIGINT, ends_with_parent=True)
        self.addCleanup(self.standby.stop)
        self.standby.start()

    def use_both(self) -> None:
        """The service and everybody else go to whichever of the two takes writes."""
        self.stack.service.stop()
        self.stack.service.start(LATCHKEY_DATABASE_URL=f"postgresql://latchkey@127.0.0.1:{self.stack.cluster.port},"
                                 f"127.0.0.1:{self.port}/latchkey?target_session_attrs=read-write")

    def promote(self) -> None:
        self.tool("pg_ctl", "promote", "--pgdata", str(self.data), "--wait")
        self.stack.cluster.port = self.port

    def lines_with(self, message: str) -> int:
        return self.stack.service.log.read_text().count(message)
