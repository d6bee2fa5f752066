"""A proxy to a PostgreSQL server whose notifications (of LISTEN) get lost or are late. All else passes."""

from __future__ import annotations

from connections import Connection, Proxy

NOTIFICATION = b"A"
TO_SSL_REQUEST = (b"N", b"S")  # one byte, before the first message


class Messages:
    """What a server says on one connection, split into messages."""

    def __init__(self) -> None:
        self.late: list[bytes] = []
        self._rest = b""
        self._is_begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """Those that are complete now."""
        self._rest += data
        found = []
        while (size := self._size()) and len(self._rest) >= size:
            found.append(self._rest[:size])
            self._rest = self._rest[size:]
        return found

    def _size(self) -> int:
        """Of the next message, 0 if not enough of it is there."""
        if not self._is_begun and self._rest[:1] in TO_SSL_REQUEST:
            return 1
        if len(self._rest) < 5:
            return 0
        self._is_begun = True
        return 1 + int.from_bytes(self._rest[1:5], "big")


class NotificationProxy(Proxy):
    """`swallowed` counts notifications that were lost or held up."""

    def __init__(self, target: int) -> None:
        self.swallowed = 0
        self._mode = ""
        self._messages: dict[Connection, Messages] = {}
        super().__init__(target)

    def set_mode(self, mode: str) -> None:
        """lose: they are gone; hold: they come with what the server says after `heal`."""
        self._mode = mode

    def heal(self) -> None:
        super().heal()
        self._mode = ""

    def passes(self, one: Connection, data: bytes) -> bytes:
        messages = self._messages.setdefault(one, Messages())
        passed, mode = [], self._mode
        for message in messages.feed(data):
            if message[:1] != NOTIFICATION or not mode:
                passed.append(message)
                continue
            self.swallowed += 1
            if mode == "hold":
                messages.late.append(message)
        if not mode and messages.late:
            passed, messages.late = messages.late + passed, []
        return b"".join(passed)
