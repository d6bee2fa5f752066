"""A registry that is restored to a moment, from a base backup and the archived log, by the commands of docs/operations.md."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

from proof_case import ProofTest

from account import as_account, give
from daemon import Daemon, clean_environment
from foreign_device import Device
from jose import generate_key
from postgres import binaries
from stack import within

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


class PointInTime(ProofTest):
    def blocks(self) -> list[str]:
        """What the page has of it, with folders of this stack in place of its own: settings, backup, restore."""
        section = PAGE.read_text().split("### Point-in-time recovery\n")[1].split("\n### ")[0]
        found = re.findall(r"(?ms)^```(?:ini|sh)\n(.*?)^```$", section)
        self.assertEqual(len(found), 3)
        return [block.replace("/backup/", f"{self.stack.folder}/backup/")
                .replace("/var/lib/postgresql/", f"{self.stack.folder}/") for block in found]

    def shell(self, script: str) -> None:
        environment = clean_environment({"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGUSER": "postgres",
                                         "PGPASSWORD": self.stack.cluster.superuser_password})
        result = subprocess.run(as_account(["bash", "-euo", "pipefail", "-c", script]), capture_output=True, text=True,
                                cwd=self.stack.folder, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)

    def ready_device(self, name: str) -> Device:
        device = self.holder(name, generate_key("ES256"))
        self.enroll_public_key(name, device.proof.key)  # type: ignore[attr-defined]
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        return device

    def archive(self, settings: str) -> None:
        for folder in ("backup", "backup/wal"):
            (self.stack.folder / folder).mkdir()
            give(self.stack.folder / folder)
        with (self.stack.cluster.data / "postgresql.conf").open("a") as file:
            file.write(settings)
        self.stack.postgres.restart()
        self.await_ready(True)

    def await_archived(self) -> None:
        """All that was written so far is in the archive."""
        segment = self.stack.cluster.sql("SELECT pg_walfile_name(pg_switch_wal())").strip()
        within(20, f"{segment} is archived", (self.stack.folder / "backup" / "wal" / segment).exists)

    def start_restored(self) -> None:
        data = self.stack.folder / "restored"
        server = Daemon("postgres-restored", [str(binaries() / "postgres"), "-D", str(data)], self.stack.folder,
                        stop_signal=signal.SIGINT, ends_with_parent=True)
        self.addCleanup(server.stop)
        server.start()
        within(30, "it accepts writes", lambda: self.stack.cluster.sql("SELECT pg_is_in_recovery()").strip() == "f")

    def test_to_a_moment_between_two_registrations(self) -> None:
        settings, backup, restore = self.blocks()
        self.archive(settings)
        self.shell(backup)
        kept = self.ready_device("kept-1")
        moment = self.stack.cluster.sql("SELECT clock_timestamp()").strip()
        lost = self.ready_device("lost-1")
        self.await_archived()
        self.stack.service.stop()
        self.stack.postgres.stop()

        self.assertIn("'2026-11-28 03:00:00+00'", restore)
        self.shell(restore.replace("2026-11-28 03:00:00+00", moment))
        self.start_restored()
        self.stack.sql("SELECT registry.restored('the disk of db1 died, restored to 03:00')")
        self.stack.service.start()

        # By its certificate; its configuration has a new version, and so it gets it.
        self.assertEqual(kept.become_ready()["state"], "ready")
        with lost.connect() as session:
            session.tell("connected", generation=1)
            self.assertIsNone(session.listen(time.monotonic() + 2))
        self.enroll_public_key("lost-1", lost.proof.key)  # type: ignore[attr-defined]
        again = self.next_of(lost, lost.proof)
        self.assert_accepted(again.provision())
        self.assertEqual(again.become_ready()["state"], "ready")
