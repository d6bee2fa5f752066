"""`latchkey device`, `group`, `token` and `configuration`: what they show and do is what the registry has."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from proof_case import ProofTest

from daemon import clean_environment
from foreign_device import SymmetricKey
from stack import within


class FleetCommands(ProofTest):
    def run_with(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.stack.binary), *words], input=stdin, capture_output=True, text=True, timeout=60,
                              env=clean_environment(self.stack.environment))

    def ok(self, *words: str, stdin: str = "") -> str:
        result = self.run_with(*words, stdin=stdin)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def fails(self, code: int, why: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        result = self.run_with(*words, stdin=stdin)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(why, result.stderr)
        return result

    def fleet(self, group: str, count: int, *, ready: bool = False) -> list[str]:
        key, file = self.write_key(group)
        self.enroll("group", group, "--proof", "symmetric_key", "--key-file", str(file), "--max-devices", "50")
        ids = [f"{group}-{n}" for n in range(count)]
        for device_id in ids:
            device = self.device(device_id, SymmetricKey.of_group(group, key, device_id), attributes={"model": "T9"})
            self.assert_accepted(device.provision())
            if ready:
                device.become_ready()
        return ids

    def events(self, device_id: str) -> list[str]:
        shown = self.stack.cluster.sql("SELECT action || ':' || reason FROM registry.events WHERE reason IS NOT NULL AND "
                                       f"device_id = '{device_id}' ORDER BY at")
        return shown.strip().split("\n")

    def test_list_filters_and_formats(self) -> None:
        ids = self.fleet("listed", 3)
        self.ok("device", "label", ids[1], "--set", "site=hall, 3", "--set", "note=x", "--reason", "installed")
        self.ok("device", "suspend", ids[2], "--reason", "repair")
        rows = self.json("device", "list", "--group", "listed")
        self.assertEqual([row["device_id"] for row in rows], ids)
        self.assertEqual(rows[1]["labels"], {"site": "hall, 3", "note": "x"})
        self.assertEqual(rows[2]["state"], "suspended")
        ids_of = lambda *words: self.ok("device", "list", "--format", "ids", *words).split()  # noqa: E731
        self.assertEqual(ids_of("--group", "listed", "--limit", "2"), ids[:2])
        self.assertEqual(ids_of("--group", "listed", "--after", ids[0]), ids[1:])
        self.assertEqual(ids_of("--label", "site=hall, 3"), [ids[1]])
        self.assertEqual(ids_of("--label", "site=hall, 3", "--label", "note=y"), [])
        self.assertEqual(ids_of("--group", "listed", "--attribute", "model=T9"), ids)
        self.assertEqual(ids_of("--group", "listed", "--state", "suspended", "--state", "revoked"), [ids[2]])
        self.assertEqual(ids_of("--group", "listed", "--not-seen", "7d"), [])
        self.assertEqual(ids_of("--group", "listed", "--id-prefix", "listed-1"), [ids[1]])
        self.assertEqual(ids_of("--group", "listed", "--online", "yes"), [])
        table = list(csv.DictReader(io.StringIO(self.ok("device", "list", "--group", "listed", "--format", "csv"))))
        self.assertEqual([row["device_id"] for row in table], ids)
        self.assertEqual(json.loads(table[1]["labels"])["site"], "hall, 3")
        self.assertIn("device_id", self.ok("device", "list", "--group", "listed").splitlines()[0])

    def test_show_has_all_about_a_device(self) -> None:
        [device_id] = self.fleet("shown", 1, ready=True)
        self.ok("configuration", "set", '{"interval": 5}', "--device", device_id, "--reason", "try")
        shown = self.json("device", "show", device_id)
        self.assertEqual(shown["device"]["state"], "ready")
        self.assertEqual(shown["credentials"][0]["status"], "active")
        self.assertTrue(shown["credentials"][0]["ends_at"])
        self.assertEqual([row["level"] for row in shown["configuration"]], ["fleet", "group", "device"])
        self.assertEqual(shown["configuration"][2]["config"], {"interval": 5})
        self.assertEqual(shown["attempts"][0]["decision"], "accepted")
        self.assertIn("set_device_config", [row["action"] for row in shown["events"]])
        self.assertIn("ready", self.ok("device", "show", device_id))
        missing = self.fails(1, "there is no device nobody", "device", "show", "nobody", "--json")
        self.assertEqual(json.loads(missing.stdout)["exit_code"], 1)
        wrong = self.fails(64, "unknown flag --stat", "device", "list", "--stat", "ready", "--json")
        self.assertEqual(json.loads(wrong.stdout)["exit_code"], 64)

    def test_acts_on_many_can_be_repeated_and_name_what_failed(self) -> None:
        ids = self.fleet("many", 4)
        given = "\n".join([*ids, "", "# a comment", "nobody", "no id!", ids[0]])
        result = self.fails(1, "nobody: failed: it never registered", "device", "revoke", "--ids-from", "-",
                            "--reason", "stolen", stdin=given)
        self.assertEqual(sorted(result.stdout.split("\n")), ["", "no id!", "nobody"])
        self.assertIn("revoke: 4 done, 0 unchanged, 2 failed", result.stderr)
        again = self.ok("device", "revoke", *ids, "--reason", "stolen", "--json")
        self.assertEqual(json.loads(again), {"done": 0, "unchanged": 4, "failed": []})
        self.assertEqual(self.events(ids[0])[-1], "state:stolen")
        for verb, state in (("reset", "off"), ("decommission", "revoked"), ("forget", "revoked")):
            self.ok("device", verb, *ids, "--reason", verb)
            self.ok("device", verb, *ids, "--reason", "again")
            self.assertEqual({row["state"] for row in self.json("device", "list", "--group", "many")}, {state}, verb)

    def test_suspend_and_resume(self) -> None:
        [device_id] = self.fleet("held", 1)
        result = self.run_with("device", "suspend", device_id, "--reason", "repair")
        self.assertIn(f"{device_id}: registered -> suspended, credentials ended: 0", result.stderr)
        self.ok("device", "resume", device_id, "--reason", "repaired")
        unchanged = self.run_with("device", "resume", device_id, "--reason", "repaired")
        self.assertIn("0 done, 1 unchanged", unchanged.stderr)
        self.fails(64, "--reason is required", "device", "suspend", device_id)
        self.fails(64, "no device is named", "device", "suspend", "--reason", "x")

    def test_approval(self) -> None:
        key, file = self.write_key("doors")
        self.enroll("group", "doors", "--proof", "symmetric_key", "--key-file", str(file), "--admission", "approval")
        for n, verb in enumerate(("approve", "reject")):
            device_id = f"door-{n}"
            device = self.device(device_id, SymmetricKey.of_group("doors", key, device_id))
            with device.bootstrap() as wire:
                self.assertEqual(device.ask(wire, time.monotonic() + 10)["status"], "pending")
            self.stack.cluster.sql("UPDATE registry.device SET requested_at = requested_at - interval '2 hours' "
                                   f"WHERE device_id = '{device_id}'")
            [todo] = self.json("device", "show", device_id)["todo"]
            self.assertEqual((todo["problem"], todo["advice"]), (
                "waits for approval", f"latchkey device approve {device_id}, or latchkey device reject {device_id}."))
            self.assertIn("1 done", self.run_with("device", verb, device_id, "--reason", "known").stderr)
            self.assertIn("1 unchanged", self.run_with("device", verb, device_id, "--reason", "known").stderr)
        self.fails(1, "it does not wait for approval", "device", "approve", "door-1", "--reason", "x")

    def test_groups(self) -> None:
        self.fleet("grouped", 1)
        done = self.json("group", "set", "grouped", '{"lifetime_s": 3600}', "--reason", "short")
        self.assertEqual(done["new_policy"], {"lifetime_s": 3600})
        self.assertEqual(self.json("group", "disable", "grouped", "--reason", "leak")["new_status"], "disabled")
        shown = self.json("group", "show", "grouped")
        self.assertEqual((shown["group"]["status"], shown["group"]["lifetime_s"]), ("disabled", 3600))
        self.assertEqual(shown["devices"][0]["devices"], 1)
        self.ok("group", "enable", "grouped", "--reason", "mended")
        self.assertIn("grouped", [row["name"] for row in self.json("group", "list")])
        self.fails(1, "there is no group nothing", "group", "show", "nothing")
        wrong = self.fails(65, "a policy has no member colour", "group", "set", "grouped", '{"colour": 1}', "--reason", "x")
        self.assertIn("hint: Its members are", wrong.stderr)

    def test_tokens(self) -> None:
        self.stack.sql("SELECT * FROM registry.enroll_group('kits', 'token', NULL)")
        token = self.ok("token", "create", "kits", "--uses", "2", "--valid-for", "7 days").strip()
        self.assertRegex(token, "^[A-Za-z0-9_-]{43}$")
        [row] = self.json("token", "list", "--group", "kits")
        self.assertEqual((row["used"], row["uses"]), (0, 2))
        self.assertIn("token_id", self.ok("token", "end", row["token_id"], "--reason", "done"))
        self.assertEqual(self.json("token", "list", "--group", "kits"), [])

    def test_configurations(self) -> None:
        self.fleet("configured", 1)
        self.json("configuration", "set", '{"a": 1}', "--group", "configured", "--reason", "x")
        rows = self.json("configuration", "show", "--group", "configured")
        self.assertEqual([(row["of"], row["config"]) for row in rows], [("configured", {"a": 1})])
        self.fails(64, "", "configuration", "set", "{}", "--reason", "for whom?")
        self.fails(65, "a configuration is a JSON object", "configuration", "set", "7", "--group", "configured", "--reason", "x")

    def test_an_empty_value_is_refused_and_means_nothing_else(self) -> None:
        """In a script a variable that is not set is one; the fleet's configuration was set for it."""
        before = self.json("configuration", "show")
        for words in (("configuration", "set", '{"a": 1}', "--group", "", "--reason", "x"),
                      ("configuration", "set", '{"a": 1}', "--group=", "--reason", "x"),
                      ("configuration", "set", '{"a": 1}', "--device", "", "--reason", "x"),
                      ("configuration", "show", "--group", ""), ("device", "list", "--group", ""),
                      ("device", "list", "--group=", "--json"), ("device", "list", "--label", ""),
                      ("device", "suspend", "", "--reason", "x"), ("device", "suspend", "a", "--ids-from", "", "--reason", "x"),
                      ("device", "show", ""), ("group", "disable", "", "--reason", "x"), ("rights", "show", ""),
                      ("token", "list", "--group", ""), ("device", "watch", "--group", "")):
            with self.subTest(words):
                self.fails(64, "the value is empty", *words)
        self.assertEqual(self.json("configuration", "show"), before)

    def test_a_device_moves_to_another_group(self) -> None:
        for group in ("here", "there"):
            self.stack.sql(f"SELECT registry.enroll_group('{group}', 'token', NULL)")
        self.ok("configuration", "set", '{"a": "there"}', "--group", "there", "--reason", "x")
        device = self.enrolled("", "--group", "here")
        self.assert_accepted(device.provision())
        session = device.become_ready()
        result = self.run_with("device", "move", self.name, "--group", "there", "--reason", "pilot")
        self.assertIn(f"{self.name}: here -> there", result.stderr)
        self.assertIn("1 unchanged", self.run_with("device", "move", self.name, "--group", "there", "--reason", "x").stderr)
        within(10, "its configuration is that of the group", lambda: self.row(self.name)["config_version"] > 1)
        self.assertIn("group there", self.ok("explain", self.name))
        [member] = self.fleet("fixed", 1)
        self.fails(1, "proves itself by its group, fixed", "device", "move", member, "--group", "there", "--reason", "x")
        self.assertIsNotNone(session)

    def test_a_long_line_of_a_file_is_shown_as_cut(self) -> None:
        result = self.fails(1, "…: failed: it is no device id", "device", "suspend", "--ids-from", "-", "--reason", "x",
                            stdin="a" * 255 + "ä" + "b" * 100)
        self.assertEqual(result.stdout, "a" * 255 + "…\n")

    def test_no_control_character_reaches_the_terminal(self) -> None:
        [device_id] = self.fleet("quiet", 1)
        reason = "a\x1b[2J\u009b2Jb\x7f"
        self.ok("device", "label", device_id, "--set", f"note={reason}", "--reason", reason)
        shown = [self.ok("device", "list", "--group", "quiet", "--format", form) for form in ("table", "json", "csv")]
        shown += [self.ok("device", "show", device_id), self.ok("device", "show", device_id, "--json")]
        shown += [self.fails(1, "", "device", "suspend", reason, "--reason", "x").stdout]
        done = self.run_with("device", "label", device_id, "--set", f"more={reason}", "--reason", "x")
        for text in [*shown, done.stdout, done.stderr, self.run_with("device", "list", "--label", reason).stderr]:
            self.assertFalse(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), text)
        self.assertEqual(json.loads(shown[1])[0]["labels"], {"note": reason})

    def test_a_deadlock_concerns_only_the_device_that_meets_it(self) -> None:
        ids = self.fleet("crossed", 3)
        lock = "SELECT FROM registry.device WHERE device_id = '{}' FOR UPDATE;"
        awaited = ("DO $$ BEGIN FOR i IN 1..1000 LOOP IF EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = "
                   "ANY(pg_blocking_pids(pid))) THEN RETURN; END IF; PERFORM pg_sleep(0.02), pg_stat_clear_snapshot(); END LOOP; "
                   "RAISE 'nobody waits'; END $$;")
        # The other one's deadlock_timeout never ends, so the command is the one that is ended.
        script = f"SET deadlock_timeout = '10min'; BEGIN; {lock.format(ids[1])} {awaited} {lock.format(ids[0])} ROLLBACK"
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(self.stack.cluster.sql, script)
            within(10, "the other's lock", lambda: self.stack.cluster.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %nobody waits%' AND state = 'active'").strip() == "1")
            result = self.run_with("device", "suspend", *ids, "--reason", "x")
            other.result(30)
        self.assertIn("suspend: 3 done, 0 unchanged, 0 failed", result.stderr)
        self.assertEqual(result.returncode, 0)

    def test_rights(self) -> None:
        [device_id] = self.fleet("rightful", 1)
        self.json("rights", "set", '{"publish": ["plant/${device_id}/#"]}', "--group", "rightful", "--reason", "x")
        [row] = self.json("rights", "show", device_id)
        self.assertEqual((row["source"], row["publish"], row["subscribe"]), ("group", [f"plant/{device_id}/#"], []))
        self.assertEqual(self.json("device", "show", device_id)["rights"]["publish"], [f"plant/{device_id}/#"])
        self.assertIsNone(self.json("rights", "set", "null", "--group", "rightful", "--reason", "x")["new_rights"])
        self.fails(64, "", "rights", "set", "null", "--reason", "whose?")

    def test_watch_shows_events_as_they_come(self) -> None:
        [device_id] = self.fleet("watched", 1)
        watch = subprocess.Popen([str(self.stack.binary), "device", "watch", "--group", "watched", "--json"], text=True,
                                 stdout=subprocess.PIPE, env=clean_environment(self.stack.environment))
        assert watch.stdout
        for cleanup in (watch.stdout.close, watch.wait, watch.kill):
            self.addCleanup(cleanup)
        self.await_watching()
        self.ok("device", "suspend", device_id, "--reason", "look")
        event = json.loads(watch.stdout.readline())
        self.assertEqual((event["device_id"], event["new_state"], event["reason"]), (device_id, "suspended", "look"))
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(20), 0)

    def await_watching(self) -> None:
        """It reads events from the time on at which it connected."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'operator' AND state = 'idle' AND query = 'COMMIT'"
        within(20, "it watches", lambda: self.stack.cluster.sql(query).strip() == "1")

    def test_a_login_without_rights_and_a_wrong_database(self) -> None:
        url = f"postgresql://nobody@127.0.0.1:{self.stack.cluster.port}/latchkey"
        result = self.run_with("device", "list", "--db-url", url, "--json")
        self.assertEqual(result.returncode, 69, result.stderr)
        self.assertEqual(json.loads(result.stdout)["exit_code"], 69)
