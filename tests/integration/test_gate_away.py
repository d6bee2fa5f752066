"""The gate and the service: one of them was away, lost what it knew, or is not what the other one needs (docs/gate.md)."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from access_case import LIMIT_S, GateAccessTest

from daemon import clean_environment
from foreign_device import Device
from gate_broker import GateBroker
from jose import Json
from mosquitto import Broker
from ports import free_port
from relay import Relay
from stack import Stack, within


class Away(GateAccessTest):
    def devices(self) -> list[Device]:
        return [self.provisioned(f"{self.name[:40]}-{wants}", wants=wants) for wants in ("x509", "password")]

    def lose_the_journal(self) -> None:
        self.stack.mosquitto.stop()
        shutil.rmtree(self.broker.gate_state)
        self.stack.mosquitto.start()

    @property
    def broker(self) -> GateBroker:
        assert isinstance(self.stack.broker, GateBroker)
        return self.stack.broker

    def test_what_was_revoked_while_the_service_was_away(self) -> None:
        revoked, stays = self.provisioned(f"{self.name[:40]}-r"), self.provisioned(f"{self.name[:40]}-s", wants="password")
        sessions = [self.session(device) for device in (revoked, stays)]
        self.stack.service.kill()
        self.act(f"revoke('{revoked.device_id}', 'stolen')")
        self.stack.service.start()
        self.assertTrue(sessions[0].wire.is_lost(LIMIT_S))
        self.assertFalse(self.is_let_in(revoked))
        self.change(revoked.device_id)
        sessions[1].say("ready", config_version=1)

    def test_without_its_journal_the_gate_is_closed_until_a_service_has_said_everything(self) -> None:
        devices, revoked = self.devices(), self.provisioned(f"{self.name[:40]}-r")
        self.act(f"revoke('{revoked.device_id}', 'stolen')")
        self.change(revoked.device_id)
        self.stack.service.kill()
        self.lose_the_journal()
        self.assertEqual([self.is_let_in(device) for device in devices], [False, False])
        # This one dies after it has said what there is, and before it has said that it was all.
        self.stack.service.spawn(LATCHKEY_FAILPOINTS="gate_page_told:kill")
        self.assertEqual(self.stack.service.await_end(20), -9)
        self.stack.service.stop()  # what is left of it
        self.assertEqual([self.is_let_in(device) for device in devices], [False, False])
        self.stack.service.start()
        within(LIMIT_S, "all are let in", lambda: all(self.is_let_in(device) for device in devices))
        self.assertFalse(self.is_let_in(revoked))

    def test_a_gate_that_knows_everything_is_not_told_again(self) -> None:
        self.devices()
        self.await_told()
        before = self.stack.service.log.read_text().count("is told everything")
        self.stack.service.restart()
        self.await_ready(True)
        self.assertEqual(self.stack.service.log.read_text().count("is told everything"), before)

    def test_a_registry_that_was_restored_begins_anew(self) -> None:
        device = self.provisioned(self.name, wants="password")
        self.act("restored('a test')")
        within(LIMIT_S, "it is told", lambda: self.stack.service.log.read_text().count("is told everything") > 1)
        session = self.session(device)
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        self.assertFalse(self.is_let_in(device))


class Renaming(Relay):
    """The gate of another version, as the service hears it."""

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        self._start(client, server)
        threading.Thread(target=self._rename, args=(server, client), daemon=True).start()

    def _rename(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data.replace(b" journal 1\n", b" journal 7\n"))


class PlainToo(GateBroker):
    """With one more listener, without TLS."""

    def configure(self, pki: Path) -> None:
        self.plain_port = free_port()
        super().configure(pki)
        self._write(self.configuration, self.configuration.read_text() + f"\nlistener {self.plain_port} 127.0.0.1\n")


class Told(GateAccessTest):
    """A gate that the service cannot command is told of within seconds, in all places."""

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = PlainToo

    def assert_said(self, reason: str, environment: dict[str, str]) -> None:
        replica, port = self.stack.replica(f"replica-{self.name[:20]}"), free_port()
        self.addCleanup(replica.stop)
        replica.start(LATCHKEY_HTTP_LISTEN=f"127.0.0.1:{port}", **environment)
        begin = time.monotonic()
        within(LIMIT_S, "the log says so", lambda: any(
            "the broker's access list is not up to date" in line and reason in line for line in replica.log.read_text().splitlines()))
        print(f"{self.name}: said {time.monotonic() - begin:.1f} s after the start")
        within(1, "/readyz says so", lambda: self.fetch("/readyz", port)[0] == 503)
        self.assertIn("[-] broker_access: ", self.fetch("/readyz?verbose", port)[1])
        self.assertIn("\nlatchkey_broker_access_up 0", self.fetch("/metrics", port)[1])

    def without_the_gate(self) -> dict[str, str]:
        """The environment of a service at such a broker."""
        folder = self.folder / f"other-{self.name}"
        folder.mkdir()
        other = Broker(folder, free_port(), free_port(), True)
        other.configure(self.stack.pki)
        other.daemon.start()
        self.addCleanup(other.daemon.stop)
        return {"LATCHKEY_MQTT_URL": f"mqtts://localhost:{other.bootstrap_port}",
                "LATCHKEY_MQTT_PASSWORD_FILE": str(other.password_file("service")),
                "LATCHKEY_BROKER_ACCESS_PASSWORD_FILE": str(other.password_file("admin"))}

    def with_another_version(self) -> dict[str, str]:
        assert isinstance(self.stack.broker, PlainToo)
        relay = self.enterContext(Renaming(free_port(), self.stack.broker.plain_port))
        return {"LATCHKEY_MQTT_URL": f"mqtt://localhost:{relay.listener.getsockname()[1]}", "LATCHKEY_MQTT_CA_FILE": ""}

    def test_a_broker_without_the_gate(self) -> None:
        self.assert_said("does not accept the commands", self.without_the_gate())

    def test_a_gate_of_another_version(self) -> None:
        self.assert_said("the broker has version 7 of the gate", self.with_another_version())

    def test_the_doctor_says_so_too(self) -> None:
        self.await_ready(True)
        self.assertIn("[+] broker_access: ok", self.fetch("/readyz?verbose")[1])
        doctors = [self.doctor(environment) for environment in ({}, self.without_the_gate(), self.with_another_version())]
        fine, missing, other = [self.found_by(doctor) for doctor in doctors]
        self.assertEqual((fine["result"], fine["what"]), ("ok", "the broker's gate answers, and is open"))
        self.assertEqual((missing["code"], other["code"]), ("access_gate", "access_gate"))
        self.assertIn("does not accept the commands", missing["what"])
        self.assertIn("the broker has version 7 of the gate", other["what"])

    def doctor(self, environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen([str(self.stack.binary), "doctor", "--json"], text=True, stdout=subprocess.PIPE,
                                env=clean_environment(self.stack.environment | environment))

    def found_by(self, doctor: subprocess.Popen[str]) -> Json:
        """What it says of broker_access, and that it has no other problem."""
        findings = json.loads(doctor.communicate(timeout=60)[0])
        self.assertEqual([found["check"] for found in findings if found["result"] == "problem" and found["check"] != "broker_access"], [])
        return next(found for found in findings if found["check"] == "broker_access")
