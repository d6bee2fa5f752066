"""A flood of rejections grows the ledger by what its caps allow. slow_ledger.py does it a million times."""

from __future__ import annotations

from ledger_case import LedgerTest


# Each with a service of its own: what the flood takes of a second's rows is missing to whoever comes in that second.
class Flood(LedgerTest):
    def test_five_thousand_made_up_ids(self) -> None:
        self.check_flood(5000)


class OneId(LedgerTest):
    def test_one_id_has_ten_rows_a_minute(self) -> None:
        device = self.device(self.name, self.token_proof("a-token-that-nobody-has"))
        with device.bootstrap() as wire:
            for _ in range(40):
                wire.post(device.topic("request"), device.message())
            for _ in range(40):
                self.assertIsNotNone(wire.receive(10))
        # A minute may have turned in between.
        self.assertIn(len(self.attempts(self.name)), range(10, 21))
