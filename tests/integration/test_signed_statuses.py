"""What confirms that a device holds its credential: a `connected` that it signed (docs/protocol.md, 5). An attacker has the
broker, which reads every status and sends the service what it likes. Here it speaks by the device's own connection."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from proof_case import ProofTest

from foreign_device import STATUS, Device, Session, SymmetricKey, sign_by_certificate
from jose import Json, compact, generate_key
from stack import within


def connected(session: Session, generation: int, **changes: object) -> Json:
    return {"status": "connected", "session": session.id, "generation": generation} | changes


class SignedStatuses(ProofTest):
    def statuses(self) -> list[str]:
        """Of its credentials, oldest first."""
        return self.stack.cluster.sql(f"SELECT status FROM registry.credential WHERE device_id = '{self.name}' "
                                      "ORDER BY generation").split()

    def accepted(self, device: Device, generation: int = 1) -> Device:
        self.assert_accepted(device.provision(), generation)
        return device

    def online(self, device: Device) -> Session:
        session = device.connect()
        self.addCleanup(session.wire.close)
        return session

    def confirmed(self, device: Device) -> Session:
        session = self.online(device)
        self.assertEqual(session.say("connected", generation=session.generation)["confirmed"], session.generation)
        return session

    def told(self, session: Session) -> Json:
        """The next configuration message."""
        message = session.listen(time.monotonic() + 20)
        assert message, "it is not answered"
        return message

    def logged(self, reason: str) -> bool:
        lines = map(json.loads, self.stack.service.log.read_text().splitlines())
        return any(line.get("device_id") == self.name and line.get("reason") == reason for line in lines)

    def assert_ignored(self, session: Session, status: bytes, reason: str) -> None:
        """It changes nothing and is not answered."""
        before = self.statuses()
        session.publish(status)
        within(20, f"{self.name}: {reason}", lambda: self.logged(reason))
        self.assertEqual(self.statuses(), before)
        self.assertIsNone(session.listen(time.monotonic() + 0.2))

    # --- each kind of proof

    def assert_confirms(self, device: Device) -> None:
        session = self.online(self.accepted(device))
        first = session.say("connected", generation=1)
        self.assertEqual((first["state"], first["confirmed"], self.statuses()), ("connected", 1, ["active"]))
        last = session.say("ready", config_version=first["config_version"])
        self.assertEqual((last["state"], last["confirmed"]), ("ready", 1))

    def in_group(self, *flags: str, **fields: object) -> Device:
        key, file = self.write_key(self.name)
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), *flags)
        return self.device(self.name, SymmetricKey.of_group(self.name, key, self.name), **fields)

    def test_under_a_group_key_that_was_retired(self) -> None:
        """Its firmware has to get the newer key first."""
        device = self.in_group()
        self.confirmed(self.accepted(device))
        key, file = self.write_key(f"{self.name}-next")
        self.stack.latchkey("enroll", "roll-key", self.name, "--key-file", str(file))
        self.confirmed(device)
        self.stack.sql(f"SELECT registry.retire_group_key('{self.name}')")
        session = self.online(device)
        self.assert_ignored(session, device.signed_status(connected(session, 1)), "connected_not_proven")
        newer = self.device(self.name, SymmetricKey.of_group(self.name, key, self.name))
        self.confirmed(self.accepted(newer, generation=2))
        self.assertEqual(self.statuses(), ["retired", "active"])

    def test_a_key_of_its_own(self) -> None:
        self.assert_confirms(self.enrolled())

    def test_the_key_of_a_member_of_a_group(self) -> None:
        self.assert_confirms(self.in_group())

    def test_a_key_where_the_credential_is_a_password(self) -> None:
        self.assert_confirms(self.in_group("--credential-type", "password", wants="password"))

    def test_the_certificate_that_a_token_brought(self) -> None:
        self.assert_confirms(self.enrolled_by_token())

    def test_the_certificate_that_a_factory_certificate_brought(self) -> None:
        self.assert_confirms(self.made_by(self.enroll_factory(self.name)))

    def test_the_password_that_a_token_brought(self) -> None:
        token, file = self.write_token(self.name)
        self.enroll("group", self.name, "--proof", "token", "--token-file", str(file), "--credential-type", "password")
        self.assert_confirms(self.device(self.name, self.token_proof(token), wants="password", seals=True))

    def test_the_certificate_of_a_device_with_a_key(self) -> None:
        """The header tells which: either is proof enough."""
        first = self.accepted(self.enrolled())
        self.confirmed(first)
        second = self.accepted(self.next_of(first), 2)
        self.confirmed(second)
        self.assertEqual(self.statuses(), ["retired", "active"])

    def test_a_pushed_configuration_says_it_as_well(self) -> None:
        session = self.confirmed(self.accepted(self.enrolled()))
        session.say("ready", config_version=1)
        self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{{\"a\": 1}}', 'why')")
        pushed = self.told(session)
        self.assertEqual((pushed["config"], pushed["confirmed"]), ({"a": 1}, 1))

    # --- what is not signed

    def test_a_plain_connected_opens_the_session_and_confirms_nothing(self) -> None:
        device = self.accepted(self.enrolled(signs=False))
        session = self.online(device)
        first = session.say("connected", generation=1)
        last = session.say("ready", config_version=first["config_version"])
        self.assertEqual((first["confirmed"], last["confirmed"], last["state"]), (0, 0, "ready"))
        self.assertEqual((self.statuses(), self.row(self.name)["online"]), (["issued"], True))
        device.signs = True
        self.assertEqual(session.say("connected", generation=1)["confirmed"], 1)
        device.signs = False  # from here on it may
        self.assertEqual(session.say("connected", generation=1)["confirmed"], 1)
        self.assertEqual(self.statuses(), ["active"])

    def test_a_forged_connected_for_a_withheld_renewal_does_not_end_the_certificate_in_use(self) -> None:
        first = self.accepted(self.enrolled_by_token())
        self.confirmed(first)
        self.accepted(self.next_of(first), 2)  # its answer never reached the device
        session = self.online(first)
        for status in ("connected", "ready"):
            session.publish(compact(connected(session, 2, status=status, config_version=1)))
            told = self.told(session)
            self.assertEqual(told["confirmed"], 1)
        self.assertEqual(self.statuses(), ["active", "issued"])
        self.confirmed(first)
        third = self.accepted(self.next_of(first), 3)
        self.assertEqual(self.statuses(), ["active", "retired", "issued"])
        self.confirmed(third)
        self.assertEqual(self.statuses(), ["retired", "retired", "active"])

    # --- what is signed by somebody else, or was said before

    def test_forged_under_another_key(self) -> None:
        device = self.accepted(self.enrolled())
        session = self.online(device)
        other, _ = self.write_key(f"{self.name}-other")
        forger = replace(device, proof=SymmetricKey(other))
        self.assert_ignored(session, forger.signed_status(connected(session, 1)), "connected_not_proven")
        self.confirmed(device)

    def test_forged_with_a_certificate_of_another_generation(self) -> None:
        first = self.accepted(self.enrolled_by_token())
        self.confirmed(first)
        self.accepted(self.next_of(first), 2)
        session = self.online(first)
        self.assert_ignored(session, first.signed_status(connected(session, 2)), "connected_not_proven")

    def test_forged_with_the_right_certificate_and_another_key(self) -> None:
        """A certificate is public."""
        first = self.accepted(self.enrolled_by_token())
        self.confirmed(first)
        second = self.accepted(self.next_of(first), 2)
        session = self.online(first)
        message = connected(session, 2, device_id=self.name, connection={"host": "localhost", "port": 1})
        stolen = sign_by_certificate(STATUS, message, generate_key("ES256"), second.leaf)
        self.assert_ignored(session, stolen, "connected_not_proven")

    def test_copied_from_another_device(self) -> None:
        one, other = self.accepted(self.enrolled()), self.accepted(self.enrolled(f"{self.name}-other"))
        session = self.online(one)
        copy = other.signed_status(connected(session, 1))
        self.assert_ignored(session, copy, "malformed_status")

    def test_replayed_after_a_newer_one(self) -> None:
        first = self.accepted(self.enrolled())
        older = self.confirmed(first)
        recorded = first.signed_status(connected(older, 1))
        second = self.accepted(self.next_of(first, first.proof), 2)
        session = self.confirmed(second)
        self.assert_ignored(session, recorded, "generation_not_live")
        self.assertTrue(self.row(self.name)["online"])
        self.assertEqual(session.say("ready", config_version=1)["confirmed"], 2)

    def test_proofs_that_fail_count_against_the_limits(self) -> None:
        device = self.accepted(self.enrolled())
        session = self.online(device)
        forger = replace(device, proof=SymmetricKey(self.write_key(f"{self.name}-other")[0]), request_id="x" * 16)

        def is_limited() -> bool:
            """The limit is one of a minute, which may end in between."""
            for _ in range(10):
                session.publish(forger.signed_status(connected(session, 1)))
            session.say("connected", generation=1)  # a MAC is verified in any case; and now all before it are
            with forger.bootstrap() as wire:
                answer = forger.ask(wire, time.monotonic() + 10)
            return answer["code"] == "rate_limited"
        within(60, "the id is over its limit", is_limited)
        self.assertEqual(self.statuses(), ["active"])

    # --- over another connection

    def tell(self, host: str) -> None:
        ca = (self.stack.pki / "server-ca.pem").read_text()
        self.stack.sql(f"SELECT registry.set_group_endpoint('{self.name}', '{host}', {self.stack.broker.device_port}, "
                       f"ca => '{ca}', reason => 'why')")

    def over(self, device: Device, **connection: object) -> Device:
        """The same device, which was told another connection."""
        assert device.accepted
        return replace(device, accepted=device.accepted | {"connection": device.accepted["connection"] | connection})

    def test_a_copy_from_another_broker_is_no_more_than_a_plain_one(self) -> None:
        device = self.accepted(self.enrolled())
        session = self.online(device)
        assert device.accepted
        port = device.accepted["connection"]["port"]
        for other in ({"host": "elsewhere.example"}, {"port": port + 1}):
            session.publish(self.over(device, **other).signed_status(connected(session, 1)))
            told = self.told(session)
            self.assertEqual((told["state"], told["confirmed"]), ("connected", 0))
        self.assertEqual(self.statuses(), ["issued"])
        self.assertTrue(self.logged("other_connection"))
        self.assertEqual(session.say("connected", generation=1)["confirmed"], 1)

    def test_a_device_that_moves_confirms_where_it_was_and_where_it_goes(self) -> None:
        factory = self.enroll_factory(self.name)
        first = self.accepted(self.made_by(factory))
        session = self.confirmed(first)
        session.say("ready", config_version=1)
        self.tell("127.0.0.1")
        message = self.told(session)
        self.assertEqual(message["connection"]["host"], "127.0.0.1")
        second = self.accepted(self.next_of(first), 2)
        self.confirmed(self.over(second, host="localhost"))
        third = self.accepted(self.next_of(second), 3)
        moved = self.confirmed(third)  # told by its answer to be there
        moved.say("ready", config_version=message["config_version"])
        fourth = self.accepted(self.next_of(third), 4)
        left = self.online(self.over(fourth, host="localhost"))
        self.assertEqual(left.say("connected", generation=4)["confirmed"], 3)
        self.assertEqual(self.statuses(), ["retired", "retired", "active", "issued"])
