"""A primary that is lost, and an asynchronous standby that is promoted without its last commits (docs/operations.md)."""

from __future__ import annotations

import secrets
import time

from failover_case import LOST, FailoverTest

from jose import generate_key
from stack import within


class Failover(FailoverTest):
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
        said = self.lines_with(LOST)
        lost.request_id = secrets.token_urlsafe(16)
        self.assert_accepted(lost.provision(), 2)
        serial = self.certificates("lost-1")[1]["serial"]
        session = self.enterContext(steady.connect())
        session.say("ready", config_version=session.say("connected", generation=1)["config_version"])

        self.stack.postgres.kill()
        self.standby.start()
        self.promote()
        within(10, "the service says what is lost", lambda: self.lines_with(LOST) > said)
        self.assertGreater(self.metric("latchkey_database_lost_commits_total"), 0)
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
