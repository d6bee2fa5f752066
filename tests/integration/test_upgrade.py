"""From an older schema to this one: by `latchkey db migrate`, and by psql as docs/operations.md says it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import stack_case  # noqa: F401: finds tests/support
from daemon import clean_environment
from postgres import psql, url
from stack import BINARY, Stack

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = sorted((ROOT / "registry/migrations").glob("*.sql"))
# While no version is tagged, this stands for the last one: whatever comes after these files is an upgrade.
OLDEST = 3

# A registered device, a ledger and an audit trail, by what every version has.
FLEET = """
SELECT registry.enroll_device('known', 'symmetric_key', '\\x01');
INSERT INTO registry.device (device_id, enrolled_by, state, generation, requested_at, registered_at)
  VALUES ('known', 'device', 'registered', 1, now(), now());
INSERT INTO registry.credential (device_id, generation, type, request_id, digest, salt, master_key, signed_by, not_before, not_after, use_by)
  VALUES ('known', 1, 'password', 'request-of-the-fleet', sha256('x'), '\\x00112233445566778899aabbccddeeff', '\\x0011223344556677',
          'service', now(), now() + interval '1 day', now() + interval '1 day');
INSERT INTO registry.attempt VALUES (gen_random_uuid(), 'known', now(), 'accepted', NULL, NULL, NULL, 1);
"""
KEPT = "SELECT count(*), max(d.state), max(d.generation) FROM registry.devices d, registry.attempts a, registry.events e " \
       "WHERE d.device_id = a.device_id AND e.device_id = d.device_id AND e.action = 'enroll_device'"


def git(*arguments: str) -> str | None:
    result = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    return result.stdout if result.returncode == 0 else None


def last_version() -> tuple[str, list[tuple[str, str]]]:
    """What is upgraded from, and its migrations: those of the newest tag that has any."""
    for tag in (git("tag", "--list", "v*", "--sort=-version:refname") or "").split():
        names = (git("ls-tree", "--name-only", tag, "registry/migrations/") or "").split()
        if names:
            return tag, [(Path(name).name, git("show", f"{tag}:{name}") or "") for name in names]
    return (f"the first {OLDEST} migrations, since no version is tagged yet",
            [(file.name, file.read_text()) for file in MIGRATIONS[:OLDEST]])


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

    def by_hand(self, database: str, folder: Path) -> None:
        """The loop of docs/operations.md, in a folder with registry/migrations."""
        loop = re.search(r"^```sh\n(for file in .*?)^```$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE | re.DOTALL)
        assert loop
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", loop[1]], capture_output=True, text=True, cwd=folder,
                                env=clean_environment(self.login(database)))
        self.assertEqual(result.returncode, 0, result.stderr)

    def schema(self, database: str) -> str:
        result = subprocess.run(["pg_dump", "--schema-only", database], capture_output=True, text=True, check=True,
                                env=clean_environment(self.login(database, "postgres")))
        # Newer ones put a word of their own around it all.
        return "\n".join(line for line in result.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))

    def test_from_the_last_version_to_this_one(self) -> None:
        version, files = last_version()
        print(f"from {version}: {', '.join(name for name, _ in files)}")
        old = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        (old / "registry/migrations").mkdir(parents=True)
        for name, text in files:
            (old / "registry/migrations" / name).write_text(text)
        for database in ("upgraded", "fresh"):
            self.create(database)
        self.by_hand("upgraded", old)
        psql(FLEET, self.login("upgraded", "postgres"))
        self.latchkey("upgraded", "db", "migrate")
        self.latchkey("fresh", "db", "migrate")
        self.assertEqual(self.schema("upgraded"), self.schema("fresh"))
        self.assertEqual(psql(KEPT, self.login("upgraded", "postgres")).split(), ["1", "registered", "1"])

    def test_by_psql_alone(self) -> None:
        for database in ("by_psql", "by_latchkey"):
            self.create(database)
        self.by_hand("by_psql", ROOT)
        self.latchkey("by_latchkey", "db", "migrate")
        self.assertEqual(self.schema("by_psql"), self.schema("by_latchkey"))
        # The same list, so that neither way is surprised by the other.
        self.assertEqual(self.latchkey("by_psql", "db", "status"), self.latchkey("by_latchkey", "db", "status"))
        self.assertEqual(self.latchkey("by_psql", "db", "migrate"), self.latchkey("by_latchkey", "db", "migrate"))


if __name__ == "__main__":
    unittest.main()
