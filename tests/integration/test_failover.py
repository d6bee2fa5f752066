"""A primary that is lost, and an asynchronous standby that is promoted without its last commits (docs/operations.md)."""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from pathlib import Path

from proof_case import ProofTest

from account import as_account
from daemon import Daemon, clean_environment
from jose import generate_key
from ports import free_port
from postgres import binaries
from stack import Stack, within


class Failover(ProofTest):
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

    def test_what_was_given_out_in_the_lost_time_is_not_given_out_again(self) -> None:
        lost, steady = (self.holder(f"{name}-1", generate_key("ES256")) for name in ("lost", "steady"))
        for device in (lost, steady):
            self.enroll_public_key(device.device_id, device.proof.key)  # type: ignore[attr-defined]
            self.assert_accepted(device.provision())
            self.assertEqual(device.become_ready()["state"], "ready")
        self.start_standby()
        self.use_both()
        within(10, "the standby has all", lambda: self.stack.cluster.sql(
            "SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication").strip() == "t")
        self.standby.stop()
        lost.request_id = secrets.token_urlsafe(16)
        self.assert_accepted(lost.provision(), 2)
        serial = self.certificates("lost-1")[1]["serial"]
        session = self.enterContext(steady.connect())
        session.say("ready", config_version=session.say("connected", generation=1)["config_version"])

        self.stack.postgres.kill()
        self.standby.start()
        self.tool("pg_ctl", "promote", "--pgdata", str(self.data), "--wait")
        self.stack.cluster.port = self.port
        self.assertEqual([each["generation"] for each in self.certificates("lost-1")], [1], "the standby lacks the second")
        # The service works on, and the device stays connected.
        self.await_ready(True)
        again = session.say("connected", generation=1)
        self.assertEqual(self.stack.sql("SELECT registry.restored('db1 died, db2 was promoted')").strip(), "2")
        pushed = session.listen(time.monotonic() + 10)
        assert pushed, "a device that stayed connected was not told its configuration under the new version"
        self.assertGreater(pushed["config_version"], again["config_version"])
        self.assertEqual(session.say("ready", config_version=pushed["config_version"])["state"], "ready")
        lost.request_id = secrets.token_urlsafe(16)
        self.assert_accepted(lost.provision(), 1002)
        self.assertNotIn(serial, [each["serial"] for each in self.certificates("lost-1")])
        self.assertEqual(lost.become_ready()["state"], "ready")

