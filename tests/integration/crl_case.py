"""A broker that reads a list of revoked certificates: Mosquitto's crlfile and SIGHUP. Nothing else keeps devices out."""

from __future__ import annotations

from pathlib import Path

from access_case import AccessTest

from account import give
from stack import Stack, within

RELOAD = """#!/bin/sh
read -r pid started <"$1" && kill -HUP "$pid"
"""


class CrlTest(AccessTest):
    access: dict[str, str] = {"mode": "none"}
    file: Path

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        home = cls.folder / "crl"
        home.mkdir(mode=0o755)
        give(home)
        cls.file = home / "crl.pem"
        script = cls.folder / "reload.sh"
        script.write_text(RELOAD)
        script.chmod(0o755)
        stack.settings = {"broker_access": cls.access, "crl": {
            "file": str(cls.file), "lifetime_h": 3, "reload_command": f"{script} {stack.directory}/stack/mosquitto.pid"}}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # As docs/deploy.md says: the file is there, and then the broker is told to read it.
        within(10, "there is a list", cls.file.exists)
        configuration = cls.stack.broker.configuration
        configuration.write_text(configuration.read_text() + f"crlfile {cls.file}\n")
        cls.stack.mosquitto.restart()
