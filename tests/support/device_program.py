"""The two programs that pass the tests of the device: where each keeps what it remembers."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
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

    def generations(self, folder: Path) -> list[int]:
        """Of the credentials."""

    def places(self, folder: Path) -> list[Place]:
        """The connections of the only credential, the one to be tried first before the one that worked."""

    def is_signed_by_service(self, folder: Path, generation: int) -> bool:
        """The answer that brought this credential; not under the device's key."""

    def make_due(self, folder: Path, generation: int) -> None:
        """The time of the renewal has come, for a device that does not run."""

    def set_time(self, folder: Path, server_time: int) -> None:
        """The greatest time that it heard."""


@dataclass(frozen=True)
class Place:
    host: str
    port: int
    anchors: list[bytes]  # DER


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

    def generations(self, folder: Path) -> list[int]:
        return sorted(int(path.name.partition("-")[2]) for path in folder.glob("credential-*"))

    def places(self, folder: Path) -> list[Place]:
        record, = folder.glob("credential-*/connection.json")
        return [Place(each["host"], each["port"], [base64.b64decode(der) for der in each.get("ca", [])])
                for each in json.loads(record.read_text())["connections"]]

    def is_signed_by_service(self, folder: Path, generation: int) -> bool:
        return json.loads((folder / f"credential-{generation}" / "connection.json").read_text())["answered_by"] == "service"

    def make_due(self, folder: Path, generation: int) -> None:
        file = folder / f"credential-{generation}" / "connection.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"renew_after": 1}))

    def set_time(self, folder: Path, server_time: int) -> None:
        (folder / "clock.json").write_text(json.dumps({"server_time": server_time}))


class Small:
    """latchkey-device-c, in C99: a file for each of the slots of device/c/lk_store.h."""

    name = "latchkey-device-c"
    CLOCK, REQUEST, CREDENTIAL, CONNECTION, CONFIG = 1, 2, 3, 5, 6
    HEAD = 14 + 16 + 2 * 32  # of a credential: format, numbers, request id, keys

    def _slot(self, folder: Path, number: int) -> bytes:
        path = folder / f"slot-{number}"
        return path.read_bytes() if path.exists() else b""

    def password(self, folder: Path) -> str | None:
        record = self._slot(folder, self.CREDENTIAL)
        if not record:
            return None
        return self._items(self._items(record[self.HEAD:])[0])[1].decode()

    def _items(self, data: bytes) -> list[bytes]:
        """A list: each item with its length before it."""
        items = []
        while len(data) >= 2:
            end = 2 + int.from_bytes(data[:2], "big")
            items.append(data[2:end])
            data = data[end:]
        return items

    def _credentials(self, folder: Path) -> dict[int, Path]:
        """The slots, by generation."""
        files = [folder / f"slot-{slot}" for slot in (self.CREDENTIAL, self.CREDENTIAL + 1)]
        return {int.from_bytes(file.read_bytes()[2:6], "big"): file for file in files if file.exists()}

    def _place(self, connection: bytes) -> Place:
        host, _, _, *anchors = self._items(connection[3:])
        return Place(host.rstrip(b"\0").decode(), int.from_bytes(connection[:2], "big"), anchors)

    def config(self, folder: Path) -> Json | None:
        record = self._slot(folder, self.CONFIG)
        return json.loads(record[5:]) if record else None

    def secret_files(self, folder: Path) -> list[Path]:
        return [folder / f"slot-{self.CREDENTIAL}", folder / f"slot-{self.CONFIG}"]

    def request_id(self, folder: Path) -> str | None:
        record = self._slot(folder, self.REQUEST)
        return base64.urlsafe_b64encode(record[6:22]).decode().rstrip("=") if record else None

    def generations(self, folder: Path) -> list[int]:
        return sorted(self._credentials(folder))

    def places(self, folder: Path) -> list[Place]:
        file, = self._credentials(folder).values()
        record, newer = file.read_bytes(), self._slot(folder, self.CONNECTION)
        behind_login = self.HEAD + 2 + int.from_bytes(record[self.HEAD:self.HEAD + 2], "big")
        return [self._place(each) for each in (newer[5:], record[behind_login:]) if each]

    def is_signed_by_service(self, folder: Path, generation: int) -> bool:
        return self._credentials(folder)[generation].read_bytes()[1] & 2 != 0

    def make_due(self, folder: Path, generation: int) -> None:
        file = self._credentials(folder)[generation]
        record = file.read_bytes()
        file.write_bytes(record[:6] + (1).to_bytes(4, "big") + record[10:])

    def set_time(self, folder: Path, server_time: int) -> None:
        (folder / f"slot-{self.CLOCK}").write_bytes(bytes([1]) + server_time.to_bytes(4, "big"))
