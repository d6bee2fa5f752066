"""Ready, where finding out takes longer, or needs the right to mount."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from readiness_case import ReadinessTest

from daemon import StackError
from disk import Disk
from stack import within


class Readiness(ReadinessTest):
    def test_a_broker_that_is_stopped(self) -> None:
        """Only keep-alive notices it: within 15 s, and a device is not answered meanwhile."""
        device = self.enrolled()
        with self.stopped(self.stack.mosquitto.pid):
            said = within(17, "the broker is missed", lambda: self.complaint("broker"))
            self.assertEqual(said, "not subscribed")
            self.assertEqual(self.fetch("/livez")[0], 200)
        self.assert_accepted(device.provision(limit_s=30))
        self.await_ready(True)

    def test_changes_of_operators_that_nobody_looks_for(self) -> None:
        """Shows in readiness, log and metric after 15 s, while devices are served."""
        self.superuser("REVOKE EXECUTE ON FUNCTION registry.claim_configs FROM latchkey_service")
        self.repairs.append("GRANT EXECUTE ON FUNCTION registry.claim_configs TO latchkey_service")
        self.addCleanup(self.mend)
        stood = self.metric("latchkey_operators_look_timestamp_seconds")
        said = within(25, "it is not ready", lambda: self.complaint("operators"))
        self.assertIn("config: ", said)
        self.assertRegex(said, r"^no look at the registry for \d+ s, config: .*permission denied")
        self.assertLessEqual(self.metric("latchkey_operators_look_timestamp_seconds"), stood + 6)
        within(10, "the log says so", lambda: re.search(r'"msg":"not ready","check":"operators"', self.since_start()))
        self.assert_accepted(self.enrolled().provision())
        self.mend()
        self.await_ready(True)
        within(10, "the log says so", lambda: re.search(r'"msg":"ready again","check":"operators"', self.since_start()))


class FullDisk(ReadinessTest):
    """The registry's own disk: the log of the database is on another one, and goes on."""

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="latchkey-disk-"))
        self.addCleanup(folder.rmdir)
        try:
            self.disk = Disk(folder, "48m")
        except StackError as error:
            self.skipTest(str(error))
        self.addCleanup(self.disk.unmount)
        self.addCleanup(self.stack.postgres.stop)
        self.stack.service.stop()
        self.superuser(f"CREATE TABLESPACE small LOCATION '{folder}'")
        self.stack.cluster.sql("ALTER DATABASE latchkey SET TABLESPACE small", "postgres")
        self.stack.service.start()
        super().setUp()

    def mend(self) -> None:
        self.disk.free()

    def test_a_disk_that_is_full(self) -> None:
        with self.fails("database", "No space left on device"):
            self.disk.fill()
