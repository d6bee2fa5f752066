"""The two programs that pass the tests of the device: where each keeps what it remembers."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any, Protocol

from jose import Json


class DeviceProgram(Protocol):
    name: str  # beside the service's program

    def password(self, folder: Path) -> str | None:
        """Of the credential that is stored."""

    def config(self, folder: Path) -> Json | None:
        """The newest configuration."""

    def secret_files(self, folder: Path) -> list[Path]:
        """Which nobody else may read."""

    def request_id(self, folder: Path) -> str | None:
        """Of the open request."""


def stored(what: str, look: Any) -> Any:
    """What the device is about to store."""
    deadline = time.monotonic() + 10
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"there is no {what}"
        time.sleep(0.01)
    return found


def text_in(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


class Reference:
    """latchkey-device, in C++."""

    name = "latchkey-device"

    def password(self, folder: Path) -> str | None:
        is_whole = (folder / "credential-1" / "connection.json").exists()
        return text_in(folder / "credential-1" / "password") if is_whole else None

    def config(self, folder: Path) -> Json | None:
        text = text_in(folder / "config.json")
        return text and json.loads(text)["config"]

    def secret_files(self, folder: Path) -> list[Path]:
        return [folder / "credential-1" / "password", folder / "config.json"]

    def request_id(self, folder: Path) -> str | None:
        text = text_in(folder / "request.json")
        return text and json.loads(text)["request_id"]


class Small:
    """latchkey-device-c, in C99: a file for each of the slots of device/c/lk_store.h."""

    name = "latchkey-device-c"
    REQUEST, CREDENTIAL, CONFIG = 2, 3, 6

    def _slot(self, folder: Path, number: int) -> bytes:
        path = folder / f"slot-{number}"
        return path.read_bytes() if path.exists() else b""

    def password(self, folder: Path) -> str | None:
        record = self._slot(folder, self.CREDENTIAL)
        if not record:
            return None
        login = 14 + 16 + 2 * 32 + 2  # behind format, numbers, request id, keys and the login's size
        name = int.from_bytes(record[login:login + 2], "big")
        at = login + 2 + name
        return record[at + 2:at + 2 + int.from_bytes(record[at:at + 2], "big")].decode()

    def config(self, folder: Path) -> Json | None:
        record = self._slot(folder, self.CONFIG)
        return json.loads(record[5:]) if record else None

    def secret_files(self, folder: Path) -> list[Path]:
        return [folder / f"slot-{self.CREDENTIAL}", folder / f"slot-{self.CONFIG}"]

    def request_id(self, folder: Path) -> str | None:
        record = self._slot(folder, self.REQUEST)
        return base64.urlsafe_b64encode(record[6:22]).decode().rstrip("=") if record else None
