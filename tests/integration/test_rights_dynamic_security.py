"""Rights at Mosquitto with dynamic-security: in each password's role, and as lines of the acl_file for certificates."""

from __future__ import annotations

from access_case import LIMIT_S, AccessTest

from foreign_device import Session
from stack import within
from wire import Wire, WireError

PLANT = """{"publish": ["plant/${device_id}/#"], "subscribe": ["orders/${device_id}/+"]}"""


class Rights(AccessTest):
    def platform(self, *topics: str) -> Wire:
        """An account with lines of its own, beside those that the command prints."""
        printed = self.run_latchkey("broker", "acl")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        acl = self.stack.broker.folder / "mosquitto.acl"
        lines = "user @service\ntopic readwrite plant/#\ntopic readwrite orders/#\n"
        acl.write_text(acl.read_text() + lines + printed.stdout)
        self.stack.mosquitto.restart()
        self.await_ready(True)
        return self.listener(*topics)

    def assert_holds(self, session: Session, platform: Wire) -> None:
        me = session.device.device_id
        for topic in ("plant/other/a", f"orders/{me}/a", "elsewhere", f"plant/{me}/a"):
            session.wire.publish(topic, b"")
        message = platform.receive()
        self.assertEqual(message.topic if message else "nothing", f"plant/{me}/a")
        session.wire.subscribe(f"orders/{me}/+")
        platform.publish("orders/other/stop", b"no")
        platform.publish(f"orders/{me}/stop", b"now")
        order = session.wire.receive()
        self.assertEqual(order.payload if order else b"", b"now")

    def test_of_passwords_and_certificates(self) -> None:
        self.act(f"set_fleet_rights('{PLANT}', 'why')")
        platform = self.platform("plant/#")
        for wants in ("password", "x509"):
            with self.subTest(wants):
                device = self.provisioned(f"{self.name[:40]}-{wants}", wants=wants)
                self.assert_holds(self.session(device), platform)
        # A password's role is another one when the rights change: the session ends.
        device = self.provisioned(f"{self.name[:40]}-changed", wants="password")
        session = self.session(device)
        self.act("""set_fleet_rights('{"publish": ["plant/${device_id}/b"]}', 'why')""")
        self.assertTrue(session.wire.is_lost(2 * LIMIT_S))

        def comes_back() -> Session | None:
            try:
                return self.session(device)
            except WireError:
                return None

        session = within(LIMIT_S, "it comes back", comes_back)
        session.wire.publish(f"plant/{device.device_id}/a", b"")
        session.wire.publish(f"plant/{device.device_id}/b", b"")
        message = platform.receive()
        self.assertEqual(message.topic if message else "nothing", f"plant/{device.device_id}/b")

    def test_a_group_that_an_acl_file_cannot_hold_is_a_finding_of_doctor(self) -> None:
        self.act("enroll_group('narrow', 'token', sha256('nobody'))")
        self.act("""set_group_rights('narrow', '{"publish": ["narrow/${device_id}"]}', 'why')""")
        found = self.run_latchkey("doctor", "--json")
        self.assertIn('"rights_of_group"', found.stdout)
        self.act("set_group_rights('narrow', NULL, 'why')")
