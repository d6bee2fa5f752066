"""What operators' tools ask: alive, ready, metrics. A database that is away or hangs blocks none of it."""

from __future__ import annotations

import re
import time
from pathlib import Path

from stack_case import StackTest

from daemon import StackError
from stack import within

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


class Http(StackTest):
    def test_a_service_whose_address_is_taken_ends_and_says_so(self) -> None:
        """Else whoever has the address would answer for its health."""
        late = self.stack.replica("late")
        self.addCleanup(late.stop)
        with self.assertRaisesRegex(StackError, "ended before it was ready"):
            late.start(LATCHKEY_HTTP_LISTEN=f"127.0.0.1:{self.stack.http_port}")
        self.assertIn(f"127.0.0.1:{self.stack.http_port}: Address already in use", late.log.read_text())
        self.assertNotIn("subscribed", late.log.read_text())

    def test_it_is_alive_and_ready(self) -> None:
        self.assertEqual(self.fetch("/livez"), (200, "ok\n"))
        self.await_ready(True)
        said = "[+] broker: ok\n[+] database: ok\n[+] operators: ok\n[+] broker_access: ok\nready\n"
        self.assertEqual(self.fetch("/readyz?verbose"), (200, said))
        self.assertEqual(self.run_latchkey("health").returncode, 0)
        self.assertEqual(self.run_latchkey("health", "--live").stdout, "ok\n")

    def test_a_provisioned_device_is_counted(self) -> None:
        answered = 'latchkey_requests_total{code="",status="accepted"}'
        before = self.metric(answered)
        device = self.enrolled()
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertEqual(self.metric(answered), before + 1)
        self.assertGreaterEqual(self.metric('latchkey_credentials_issued_total{type="x509"}'), 1)
        self.assertGreaterEqual(self.metric('latchkey_statuses_total{kind="ready",result="counted"}'), 1)
        self.assertGreaterEqual(self.metric('latchkey_stage_duration_seconds_count{stage="commit"}'), 1)
        self.assertGreater(self.metric('latchkey_certificate_expiry_timestamp_seconds{certificate="signing"}'), time.time())
        within(30, "the device is counted", lambda: self.metric('latchkey_devices{state="ready"}') >= 1)
        self.assertNotIn(self.name, self.fetch("/metrics")[1], "no label is a device's")

    def test_what_dashboard_and_alerts_ask_for_is_there(self) -> None:
        shown = self.fetch("/metrics")[1]
        for file in ("grafana/latchkey.json", "prometheus/rules.yml"):
            asked = set(re.findall(r"\blatchkey_[a-z_]+(?=[{\[ )])", (DEPLOY / file).read_text()))
            self.assertGreater(len(asked), 4)
            for series in asked:
                found = re.search(rf"^{series}(_count)?[ {{]", shown, re.MULTILINE)
                self.assertTrue(found, f"{file}: there is no {series}")

    def test_a_database_that_hangs_blocks_neither_livez_nor_metrics(self) -> None:
        self.await_ready(True)
        with self.stopped(*self.database_processes()):
            self.await_ready(False)
            for path in ("/livez", "/metrics"):
                before = time.monotonic()
                self.assertEqual(self.fetch(path)[0], 200)
                self.assertLess(time.monotonic() - before, 1)
            result = self.run_latchkey("health")
            self.assertEqual(result.returncode, 1)
            self.assertIn("[-] database: ", result.stdout)
            self.assertEqual(self.metric("latchkey_database_up"), 0)
        self.await_ready(True)

    def test_a_broker_that_is_away_is_not_ready(self) -> None:
        self.await_ready(True)  # another test may have started the service a moment ago
        self.stack.mosquitto.kill()
        self.addCleanup(self.await_ready, True)
        self.addCleanup(self.stack.mosquitto.start)
        self.await_ready(False)
        self.assertIn("[-] broker: not subscribed", self.fetch("/readyz?verbose")[1])
        self.assertEqual(self.fetch("/livez")[0], 200)
        self.assertEqual(self.metric("latchkey_broker_up"), 0)

    def test_nobody_there_is_said_with_its_own_exit_code(self) -> None:
        self.stack.service.stop()
        self.addCleanup(self.stack.service.start)
        result = self.run_latchkey("health")
        self.assertEqual(result.returncode, 69)
        self.assertIn(f"127.0.0.1:{self.stack.http_port}", result.stderr)
