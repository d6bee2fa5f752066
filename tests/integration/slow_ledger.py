"""A million rejections with made-up ids: the ledger grows by what its caps allow and no more."""

from __future__ import annotations

from ledger_case import LedgerTest


class MillionRejections(LedgerTest):
    def test_a_million_made_up_ids(self) -> None:
        self.check_flood(1_000_000)
