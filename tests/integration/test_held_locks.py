"""An operator's open transaction, as the manual has it (BEGIN, look, ROLLBACK), concerns what it has locked alone."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from stack_case import StackTest

from daemon import StackError
from foreign_device import Device, SymmetricKey
from stack import within

NEIGHBOURS = 6


class HeldLocks(StackTest):
    @contextmanager
    def held(self, act: str) -> Iterator[None]:
        """`act` is done and neither committed nor taken back."""
        mine = f"FROM pg_stat_activity WHERE application_name = '{self.name}'"
        operator = threading.Thread(target=self.hold, args=(act,))
        operator.start()
        within(10, "the operator's locks", lambda: self.stack.cluster.sql(f"SELECT wait_event {mine}").strip() == "PgSleep")
        try:
            yield
        finally:
            self.stack.cluster.sql(f"SELECT pg_terminate_backend(pid) {mine}")
            operator.join()

    def hold(self, act: str) -> None:
        with suppress(StackError):
            self.stack.cluster.sql(f"SET application_name = '{self.name}'; BEGIN; {act}; SELECT pg_sleep(100)")

    def first_answers(self, devices: list[Device]) -> list[tuple[str, float]]:
        """The status of the first answer to each, all of which ask at once, and after how long it came."""
        with ThreadPoolExecutor(len(devices)) as pool:
            return list(pool.map(self.first_answer, devices))

    def first_answer(self, device: Device) -> tuple[str, float]:
        device.request_id = secrets.token_urlsafe(16)
        with device.bootstrap() as wire:
            begin = time.monotonic()
            answer = device.ask(wire, begin + 10)
            return answer["status"], time.monotonic() - begin

    def assert_at_once(self, answers: list[tuple[str, float]]) -> None:
        self.assertEqual({status for status, _ in answers}, {"accepted"})
        slowest = max(seconds for _, seconds in answers)
        print(f"{self.name}: answered within {slowest:.2f} s")
        self.assertLess(slowest, 2)

    def test_devices_that_an_operator_looks_at(self) -> None:
        devices = [self.enrolled(f"{self.name}-{n}") for n in range(4 + NEIGHBOURS)]
        for device in devices:
            self.assert_accepted(device.provision())
        acts = "; ".join(f"SELECT registry.suspend('{device.device_id}', 'a look')" for device in devices[:4])
        with self.held(acts):
            answers = self.first_answers(devices)
            self.assertEqual([status for status, _ in answers[:4]], ["retry"] * 4)
            self.assert_at_once(answers[4:])
        self.assertIn("pid", self.warning())
        self.assert_at_once(self.first_answers(devices[:4]))

    def warning(self) -> str:
        return next((line for line in self.stack.service.last_lines(200).splitlines() if "lock" in line), "")

    def test_a_quota_that_an_operator_looks_at(self) -> None:
        capped, other = self.group("capped"), self.group("other")
        with self.held("""SELECT registry.set_group_policy('capped', '{"max_devices": 50}', 'why')"""):
            answers = self.first_answers([capped(0), *(other(n) for n in range(NEIGHBOURS))])
            self.assertEqual(answers[0][0], "retry")
            self.assert_at_once(answers[1:])
        self.assert_at_once(self.first_answers([capped(1)]))

    def group(self, name: str) -> Callable[[int], Device]:
        """Its devices, by number."""
        key, file = self.write_key(name)
        self.enroll("group", name, "--proof", "symmetric_key", "--key-file", str(file), "--max-devices", "100")

        def member(number: int) -> Device:
            device_id = f"{self.name}-{name}-{number}"
            return self.device(device_id, SymmetricKey.of_group(name, key, device_id))

        return member
