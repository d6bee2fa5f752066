"""A board in QEMU that runs the firmware: its flash is a file, its modem is modem.py."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
import zlib
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from modem import Modem

from running_device import RunningDevice

SECTOR, ERASED = 4096, b"\xff"
SLOTS, CREDENTIALS = 7, (3, 4)  # device/c/lk_store.h


class Flash:
    """What the factory wrote, and two sectors for each slot: tests/microcontroller/firmware/flash.c."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self, device_id: str, key: bytes, environment: dict[str, str]) -> None:
        where = urlsplit(environment["LATCHKEY_BOOTSTRAP_URL"])
        password = Path(environment["LATCHKEY_BOOTSTRAP_PASSWORD_FILE"]).read_text().strip()
        texts = [where.hostname, str(where.port), environment["LATCHKEY_BOOTSTRAP_USER"], password]
        host, *others = [f"{text}\0".encode() for text in texts]
        anchor = _der_of(Path(environment["LATCHKEY_SERVER_CA_FILE"]))
        factory = b"".join(len(item).to_bytes(2, "big") + item for item in (f"{device_id}\0".encode(), key, host, *others, anchor))
        self.path.write_bytes(factory.ljust(SECTOR, ERASED) + ERASED * (SECTOR * 2 * SLOTS))

    def sectors(self) -> dict[int, bytes]:
        """The slots that have content, the newer of two sectors each."""
        image = self.path.read_bytes()
        found: dict[int, tuple[int, bytes]] = {}
        for number in range(2 * SLOTS):
            sector = image[SECTOR * (1 + number):SECTOR * (2 + number)]
            checksum, sequence, size = (int.from_bytes(sector[at:at + 4], "little") for at in (0, 4, 8))
            if size <= SECTOR - 12 and zlib.crc32(sector[4:12 + size]) == checksum:
                found[1 + number // 2] = max(found.get(1 + number // 2, (0, b"")), (sequence, sector[12:12 + size]))
        return {slot: content for slot, (_, content) in found.items() if content}

    def make_due(self) -> None:
        """The time of the renewal has come, for a board without power."""
        image = self.path.read_bytes()
        credential, = (content for slot, content in self.sectors().items() if slot in CREDENTIALS)
        at = image.index(credential) - 12
        sector = bytearray(image[at:at + 12 + len(credential)])
        sector[12 + 6:12 + 10] = (1).to_bytes(4, "big")  # renew_after, in a record of device/c/src/lk_records.c
        sector[:4] = zlib.crc32(sector[4:]).to_bytes(4, "little")
        self.path.write_bytes(image[:at] + sector + image[at + len(sector):])


def _der_of(pem: Path) -> bytes:
    """Of the first certificate in the file."""
    return base64.b64decode(pem.read_text().partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0])


class Board(RunningDevice):
    """Has power until `kill`. `expect` takes its steps, as those of a device program."""

    def command(self, binary: Path, device_id: str, folder: Path, *flags: str) -> list[str]:
        self._commands, self._to_modem = os.pipe()
        self._from_modem, self._events = os.pipe()
        files = [folder / "flash", "/dev/stdout", f"/dev/fd/{self._to_modem}", f"/dev/fd/{self._from_modem}"]
        arguments = "".join(f",arg={file}" for file in files)
        return ["qemu-system-arm", "-M", "mps2-an386", "-kernel", str(binary), "-display", "none", "-serial", "none", "-monitor", "none",
                "-semihosting-config", f"enable=on,target=native{arguments}"]

    def start(self, command: list[str], errors: BinaryIO, environment: dict[str, str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
                                   pass_fds=(self._to_modem, self._from_modem))
        os.close(self._to_modem)
        os.close(self._from_modem)
        modem = Modem(os.fdopen(self._commands, "rb"), os.fdopen(self._events, "wb", buffering=0), self.folder)
        threading.Thread(target=modem.serve, daemon=True).start()
        return process
