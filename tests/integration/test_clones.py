"""Two devices with one identity leave signs, which operators see and nobody is refused for; honest devices leave none."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from proof_case import ProofTest

from foreign_device import Device
from jose import Json


class Clones(ProofTest):
    def signs(self, device_id: str) -> list[Json]:
        return self.query(f"SELECT * FROM registry.suspected_clones WHERE device_id = '{device_id}'")

    def again(self, device: Device, folder: Path) -> Device:
        """The same device and proof with a new request; the key in `folder` is that of its certificate."""
        folder.mkdir(exist_ok=True)
        return Device(device.device_id, device.proof, device.place, folder)

    def test_one_key_at_two_devices(self) -> None:
        first, second = self.enrolled(f"{self.name}-1"), self.enrolled(f"{self.name}-2")
        self.assert_accepted(first.provision())
        self.assertEqual(self.signs(first.device_id), [])
        shutil.copy(first.key_file, second.key_file)
        self.assert_accepted(second.provision())
        for device, other in ((first, second), (second, first)):
            (sign,) = self.signs(device.device_id)
            self.assertEqual((sign["sign"], sign["evidence"]["other_device"]), ("key_at_two_devices", other.device_id))

    def test_a_key_that_comes_back(self) -> None:
        device, folders = self.enrolled(), [self.folder / f"{self.name}-{key}" for key in "ab"]
        for generation, folder in enumerate((folders[0], folders[1]), 1):
            self.assert_accepted(self.again(device, folder).provision(), generation)
        self.assertEqual(self.signs(self.name), [])
        self.assert_accepted(self.again(device, folders[0]).provision(), generation=3)
        (sign,) = self.signs(self.name)
        self.assertEqual((sign["sign"], sign["times"], sign["evidence"]["generations"]), ("key_came_back", 1, [1, 2, 3]))

    def test_a_device_that_is_reset_often_is_no_clone(self) -> None:
        """With the key that it had, or with a new one, by turns."""
        device, folder = self.enrolled(), self.folder / self.name
        with device.bootstrap() as wire:
            for generation in range(1, 51):
                honest = self.again(device, folder)
                if generation % 2:
                    honest.key_file.unlink(missing_ok=True)
                self.assert_accepted(honest.ask(wire, time.monotonic() + 10), generation)
                self.stack.sql(f"SELECT registry.reset('{self.name}', 'another owner')")
        self.assertEqual(self.signs(self.name), [])
