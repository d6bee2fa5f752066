"""A broker that lets its bootstrap account read and write for every device. Nothing may hang on it: any broker will do."""

from __future__ import annotations

from pathlib import Path

from mosquitto import Broker


class LaxBroker(Broker):
    def configure(self, pki: Path) -> None:
        super().configure(pki)
        acl = self.folder / "mosquitto.acl"
        self._write(acl, acl.read_text() + "\nuser @bootstrap\ntopic readwrite provisioning/#\ntopic readwrite devices/#\n")
