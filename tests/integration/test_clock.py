"""A machine that keeps no time while it is off starts the service with a clock before its certificates."""

from __future__ import annotations

import json

from stack_case import StackTest
from test_crl import FAKETIME

from stack import within


class Clock(StackTest):
    def readiness(self) -> tuple[int, str]:
        try:
            return self.fetch("/readyz?verbose")
        except OSError:
            return 0, ""

    def test_it_waits_until_the_clock_is_set_and_says_so_once(self) -> None:
        clock, service = self.folder / "clock", self.stack.service
        clock.write_text("-400d")
        self.addCleanup(service.restart)
        self.addCleanup(setattr, service, "argv", service.argv)
        service.argv = ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_NO_CACHE=1",
                        "FAKETIME_DONT_FAKE_MONOTONIC=1", *service.argv]
        service.stop()
        before = len(service.log.read_text().splitlines())
        service.spawn()
        status, said = within(10, "readiness is answered", lambda: found if (found := self.readiness())[0] else None)
        self.assertEqual(status, 503)
        self.assertIn('[-] clock: this machine\'s clock is earlier than the begin of the certificate "Latchkey', said)
        self.assertEqual(self.fetch("/livez")[0], 200)
        clock.write_text("+0")
        service.await_ready()
        # The log says "ready" when requests are served; the broker's list of who is let in is compared after that.
        within(10, "it is ready", lambda: self.readiness()[0] == 200)
        lines = [json.loads(line) for line in service.log.read_text().splitlines()[before:]]
        self.assertEqual([line["msg"] for line in lines if line.get("check") == "clock"], ["not ready", "ready again"])
        self.assert_accepted(self.enrolled().provision())

    def test_it_ends_when_it_is_asked_to_meanwhile(self) -> None:
        service = self.stack.service
        self.addCleanup(service.restart)
        service.stop()
        argv = service.argv
        self.addCleanup(setattr, service, "argv", argv)
        service.argv = ["env", f"LD_PRELOAD={FAKETIME}", "FAKETIME=-400d", "FAKETIME_DONT_FAKE_MONOTONIC=1", *argv]
        service.spawn()
        within(10, "readiness is answered", lambda: self.readiness()[0] == 503)
        service.stop()
        self.assertIsNone(service.pid)
