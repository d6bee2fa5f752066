"""A device's folder was copied, and both devices run: each ends the other one's session, and operators see it
(docs/registry.md, Two devices with one identity)."""

from __future__ import annotations

import shutil
from pathlib import Path

from run_case import RunTest

from device_program import Reference, Small
from jose import Json
from running_device import RunningDevice
from stack import GateStack, within


class CopiedFolderTest(RunTest):
    runs: type[RunningDevice] = RunningDevice

    def started(self, device_id: str, folder: Path, *flags: str) -> RunningDevice:
        device = self.runs(self.stack.device_binary, device_id, folder, self.stack.environment, *flags)
        self.addCleanup(device.kill)
        return device

    def copied(self, device_id: str) -> str:
        """Two run with the folder of one that was ready."""
        flags = self.key_flags(device_id)
        folder = self.folder / f"device-{device_id}"
        device = self.started(device_id, folder, *flags)
        device.expect("ready")
        device.stop()
        copy = folder.with_name(f"{folder.name}-copy")
        shutil.copytree(folder, copy)
        for each in (folder, copy):
            self.started(device_id, each, *flags)
        return device_id

    def signs(self, *device_ids: str) -> dict[str, Json]:
        """The last evidence that their sessions alternate, for each that has some."""
        rows = self.query("SELECT device_id, evidence FROM registry.suspected_clones WHERE sign = 'sessions_alternate'")
        return {row["device_id"]: row["evidence"] for row in rows if row["device_id"] in device_ids}

    def assert_noticed(self, *device_ids: str) -> None:
        within(60, "all are noticed", lambda: len(self.signs(*device_ids)) == len(device_ids))
        for evidence in self.signs(*device_ids).values():
            self.assertEqual(len(set(evidence["sessions"])), 3, evidence)

    def copied_reference(self) -> str:
        self.use(Reference())
        return self.copied(f"{self.name[:32]}-reference")


class AtABroker(CopiedFolderTest):
    def test_two_devices_with_one_folder_are_noticed(self) -> None:
        """Of each of the two programs; one that nobody copied runs beside them."""
        alone = self.running(*self.key_flags("alone"), device_id="alone")
        reference = self.copied_reference()
        self.use(Small())
        small = self.copied(f"{self.name[:32]}-small")
        self.assert_noticed(reference, small)
        alone.expect("ready")
        self.assertEqual(self.query("SELECT * FROM registry.suspected_clones WHERE device_id = 'alone'"), [])


class AtTheGate(CopiedFolderTest):
    make_stack = GateStack

    def test_they_are_noticed_at_the_gate(self) -> None:
        self.assert_noticed(self.copied_reference())
