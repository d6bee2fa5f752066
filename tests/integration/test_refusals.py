"""Who is not authorised is refused, is not registered, and the ledger knows why."""

from __future__ import annotations

import json
import secrets
import time

from stack_case import StackTest

from foreign_device import Proof, SymmetricKey
from jose import Json
from wire import Wire


class Refusals(StackTest):
    def refused(self, device_id: str, proof: Proof) -> str:
        """Refused with the one answer there is for this; the true reason."""
        answer = self.assert_rejected(self.device(device_id, proof).provision(), "unauthorized")
        self.assertGreater(answer["retry_after_s"], 0)
        self.assert_not_registered(device_id)
        return self.assert_reason(answer["tracking_id"])

    def unsigned(self, wire: Wire) -> Json:
        """The next answer, which is plain JSON."""
        message = wire.receive()
        assert message, "there was no answer"
        return json.loads(message.payload)

    def test_a_wrong_key(self) -> None:
        self.enrolled(self.name)
        wrong = self.refused(self.name, SymmetricKey(secrets.token_bytes(32)))
        unknown = self.refused(f"{self.name}-unknown", SymmetricKey(secrets.token_bytes(32)))
        self.assertNotEqual(wrong, unknown, "the ledger tells the reasons apart")

    def test_an_unknown_id(self) -> None:
        self.refused(self.name, SymmetricKey(secrets.token_bytes(32)))
        self.assertEqual(self.query(f"SELECT * FROM registry.devices WHERE device_id = '{self.name}'"), [])

    def test_an_unknown_group(self) -> None:
        self.refused(self.name, SymmetricKey(secrets.token_bytes(32), "nobody"))

    def test_another_devices_key(self) -> None:
        other = self.enrolled(f"{self.name}-other")
        self.enrolled(self.name)
        self.refused(self.name, other.proof)

    def test_an_unknown_token(self) -> None:
        self.refused(self.name, self.token_proof(secrets.token_urlsafe(24)))

    def test_a_token_where_a_key_is_enrolled(self) -> None:
        self.enrolled(self.name)
        self.refused(self.name, self.token_proof(secrets.token_urlsafe(24)))

    def test_the_token_of_another_group(self) -> None:
        for group in ("ours", "theirs"):
            self.stack.sql(f"SELECT registry.enroll_group('{group}', 'token', NULL, admission => 'allow_list')")
        self.stack.sql(f"SELECT registry.enroll_device('{self.name}', 'group', NULL, 'ours')")
        ours, theirs = (self.stack.sql(f"SELECT registry.create_token('{group}', 5, '1 hour')").strip() for group in ("ours", "theirs"))
        self.refused(self.name, self.token_proof(theirs))
        self.assert_accepted(self.device(self.name, self.token_proof(ours)).provision())

    def test_the_answers_to_a_wrong_key_and_an_unknown_id_are_alike(self) -> None:
        self.enrolled(self.name)
        shapes = []
        for device_id in (self.name, f"{self.name}-unknown"):
            answer = self.device(device_id, SymmetricKey(secrets.token_bytes(32))).provision()
            own = {"device_id", "request_id", "tracking_id", "server_time", "retry_after_s"}
            shapes.append((list(answer), {name: value for name, value in answer.items() if name not in own}))
        self.assertEqual(*shapes)

    def test_an_id_in_the_payload_that_is_not_the_topics(self) -> None:
        device, other = self.enrolled(f"{self.name}-1"), self.enrolled(f"{self.name}-2")
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message(device_id=other.device_id))
            answer = self.assert_rejected(self.unsigned(wire), "invalid_request")
        self.assertIn("device_id", answer["message"])
        self.assert_not_registered(device.device_id)
        self.assert_not_registered(other.device_id)

    def test_a_request_replayed_on_another_devices_topic(self) -> None:
        victim, thief = self.enrolled(f"{self.name}-victim"), self.enrolled(f"{self.name}-thief")
        seen = victim.message()
        with thief.bootstrap() as wire:
            wire.publish(thief.topic("request"), seen)
            self.assert_rejected(self.unsigned(wire), "invalid_request")
        self.assert_not_registered(victim.device_id)
        self.assert_not_registered(thief.device_id)
        self.assert_accepted(victim.provision())

    def test_an_answer_is_no_request(self) -> None:
        device = self.enrolled()
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message())
            answer = wire.receive()
            assert answer
            wire.publish(device.topic("request"), answer.payload)
            self.assert_rejected(self.unsigned(wire), "invalid_request")
        self.assertEqual(len(self.certificates(self.name)), 1)

    def test_a_group_closed_by_time_number_or_name(self) -> None:
        for name, flags in (("past", ["--valid-until", "2001-01-01T00:00:00Z"]),
                            ("future", ["--valid-from", "2999-01-01T00:00:00Z"]),
                            ("named", ["--device-id-pattern", "pump-[0-9]+"])):
            token, file = self.write_token(name)
            self.enroll("group", name, "--proof", "token", "--token-file", str(file), *flags)
            answer = self.device(f"{self.name}-{name}", self.token_proof(token)).provision()
            self.assertEqual(answer["status"], "rejected", answer)
            self.assert_not_registered(f"{self.name}-{name}")

    def test_a_full_group_takes_no_more(self) -> None:
        token, file = self.write_token("pair")
        self.enroll("group", "pair", "--proof", "token", "--token-file", str(file), "--max-devices", "2")
        for number in (1, 2):
            self.assert_accepted(self.device(f"{self.name}-{number}", self.token_proof(token)).provision())
        self.assert_rejected(self.device(f"{self.name}-3", self.token_proof(token)).provision(), "quota_exceeded")
        self.assert_not_registered(f"{self.name}-3")

    def test_a_status_opens_nothing_without_a_live_credential(self) -> None:
        device = self.enrolled()
        device.provision()
        with device.connect() as session:
            session.tell("connected", generation=7)
            session.tell("ready", config_version=1)
            self.assertIsNone(session.listen(time.monotonic() + 1))
            self.assertEqual(self.row(self.name)["state"], "registered")
            self.assertEqual(session.say("connected", generation=1)["state"], "connected")
