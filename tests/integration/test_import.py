"""`latchkey enroll import`: very many devices at once, all or nobody, again and again."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
from pathlib import Path
from typing import Any

from stack_case import StackTest, SymmetricKey, clean_environment, within


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Import(StackTest):
    def import_(self, *arguments: str, text: str | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        argv = [str(self.stack.binary), "enroll", "import", "--json", *arguments]
        result = subprocess.run(argv, input=text, capture_output=True, text=True,
                                env=clean_environment(self.stack.environment))
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def count(self, *arguments: str, text: str | None = None) -> dict[str, Any]:
        return json.loads(self.import_(*arguments, text=text).stdout)

    def file(self, text: str) -> Path:
        path = self.folder / f"{self.name}.csv"
        path.write_text(text)
        return path

    def devices(self) -> list[dict[str, Any]]:
        """All that this case enrolled."""
        return self.query(f"SELECT device_id, group_name FROM registry.devices WHERE device_id LIKE '{self.name}-%' ORDER BY 1")

    def test_provisions(self) -> None:
        secret = secrets.token_bytes(32)
        text = f"device_id,key,config\n{self.name},{base64.b64encode(secret).decode()},\"{{\"\"interval\"\": 7}}\"\n"
        self.assertEqual(self.count(str(self.file(text))), {"devices": 1, "enrolled": 1, "already": 0})
        device = self.device(self.name, SymmetricKey(secret))
        self.assert_accepted(device.provision())
        self.assertEqual(device.opened["config"], {"interval": 7})
        device.become_ready()
        self.assertEqual(self.row(self.name)["state"], "ready")
        self.assertEqual(len(self.query("SELECT * FROM registry.events WHERE action = 'enroll_device' "
                                        f"AND device_id = '{self.name}' AND actor = 'operator'")), 1)

    def test_again(self) -> None:
        """What was enrolled just so is passed over, so an import that was cut off is started again."""
        lines = [json.dumps({"device_id": f"{self.name}-{n}", "key": key()}) for n in range(50)]
        self.assertEqual(self.count("-", text="\n".join(lines[:20])), {"devices": 20, "enrolled": 20, "already": 0})
        for flags in ((), ("--atomic",)):
            with self.subTest(flags):
                enrolled = 0 if flags else 30
                self.assertEqual(self.count("-", *flags, text="\n".join(lines)),
                                 {"devices": 50, "enrolled": enrolled, "already": 50 - enrolled})

    def test_otherwise(self) -> None:
        """A device that is enrolled otherwise is a problem, and then nobody is enrolled."""
        text = f"device_id,token\n{self.name}-1,{'a' * 16}\n"
        self.import_("-", text=text)
        other = f"device_id,token\n{self.name}-0,{'b' * 16}\n{self.name}-1,{'c' * 16}\n"
        self.assertIn(f"-, line 3: the device {self.name}-1 is enrolled already, with another key, token or certificate",
                      self.import_("-", text=other, code=65).stderr)
        self.assertEqual([row["device_id"] for row in self.devices()], [f"{self.name}-1"])

    def test_problems(self) -> None:
        """All of them are found before anybody is enrolled, by line, and a flood of them is bounded."""
        text = (f"device_id,group,key\n{self.name}-1,,{key()}\n{self.name}-1,,{key()}\n{self.name}-2,nowhere,{key()}\n"
                "not an id,,\n")
        said = self.import_("-", text=text, code=65).stderr.splitlines()
        self.assertEqual(said[:4], [
            f"latchkey: -, line 3: the device {self.name}-1 is on line 2 already",
            "latchkey: -, line 4: there is no group nowhere",
            "latchkey: -, line 5: device_id: it has a space: letters, digits and . _ : - only",
            "latchkey: no device was enrolled"])
        self.assertEqual(self.devices(), [])
        said = self.import_("-", text="device_id\n" + "?\n" * 5000, code=65).stderr.splitlines()
        self.assertEqual(said[99:], ["latchkey: -, line 101: device_id: it has ?: letters, digits and . _ : - only", "latchkey: and 4900 more",
                                     "latchkey: no device was enrolled"])

    def test_check(self) -> None:
        self.assertEqual(self.count("-", "--check", text=f"device_id,key\n{self.name}-1,{key()}\n"), {"devices": 1})
        self.assertEqual(self.devices(), [])

    def test_group(self) -> None:
        """An allow list: the devices have the group's proof."""
        _, file = self.write_key("meters")
        self.enroll("group", "meters", "--key-file", str(file), "--admission", "allow_list")
        self.assertEqual(self.count("-", "--group", "meters", text=f"device_id\n{self.name}-1\n{self.name}-2\n"),
                         {"devices": 2, "enrolled": 2, "already": 0})
        self.assertEqual([row["group_name"] for row in self.devices()], ["meters", "meters"])

    def test_many(self) -> None:
        """More than one stretch; all or nothing gives the same."""
        for flags in ((), ("--atomic",)):
            with self.subTest(flags):
                lines = [f"{self.name}-{len(flags)}-{n},{secrets.token_hex(8)}" for n in range(45_000)]
                self.assertEqual(self.count("-", *flags, text="device_id,token\n" + "\n".join(lines)),
                                 {"devices": 45_000, "enrolled": 45_000, "already": 0})
        self.assertEqual(len(self.devices()), 90_000)

    def test_cut_off(self) -> None:
        """Killed on the way, it has enrolled whole stretches of 20,000 lines; once more, and all are."""
        text = "device_id,token\n" + "\n".join(f"{self.name}-{n},{secrets.token_hex(8)}" for n in range(100_000))
        argv = [str(self.stack.binary), "enroll", "import", str(self.file(text))]
        with subprocess.Popen(argv, env=clean_environment(self.stack.environment)) as process:
            within(60, "the first stretch is enrolled", self.devices)
            process.kill()
        done = self.count(str(self.file(text)))
        self.assertEqual(done["devices"], 100_000)
        self.assertEqual(done["enrolled"] + done["already"], 100_000)
        self.assertGreaterEqual(done["already"], 19_999)  # the header is a line too
        self.assertEqual(len(self.devices()), 100_000)

    def test_no_file(self) -> None:
        self.assertIn("No such file", self.import_(str(self.folder / "nothing"), code=65).stderr)
