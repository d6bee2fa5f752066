"""The example in Python does what docs/device.md says of it, and both examples say their usage."""

from __future__ import annotations

import base64
import importlib.util
import subprocess
import unittest
from pathlib import Path
from types import SimpleNamespace

import example_case

from daemon import clean_environment
from running_device import RunningDevice

ROOT = Path(__file__).resolve().parents[2]


class PythonDevice(RunningDevice):
    """device/python/device.py as a process."""

    def command(self, binary: Path, device_id: str, folder: Path, *flags: str) -> list[str]:
        return [str(ROOT / "device/python/device.py"), device_id, "--dir", str(folder), *flags]


class LostConnection(unittest.TestCase):
    def test_python_what_is_published_then_ends_nothing(self) -> None:
        spec = importlib.util.spec_from_file_location("device", ROOT / "device/python/device.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        connection = module.Connection(SimpleNamespace(id="12345"), "127.0.0.1", 1, [], None)
        self.assertFalse(connection.deliver("a/topic", b"{}"))


class PythonExample(example_case.ExampleTest):
    runs = PythonDevice

    def test_it_becomes_ready_stays_and_says_goodbye(self) -> None:
        device = self.example(*self.key_flags("", "--device-config", '{"a":1}'))
        device.expect("ready")
        self.assertEqual(device.read("config.json")["config"], {"a": 1})
        self.await_row(self.name, state="ready", online=True)
        self.assertEqual(self.statuses(), ["active"])
        self.assertEqual(device.stop(), 0)
        self.await_row(self.name, online=False)
        self.assertEqual(self.example(*self.key_flags_again(), "--once").await_end(), 0)
        self.assertEqual(self.decisions(self.name), ["accepted"])

    def test_it_renews(self) -> None:
        device = self.example(*self.key_flags("", "--device-config", '{"a":1}'), "--once")
        self.assertEqual(device.await_end(), 0, device.errors.read_text())
        self.program.make_due(device.folder, 1)
        device = self.example(*self.key_flags_again())
        device.expect("renewing", generation=1)
        device.expect("connected", generation=2)
        device.expect("ready")
        self.assertEqual((self.program.generations(device.folder), self.statuses()), ([2], ["retired", "active"]))
        self.assertFalse((device.folder / "request.json").exists())
        device.kill()
        self.example(*self.key_flags_again()).expect("ready")
        self.assertEqual(self.reasons(), [])

    def test_it_keeps_the_older_credential_until_the_newer_is_confirmed(self) -> None:
        device = self.example(*self.key_flags(), "--once")
        self.assertEqual(device.await_end(), 0, device.errors.read_text())
        self.program.make_due(device.folder, 1)
        # As if it had been told to be elsewhere: what it signs confirms nothing.
        self.stack.cluster.sql("""
            CREATE FUNCTION move_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              NEW.endpoint := sha256('elsewhere'); NEW.endpoint_given := NEW.endpoint; RETURN NEW; END $$;
            CREATE TRIGGER elsewhere BEFORE UPDATE ON registry.device FOR EACH ROW EXECUTE FUNCTION move_elsewhere()""")
        device = self.example(*self.key_flags_again())
        device.expect("connected", generation=2)
        device.expect("ready")
        self.assertEqual((self.program.generations(device.folder), self.statuses()), ([1, 2], ["active", "issued"]))
        device.kill()
        self.stack.cluster.sql("DROP FUNCTION move_elsewhere CASCADE; UPDATE registry.device SET endpoint = NULL, "
                               f"endpoint_given = NULL WHERE device_id = '{self.name}'")
        device = self.example(*self.key_flags_again())
        device.expect("connected", generation=2)
        device.expect("ready")
        self.assertEqual((self.program.generations(device.folder), self.statuses()), ([2], ["retired", "active"]))

    def test_it_reads_no_key_in_another_way_than_it_was_meant(self) -> None:
        key = "0123456789abcdef0123456789abcdef"
        line = base64.b64encode(key.encode()).decode()
        for number, text in enumerate((key.encode().hex(), "0x" + key.encode().hex(), f'"{line}"', line + "\n\n", "\ufeff" + line, key)):
            with self.subTest(text):
                file = self.folder / f"{self.name}-{number}.key"
                file.write_text(text)
                result = self.run_alone("device/python/device.py", self.name, "--key-file", str(file), "--dir", str(self.folder / "no"))
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"device.py: {file} ", result.stderr)

    def test_without_an_id_they_say_their_usage(self) -> None:
        python, shell = self.run_alone("device/python/device.py"), self.run_alone("device/shell/device.sh")
        self.assertEqual((python.returncode, shell.returncode), (2, 64))
        self.assertIn("usage: device.py", python.stderr)
        self.assertIn("required: id", python.stderr)
        self.assertIn("usage: ID=meter-7 TOKEN_FILE=meter-7.token", shell.stderr)
        self.assertIn("not set: ID TOKEN_FILE\n", shell.stderr)

    def run_alone(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(ROOT / program), *arguments], capture_output=True, text=True, timeout=10, cwd=self.folder,
                              env=clean_environment(self.stack.environment | environment))
