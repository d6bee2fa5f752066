"""What one device of a fleet with rights tries against another: Mosquitto with the gate and the service."""

from __future__ import annotations

from test_rights import PLANT, RightsTest

from foreign_device import Session
from wire import Wire, WireError


class Attacks(RightsTest):
    """One device of the fleet against another."""

    def setUp(self) -> None:
        self.set_fleet(PLANT | {"shared": {"subscribe": ["all/news"]}})

    def ready(self, name: str, **fields: object) -> Session:
        session = self.session(self.provisioned(f"{self.name[:40]}-{name}", **fields))
        session.say("ready", config_version=1)
        return session

    def both(self) -> list[tuple[Session, Session]]:
        """Thief and victim, by certificate and by password."""
        return [(self.ready(f"thief-{wants}", wants=wants), self.ready(f"victim-{wants}", wants=wants)) for wants in ("x509", "password")]

    def test_nothing_of_anothers_can_be_published(self) -> None:
        for thief, victim in self.both():
            platform = self.listener("plant/#")
            own = f"plant/{thief.device.device_id}/telemetry"
            other = f"plant/{victim.device.device_id}/telemetry"
            for topic in (other, f"{other}/a", f"plant/{thief.device.device_id}/commands/a", f"plant/{thief.device.device_id}",
                          "all/news", f"$SYS/{own}", f"devices/{victim.device.device_id}/status"):
                thief.wire.publish(topic, b"forged")
            thief.wire.publish(own, b"own")
            self.assert_heard(platform, own)
            # A retained message ends the session: this broker retains nothing.
            with self.assertRaises(WireError):
                thief.wire.publish(other, b"forged", retain=True)
            self.assertIsNone(platform.receive(0.2))
            self.assertIsNone(self.listener(f"{other}/#").receive(0.2))
            platform.close()

    def test_nothing_of_anothers_can_be_subscribed_to(self) -> None:
        for thief, victim in self.both():
            me, other = thief.device.device_id, victim.device.device_id
            for topic in (f"plant/{other}/commands/#", f"plant/{other}/commands/a", "plant/+/commands/#", "plant/#", "#", "+/#",
                          f"+/{me}/commands/#", "$SYS/#", "$CONTROL/#", f"$share/g/plant/{other}/commands/#",
                          f"$share/g/plant/{me}/commands/#", "$share/g/#", f"plant/{me}/telemetry", "all/#", "all/+"):
                with self.subTest(topic), self.assertRaisesRegex(WireError, "refused"):
                    thief.wire.subscribe(topic)
            for topic in (f"plant/{me}/commands/#", f"plant/{me}/commands/+", "all/news"):
                thief.wire.subscribe(topic)

    def test_a_will_says_what_its_device_could_say_and_no_more(self) -> None:
        for thief, victim in self.both():
            platform = self.listener("plant/#")
            for topic, gets_through in ((f"plant/{victim.device.device_id}/telemetry", False),
                                        (f"plant/{thief.device.device_id}/telemetry/gone", True)):
                thief.wire.drop()
                connection = (thief.device.accepted or {})["connection"]
                wire = Wire(f"mqtts://{connection['host']}:{connection['port']}", thief.device.device_id, thief.device.login(),
                            will=(topic, b"will"))
                thief.wire = wire
                wire.drop()
                if gets_through:
                    self.assert_heard(platform, topic)
            platform.close()

    def test_a_device_named_like_a_word_of_a_template_gains_nothing(self) -> None:
        victim = self.ready("victim")
        platform = self.listener("plant/#")
        for name in ("telemetry", "commands", "plant", "all", "news"):
            session = self.session(self.provisioned(name))
            for topic in (f"plant/{victim.device.device_id}/telemetry", f"{name}/{victim.device.device_id}/telemetry",
                          f"plant/{victim.device.device_id}/{name}", f"all/{name}"):
                session.wire.publish(topic, b"forged")
            session.wire.publish(f"plant/{name}/telemetry", b"own")
            self.assert_heard(platform, f"plant/{name}/telemetry")
            with self.assertRaisesRegex(WireError, "refused"):
                session.wire.subscribe(f"plant/{victim.device.device_id}/commands/#")
