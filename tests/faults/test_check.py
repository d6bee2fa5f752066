"""The checker of the campaigns says what is wrong: a fleet without faults, in which each thing is spoilt in turn."""

from __future__ import annotations

import base64
import copy
import os
import sys
import tempfile
import unittest
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import check  # noqa: E402
from stack import BINARY, within  # noqa: E402
from trespasser import FORBIDDEN, RIGHTS  # noqa: E402
from world import World  # noqa: E402


class Checker(unittest.TestCase):
    world: World

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        folder.chmod(0o711)  # the stack's account has to get through
        cls.world = World(folder, Path(os.environ.get("LATCHKEY_BIN", BINARY)), 1)
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.world.remember_footprints()
        cls.world.fleet.settle.set()
        for life in cls.world.fleet.lives:
            life.join(60)

    def assert_says(self, beginning: str, found: Iterable[str]) -> None:
        said = list(found)
        self.assertTrue(said and all(each.startswith(beginning) for each in said), said)

    def test_all_is_well_at_first(self) -> None:
        for name in ("lives_ended_well", "credentials_are_known", "nothing_is_there_twice", "events_are_changes",
                     "answers_are_equal", "no_secret_is_told"):
            self.assertEqual(list(getattr(check, name)(self.world)), [], name)

    def test_a_credential_that_only_the_device_knows(self) -> None:
        life = self.world.fleet.programs[0]
        life.kill()  # it writes to its folder
        # Generations that it has asked for have a folder, and no certificate yet.
        held = next(life.folder.glob("credential-*/certificate.pem")).parent
        self.addCleanup(held.with_name("credential-99").rename, held)
        held.rename(held.with_name("credential-99"))
        self.assert_says(f"I1 the registry does not know generation 99 of {life.device_id}", check.credentials_are_known(self.world))

    def test_an_answer_that_differs(self) -> None:
        device = self.world.fleet.witnesses[1].device
        answer, opened = copy.deepcopy(device.answers[-1])
        device.answers.append((answer, opened | {"password": "another"}))
        self.addCleanup(device.answers.pop)
        self.assert_says(f"I6 {device.device_id} has 2 different answers", check.answers_are_equal(self.world))

    def test_a_device_that_was_refused(self) -> None:
        life = self.world.fleet.lives[0]
        life.refusals.append("conflict")
        self.addCleanup(life.refusals.clear)
        self.assert_says(f"I3 {life.name} was refused", check.lives_ended_well(self.world))

    def test_a_state_without_its_event(self) -> None:
        life = self.world.fleet.lives[0]
        ready = self.world.query
        self.addCleanup(setattr, self.world, "query", ready)
        # As if the registry had another state of it.
        self.world.query = lambda sql: [  # type: ignore[method-assign]
            row | {"state": "suspended"} if "state" in row and row["device_id"] == life.device_id else row for row in ready(sql)]
        self.assert_says(f"I5 {life.device_id} is suspended", check.events_are_changes(self.world))

    def test_a_secret_in_a_log(self) -> None:
        log = self.world.stack.service.log
        before = log.read_text()
        self.addCleanup(log.write_text, before)
        log.write_text(before + self.world.stack.passwords["latchkey"])
        self.assert_says("I7 service.log has the service's password", check.no_secret_is_told(self.world))

    def test_a_secret_in_a_dump(self) -> None:
        cluster = self.world.stack.cluster
        key = self.world.fleet.keys["witness-0"]
        cluster.sql(f"CREATE TABLE public.spoilt AS SELECT '\\x{key.hex()}'::bytea AS key")
        self.addCleanup(cluster.sql, "DROP TABLE public.spoilt")
        self.assert_says("I7 registry.sql has a key of witness-0", check.no_secret_is_told(self.world))

    def test_a_secret_in_what_the_broker_passed_on(self) -> None:
        answer, opened = self.world.fleet.witnesses[1].device.answers[-1]
        said = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in (b"{}", opened["password"].encode(), b"?"))
        file = self.world.tap.file
        self.addCleanup(os.truncate, file, file.stat().st_size)
        with self.world.tap.connection("@spoiler") as wire:
            wire.publish("plant/spoilt", said)
        within(5, "it is heard", lambda: b"plant/spoilt" in file.read_bytes())
        self.assert_says("I7 traffic has a password of witness-1", check.no_secret_is_told(self.world))

    def test_a_device_that_goes_beyond_its_rights(self) -> None:
        self.assertEqual(list(check.rights_hold(self.world)), [])
        self.world.trespasser.set_rights(RIGHTS)
        with self.world.tap.connection("@spoiler") as wire:
            wire.publish(FORBIDDEN[0], self.world.tap.MARK + b"always")
        self.world.trespasser.granted.add("#")
        self.assertEqual(list(check.rights_hold(self.world)),
                         [f"I9 trespasser was heard on {FORBIDDEN[0]}: marked always", "I9 trespasser may receive #"])

    def test_what_logs_in_and_what_does_not(self) -> None:
        self.assertEqual(list(check.logins(self.world)), [])
        device = self.world.fleet.witnesses[1].device
        opened = device.opened
        self.addCleanup(setattr, device, "opened", opened)
        device.opened = opened | {"password": "not this one"}
        self.assertIn(f"I4 {device.device_id} holds a credential that does not log in", list(check.logins(self.world)))

    def test_a_revoked_device_that_was_let_in_for_a_moment(self) -> None:
        self.world.outlaw.let_in = 1
        self.addCleanup(setattr, self.world.outlaw, "let_in", 0)
        self.assertIn("I4 outlaw was let in 1 times", list(check.logins(self.world)))

    def test_a_list_that_lacks_a_revoked_certificate(self) -> None:
        self.assertEqual(list(check.crl_is_right(self.world)), [])
        self.world.operator.revoked.append(1)
        self.addCleanup(self.world.operator.revoked.remove, 1)
        self.assert_says("I4 not within 10 s: the CRL has all", check.crl_is_right(self.world))

    def test_a_service_that_is_another_process(self) -> None:
        self.world.stack.service.restart()
        self.assert_says("I8 service is another process", check.processes_are_as_before(self.world))


if __name__ == "__main__":
    unittest.main()
