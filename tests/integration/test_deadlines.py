"""An answer of the database that never comes costs seconds, never a thread. (More: slow_deadlines.py)"""

from __future__ import annotations

import signal
import time

from stack_case import StackTest

from ports import free_port
from relay import SwallowingRelay
from stack import within


class Deadlines(StackTest):
    def test_a_listen_that_is_never_answered(self) -> None:
        """Operators' changes take effect by looking, and the process ends when it is asked to."""
        self.stack.service.stop()
        self.addCleanup(self.stack.service.start)
        device = self.enrolled()
        port = free_port()
        replica = self.stack.replica("replica")
        self.addCleanup(replica.kill)
        with SwallowingRelay(port, self.stack.cluster.port, b"LISTEN") as relay:
            replica.start(LATCHKEY_DATABASE_URL=f"postgresql://latchkey@127.0.0.1:{port}/latchkey")
            self.assert_accepted(device.provision())
            within(5, "it has listened", lambda: relay.swallowed > 0)
            session = device.connect()
            self.addCleanup(session.wire.close)
            session.say("connected", generation=session.generation)
            self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{{\"a\": 1}}', 'why')")
            pushed = session.listen(time.monotonic() + 12)
            self.assertEqual(pushed and pushed.get("config_version"), 2)
            self.stack.sql(f"SELECT registry.revoke('{self.name}', 'stolen')")
            self.assertTrue(session.wire.is_lost(12), "the session is still open")
            before = time.monotonic()
            replica.end(signal.SIGTERM)
            self.assertEqual(replica.await_end(0), 0)
            self.assertLess(time.monotonic() - before, 10)
            self.assertIn("operators' changes are polled every 5 s", replica.log.read_text())
