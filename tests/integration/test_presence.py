"""Who is online, where nothing is known, and devices that are told of an operator's decision."""

from __future__ import annotations

import time

from proof_case import ProofTest

from foreign_device import Device, SymmetricKey
from stack import within


class Presence(ProofTest):
    def link_of(self) -> str:
        """The service's connection to the broker, as the registry knows it."""
        def look() -> str:
            return self.stack.cluster.sql("SELECT link FROM registry.broker_link WHERE until > now() - interval '6 seconds' "
                                          "ORDER BY ready_at DESC LIMIT 1").strip()
        return within(15, "the service has noted its connection", look)

    def test_who_does_not_come_back_after_the_broker_is_not_known_to_be_online(self) -> None:
        gone, back = (self.enrolled(f"{self.name}-{which}") for which in ("gone", "back"))
        sessions = []
        for device in (gone, back):
            device.provision()
            session = device.connect()
            self.addCleanup(session.wire.close)
            session.say("connected", generation=1)
            sessions.append(session)
        before = self.link_of()
        self.stack.mosquitto.kill()  # no will comes
        self.stack.mosquitto.start()
        with back.connect() as session:
            session.say("connected", limit_s=40, generation=1)
            after = within(15, "there is a new connection", lambda: (link := self.link_of()) != before and link)
            self.assertTrue(self.row(gone.device_id)["online"], "it has five minutes")
            # Six minutes later: all that was before the new connection, and that itself, is longer ago.
            self.stack.cluster.sql(
                "UPDATE registry.broker_link SET ready_at = ready_at - interval '6 minutes', until = until - interval '6 minutes' "
                f"WHERE link <> '{after}'; UPDATE registry.broker_link SET ready_at = ready_at - interval '6 minutes' WHERE link = '{after}';"
                "UPDATE registry.presence SET last_seen_at = last_seen_at - interval '6 minutes'")
            self.assertIsNone(self.row(gone.device_id)["online"])
            self.assertTrue(self.row(back.device_id)["online"])
        self.await_row(back.device_id, online=False)


class Nudges(ProofTest):
    def assert_told(self, device: Device, decide: str) -> None:
        with device.bootstrap() as wire:
            self.assertEqual(device.ask(wire, time.monotonic() + 10)["status"], "pending")
            self.stack.sql(f"SELECT registry.{decide}")
            begun = time.monotonic()
            answer = device.listen(wire, begun + 1, lambda _: True)
            print(f"told {1000 * (time.monotonic() - begun):.0f} ms after {decide}")
        assert answer, "nobody told it"
        self.assertEqual((answer["status"], answer["code"], answer["retry_after_s"]), ("retry", "decided", 0))

    def test_who_is_approved_is_told_at_once(self) -> None:
        device = self.made_by(self.enroll_factory(self.name, admission="'approval'"))
        self.assert_told(device, f"approve('{self.name}', 'why')")
        self.assert_accepted(device.provision())

    def test_who_is_rejected_is_told_at_once(self) -> None:
        device = self.made_by(self.enroll_factory(self.name, admission="'approval'"))
        self.assert_told(device, f"reject('{self.name}', 'not ours')")
        self.refused(device)

    def test_a_symmetric_key_signs_it_too(self) -> None:
        key, file = self.write_key(self.name)
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), "--admission", "approval")
        device = self.device(self.name, SymmetricKey.of_group(self.name, key, self.name))
        self.assert_told(device, f"approve('{self.name}', 'why')")
        self.assert_accepted(device.provision())
