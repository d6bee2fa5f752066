"""`latchkey explain`: what the service would do with a device, asked of the registry as an operator."""

from __future__ import annotations

import json
import re
import time

from proof_case import ProofTest

from foreign_device import Device
from jose import Json


def call_in(remedy: str) -> str:
    """The statement or command in it that makes the check pass."""
    found = re.search(r"SELECT registry\.\w+\([^)]*\)|latchkey enroll .* --allow", remedy)
    assert found, remedy
    return found[0]


class Explain(ProofTest):
    def explain(self, code: int, device_id: str, *flags: str) -> Json:
        result = self.run_latchkey("explain", device_id, "--json", *flags)
        self.assertEqual(result.returncode, code, result.stderr)
        found = json.loads(result.stdout)
        self.assertEqual((found["device_id"], found["accepted"]), (device_id, code == 0))
        return found

    def assert_refuses(self, check: str, device_id: str = "", group: str = "") -> Json:
        """This check alone refuses, and says what to do."""
        found = self.explain(1, device_id or self.name, *(["--group", group] if group else []))
        refusing = [each for each in found["checks"] if not each["passes"]]
        self.assertEqual([each["check"] for each in refusing], [check])
        self.assertTrue(refusing[0]["detail"] and refusing[0]["reason"] and refusing[0]["remedy"], refusing)
        return refusing[0]

    def group(self, **policy: str) -> None:
        self.factory = self.enroll_factory(self.name, **policy)

    def newcomer(self) -> Device:
        return self.made_by(self.factory)

    def test_all_well(self) -> None:
        self.group()
        found = self.explain(0, self.name, "--group", self.name)
        self.assertEqual(found["checks"][0]["detail"], f"group {self.name}, proof x509")
        self.assert_accepted(self.newcomer().provision())
        self.explain(0, self.name)

    def test_in_words(self) -> None:
        self.enrolled()
        result = self.run_latchkey("explain", self.name)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("its own, proof symmetric_key", result.stdout)
        self.assertEqual(result.stderr, f"{self.name} gets a credential if its proof is valid\n")
        self.stack.sql(f"SELECT registry.disable_device('{self.name}', 'why')")
        result = self.run_latchkey("explain", self.name)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"to pass: SELECT registry.enable_device('{self.name}', 'why')", result.stdout)

    def test_unknown(self) -> None:
        self.assert_refuses("enrolment")
        self.assert_refuses("enrolment", group="no-such-group")

    def test_disabled_group(self) -> None:
        self.group()
        self.stack.sql(f"SELECT registry.disable_group('{self.name}', 'why')")
        refusal = self.assert_refuses("enabled", group=self.name)
        self.assertEqual(self.refused(self.newcomer()), refusal["detail"])
        self.assertEqual(refusal["reason"], "group_disabled")
        self.stack.sql(call_in(refusal["remedy"]))
        self.explain(0, self.name, "--group", self.name)

    def test_quota_full(self) -> None:
        self.group(max_devices="1")
        self.assert_accepted(self.made_by(self.factory, f"{self.name}-1").provision())
        self.refused(self.newcomer(), "quota_exceeded")
        self.assertEqual(self.assert_refuses("quota", group=self.name)["detail"], "the quota is used up: 1 of 1")
        self.explain(0, f"{self.name}-1")

    def test_a_token_of_a_group(self) -> None:
        self.stack.sql(f"SELECT registry.enroll_group('{self.name}', 'token', NULL, max_devices => 5)")
        token = self.stack.sql(f"SELECT registry.create_token('{self.name}', 1, interval '1 day')").strip()
        file = self.folder / f"{self.name}.token"
        file.write_text(token + "\n")
        found = self.explain(0, self.name, "--token-file", str(file))
        self.assertEqual(found["checks"][0]["detail"], f"group {self.name}, proof token")
        self.assertIn("0 of 1", str(found))
        self.assert_accepted(self.device(f"{self.name}-1", self.token_proof(token)).provision())
        self.assertIn("1 of 1", str(self.explain(1, self.name, "--token-file", str(file))))
        self.assertIn("1 of 5", str(self.explain(0, self.name, "--group", self.name)))
        file.write_text("a-token-that-nobody-made\n")
        self.explain(1, self.name, "--token-file", str(file))

    def test_window(self) -> None:
        self.group(valid_until="now() - interval '1 minute'")
        self.assertEqual(self.refused(self.newcomer()), self.assert_refuses("validity window", group=self.name)["detail"])

    def test_pattern(self) -> None:
        self.group(device_id_pattern="'[0-9]+'")
        self.assertEqual(self.refused(self.newcomer()), self.assert_refuses("id pattern", group=self.name)["detail"])

    def test_allow_list(self) -> None:
        self.group(admission="'allow_list'")
        refusal = self.assert_refuses("allow list", group=self.name)
        self.assertEqual(self.refused(self.newcomer()), refusal["detail"])
        command = call_in(refusal["remedy"]).split()
        self.assertEqual(command[0], "latchkey")
        self.stack.latchkey(*command[1:])
        self.explain(0, self.name)
        self.assert_accepted(self.newcomer().provision())

    def test_approval(self) -> None:
        self.group(admission="'approval'")
        self.assertIn("it has not sent a request yet", self.assert_refuses("approval", group=self.name)["detail"])
        device = self.newcomer()
        with device.bootstrap() as wire:
            self.assertEqual(device.ask(wire, time.monotonic() + 10)["status"], "pending")
        self.stack.sql(call_in(self.assert_refuses("approval", group=self.name)["remedy"]))
        self.explain(0, self.name, "--group", self.name)
        self.assert_accepted(device.provision())

    def test_suspended_and_revoked(self) -> None:
        self.group()
        self.assert_accepted(self.newcomer().provision())
        self.stack.sql(f"SELECT registry.suspend('{self.name}', 'lost')")
        self.stack.sql(call_in(self.assert_refuses("not suspended")["remedy"]))
        self.explain(0, self.name)
        self.stack.sql(f"SELECT registry.revoke('{self.name}', 'stolen')")
        self.stack.sql(call_in(self.assert_refuses("not revoked")["remedy"]))
        # After a reset nothing says which group it will come by.
        self.assert_refuses("enrolment")
        self.explain(0, self.name, "--group", self.name)

    def test_reprovisioning_denied(self) -> None:
        self.group(reprovisioning="'deny'")
        device = self.newcomer()
        self.assert_accepted(device.provision())
        device.become_ready()
        self.refused(self.made_by(self.factory), "unauthorized")  # another key than the one that registered it
        self.assert_refuses("reprovisioning")

    def test_another_enrolment(self) -> None:
        self.group()
        self.assert_accepted(self.newcomer().provision())
        self.enroll_factory(f"{self.name}-2")
        found = self.explain(1, self.name, "--group", f"{self.name}-2")
        self.assertIn(f"group:{self.name}", str(found))
        self.assert_refuses("registered by it", group=f"{self.name}-2")

    def test_wrong_use(self) -> None:
        self.assertEqual(self.run_latchkey("explain", "no id!").returncode, 64)
        away = self.run_latchkey("explain", self.name, "--db-url", "postgresql://operator@127.0.0.1:1/latchkey")
        self.assertEqual(away.returncode, 69, away.stderr)
