"""`latchkey-device factory`: what a production line puts into its devices, and the file that enrols them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from pathlib import Path

from run_case import RunTest

from daemon import clean_environment
from factory import Factory as Authority
from jose import Json, derive, private_pem
from running_device import RunningDevice

MANY = 1000


class Factory(RunTest):
    @property
    def out(self) -> Path:
        return self.folder / f"{self.name}-made"

    def factory(self, *flags: str, code: int = 0, **environment: str) -> Json:
        """What one run says; its group has the name of the case."""
        argv = [str(self.stack.device_binary), "factory", "--group", self.name, "--out", str(self.out), "--json", *flags]
        result = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=clean_environment(environment))
        self.assertEqual(result.returncode, code, result.stderr)
        self.errors = result.stderr
        return json.loads(result.stdout) if result.stdout else {}

    def by_key(self) -> list[str]:
        self.group_key, file = self.write_key(self.name)
        return ["--key-file", str(file)]

    def by_certificate(self) -> list[str]:
        authority = Authority(self.name)
        files = [self.folder / f"{self.name}-ca.pem", self.folder / f"{self.name}-ca-key.pem"]
        files[0].write_text(authority.pem)
        files[1].write_bytes(private_pem(authority.key))
        return ["--ca-file", str(files[0]), "--ca-key-file", str(files[1])]

    def enrolled_by_its_file(self) -> None:
        self.stack.latchkey("enroll", "import", str(self.out / "devices.csv"))

    def assert_ready(self, device_id: str, *flags: str) -> None:
        """It keeps what it is given in the folder that the factory made."""
        device = RunningDevice(self.stack.device_binary, device_id, self.out / device_id, self.stack.environment, *flags)
        self.addCleanup(device.kill)
        device.expect("ready")
        self.assertEqual((self.row(device_id)["state"], self.row(device_id)["group_name"], device.stop()), ("ready", self.name, 0))

    def files(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.out)): path.read_bytes() for path in self.out.rglob("*") if path.is_file()}

    # --- each kind of device

    def test_by_key(self) -> None:
        flags = self.by_key()
        self.enroll("group", self.name, *flags, "--admission", "allow_list")
        self.assertEqual(self.factory(*flags, "--count", "3", "--pattern", "key-###"),
                         {"made": 3, "kept": 0, "devices": str(self.out / "devices.csv")})
        self.enrolled_by_its_file()
        self.assert_ready("key-002", "--group", self.name, "--key-file", str(self.out / "key-002/key"))

    def test_by_certificate(self) -> None:
        flags = self.by_certificate()
        self.enroll("group", self.name, "--ca-file", flags[1], "--admission", "allow_list")
        self.factory(*flags, "--count", "2", "--pattern", "cert-#")
        self.enrolled_by_its_file()
        self.assert_ready("cert-2", "--private-key-file", str(self.out / "cert-2/private-key.pem"),
                          "--certificate-file", str(self.out / "cert-2/certificate.pem"))

    def test_by_token(self) -> None:
        self.enroll("group", self.name, *self.by_key())  # for what its devices have in common
        ids = self.folder / "ids"
        ids.write_text("token-a\ntoken-b\n")
        self.factory("--tokens", "--ids", str(ids))
        self.enrolled_by_its_file()
        self.assert_ready("token-b", "--token-file", str(self.out / "token-b/token"))

    def test_a_partition_for_esp_idf(self) -> None:
        for kind, flags in (("key", self.by_key()), ("private_key", self.by_certificate()), ("token", ["--tokens"])):
            with self.subTest(kind):
                self.factory(*flags, "--nvs", "--count", "1", "--pattern", f"{kind.replace('_', '-')}-nvs-#")
                folder, = self.out.glob(f"{kind.replace('_', '-')}-nvs-1")
                header, space, *rows = csv.reader(io.StringIO((folder / "nvs.csv").read_text()))
                self.assertEqual((header, space), (["key", "type", "encoding", "value"], ["latchkey", "namespace", "", ""]))
                values = {row[0]: row[3] for row in rows}
                self.assertEqual((values["device_id"], values["group"]), (folder.name, self.name))
                if kind == "key":
                    self.assertEqual(bytes.fromhex(values["key"]), derive(self.group_key, folder.name))
                if kind == "private_key":
                    self.assertEqual(len(bytes.fromhex(values["private_key"])), 32)
                    self.assertEqual(bytes.fromhex(values["certificate"])[:2], b"\x30\x82")
                self.assertTrue(all(len(name) <= 15 for name in values), "longer names are refused")

    # --- what it leaves

    def test_only_their_owner_reads_them(self) -> None:
        self.factory(*self.by_certificate(), "--nvs", "--count", "2", "--pattern", "d-#")
        for path in [self.out, *self.out.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o777, 0o700 if path.is_dir() else 0o600, path)

    def test_no_key_is_printed(self) -> None:
        argv = [str(self.stack.device_binary), "factory", "--group", "g", "--tokens", "--count", "1", "--pattern", "d-#", "--out",
                str(self.out)]
        result = subprocess.run(argv, capture_output=True, text=True, env=clean_environment())
        token = (self.out / "d-1/token").read_text().strip()
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertNotIn(token, result.stderr)
        self.assertIn("latchkey enroll import", result.stderr)

    def test_a_terminal_shows_how_far_it_is(self) -> None:
        argv = [str(self.stack.device_binary), "factory", "--group", "g", "--tokens", "--count", "600", "--pattern", "d-#", "--out",
                str(self.out)]
        ours, theirs = pty.openpty()
        with subprocess.Popen(argv, stderr=theirs, env=clean_environment()) as process:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:  # the other end is closed
                pass
        os.close(ours)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown.decode(), r"\[#+\.*\] \d+ %  devices made")

    # --- cut off

    def test_killed_at_any_instant_it_goes_on(self) -> None:
        """After each step that can be seen in the folder; what was whole by then stays as it is."""
        flags = ["--tokens", "--nvs", "--count", "2", "--pattern", "d-#"]
        for passage in range(1, 20):
            with self.subTest(passage):
                self.remove()
                self.factory_killed(passage, *flags)
                whole = {name: content for name, content in self.files().items() if name.startswith("d-")}
                self.factory(*flags)
                found = self.files()
                self.assertEqual(sorted(found), ["d-1/nvs.csv", "d-1/token", "d-2/nvs.csv", "d-2/token", "devices.csv"])
                self.assertEqual(found, found | whole)
                tokens = [found[f"d-{n}/token"].decode().strip() for n in (1, 2)]
                self.assertEqual(found["devices.csv"].decode().splitlines()[1:],
                                 [f"d-{n},{self.name},{tokens[n - 1]}" for n in (1, 2)])
            if self.ended:
                self.assertGreater(passage, 8)
                return
        self.fail("it never came to its end")

    def factory_killed(self, passage: int, *flags: str) -> None:
        """Killed at the n-th place where a test may; `ended`: there were not so many."""
        argv = [str(self.stack.device_binary), "factory", "--group", self.name, "--out", str(self.out), *flags]
        result = subprocess.run(argv, capture_output=True, env=clean_environment(
            {"LATCHKEY_FAILPOINTS": f"factory:kill@{passage}"}))
        self.ended = result.returncode == 0

    def remove(self) -> None:
        subprocess.run(["rm", "-rf", str(self.out)], check=True)

    def test_again_nothing_changes(self) -> None:
        flags = [*self.by_certificate(), "--count", str(MANY), "--pattern", "d-####"]
        self.assertEqual(self.factory(*flags)["made"], MANY)
        before = self.files()
        self.assertEqual(self.factory(*flags)["kept"], MANY)
        self.assertEqual(self.files(), before)

    def test_more_devices_are_added(self) -> None:
        flags = self.by_key()
        self.factory(*flags, "--count", "2", "--pattern", "d-#")
        self.assertEqual(self.factory(*flags, "--count", "3", "--pattern", "d-#")["kept"], 2)
        self.assertEqual(len((self.out / "devices.csv").read_text().splitlines()), 4)

    def test_what_others_keep_there_stays(self) -> None:
        kept = {".git/HEAD": "ref", ".profile": "umask 077", ".d-2/notes": "mine", ".cache.0123456789abcdef0/x": "y"}
        for name, text in kept.items():
            (self.out / name).parent.mkdir(parents=True, exist_ok=True)
            (self.out / name).write_text(text)
        self.factory("--tokens", "--count", "1", "--pattern", "d-#")
        self.assertEqual({name: (self.out / name).read_text() for name in kept if (self.out / name).exists()}, kept)

    # --- refused

    def test_a_folder_of_another_order_is_refused(self) -> None:
        ids = ["--count", "1", "--pattern", "d-#"]
        self.factory(*self.by_key(), *ids)
        before = self.files()
        _, other = self.write_key("other")
        self.factory("--key-file", str(other), *ids, code=65)
        self.assertIn("d-1/key is not derived from this group key", self.errors)
        self.factory("--tokens", *ids, code=65)
        self.factory("--key-file", str(self.folder / f"{self.name}.key"), "--nvs", *ids, code=65)
        self.assertIn("was made without nvs.csv", self.errors)
        self.assertEqual(self.files(), before)

    def test_wrong_flags(self) -> None:
        key = self.by_key()
        for flags in ([*key, "--count", "1"], [*key, "--pattern", "d-#"], [*key, "--count", "1", "--pattern", "d"],
                      ["--count", "1", "--pattern", "d-#"], [*key, "--tokens", "--count", "1", "--pattern", "d-#"],
                      [*self.by_certificate()[:2], "--count", "1", "--pattern", "d-#"]):
            with self.subTest(flags):
                self.factory(*flags, code=64)
        self.assertFalse(self.out.exists())

    def test_a_certificate_that_is_no_ca_is_refused(self) -> None:
        flags = self.by_certificate()
        self.factory(*flags, "--count", "1", "--pattern", "d-#")
        self.factory("--ca-file", str(self.out / "d-1/certificate.pem"), "--ca-key-file", str(self.out / "d-1/private-key.pem"),
                     "--count", "2", "--pattern", "e-#", code=65)
        self.assertIn("is not the certificate of a CA", self.errors)
