"""Two devices with one folder, of a program that waits longer each time its connection is lost."""

from __future__ import annotations

import time

from test_copied_folder import CopiedFolderTest

from stack import within
from test_examples import PythonDevice


class CopiedExample(CopiedFolderTest):
    runs = PythonDevice

    def test_two_devices_in_python_with_one_folder_are_noticed(self) -> None:
        """By their sessions, or since each asks for another credential when the other one's replaced its own."""
        copied, began = self.copied(f"{self.name[:32]}-python"), time.monotonic()
        within(180, "a sign of it", lambda: self.query(
            f"SELECT sign FROM registry.suspected_clones WHERE device_id = '{copied}' AND sign IN ('sessions_alternate', 'asks_often')"))
        print(f"noticed after {time.monotonic() - began:.0f} s")


del CopiedFolderTest  # its tests run in its own module
