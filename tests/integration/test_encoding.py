"""A database in LATIN1, and a client_encoding of LATIN1: texts are what they were, and what it cannot hold harms one device."""

from __future__ import annotations

import json
import subprocess
import time

from stack_case import StackTest

from daemon import clean_environment
from foreign_device import Device, SymmetricKey
from jose import Json
from stack import Stack

SITE = "Zähler für Öl"


class Latin1(StackTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.database = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.cluster.sql("ALTER ROLE latchkey SET client_encoding = 'LATIN1'; ALTER ROLE operator SET client_encoding = 'LATIN1'")
        cls.stack.service.stop()
        cls.stack.service.start(PGCLIENTENCODING="LATIN1")

    def shown(self, sql: str) -> str:
        return self.stack.sql(f"SET client_encoding = 'UTF8'; {sql}").strip()

    def ask_with(self, device: Device, **attributes: str) -> Json:
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message(attributes=attributes))
            answer = device.listen(wire, time.monotonic() + 10, lambda _: True)
        assert answer
        return device.keep(answer) if answer["status"] == "accepted" else answer

    def test_attributes_and_configurations_are_what_they_were(self) -> None:
        key, file = self.write_key(self.name)
        environment = {**self.stack.environment, "PGCLIENTENCODING": "LATIN1"}
        enrolled = subprocess.run(
            [str(self.stack.binary), "enroll", "device", self.name, "--proof", "symmetric_key", "--key-file", str(file),
             "--device-config", json.dumps({"ort": "Köln", "site": "${attribute.site}"}, ensure_ascii=False)],
            capture_output=True, text=True, env=clean_environment(environment))
        self.assertEqual(enrolled.returncode, 0, enrolled.stderr)
        device = self.device(self.name, SymmetricKey(key))
        self.assert_accepted(self.ask_with(device, site=SITE))
        self.assertEqual(self.shown(f"SELECT attributes->>'site' FROM registry.devices WHERE device_id = '{self.name}'"), SITE)
        with device.connect() as session:
            self.assertEqual(session.say("connected", generation=1)["config"], {"ort": "Köln", "site": SITE})

    def test_what_latin1_cannot_hold_is_refused_alone(self) -> None:
        odd, neighbour = self.enrolled(f"{self.name}-odd"), self.enrolled(f"{self.name}-even")
        self.assertEqual(self.ask_with(odd, price="5 €")["status"], "retry")
        self.assert_accepted(neighbour.provision())
        self.assert_accepted(self.ask_with(odd, price="5 EUR"))

    def test_the_registry_by_psql(self) -> None:
        """The script says itself in what it is written."""
        script = self.stack.latchkey("db", "migrate", "--print")
        owner = {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": "latchkey", "PGUSER": "owner",
                 "PGPASSWORD": self.stack.passwords["owner"], "PGCLIENTENCODING": "LATIN1"}
        result = subprocess.run(["psql", "-X", "-q"], input=script, capture_output=True, text=True, env=clean_environment(owner))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("\\encoding UTF8", script)
