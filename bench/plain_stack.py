"""The stack that is measured: as shipped, but without TLS between its parts, with passwords that a broker would look up in
the database, and with an account that is all devices."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path
from typing import Any

from mosquitto import Broker
from stack import Stack


class PlainBroker(Broker):
    """The shipped configuration without TLS, and an account that is all devices at once."""

    accounts = (*Broker.accounts, "bench")

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        lines = self.configuration.read_text().splitlines()
        first = [line for line in lines[:lines.index("# --- Operational: provisioned devices, by mutual TLS.")]
                 if not line.startswith(("certfile", "keyfile", "tls_version"))]
        self._write(self.configuration, "\n".join(first) + "\n")
        acl = self.folder / "mosquitto.acl"
        rights = ("user @bench", "topic write provisioning/v1/+/request", "topic read provisioning/v1/+/response",
                  "topic write devices/+/status", "topic read devices/+/config")
        self._write(acl, "\n".join(rights) + "\n\n" + acl.read_text())


class PlainStack(Stack):
    make_broker = PlainBroker

    def service_settings(self) -> dict[str, dict[str, Any]]:
        settings = super().service_settings()
        settings["mqtt"]["url"] = f"mqtt://127.0.0.1:{self.broker.bootstrap_port}"
        del settings["mqtt"]["ca_file"]
        settings["broker_access"] = {"mode": "database"}
        settings["log"]["level"] = "warning"
        return settings

    def tune(self) -> None:
        """PostgreSQL gets the settings that docs/operations.md gives."""
        page = (Path(__file__).resolve().parents[1] / "docs" / "operations.md").read_text()
        found = re.search(r"^```ini\n(shared_buffers.*?)^```", page, re.MULTILINE | re.DOTALL)
        assert found
        with (self.cluster.data / "postgresql.conf").open("a") as settings:
            settings.write(found[1])
        self.postgres.restart()
        self.service.restart()

    def metrics(self) -> dict[str, float]:
        """The service's, by name and labels as they are written."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}
