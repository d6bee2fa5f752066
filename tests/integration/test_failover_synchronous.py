"""A primary that dies while devices come, and a synchronous standby that is promoted (docs/operations.md)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from cryptography import x509
from failover_case import LOST, FailoverTest

from foreign_device import Device
from jose import Json, generate_key
from stack import within

COMERS = 24


class SynchronousFailover(FailoverTest):
    def come(self, device: Device) -> Json:
        """What it gets, however often it has to ask."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(TimeoutError):
                answer = device.provision(5)
                if answer["status"] == "accepted":
                    return answer
        raise TimeoutError(f"{device.device_id} got nothing")

    def test_with_a_synchronous_standby_nothing_that_was_answered_is_lost(self) -> None:
        self.start_standby()
        self.stack.cluster.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.stack.cluster.sql("SELECT pg_reload_conf()")
        within(10, "the standby is synchronous", lambda: self.stack.cluster.sql(
            "SELECT sync_state FROM pg_stat_replication").strip() == "sync")
        self.use_both()
        devices = [self.holder(f"comer-{number}", generate_key("ES256")) for number in range(COMERS)]
        for device in devices:
            self.enroll_public_key(device.device_id, device.proof.key)  # type: ignore[attr-defined]
        said = self.lines_with(LOST)
        answered = threading.Semaphore(0)
        with ThreadPoolExecutor(4) as pool:
            coming = [pool.submit(self.come, device) for device in devices]
            for each in coming:
                each.add_done_callback(lambda _: answered.release())
            for _ in range(COMERS // 3):
                answered.acquire(timeout=60)
            self.stack.postgres.kill()
            self.promote()
        for device, each in zip(devices, coming):
            self.assertEqual(each.result()["generation"], 1)
            known = [certificate["serial"] for certificate in self.certificates(device.device_id)]
            self.assertEqual(known, [f"{x509.load_der_x509_certificate(device.leaf).serial_number:032x}"], "one certificate, which is the one it holds")
        self.assertEqual(self.lines_with(LOST), said)
        self.assertEqual(devices[0].become_ready()["state"], "ready")
