"""Some devices that ask for a new credential at a steady rate, and how long each waits for its answer."""

from __future__ import annotations

import itertools
import secrets
import threading
import time

from fleet import Witness
from jose import Json, Refused
from wire import Wire, WireError

LIMIT_S = 10.0


class Probe(threading.Thread):
    """`lost`: requests without an answer."""

    def __init__(self, devices: list[Witness], per_second: float) -> None:
        super().__init__(name="probe", daemon=True)
        self.devices, self.pause_s = devices, 1 / per_second
        self.over = threading.Event()
        self.answered, self.lost = 0, 0
        self.failure: BaseException | None = None
        self._requests: dict[str, Json] = {}
        self._wires: dict[str, Wire] = {}
        self._waits: list[float] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        try:
            due = time.monotonic()
            for device in itertools.cycle(self.devices):
                due = max(due + self.pause_s, time.monotonic() - 1)  # it does not catch up with all that it missed
                if self.over.wait(max(0.0, due - time.monotonic())):
                    break
                self._ask(device)
        except BaseException as failure:  # the campaign shows it
            self.failure = failure
        for wire in self._wires.values():
            wire.close()

    def taken(self) -> list[float]:
        """Milliseconds of the answers since the last call, ascending."""
        with self._lock:
            waits, self._waits = self._waits, []
        return sorted(1000 * each for each in waits)

    def _ask(self, device: Witness) -> None:
        if device.device_id not in self._requests:  # its CSR is made once
            self._requests[device.device_id] = device.request()
        request = self._requests[device.device_id]
        device.request_id = request["request_id"] = secrets.token_urlsafe(16)
        message = device.proof.encode(request, True)
        try:
            wire = self._wires.get(device.device_id) or device.bootstrap()
            self._wires[device.device_id] = wire
            began = time.monotonic()
            wire.publish(device.topic("request"), message)
            answer = device.listen(wire, began + LIMIT_S, lambda answer: answer["status"] == "accepted")
        except (WireError, OSError, Refused):
            answer = None
        if answer is None:
            self.lost += 1
            self._wires.pop(device.device_id, None)
            return
        device.heard.clear()  # otherwise it grows for as long as this lasts
        self.answered += 1
        with self._lock:
            self._waits.append(time.monotonic() - began)


def percentile(ascending: list[float], part: float) -> float:
    return ascending[min(len(ascending) - 1, int(part * len(ascending)))]
