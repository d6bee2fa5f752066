"""What somebody with the bootstrap login, or with one device's credential, tries against the others: Mosquitto with the gate and
the service. tests/integration/test_gate.py has the same without a service."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from access_case import LIMIT_S, GateAccessTest
from gate_case import Ca

from foreign_device import Device, Session
from stack import within
from wire import Login, Wire, WireError

AT_ONCE = 50


class Attacks(GateAccessTest):
    def ready(self, count: int = 2) -> list[Session]:
        """Open sessions, by certificates and passwords in turn."""
        sessions = [self.session(self.provisioned(f"{self.name[:40]}-{n}", wants="password" if n % 2 else "x509"))
                    for n in range(count)]
        self.assert_all_open(sessions)
        return sessions

    def assert_all_open(self, sessions: list[Session]) -> None:
        for session in sessions:
            self.assertEqual(session.say("ready", config_version=1)["state"], "ready")

    def test_fifty_bootstrap_connections_at_once_end_no_session(self) -> None:
        sessions = self.ready(4)

        def come_in(n: int) -> bool:
            try:
                sessions[n % len(sessions)].device.bootstrap().close()
            except WireError:
                return False
            return True

        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.assertEqual(sum(pool.map(come_in, range(AT_ONCE))), 0)
        self.assert_all_open(sessions)

    def test_a_certificate_of_another_ca_makes_no_device(self) -> None:
        session, *_ = self.ready()
        certificate, key, _ = Ca(self.folder, "factory").issue(session.device.device_id)
        self.assert_refused(session.device, session.device.device_id, Login(self.place().anchors, certificate=certificate, key=key))
        self.assert_all_open([session])

    def test_a_credential_is_good_for_its_own_client_id_alone(self) -> None:
        for thief, other in zip(sessions := self.ready(4), sessions[1:] + sessions[:1]):
            self.assert_refused(thief.device, other.device.device_id, thief.device.login())
        self.assert_all_open(sessions)

    def assert_refused(self, device: Device, client_id: str, login: Login) -> None:
        assert device.accepted
        connection = device.accepted["connection"]
        with self.assertRaises(WireError):
            Wire(f"mqtts://{connection['host']}:{connection['port']}", client_id, login)

    def test_a_will_says_what_its_device_could_say_and_no_more(self) -> None:
        victim, thief, honest = self.ready(3)
        service = self.listener("devices/+/status")
        thief.wire.drop()
        self.assertEqual(getattr(service.receive(), "topic", ""), f"{thief.topics}/status")
        assert thief.device.accepted
        connection = thief.device.accepted["connection"]
        Wire(f"mqtts://{connection['host']}:{connection['port']}", thief.device.device_id, thief.device.login(),
             will=(f"{victim.topics}/status", b"forged")).drop()
        # The broker sends wills in the order in which connections end.
        honest.wire.drop()
        self.assertEqual(getattr(service.receive(), "topic", ""), f"{honest.topics}/status")
        within(LIMIT_S, "it is heard", lambda: not self.row(honest.device.device_id)["online"])
        self.assert_all_open([victim])

    def test_sighup_ends_no_session(self) -> None:
        sessions = self.ready(6)
        os.kill(self.stack.mosquitto.pid or 0, signal.SIGHUP)
        within(LIMIT_S, "the broker has read its configuration", lambda: "Reloading config." in self.stack.mosquitto.log.read_text())
        self.assert_all_open(sessions)
        self.await_ready(True)
        self.assertEqual(self.stack.service.log.read_text().count('"subscribed at the broker"'), 1)
