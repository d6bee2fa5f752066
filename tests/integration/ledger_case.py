"""A flood of rejections of made-up ids, and what it leaves in the registry."""

from __future__ import annotations

import json
import secrets
import time

from lax_case import LaxTest

from stack import within
from wire import Wire

# registry.md: 10 a minute of one id, 100 a second of all, one replica.
ROWS_PER_SECOND = 100
WINDOW = 2000


class LedgerTest(LaxTest):
    def flood(self, count: int) -> float:
        """That many requests with a token of nobody, each of an id of its own and each answered; seconds it took."""
        token, run = secrets.token_urlsafe(24), secrets.token_hex(4)
        answered = 0
        began = time.monotonic()
        with self.crowd() as wire:
            for number in range(count):
                device_id = f"made-up-{run}-{number}"
                wire.post(f"provisioning/v1/{device_id}/request", json.dumps({
                    "request_id": secrets.token_urlsafe(16), "device_id": device_id, "credential": {"type": "password"},
                    "token": token}).encode())
                while number - answered >= WINDOW:
                    answered += self.is_refusal(wire)
            while answered < count:
                answered += self.is_refusal(wire)
        return time.monotonic() - began

    def is_refusal(self, wire: Wire) -> bool:
        message = wire.receive(30)
        assert message, "a request was not answered"
        self.assertIn(json.loads(message.payload)["code"], ("unauthorized", "rate_limited"))
        return True

    def in_registry(self) -> tuple[int, int, int, int]:
        """Attempts in the ledger, attempts that were counted, rows of that, and bytes of both."""
        values = self.stack.cluster.sql(
            "SELECT (SELECT count(*) FROM registry.attempt), (SELECT coalesce(sum(n), 0) FROM registry.attempt_count), "
            "(SELECT count(*) FROM registry.attempt_count), (SELECT sum(pg_total_relation_size(relid)) FROM "
            "pg_partition_tree('registry.attempt')) + pg_total_relation_size('registry.attempt_count')")
        attempts, counted, rows, size = (int(value) for value in values.split())
        return attempts, counted, rows, size

    def check_flood(self, count: int) -> None:
        before = self.in_registry()
        took = self.flood(count)
        after = within(10, "each is in the ledger or counted", lambda: self.all_there(before, count))
        attempts, counted, rows, size = (now - then for now, then in zip(after, before))
        print(f"{count} rejections in {took:.0f} s: {attempts} in the ledger, {counted} counted in {rows} rows, "
              f"{size // 1024} KiB")
        self.assertEqual(attempts + counted, count)
        self.assertLessEqual(attempts, ROWS_PER_SECOND * (took + 2))
        # A row a minute, code and connection that writes: two workers, and two codes.
        self.assertLessEqual(rows, (took / 60 + 2) * 4)
        self.assertEqual(self.query("SELECT * FROM registry.devices WHERE device_id LIKE 'made-up-%'"), [])

    def all_there(self, before: tuple[int, ...], count: int) -> tuple[int, ...] | None:
        now = self.in_registry()
        return now if now[0] + now[1] - before[0] - before[1] >= count else None
