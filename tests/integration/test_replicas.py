"""Several services on one broker and one database are one service."""

from __future__ import annotations

import threading
import urllib.request
from collections import Counter

from lax_case import LaxTest

MOST = 25
NEWCOMERS = 80
STREAM = 600


class Replicas(LaxTest):
    def test_a_full_group_is_full_for_all_of_them(self) -> None:
        replica = self.stack.replica("replica")
        self.addCleanup(replica.stop)
        replica.start()
        token, file = self.write_token("narrow")
        self.enroll("group", "narrow", "--proof", "token", "--token-file", str(file), "--max-devices", str(MOST))
        csr = self.device("somebody", self.token_proof(token)).csr()
        codes: Counter[str] = Counter()
        with self.crowd() as wire:
            for number in range(NEWCOMERS):
                # No key and CSR for each: that they share one is reported, and not refused.
                device = self.device(f"{self.name[:40]}-{number}", self.token_proof(token), wants="password")
                wire.post(device.topic("request"), device.message(credential={"type": "x509", "csr": csr}))
            for _ in range(NEWCOMERS):
                message = wire.receive()
                assert message
                answer = self.token_proof(token).open("provisioning-response+jws", message.payload)
                codes[answer.get("code", answer["status"])] += 1
        self.assertEqual(codes, {"accepted": MOST, "quota_exceeded": NEWCOMERS - MOST})
        self.assertEqual(self.query(f"SELECT count(*) FROM registry.devices WHERE device_id LIKE '{self.name[:40]}-%'"),
                         [{"count": MOST}])
        self.assertTrue(0 < self.answered_by_the_first() < NEWCOMERS, "both took part")

    def test_one_that_stops_answers_what_it_took_in_and_leaves_the_rest_to_the_others(self) -> None:
        replica = self.stack.replica("other")
        self.addCleanup(replica.stop)
        replica.start()
        self.addCleanup(self.stack.service.start)
        token, file = self.write_token("wide")
        self.enroll("group", "wide", "--proof", "token", "--token-file", str(file))
        csr = self.device("somebody-else", self.token_proof(token)).csr()
        stopping = threading.Thread(target=self.stack.service.stop)
        with self.crowd() as wire:
            for number in range(STREAM):
                device = self.device(f"stream-{number}", self.token_proof(token), wants="password")
                wire.post(device.topic("request"), device.message(credential={"type": "x509", "csr": csr}))
                if number == STREAM // 3:
                    stopping.start()
            answered = set()
            while len(answered) < STREAM and (message := wire.receive()):
                answered.add(message.topic)
        stopping.join()
        self.assertEqual(len(answered), STREAM)
        self.assertEqual(self.query("SELECT decision, count(*) FROM registry.attempts WHERE device_id LIKE 'stream-%' GROUP BY 1"),
                         [{"decision": "accepted", "count": STREAM}])

    def answered_by_the_first(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.http_port}/metrics", timeout=10) as page:
            return sum(float(line.split()[-1]) for line in page.read().decode().splitlines()
                       if line.startswith("latchkey_requests_total{"))
