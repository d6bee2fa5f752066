"""From an older registry to this one: by `latchkey db migrate`, and by psql as docs/operations.md says it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path

import stack_case  # noqa: F401: finds tests/support
from daemon import StackError, clean_environment
from postgres import psql, url
from stack import BINARY, Stack

ROOT = Path(__file__).resolve().parents[2]
RELEASES = sorted((ROOT / "tests/registry/releases").glob("*.sql"))

# What has to be the same before and after.
KEPT = """
SELECT device_id, state, generation, group_name, enrolled_by, attributes, config_version, registered_at, ready_at, failure
  FROM registry.devices ORDER BY device_id;
SELECT device_id, serial, status FROM registry.certificates ORDER BY serial;
SELECT tracking_id, decision, code FROM registry.attempts ORDER BY tracking_id;
SELECT at, device_id, action, old_state, new_state, actor, reason FROM registry.events ORDER BY at, device_id;
SELECT name, devices_counted, max_devices, has_two_keys FROM registry.groups ORDER BY name;
SELECT token_id, used, uses FROM registry.tokens;
SELECT device_id, digest FROM registry.pending_approvals;
SELECT code, rejections FROM registry.counted_rejections;
SELECT level, of, config, endpoint FROM registry.show_configs() ORDER BY 1, 2;
"""
STATES = "SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM registry.devices"


def shifted(dump: str) -> str:
    """The dump as if it were of this moment: a fleet of last year would have nothing but ended credentials."""
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00"
    made = re.search(rf"dumped at ({time})", dump)
    assert made
    age = datetime.now(timezone.utc) - datetime.fromisoformat(made[1])
    return re.sub(time, lambda found: str(datetime.fromisoformat(found[0]) + age), dump)


class Upgrade(unittest.TestCase):
    stack: Stack

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        folder.chmod(0o711)
        cls.stack = Stack(folder)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start_postgres()

    def login(self, database: str, user: str = "owner") -> dict[str, str]:
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": database, "PGUSER": user,
                "PGPASSWORD": self.stack.passwords[user]}

    def create(self, database: str) -> None:
        self.stack.cluster.sql(f"CREATE DATABASE {database} OWNER owner", "postgres")

    def latchkey(self, database: str, *arguments: str) -> str:
        address = url("owner", self.stack.cluster.port, database, self.stack.passwords["owner"])
        result = subprocess.run([os.environ.get("LATCHKEY_BIN", str(BINARY)), *arguments], capture_output=True, text=True,
                                env=clean_environment({"LATCHKEY_OWNER_DB_URL": address}))
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def by_hand(self, database: str) -> None:
        """The commands of docs/operations.md, for an owner who has psql and no other program."""
        commands = re.search(r"^```sh\n(latchkey db migrate --print .*?)^```$", (ROOT / "docs/operations.md").read_text(),
                             re.MULTILINE | re.DOTALL)
        assert commands
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        program = Path(os.environ.get("LATCHKEY_BIN", BINARY))
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f'latchkey() {{ "{program.absolute()}" "$@"; }}\n{commands[1]}'],
            capture_output=True, text=True, cwd=folder, env=clean_environment(self.login(database)))
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def load(self, database: str, release: Path) -> None:
        self.create(database)
        psql(shifted(release.read_text()), self.login(database, "postgres"))

    def schema(self, database: str) -> str:
        result = subprocess.run(["pg_dump", "--schema-only", database], capture_output=True, text=True, check=True,
                                env=clean_environment(self.login(database, "postgres")))
        # Newer ones put a word of their own around it all.
        return "\n".join(line for line in result.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))

    def test_from_each_release_to_this_version(self) -> None:
        self.assertGreater(len(RELEASES), 0)
        self.create("fresh")
        self.latchkey("fresh", "db", "migrate")
        for number, release in enumerate(RELEASES):
            for way, upgrade in (("latchkey", lambda database: self.latchkey(database, "db", "migrate")),
                                 ("psql", self.by_hand)):
                with self.subTest(release=release.name, way=way):
                    database = f"upgraded_{way}_{number}"
                    self.load(database, release)
                    before = psql(KEPT, self.login(database, "postgres"))
                    self.assertEqual(psql(STATES, self.login(database, "postgres")).split(),
                                     "connected off provisioning_requested ready registered revoked suspended".split())
                    upgrade(database)
                    self.assertEqual(self.schema(database), self.schema("fresh"))
                    self.assertEqual(psql(KEPT, self.login(database, "postgres")), before)
                    self.latchkey(database, "db", "status")

    def test_a_group_that_sealed_its_configurations_does_so_always(self) -> None:
        self.create("roles")
        self.latchkey("roles", "db", "migrate")  # makes what a dump has not: the roles
        self.load("sealed", RELEASES[-1])
        owner = self.login("sealed", "postgres")
        psql("UPDATE registry.enrollment_group SET seal_config = true WHERE name = 'pilot'", owner)
        self.latchkey("sealed", "db", "migrate")
        self.assertEqual(psql("SELECT string_agg(name || ' ' || sealing, ', ' ORDER BY name) FROM registry.groups", owner).strip(),
                         "factory possible, gated possible, meters possible, passwords possible, pilot always")
        keys = psql("SELECT bool_and(registry.sealing_key_of(c) = coalesce(c.encryption_key, c.answer_key)) FROM "
                    "registry.credential c WHERE coalesce(c.encryption_key, c.answer_key) IS NOT NULL", owner)
        self.assertEqual(keys.strip(), "t")

    def test_by_psql_alone(self) -> None:
        for database in ("by_psql", "by_latchkey"):
            self.create(database)
        self.by_hand("by_psql")
        self.by_hand("by_psql")
        self.latchkey("by_latchkey", "db", "migrate")
        self.assertEqual(self.schema("by_psql"), self.schema("by_latchkey"))
        # The same list, so that neither way is surprised by the other.
        self.assertEqual(self.latchkey("by_psql", "db", "status"), self.latchkey("by_latchkey", "db", "status"))
        self.assertEqual(self.latchkey("by_psql", "db", "migrate"), self.latchkey("by_latchkey", "db", "migrate"))

    def test_psql_refuses_an_edited_schema_file_as_well(self) -> None:
        self.create("edited")
        self.latchkey("edited", "db", "migrate")
        psql("UPDATE registry.schema_migrations SET checksum = 'other' WHERE version = '0001'", self.login("edited", "postgres"))
        script = self.latchkey("edited", "db", "migrate", "--print")
        with self.assertRaisesRegex(StackError, "0001_tables"):
            psql(script, self.login("edited"))


if __name__ == "__main__":
    unittest.main()
