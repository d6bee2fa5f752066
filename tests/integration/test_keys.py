"""Keys are replaced while devices go on: a group's, and the master key that the registry's are sealed under."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
from pathlib import Path

from stack_case import StackTest

from foreign_device import Device, SymmetricKey
from jose import Json


class KeyTest(StackTest):
    def derived(self, group_key: Path, group: str, device_id: str) -> Device:
        """A device of the group, with the key that the command derives for it."""
        line = self.stack.latchkey("enroll", "derive-key", device_id, "--group-key-file", str(group_key))
        folder = self.folder / f"{device_id}-{group_key.stem}"
        folder.mkdir()
        return Device(device_id, SymmetricKey(base64.b64decode(line), group), self.place(), folder)


class Keys(KeyTest):
    def refusal(self, code: int, *arguments: str) -> str:
        result = self.run_latchkey(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr

    def group(self) -> Path:
        key = self.folder / f"{self.name}-1.key"
        self.enroll("group", self.name, "--generate-key", str(key))
        return key

    def test_a_groups_key_is_rolled_and_the_old_one_retired(self) -> None:
        old, new = self.group(), self.folder / f"{self.name}-2.key"
        early, late, newer = (f"{self.name}-{part}"[-48:] for part in ("early", "late", "newer"))
        device = self.derived(old, self.name, early)
        self.assert_accepted(device.provision())
        self.stack.latchkey("enroll", "roll-key", self.name, "--generate-key", str(new))
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assert_accepted(self.derived(old, self.name, late).provision())
        self.assert_accepted(self.derived(new, self.name, newer).provision())
        self.assertIn("two keys already",
                      self.refusal(65, "enroll", "roll-key", self.name, "--generate-key", str(self.folder / "third.key")))
        self.assertFalse((self.folder / "third.key").exists())
        self.assertIn("1 devices", self.refusal(1, "enroll", "retire-key", self.name))
        by_hand = subprocess.run(["psql", self.stack.environment["LATCHKEY_DB_URL"], "-c",
                                  f"BEGIN; SELECT registry.retire_group_key('{self.name}'); ROLLBACK"],
                                 capture_output=True, text=True, check=True)
        self.assertIn(f"NOTICE:  1 devices of the group {self.name}", by_hand.stderr)
        # The one that was answered under the old key takes the new one.
        self.assert_accepted(self.derived(new, self.name, early).provision(), generation=2)
        found = json.loads(self.stack.latchkey("enroll", "retire-key", self.name, "--json"))
        self.assertEqual(found, {"group": self.name, "retired": True, "left_behind": 0})
        self.assert_rejected(self.derived(old, self.name, f"{late}-2").provision(), "unauthorized")
        self.assert_accepted(self.derived(new, self.name, f"{newer}-2").provision())

    def test_sealed_by_the_command_and_enrolled_by_sql(self) -> None:
        key, file = self.write_key(self.name)
        sealed = self.stack.latchkey("enroll", "seal-key", "--device", self.name, "--key-file", str(file)).strip()
        self.stack.sql(f"SELECT registry.enroll_device('{self.name}', 'symmetric_key', '{sealed}')")
        self.assert_accepted(self.device(self.name, SymmetricKey(key)).provision())

    def test_sealed_for_one_name_opens_for_no_other(self) -> None:
        key, file = self.write_key(self.name)
        sealed = self.stack.latchkey("enroll", "seal-key", "--device", "somebody-else", "--key-file", str(file)).strip()
        self.stack.sql(f"SELECT registry.enroll_device('{self.name}', 'symmetric_key', '{sealed}')")
        self.assert_rejected(self.device(self.name, SymmetricKey(key)).provision(), "unauthorized")

    def test_wrong_use(self) -> None:
        _, file = self.write_key(self.name)
        self.refusal(64, "enroll", "seal-key", "--key-file", str(file))
        self.refusal(64, "enroll", "seal-key", "--device", "a", "--group", "b", "--key-file", str(file))
        self.refusal(64, "enroll", "roll-key", self.name)
        self.assertIn("no group", self.refusal(65, "enroll", "roll-key", "no-such-group", "--key-file", str(file)))
        self.assertIn("no older key or CA", self.refusal(65, "enroll", "retire-key", "no-such-group"))


class MasterKey(KeyTest):
    """A class of its own, because it restarts the service of its stack."""

    def restart(self, **files: Path) -> None:
        self.stack.settings = {"secrets": {name: str(path) for name, path in files.items()}}
        self.stack.write_configuration()
        self.stack.service.restart()

    def reseal(self, code: int, *flags: str) -> Json:
        result = self.run_latchkey("db", "reseal", "--json", *flags)
        self.assertEqual(result.returncode, code, result.stderr)
        return json.loads(result.stdout)

    def test_a_new_master_key(self) -> None:
        group = f"{self.name}-group"
        group_key = self.folder / "group.key"
        self.enroll("group", group, "--generate-key", str(group_key))
        self.enroll("group", "passwords", "--generate-key", str(self.folder / "p.key"), "--credential-type", "password")
        own = self.enrolled()
        self.assert_accepted(own.provision())
        password = self.enrolled(f"{self.name}-password", "--group", "passwords", wants="password")
        self.assert_accepted(password.provision())
        old = self.stack.pki / "master.key"
        new = self.stack.home.keep_secret("new-master.key", base64.b64encode(secrets.token_bytes(32)).decode())

        self.restart(master_key_file=new, previous_master_key_file=old)
        self.assert_accepted(own.provision())
        self.enroll("device", f"{self.name}-new", "--generate-key", str(self.folder / "new.key"))
        self.assertEqual(self.reseal(1, "--dry-run"), {"resealed": 0, "keys_left": 4, "passwords_left": 1})
        # Its password can be given again as long as the old master key is there.
        self.assertEqual(self.reseal(1), {"resealed": 4, "keys_left": 0, "passwords_left": 1})
        self.assert_accepted(password.provision())
        again = self.device(password.device_id, password.proof, wants="password")
        self.assert_accepted(again.provision(), generation=2)
        self.assertEqual(self.reseal(0), {"resealed": 0, "keys_left": 0, "passwords_left": 0})

        self.restart(master_key_file=new)
        self.assert_accepted(own.provision())
        self.assertEqual(own.become_ready()["state"], "ready")
        self.assert_accepted(self.derived(group_key, group, f"{self.name}-derived").provision())

        self.restart(master_key_file=old)
        self.assertIn("cannot be opened", self.run_latchkey("db", "reseal").stderr)
        self.assertEqual(self.reseal(1)["keys_left"], 5)

