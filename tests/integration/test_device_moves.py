"""What the reference device does when it is told to move, to wait, or to use what does not work: it is between the real
broker and a service that the test plays."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jwcrypto import jwe, jwk

from run_case import RunTest
from test_device_contract import Signer

from device_program import stored
from foreign_device import CONFIG, RESPONSE
from jose import Json, compact, derive, from_base64url, generate_key, open_hs256, sign_hs256
from mosquitto import find
from ports import free_port
from relay import Relay
from running_device import RunningDevice
from wire import Wire


STATUS = "provisioning-status+jws"


@dataclass
class PlayedService:
    """Answers one device's statuses with configurations, and its requests as it is told."""

    wire: Wire
    device_id: str
    key: bytes
    signer: Signer

    def hear(self, kind: str, limit_s: float = 20.0) -> Json:
        """The next message on the topic that ends so, if need be after others."""
        deadline = time.monotonic() + limit_s
        while (left := deadline - time.monotonic()) > 0:
            message = self.wire.receive(left)
            if message and message.topic.endswith(f"/{self.device_id}/{kind}"):
                body = message.payload
                if kind == "status" and body[:1] == b"e":
                    return open_hs256(STATUS, body, self.key)
                return json.loads(from_base64url(body.decode().split(".")[1]) if body[:1] == b"e" else body)
        raise AssertionError(f"no {kind} of {self.device_id} came")

    def hear_status(self, status: str, **members: Any) -> Json:
        while True:
            heard = self.hear("status")
            if heard["status"] == status and all(heard.get(name) == value for name, value in members.items()):
                return heard

    def configure(self, session: str, **members: Any) -> None:
        body = compact({"device_id": self.device_id, "session": session, "state": "ready", "config_version": 1} | members)
        key = derive(self.key, "provisioning-response v1")
        self.wire.publish(f"devices/{self.device_id}/config", sign_hs256({"typ": CONFIG, "alg": "HS256"}, body, key))

    def answer(self, request: Json, by_key: bool = False, **members: Any) -> None:
        key = derive(self.key, "provisioning-response v1")
        body = compact({"request_id": request["request_id"], "device_id": self.device_id, "tracking_id": "played",
                        "server_time": int(time.time())} | members)
        message = sign_hs256({"typ": RESPONSE, "alg": "HS256"}, body, key) if by_key else self.signer.sign(body)
        self.wire.publish(f"provisioning/v1/{self.device_id}/response", message)


class DeviceMoves(RunTest):
    @contextmanager
    def played(self, due: bool = False, patience: int = 2) -> Iterator[tuple[RunningDevice, PlayedService]]:
        """A device that the real service made ready, running, and the service that it has from now on."""
        flags = self.key_flags()
        folder = self.provisioned(*flags).folder
        if due:
            self.program.make_due(folder, 1)
        self.stack.service.stop()
        key = base64.b64decode((self.folder / f"{self.name}.key").read_text())
        signer = Signer.load(self.stack.pki / "signing.pem", self.stack.pki / "signing-key.pem")
        service = PlayedService(self.listening(), self.name, key, signer)
        device = self.running(*flags, patience=patience)
        try:
            yield device, service
        finally:
            device.kill()
            service.wire.close()
            self.stack.service.start()

    def listening(self) -> Wire:
        wire = self.account("service", f"played-{self.name}")
        for topic in ("devices/+/status", "provisioning/v1/+/request"):
            wire.subscribe(topic)
        return wire

    def connection(self, **changes: Any) -> Json:
        return {"host": "localhost", "port": self.stack.broker.device_port, "tls": True, "client_id": self.name,
                "topics": f"devices/{self.name}"} | changes

    def anchors(self, file: Path) -> list[str]:
        return [base64.b64encode(ssl.PEM_cert_to_DER_cert(file.read_text())).decode()]

    def places(self, device: RunningDevice) -> list[tuple[str, int]]:
        return [(place.host, place.port) for place in self.program.places(device.folder)]

    # --- a device with a password

    def allow(self, *usernames: str) -> str:
        """Static logins of this device at the broker, by one password; nobody but the test has them."""
        password, broker = secrets.token_urlsafe(24), self.stack.broker
        table = self.folder / "more.passwords"
        table.write_text("".join(f"{name}:{password}\n" for name in usernames))
        subprocess.run([find("mosquitto_passwd"), "-U", str(table)], check=True, capture_output=True)
        with (broker.folder / "mosquitto.passwords").open("a") as passwords, (broker.folder / "mosquitto.acl").open("a") as acl:
            passwords.write(table.read_text())
            for name in usernames:
                acl.write(f"user {name}\ntopic write devices/{self.name}/status\ntopic read devices/{self.name}/config\n")
        pid = self.stack.mosquitto.pid
        assert pid
        os.kill(pid, signal.SIGHUP)
        return password

    def test_a_password_is_renewed_by_the_factorys_proof_over_its_own_connection(self) -> None:
        key, file = self.write_key(self.name)
        password = self.allow(f"{self.name}@1", f"{self.name}@2")
        self.stack.service.stop()
        self.addCleanup(self.stack.service.start)
        wire = self.listening()
        self.addCleanup(wire.close)
        service = PlayedService(wire, self.name, key, Signer([], generate_key("ES256")))
        device = self.running("--key-file", str(file), "--credential", "password")
        for generation in (1, 2):
            request = service.hear("request")
            sealed = jwe.JWE(compact({"password": password, "config": {"a": 1}}), json.dumps({"alg": "ECDH-ES", "enc": "A256GCM"}),
                             recipient=jwk.JWK(**request["encryption_key"])).serialize(compact=True)
            service.answer(request, by_key=True, status="accepted", generation=generation, config_version=1, sealed=sealed,
                           connection=self.connection(port=self.stack.broker.bootstrap_port),
                           credential={"type": "password", "username": f"{self.name}@{generation}",
                                       "renew_after": 1 if generation == 1 else 4102444800})
            device.expect("connected", subject=f"{self.name}@{generation}", generation=generation)
            session = service.hear_status("connected", generation=generation)["session"]
            service.configure(session, confirmed=1)
        device.expect("ready")
        self.assertEqual(self.program.generations(device.folder), [1, 2], "of both any may be the one that counts")
        service.configure(session, confirmed=2)
        stored("generation 2 alone", lambda: self.program.generations(device.folder) == [2] or None)

    # --- what it signs

    def test_it_signs_connected_until_its_generation_is_confirmed(self) -> None:
        over = {"host": "localhost", "port": self.stack.broker.device_port}
        with self.played(patience=60) as (device, service):
            for confirmed, signed in ((0, True), (1, True), (1, False)):
                heard = service.hear_status("connected", generation=1)
                self.assertEqual((heard.get("device_id"), heard.get("connection")), (self.name, over) if signed else (None, None))
                service.configure(heard["session"], confirmed=confirmed)
                device.expect("ready")
                service.wire.close()
                self.stack.mosquitto.restart()
                service.wire = self.listening()

    # --- moving

    def test_it_moves_and_forgets_the_old_place_when_the_new_one_works(self) -> None:
        port = self.stack.broker.device_port
        with self.played() as (device, service):
            service.configure(service.hear_status("connected")["session"], connection=self.connection(host="127.0.0.1"))
            device.expect("connected", host="127.0.0.1")
            self.assertEqual(self.places(device), [("127.0.0.1", port), ("localhost", port)])
            service.configure(service.hear_status("connected")["session"])
            device.expect("ready")
            self.assertEqual(self.places(device), [("127.0.0.1", port)])

    def test_a_place_that_does_not_work_costs_nothing_and_is_tried_again(self) -> None:
        port, there = free_port(), self.stack.broker.device_port
        with self.played() as (device, service):
            service.configure(service.hear_status("connected")["session"], connection=self.connection(port=port))
            device.expect("moving", port=port)
            device.expect("connected", host="localhost", port=there)
            session = service.hear_status("connected")["session"]
            service.configure(session, connection=self.connection(port=port))  # told again, it stays
            service.hear_status("ready")
            service.configure(session)
            device.expect("ready")
            self.assertEqual(self.places(device), [("localhost", port), ("localhost", there)])
            with Relay(port, there):
                device.expect("connected", 30, port=port)
                service.configure(service.hear_status("connected")["session"])
                device.expect("ready")
                self.assertEqual(self.places(device), [("localhost", port)])

    def test_new_anchors_are_used_and_wrong_ones_cost_nothing(self) -> None:
        pki = self.stack.pki
        with self.played() as (device, service):
            wrong = self.connection(ca=self.anchors(pki / "device-ca.pem"))
            service.configure(service.hear_status("connected")["session"], connection=wrong)
            device.expect("moving")
            device.expect("connected")
            right = self.connection(ca=self.anchors(pki / "server-ca.pem"))
            service.configure(service.hear_status("connected")["session"], connection=right)
            device.expect("moving")
            device.expect("connected")
            service.configure(service.hear_status("connected")["session"])
            device.expect("ready")
            self.assertEqual([place.anchors for place in self.program.places(device.folder)],
                             [[base64.b64decode(der) for der in right["ca"]]])

    def test_a_new_credential_that_does_not_work_costs_nothing(self) -> None:
        stranger = Signer.load(self.stack.pki / "server-ca.pem", self.stack.pki / "server-ca-key.pem")
        with self.played(due=True) as (device, service):
            service.configure(service.hear_status("connected", generation=1)["session"])
            request = service.hear("request")
            leaf = stranger.certify(base64.b64decode(request["credential"]["csr"]))
            accepted = {"status": "accepted", "generation": 2, "config_version": 1, "connection": self.connection(),
                        "credential": {"type": "x509", "chain": [base64.b64encode(leaf).decode()], "renew_after": 4102444800}}
            service.answer(request, **accepted)
            device.expect("renewed", generation=2)
            service.configure(service.hear_status("connected", generation=1)["session"])
            device.expect("ready")
            self.assertEqual(self.program.generations(device.folder), [1, 2])
            # It asks for the same again, and its key is the same.
            again = service.hear("request", 30)
            self.assertEqual((again["request_id"], again["encryption_key"]), (request["request_id"], request["encryption_key"]))

    def test_pending_waits_and_a_nudge_asks_again_at_once(self) -> None:
        with self.played(due=True, patience=60) as (device, service):
            service.configure(service.hear_status("connected")["session"])
            request = service.hear("request")
            service.answer(request, status="pending", retry_after_s=3600)
            device.expect("answer", status="pending")
            asked = time.monotonic()
            service.answer(request, status="retry", code="unavailable", message="approved", retry_after_s=0)
            self.assertEqual(service.hear("request")["request_id"], request["request_id"])
            self.assertLess(time.monotonic() - asked, 5)

    def test_a_refused_renewal_leaves_the_device_where_it_is(self) -> None:
        with self.played(due=True, patience=60) as (device, service):
            session = service.hear_status("connected")["session"]
            service.configure(session)
            request = service.hear("request")
            service.answer(request, status="rejected", code="conflict", message="used")
            other = service.hear("request")
            self.assertNotEqual(other["request_id"], request["request_id"])
            self.assertNotEqual(other["credential"]["csr"], request["credential"]["csr"])
            service.answer(other, status="rejected", code="weak_key", message="weak")
            device.expect("answer", code="weak_key")
            service.configure(session, state="connected", config_version=2, config={"a": 2})
            self.assertEqual(service.hear_status("ready")["config_version"], 2)
