"""A sender that does not wait for answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from wire import Wire


class Flood:
    """As many requests a second as asked for, by a thread with a connection of its own, until `stop`."""

    def __init__(self, wire: Wire, topic: str, payloads: Iterator[bytes], per_second: int) -> None:
        self.sent = 0
        self._wire, self._topic, self._payloads = wire, topic, payloads
        self._asked_for = per_second
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        burst = max(1, self._asked_for // 50)
        start = time.monotonic()
        while not self._ended.is_set():
            for _ in range(burst):
                self._wire.post(self._topic, next(self._payloads))
            self.sent += burst
            self._ended.wait(max(0.0, start + self.sent / self._asked_for - time.monotonic()))
        self.per_second = self.sent / (time.monotonic() - start)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self._wire.close()
