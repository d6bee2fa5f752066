"""docs/operations.md: each query and command is run in the order in which it stands, and shows what the page shows.

LATCHKEY_WRITE_PAGE=1 writes what was shown into the page."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import time
from pathlib import Path

from proof_case import ProofTest

from daemon import StackError, clean_environment
from foreign_device import Device, SymmetricKey

PAGE = Path(__file__).resolve().parents[2] / "docs/operations.md"
BLOCK = re.compile(r"^```sql\n(.*?)^```\n(?:\n?```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
# What is another at every run.
VARIES = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00", "TIME"),
    (r"\d{4}-\d\d-\d\d", "DAY"),
    (r"\d+\.\d+", "NUMBER"),
    (r"-?\d\d:\d\d:\d\d(\.\d+)?", "SPAN"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"\b[0-9a-f]{16,}\b", "HEX"),
    (r"^ [A-Za-z0-9_-]{43}$", "TOKEN"),
    (r"-{2,}", "-"),
    (r"[ ]+", " "),
    (r" $", ""),
)


def shape(text: str) -> list[str]:
    for pattern, word in VARIES:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return [line.strip() for line in text.strip().splitlines()]


class OperationsPage(ProofTest):
    def shown(self, sql: str) -> str:
        """As somebody reads it who types it into psql."""
        connection = {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": "latchkey",
                      "PGUSER": "operator", "PGPASSWORD": self.stack.passwords["operator"]}
        result = subprocess.run(["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"], input=sql, capture_output=True,
                                text=True, env=clean_environment(connection))
        self.assertEqual(result.returncode, 0, f"{sql}\n{result.stderr}")
        return "\n".join(line.rstrip() for line in result.stdout.strip("\n").splitlines()) + "\n"

    def again(self, block: re.Match[str]) -> tuple[str, str, str]:
        """The block as it would be written now, what the page shows, and what is shown now."""
        if block.re is CONSOLE:
            commands = [line for line in block[1].splitlines() if line.startswith("$ ")]
            output = "".join(f"{command}\n{self.typed(command[2:])}" for command in commands)
            return f"```console\n{output}```\n", block[1], output
        output = self.shown(block[1])
        shows = f"\n```text\n{output}```\n" if output.strip() else ""
        return f"```sql\n{block[1]}```\n{shows}", block[2] or "", output

    def typed(self, command: str) -> str:
        """What a command of ours prints."""
        words = shlex.split(command)
        self.assertEqual(words[0], "latchkey", command)
        result = self.run_latchkey(*words[1:])
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout + result.stderr

    def of_group(self, group: str, key: bytes, device_id: str) -> Device:
        return self.device(device_id, SymmetricKey.of_group(group, key, device_id))

    def make_fleet(self) -> None:
        """Some devices in every situation that the page asks about."""
        meters, file = self.write_key("meters")
        self.enroll("group", "meters", "--proof", "symmetric_key", "--key-file", str(file), "--max-devices", "500")
        gates, file = self.write_key("gates")
        self.enroll("group", "gates", "--proof", "symmetric_key", "--key-file", str(file), "--admission", "approval")
        for device_id in ("meter-1", "meter-2", "meter-3", "meter-4", "meter-5"):
            device = self.of_group("meters", meters, device_id)
            self.assert_accepted(device.provision())
            if device_id != "meter-2":
                device.become_ready()
        cloned = self.of_group("meters", meters, "meter-6")
        for number, key in enumerate(("a", "b", "a"), 1):
            # Two that share one identity: each has a key of its own.
            cloned.folder = self.folder / key
            cloned.folder.mkdir(exist_ok=True)
            cloned.request_id = secrets.token_urlsafe(16)
            self.assert_accepted(cloned.provision(), number)
            cloned.become_ready()
        self.stack.sql("SELECT registry.suspend('meter-3', 'under repair, ticket 4711')")
        gate = self.of_group("gates", gates, "gate-1")
        with gate.bootstrap() as wire:
            self.assertEqual(gate.ask(wire, time.monotonic() + 10)["status"], "pending")
        self.assert_rejected(self.device("meter-7", SymmetricKey(secrets.token_bytes(32), "meters")).provision(), "unauthorized")
        self.assert_rejected(self.device("toaster", SymmetricKey(secrets.token_bytes(32))).provision(), "unauthorized")
        self.await_sent("meter-2")
        # Not requested_at: after midnight the device would be one of the day before.
        self.stack.cluster.sql("UPDATE registry.device SET (registered_at, credentials_sent_at) = "
                               "(registered_at - ago, credentials_sent_at - ago) "
                               "FROM (VALUES (interval '2 hours')) AS v(ago) WHERE device_id = 'meter-2'")
        self.stack.cluster.sql("UPDATE registry.credential SET not_after = now() + interval '9 days' WHERE device_id = 'meter-1'")
        for device_id in ("meter-1", "meter-5", "meter-6"):
            self.await_row(device_id, online=False)

    def test_every_query_shows_what_the_page_shows(self) -> None:
        self.make_fleet()
        text = PAGE.read_text()
        blocks = sorted([*BLOCK.finditer(text), *CONSOLE.finditer(text)], key=lambda block: block.start())
        self.assertGreater(len(blocks), 15)
        wrong, pages, end = [], [], 0
        for block in blocks:
            again, shown_before, shown_now = self.again(block)
            pages += [text[end:block.start()], again]
            end = block.end()
            if shape(shown_before) != shape(shown_now):
                wrong.append(f"{block[0]}\nthe page: {shape(shown_before)}\nnow:      {shape(shown_now)}")
        if os.environ.get("LATCHKEY_WRITE_PAGE"):
            PAGE.write_text("".join([*pages, text[end:]]))
        else:
            self.assertEqual(wrong, [], "\n\n".join(wrong))
        # "At most one for each of `database.workers`, and four more; a fifth while it counts a large fleet".
        held = self.stack.cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'latchkey'")
        self.assertIn(int(held), range(3, 2 + 5 + 1))

    def test_no_page_has_queries_that_nobody_runs(self) -> None:
        root = PAGE.parents[1]
        pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
        # Three are run by test_docs.py, test_certificates.py and test_device_configuration.py, that of deployment below.
        self.assertEqual({str(page.relative_to(root)) for page in pages if "```sql" in page.read_text()},
                         {"docs/operations.md", "docs/registry.md", "docs/certificates.md", "docs/deploy.md",
                          "docs/configuration-of-devices.md"})

    def test_the_page_of_deployment(self) -> None:
        """Its login for EMQX sees what EMQX asks for, and no other view."""
        self.stack.sql("SELECT registry.enroll_group('site', 'token', sha256('the devices behind an edge broker'))")
        for block in BLOCK.finditer((PAGE.parent / "deploy.md").read_text()):
            self.stack.cluster.sql(block[1])
        for allowed in ("mqtt_user", "mqtt_acl"):
            self.stack.cluster.sql(f"SET ROLE emqx; SELECT * FROM registry.{allowed}")
        with self.assertRaisesRegex(StackError, "permission denied"):
            self.stack.cluster.sql("SET ROLE emqx; SELECT * FROM registry.devices")
