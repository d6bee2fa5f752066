"""Logical replication of a registry: its history reaches another server by the commands of docs/operations.md, and a publication of
all tables hinders nothing."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from proof_case import ProofTest

from account import give
from foreign_device import Device, SymmetricKey
from ports import free_port
from postgres import Cluster
from stack import within

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
# Months after the last partition that there is.
LATER, MUCH_LATER, LAST = "2031-03", "2031-07", "2031-09"
WITHOUT_KEY = """
SELECT string_agg(c.relname, ' ') FROM pg_class c WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p')
  AND c.relpersistence = 'p' AND NOT (c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
  AND (i.indisprimary AND c.relreplident = 'd' OR i.indisreplident)))
"""
# What the service does hourly with a large registry, twice.
SUMMARIZED = """
SET search_path = registry;
UPDATE setting SET count_live_below = 0; SELECT summarize();
UPDATE fleet_summary SET counted_at = now() - interval '1 hour'; SELECT summarize();
UPDATE setting SET count_live_below = DEFAULT; SELECT summarize();
"""
# Every act that is done to one device, in an order in which it is possible.
ACTS = """
SELECT registry.set_fleet_config('{"a": 1}', 'x'); SELECT registry.set_device_config('all-1', '{"b": 1}', 'x');
SELECT registry.set_group_rights('all', '{"publish": ["plant/${device_id}/#"]}', 'x');
SELECT registry.set_labels('all-1', '{"site": "x"}', 'x'); SELECT registry.set_labels('all-1', '{"site": null}', 'x');
SELECT registry.enroll_group('all-tokens', 'token', NULL); SELECT registry.create_token('all-tokens', 2, '1 day');
SELECT registry.end_token(token_id, 'x') FROM registry.tokens;
SELECT registry.suspend('all-1', 'x'); SELECT registry.resume('all-1', 'x'); SELECT registry.revoke('all-1', 'x');
SELECT registry.reset('all-1', 'x'); SELECT registry.decommission('all-1', 'x'); SELECT registry.forget('all-1', 'x');
"""


class Publication(ProofTest):
    subscriber: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        with (cls.stack.cluster.data / "postgresql.conf").open("a") as file:
            file.write("wal_level = logical\n")
        cls.stack.postgres.restart()
        cls.stack.service.restart()

    def two_blocks(self) -> list[str]:
        section = PAGE.read_text().split("## History in another database\n")[1].split("\n## ")[0]
        found = re.findall(r"(?ms)^psql \w+ <<'END'\n(.*?)^END$", section)
        self.assertEqual(len(found), 2)
        return found

    def start_subscriber(self) -> None:
        folder = self.stack.folder / "subscriber"
        folder.mkdir(mode=0o700)
        give(folder)
        self.subscriber = Cluster(folder, free_port(), "superuser", ends_with_parent=True)
        with self.subscriber.create() as making:
            self.subscriber.created(making)
        self.addCleanup(self.subscriber.daemon.stop)
        self.subscriber.daemon.start()
        self.subscriber.sql("CREATE DATABASE history", "postgres")

    def subscribe(self) -> None:
        here, there = self.two_blocks()
        self.stack.cluster.sql(here)
        address = "host=db1.example"
        self.assertIn(address, there)
        self.there(there.replace(address, f"host=127.0.0.1 port={self.stack.cluster.port}"))
        self.addCleanup(self.there, "DROP SUBSCRIPTION history")

    def there(self, script: str) -> str:
        return self.subscriber.sql(script, "history").strip()

    def await_there(self, what: str, query: str, value: str) -> None:
        within(20, what, lambda: self.there(query) == value)

    def ready_device(self, device: Device) -> None:
        self.assert_accepted(device.provision())
        device.become_ready()

    def event_of(self, month: str, device_id: str) -> None:
        self.stack.cluster.sql("INSERT INTO registry.event (at, device_id, action, reason) "
                               f"VALUES ('{month}-05Z', '{device_id}', 'state', 'x')")

    def make_partition(self, month: str) -> None:
        self.stack.cluster.sql(f"SET ROLE latchkey_owner; SET search_path = registry; SELECT ensure_partition('event', '{month}-01')")

    def test_history_reaches_another_server_as_it_happens(self) -> None:
        self.ready_device(self.enrolled("before"))
        self.start_subscriber()
        self.subscribe()
        states = "SELECT string_agg(new_state, ',' ORDER BY event_id) FROM registry.event WHERE action = 'state' AND device_id = "
        self.await_there("what had happened", states + "'before'", "registered,connected,ready")
        self.ready_device(self.enrolled("after"))
        self.stack.sql("SET latchkey.actor = 'alice'; SELECT registry.suspend('after', 'repair')")
        self.await_there("what happens", states + "'after'", "registered,connected,ready,suspended")
        self.await_there("who did it", "SELECT actor, person, reason FROM registry.event WHERE person IS NOT NULL",
                         "operator\talice\trepair")
        self.await_there("requests", "SELECT decision, generation FROM registry.attempt WHERE device_id = 'after'", "accepted\t1")
        # A partition that is made later, and one that takes rows that had none.
        self.make_partition(LATER)
        self.event_of(LATER, "later")
        self.event_of(MUCH_LATER, "much-later")
        self.make_partition(MUCH_LATER)
        self.assertEqual(self.stack.cluster.sql("SELECT count(*) FROM registry.event_default").strip(), "0")
        # A migration leaves all that as it is.
        self.stack.latchkey("db", "migrate")
        self.stack.sql("SELECT registry.resume('after', 'repaired')")
        self.await_there("what happens afterwards", states + "'after'", "registered,connected,ready,suspended,ready")
        count = "SELECT count(*), count(*) FILTER (WHERE device_id LIKE '%later') FROM registry.event"
        self.assertEqual(self.there(count), self.stack.cluster.sql(count).strip())

    def test_a_publication_of_all_tables_hinders_nothing(self) -> None:
        self.stack.cluster.sql("CREATE PUBLICATION everything FOR ALL TABLES")
        self.addCleanup(self.stack.cluster.sql, "DROP PUBLICATION everything")
        self.assertEqual(self.stack.cluster.sql(WITHOUT_KEY).strip(), "")
        key, file = self.write_key("all")
        self.enroll("group", "all", "--proof", "symmetric_key", "--key-file", str(file), "--max-devices", "5")
        self.ready_device(self.device("all-1", SymmetricKey.of_group("all", key, "all-1")))
        self.stack.sql(ACTS)
        table = self.folder / "import.csv"
        table.write_text(f"device_id,token\nall-2,{secrets.token_urlsafe(24)}\n")
        self.stack.latchkey("enroll", "import", str(table))
        self.stack.cluster.sql(SUMMARIZED)
        self.event_of(LAST, "all-3")
        self.make_partition(LAST)
        self.stack.sql("SELECT registry.maintain(); SELECT registry.restored('x')")
        self.assertEqual(self.stack.cluster.sql(WITHOUT_KEY).strip(), "")
        self.assertNotIn("replica identity", self.stack.postgres.log.read_text() + self.stack.service.log.read_text())
