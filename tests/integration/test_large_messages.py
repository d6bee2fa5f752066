"""What does not fit into one message comes in the next: operators may set anchors and configurations up to their limits."""

from __future__ import annotations

import json
import ssl

from proof_case import ProofTest

from factory import Factory
from foreign_device import Device
from jose import Json, generate_key

PASSWORDS = {"credential_types": "'{x509,password}'"}


def config_of(size: int) -> Json:
    return {"text": "x" * (size - len('{"text":""}'))}


class LargeMessages(ProofTest):
    def group_of(self, config: Json, port: int, **policy: str) -> Factory:
        """Its devices connect where all do, and are told so with nearly as many anchors as an endpoint may have."""
        factory = self.enroll_factory(self.name, config=f"'{json.dumps(config)}'", **policy)
        anchors = (self.stack.pki / "server-ca.pem").read_text()
        left = 2048 - len(ssl.PEM_cert_to_DER_cert(anchors))
        while True:
            filler = Factory("filler").pem
            left -= len(ssl.PEM_cert_to_DER_cert(filler))
            if left < 0:
                break
            anchors += filler
        self.stack.sql(f"SELECT registry.set_group_endpoint('{self.name}', 'localhost', {port}, true, '{anchors}', 'why')")
        return factory

    def assert_gets(self, device: Device, config: Json, version: int = 1, generation: int = 1) -> None:
        """Accepted without the configuration, which comes once it is connected."""
        answer = device.provision()
        self.assert_accepted(answer, generation)
        self.assertEqual(answer["config_version"], version)
        self.assertFalse("config" in answer or "config" in device.opened)
        with device.connect() as session:
            message = session.say("connected", generation=generation)
            self.assertTrue(message.get("config") == config)
            self.assertEqual(message["config_version"], version)
            self.assertEqual(session.say("ready", config_version=version)["state"], "ready")

    def test_a_sealed_configuration_beside_many_anchors(self) -> None:
        config = config_of(1400)
        factory = self.group_of(config, self.stack.broker.device_port, sealing="'always'")
        self.assert_gets(self.made_by(factory, seals=True), config)

    def test_a_password_is_told_and_the_sealed_configuration_comes_after(self) -> None:
        config = config_of(2200)
        factory = self.group_of(config, self.stack.broker.bootstrap_port, sealing="'always'", **PASSWORDS)
        device = self.made_by(factory, wants="password", seals=True)
        self.assert_gets(device, config)
        self.assertEqual(set(device.opened), {"password"})

    def test_a_device_that_lost_all_gets_its_configuration_again(self) -> None:
        """It acknowledged this one in an earlier life, and its new answer has no room for it."""
        config = config_of(3000)
        factory = self.group_of(config, self.stack.broker.device_port, sealing="'always'")
        key = generate_key("ES256")
        proof = factory.leaf(self.name, key)
        self.assert_gets(self.holder(self.name, key, proof, seals=True), config)
        self.assert_gets(self.holder(self.name, key, proof, seals=True), config, version=2, generation=2)

    def test_a_device_that_comes_again_and_is_told_in_the_answer_keeps_its_version(self) -> None:
        config = config_of(1000)
        factory = self.enroll_factory(self.name, config=f"'{json.dumps(config)}'")
        key = generate_key("ES256")
        proof = factory.leaf(self.name, key)
        for generation in (1, 2):
            device = self.holder(self.name, key, proof)
            answer = device.provision()
            self.assert_accepted(answer, generation)
            self.assertEqual((answer["config"], answer["config_version"]), (config, 1))
            self.assertEqual(device.become_ready()["state"], "ready")
