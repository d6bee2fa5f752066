"""Several services on one broker and one database are one service."""

from __future__ import annotations

import urllib.request
from collections import Counter

from stack_case import StackTest

from lax_broker import LaxBroker
from stack import Stack
from wire import Login, Wire

MOST = 25
NEWCOMERS = 80


class Replicas(StackTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = LaxBroker

    def test_a_full_group_is_full_for_all_of_them(self) -> None:
        replica = self.stack.replica("replica")
        self.addCleanup(replica.stop)
        replica.start()
        token, file = self.write_token("narrow")
        self.enroll("group", "narrow", "--proof", "token", "--token-file", str(file), "--max-devices", str(MOST))
        place = self.place()
        csr = self.device("somebody", self.token_proof(token)).csr()
        codes: Counter[str] = Counter()
        with Wire(place.url, "crowd", Login(place.anchors, place.username, place.password)) as wire:
            wire.subscribe("provisioning/v1/+/response")
            for number in range(NEWCOMERS):
                device = self.device(f"{self.name[:40]}-{number}", self.token_proof(token))
                wire.post(device.topic("request"), device.proof.encode(
                    {"request_id": device.request_id, "device_id": device.device_id,
                     "credential": {"type": "x509", "csr": csr}}, False))
            for _ in range(NEWCOMERS):
                message = wire.receive()
                assert message
                answer = self.token_proof(token).open("provisioning-response+jws", message.payload)
                codes[answer.get("code", answer["status"])] += 1
        self.assertEqual(codes, {"accepted": MOST, "quota_exceeded": NEWCOMERS - MOST})
        self.assertEqual(self.query(f"SELECT count(*) FROM registry.devices WHERE device_id LIKE '{self.name[:40]}-%'"),
                         [{"count": MOST}])
        self.assertTrue(0 < self.answered_by_the_first() < NEWCOMERS, "both took part")

    def answered_by_the_first(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.http_port}/metrics", timeout=10) as page:
            return sum(float(line.split()[-1]) for line in page.read().decode().splitlines()
                       if line.startswith("latchkey_requests_total{"))
