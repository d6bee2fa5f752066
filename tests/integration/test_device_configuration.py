"""What operators configure reaches the devices: at once, in order of precedence, whatever restarts in between."""

from __future__ import annotations

import re
import time
from pathlib import Path

from proof_case import ProofTest

from foreign_device import Device, Session
from jose import Json
from stack import within

ONE_SECOND = 1.0  # promised
SOON = 5.0  # where it is not the time that is looked at


class DeviceConfiguration(ProofTest):
    def connected(self, device: Device) -> Session:
        """Online, with its first configuration applied."""
        self.assert_accepted(device.provision(limit_s=40))
        return self.online(device)

    def online(self, device: Device) -> Session:
        session = device.connect()
        self.addCleanup(session.wire.close)
        first = session.say("connected", limit_s=40, generation=session.generation)
        session.say("ready", config_version=first["config_version"])
        return session

    def member(self, name: str = "", **fields: object) -> Session:
        """A device of a group of its own."""
        group = self.name
        if not self.query(f"SELECT level FROM registry.show_configs('{group}')"):
            self.factory = self.enroll_factory(group)
        return self.connected(self.made_by(self.factory, name or self.name, **fields))

    def set(self, call: str) -> float:
        self.stack.sql(f"SELECT registry.set_{call[:-1]}, reason => 'why')")
        return time.monotonic()

    def pushed(self, session: Session, limit_s: float) -> Json:
        message = session.listen(time.monotonic() + limit_s)
        assert message, f"no configuration came within {limit_s:g} s"
        return message

    def acknowledge(self, session: Session, message: Json) -> Json:
        return session.say("ready", config_version=message["config_version"])

    def version(self, device_id: str) -> int:
        return self.row(device_id)["config_version"]

    def await_worked_out(self) -> None:
        """Every change so far was carried to every device that it concerns."""
        table = "SELECT count(*) FROM registry.config_change"
        within(10, "the change is carried out", lambda: int(self.stack.cluster.sql(table)) == 0)
        table = "SELECT count(*) FROM registry.config_due WHERE due_at <= now()"
        within(10, "the change is carried out", lambda: int(self.stack.cluster.sql(table)) == 0)

    def silence(self, session: Session) -> None:
        self.assertIsNone(session.listen(time.monotonic() + 0.3))

    def test_the_page_about_it(self) -> None:
        self.enroll_factory("meters")
        self.enrolled("meter-7")
        page = Path(__file__).parents[2] / "docs" / "configuration-of-devices.md"
        blocks = re.findall(r"^```sql\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 3)
        self.stack.sql("BEGIN;" + "".join(blocks) + "ROLLBACK;")

    # --- pushed

    def test_a_change_is_pushed_within_a_second_and_acknowledged(self) -> None:
        session = self.member()
        begun = self.set(f"device_config('{self.name}', '{{\"interval_s\": 5}}')")
        message = self.pushed(session, ONE_SECOND)
        print(f"pushed {1000 * (time.monotonic() - begun):.0f} ms after set_device_config")
        self.assertEqual((message["state"], message["config"], message["config_version"]), ("ready", {"interval_s": 5}, 2))
        self.assertNotIn("config", self.acknowledge(session, message))
        row = self.row(self.name)
        self.assertEqual((row["state"], row["config_version"], row["applied_config_version"]), ("ready", 2, 2))

    def test_device_over_group_over_fleet_and_only_who_is_concerned(self) -> None:
        one, two = self.member(f"{self.name}-1"), self.member(f"{self.name}-2")
        self.set(f"group_config('{self.name}', '{{\"a\": 1, \"b\": {{\"x\": 1}}}}')")
        for session in (one, two):
            self.acknowledge(session, self.pushed(session, SOON))
        self.set(f"device_config('{self.name}-1', '{{\"b\": {{\"y\": \"${{device_id}}\"}}}}')")
        message = self.pushed(one, SOON)
        self.assertEqual(message["config"], {"a": 1, "b": {"x": 1, "y": f"{self.name}-1"}})
        self.acknowledge(one, message)
        self.silence(two)
        # The group says something of a already, so this changes nothing for them.
        self.set("fleet_config('{\"a\": 9}')")
        self.addCleanup(self.set, "fleet_config('{}')")
        self.await_worked_out()
        self.silence(one)
        self.silence(two)
        self.set(f"group_config('{self.name}', '{{}}')")
        self.assertEqual(self.pushed(two, SOON)["config"], {"a": 9})
        self.assertEqual([self.version(f"{self.name}-{n}") for n in (1, 2)], [4, 3])

    def test_an_announcement_that_is_lost_costs_five_seconds(self) -> None:
        session = self.member()
        # As if the operator's transaction had not announced it: the change alone.
        self.stack.cluster.sql(f"INSERT INTO registry.device_config VALUES ('{self.name}', '{{\"a\": 1}}');"
                               f"INSERT INTO registry.config_due VALUES ('{self.name}')")
        self.assertEqual(self.pushed(session, 6)["config"], {"a": 1})

    def test_who_does_not_acknowledge_is_sent_it_again(self) -> None:
        session = self.member()
        self.set(f"device_config('{self.name}', '{{\"a\": 1}}')")
        first, again = self.pushed(session, SOON), self.pushed(session, 12)
        self.assertEqual((first["config_version"], first["config"]), (again["config_version"], again["config"]))

    def test_a_device_that_was_away_gets_it_when_it_connects(self) -> None:
        session = self.member()
        session.__exit__(None)
        self.await_row(self.name, online=False)
        self.set(f"device_config('{self.name}', '{{\"a\": 1}}')")
        self.await_row(self.name, config_version=2)
        self.assertEqual(self.row(self.name)["state"], "ready")
        with session.device.connect() as later:
            message = later.say("connected", generation=1)
            self.assertEqual((message["state"], message["config"]), ("connected", {"a": 1}))
            self.assertEqual(self.acknowledge(later, message)["state"], "ready")

    def test_sealed_where_the_group_says_so(self) -> None:
        self.factory = self.enroll_factory(self.name, sealing="'always'", config="'{\"pin\": 1}'")
        session = self.connected(self.made_by(self.factory, seals=True))
        self.set(f"group_config('{self.name}', '{{\"pin\": 2}}')")
        message = self.pushed(session, SOON)
        self.assertIn("sealed", message)
        self.assertEqual(message["config"], {"pin": 2})

    # --- what hangs on attributes

    def test_an_attribute_that_changes_changes_the_configuration(self) -> None:
        session = self.member()
        self.set(f"group_config('{self.name}', '{{\"image\": \"${{attribute.model}}.bin\"}}')")
        self.await_worked_out()
        self.silence(session)
        stuck = self.query(f"SELECT problem FROM registry.stuck_devices WHERE device_id = '{self.name}'")
        self.assertEqual(stuck, [{"problem": "its configuration cannot be sent: ${attribute.model} has no value"}])
        self.assertEqual(self.row(self.name)["state"], "ready")
        for version, model in ((2, "A"), (3, "B")):
            session.__exit__(None)
            device = self.next_of(session.device, attributes={"model": model})
            answer = device.provision()
            self.assertEqual((answer["config_version"], answer["config"]), (version, {"image": f"{model}.bin"}))
            session = self.online(device)
        self.assertEqual(self.row(self.name)["state"], "ready")
        self.assertEqual(self.query(f"SELECT FROM registry.stuck_devices WHERE device_id = '{self.name}'"), [])

    def test_a_newcomer_whose_configuration_cannot_be_sent_is_not_ready(self) -> None:
        factory = self.enroll_factory(self.name, config="'{\"a\": \"${attribute.model}\"}'")
        device = self.made_by(factory)
        self.assertNotIn("config", device.provision())
        with device.connect() as session:
            self.assertNotIn("config", session.say("connected", generation=1))
            self.assertEqual(session.say("ready", config_version=1)["state"], "connected")
            self.set(f"group_config('{self.name}', '{{\"a\": 1}}')")
            message = self.pushed(session, SOON)
            self.assertEqual(message["config"], {"a": 1})
            self.assertEqual(self.acknowledge(session, message)["state"], "ready")

    def test_who_fails_is_listed_with_its_words(self) -> None:
        session = self.member()
        self.set(f"device_config('{self.name}', '{{\"a\": 1}}')")
        self.pushed(session, SOON)
        self.assertEqual(session.say("failed", code="no_flash", message="no room")["config"], {"a": 1})
        stuck = self.query(f"SELECT problem FROM registry.stuck_devices WHERE device_id = '{self.name}'")
        self.assertEqual(stuck, [{"problem": "the device failed: no_flash: no room"}])

    # --- to another broker

    def test_an_endpoint_moves_devices_until_they_acknowledge_it(self) -> None:
        session = self.member()
        ca = (self.stack.pki / "server-ca.pem").read_text()
        port = self.stack.broker.device_port
        self.set(f"group_endpoint('{self.name}', '127.0.0.1', {port}, ca => '{ca}')")
        message = self.pushed(session, SOON)
        connection = message["connection"]
        self.assertEqual((connection["host"], connection["port"], connection["client_id"], connection["topics"]),
                         ("127.0.0.1", port, self.name, f"devices/{self.name}"))
        self.assertEqual(len(connection["ca"]), 1)
        self.assertNotIn("connection", self.acknowledge(session, message))
        session.__exit__(None)
        assert session.device.accepted
        session.device.accepted["connection"] = connection
        moved = self.online(session.device)
        # Who registers now is told at once; and back: the service's own again.
        late = self.made_by(self.factory, f"{self.name}-late")
        self.assertEqual(late.provision()["connection"]["host"], "127.0.0.1")
        with late.connect() as other:
            self.assertNotIn("connection", other.say("connected", generation=1))
        self.set(f"group_endpoint('{self.name}', NULL)")
        self.assertEqual(self.pushed(moved, SOON)["connection"]["host"], "localhost")

    def test_what_does_not_fit_into_one_message_comes_in_two(self) -> None:
        self.factory = self.enroll_factory(self.name, sealing="'always'", config="'{\"a\": 1}'")
        session = self.connected(self.made_by(self.factory, seals=True))
        ca = (self.stack.pki / "server-ca.pem").read_text()
        self.stack.sql(f"BEGIN; SELECT registry.set_group_config('{self.name}', '{{\"long\": \"{'x' * 2900}\"}}', 'why');"
                       f"SELECT registry.set_group_endpoint('{self.name}', '127.0.0.1', ca => '{ca}{ca}', reason => 'why'); COMMIT")
        first, second = self.pushed(session, SOON), self.pushed(session, SOON)
        self.assertEqual((first["config"], "connection" in first), ({"long": "x" * 2900}, False))
        self.assertEqual((len(second["connection"]["ca"]), "sealed" in second), (2, False))
        self.assertEqual(first["config_version"], second["config_version"])

    # --- through faults

    def test_two_replicas_push_once(self) -> None:
        replica = self.stack.replica("replica")
        self.addCleanup(replica.stop)
        replica.start()
        sessions = [self.member(f"{self.name}-{n}") for n in range(4)]
        self.set(f"group_config('{self.name}', '{{\"a\": 1}}')")
        for session in sessions:
            message = self.pushed(session, SOON)
            self.assertEqual(message["config_version"], 2)
            self.acknowledge(session, message)
        for session in sessions:
            self.silence(session)

    def test_a_change_while_the_service_is_away(self) -> None:
        session = self.member()
        self.stack.service.kill()
        self.set(f"device_config('{self.name}', '{{\"a\": 1}}')")
        self.stack.service.start()
        self.assertEqual(self.pushed(session, 6)["config"], {"a": 1})

    def test_the_database_restarts_and_a_change_is_pushed(self) -> None:
        session = self.member()
        self.stack.postgres.restart()
        self.set(f"device_config('{self.name}', '{{\"a\": 1}}')")
        self.assertEqual(self.pushed(session, 8)["config"], {"a": 1})

    def test_the_broker_restarts_and_a_change_comes_with_the_connection(self) -> None:
        session = self.member()
        self.stack.mosquitto.stop()
        self.set(f"device_config('{self.name}', '{{\"a\": 1}}')")
        self.stack.mosquitto.start()
        with session.device.connect() as later:
            self.assertEqual(later.say("connected", limit_s=40, generation=1)["config"], {"a": 1})

    def test_a_status_that_nobody_hears_is_repeated_until_it_is_answered(self) -> None:
        device = self.member().device
        self.stack.service.stop()
        with device.connect() as session:
            session.tell("connected", generation=1)
            self.stack.service.start()
            self.assertEqual(session.say("connected", generation=1)["state"], "ready")
        self.await_row(self.name, online=False)
