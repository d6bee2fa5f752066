"""The fleet page as its HTML: what is on it, who sees it, and that what devices sent stays text."""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import signal
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

from stack_case import StackTest, within

from daemon import Daemon, clean_environment
from ports import free_port

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>"
Answer = tuple[int, dict[str, str], str]


class Parts(HTMLParser):
    """The tags and attributes of a document, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


class Page(StackTest):
    def get(self, path: str, port: int = 0, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.stack.http_port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def shown(self, path: str) -> Parts:
        status, _, html = self.get(path)
        self.assertEqual(status, 200, html)
        parts = Parts(html)
        self.assertFalse({*parts.tags} & {"img", "iframe", "object"}, "nothing of a device's is markup")
        self.assertEqual(parts.tags.count("script"), 1, "the page's own")
        self.assertFalse({name for name in parts.attributes if name.startswith("on")} | parts.attributes & {"style"})
        return parts

    def rejected(self, device_id: str) -> str:
        """The tracking id of a request that somebody else made in this name."""
        stranger = self.device(device_id, self.token_proof(secrets.token_urlsafe(24)))
        return self.assert_rejected(stranger.provision(), "unauthorized")["tracking_id"]

    # --- what is on it

    def test_a_device_on_its_way(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        device.become_ready()
        text = self.shown(f"/?device={self.name}").text
        for part in (self.name, "ready", "generation 1", "version 1, applied", "accepted", "registered"):
            self.assertIn(part, text)
        within(60, "it is counted", lambda: "No device waits." in self.shown("/").text and "100%" in self.shown("/").text)

    def test_the_log_says_where_it_is(self) -> None:
        self.assertIn(f'"url":"http://127.0.0.1:{self.stack.http_port}/"', self.stack.service.log.read_text())

    def test_the_replica_and_its_version(self) -> None:
        version = subprocess.run([str(self.stack.binary), "--version"], capture_output=True, text=True).stdout.split()[1]
        within(60, "it has noted that it listens", lambda: f"replica of version {version} at the broker." in self.shown("/").text)

    def test_a_stuck_device_with_what_to_do(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        self.stack.cluster.sql(f"UPDATE registry.device SET failed_at = now(), failure = 'no room' WHERE device_id = '{self.name}'")
        for path in ("/", f"/?device={self.name}"):
            text = self.shown(path).text
            self.assertIn("the device failed: no room", text)
            self.assertIn(f"latchkey configuration show --device {self.name}", text)

    def test_the_list_of_devices(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        device.become_ready()
        self.enrolled(f"{self.name}-off")
        self.stack.sql(f"SELECT registry.set_labels('{self.name}', '{{\"site\": \"hall 3\"}}', 'test')")
        everything = self.shown(f"/?view=devices&id={self.name}").text
        self.assertEqual([part in everything for part in (f"{self.name}-off", "hall 3", "ready")], [True] * 3)
        for query in ("state=ready", "label=site%3Dhall%203"):
            text = self.shown(f"/?view=devices&{query}&id={self.name}").text
            self.assertEqual((self.name in text, f"{self.name}-off" in text), (True, False), query)
        self.assertIn("No device matches.", self.shown("/?view=devices&group=nobody%27s").text)
        shown = self.shown(f"/?device={self.name}").text
        serial = self.stack.cluster.sql(f"SELECT serial FROM registry.credentials WHERE device_id = '{self.name}'").strip()
        for part in (serial, "hall 3", "active"):
            self.assertIn(part, shown)

    def test_a_rejection_with_its_true_reason(self) -> None:
        self.enrolled()
        tracking_id = self.rejected(self.name)
        reason = self.assert_reason(tracking_id)
        for path in ("/", f"/?device={self.name}"):
            text = self.shown(path).text
            for part in (tracking_id, "unauthorized", reason):
                self.assertIn(part, text)

    def test_who_asks_without_being_enrolled_has_a_history_too(self) -> None:
        tracking_id = self.rejected(self.name)
        text = self.shown(f"/?device={self.name}").text
        self.assertIn("This id is not enrolled", text)
        self.assertIn(tracking_id, text)

    def test_a_pending_device_with_hostile_attributes(self) -> None:
        token, file = self.write_token("waiting")
        self.enroll("group", "waiting", "--proof", "token", "--token-file", str(file), "--admission", "approval")
        device = self.device(self.name, self.token_proof(token))
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message(attributes={"model": HOSTILE, "note": "\u202egnp.exe", "n": 7}))
            answer = device.listen(wire, time.monotonic() + 10, lambda _: True)
        self.assertEqual(answer and answer["status"], "pending")
        for path in ("/", f"/?device={self.name}"):
            text = self.shown(path).text
            self.assertIn(HOSTILE, text)
            self.assertIn("\ufffdgnp.exe", text)
        self.assertIn("registry.approve", self.shown("/").text)

    def test_an_id_that_is_none_comes_back_as_text(self) -> None:
        status, _, html = self.get("/?device=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertEqual(status, 404)
        self.assertEqual(Parts(html).tags.count("script"), 1)
        self.assertEqual(self.get("/?device=nobody")[0], 404)

    # --- who sees it

    def test_the_browser_may_load_and_run_nothing(self) -> None:
        headers = self.get("/")[1]
        self.assertTrue(headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-"))
        self.assertEqual((headers["Cache-Control"], headers["X-Content-Type-Options"], headers["X-Frame-Options"]), ("no-store", "nosniff", "DENY"))

    def test_another_name_for_this_machine_is_refused(self) -> None:
        """A web site that lets its name point to 127.0.0.1 would otherwise read the page through a browser here."""
        self.assertEqual(self.get("/", Host="evil.example:9464")[0], 403)
        self.assertEqual(self.get("/", Host=f"localhost:{self.stack.http_port}")[0], 200)
        self.assertEqual(self.get("/livez", Host="evil.example")[0], 200)

    def other(self, listen: str, **environment: str) -> int:
        """The port of another service with this address."""
        port = free_port()
        replica: Daemon = self.stack.replica(f"other-{port}")
        self.addCleanup(replica.stop)
        replica.start(LATCHKEY_HTTP_LISTEN=f"{listen}:{port}", **environment)
        return port

    def test_beyond_this_machine_only_with_the_token(self) -> None:
        closed = self.other("0.0.0.0")
        self.assertEqual(self.get("/", closed)[0], 403)
        self.assertEqual(self.get("/livez", closed)[0], 200)
        token = secrets.token_hex(16)
        port = self.other("0.0.0.0", LATCHKEY_HTTP_TOKEN_FILE=str(self.stack.home.keep_secret("page.token", token)))
        status, headers, _ = self.get("/", port)
        self.assertEqual((status, headers["WWW-Authenticate"].split()[0]), (401, "Basic"))
        for wrong in ("Bearer", f"Bearer {token[:-1]}", f"Bearer {token}0", "Basic " + base64.b64encode(b"me:wrong").decode()):
            self.assertEqual(self.get("/?device=x", port, Authorization=wrong)[0], 401)
        for right in (f"Bearer {token}", "Basic " + base64.b64encode(f"me:{token}".encode()).decode()):
            self.assertEqual(self.get("/", port, Authorization=right, Host="fleet.example")[0], 200)
        self.assertEqual(self.get("/livez", port)[0], 200)
        for log in self.stack.folder.glob("other-*.log"):
            self.assertNotIn(token, log.read_text())

    def test_a_short_token_is_refused_at_the_start(self) -> None:
        short = self.stack.home.keep_secret("short.token", "0123456789abcde")
        result = subprocess.run([str(self.stack.binary), "config", "check"], capture_output=True, text=True,
                                env=clean_environment({**self.stack.environment, "LATCHKEY_HTTP_TOKEN_FILE": str(short)}))
        self.assertEqual(result.returncode, 78)
        self.assertIn("16 characters", result.stderr)

    # --- a database that is away

    def test_a_database_that_hangs_costs_no_health_check(self) -> None:
        server = self.stack.postgres.pid
        hung = [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
        for pid in hung:
            os.kill(pid, signal.SIGSTOP)
        connections = [http.client.HTTPConnection("127.0.0.1", self.stack.http_port, timeout=30) for _ in range(8)]
        try:
            for connection in connections:
                connection.request("GET", "/")
            before = time.monotonic()
            self.assertEqual(self.get("/livez")[0], 200)
            self.assertLess(time.monotonic() - before, 2)
            self.assertEqual({connection.getresponse().status for connection in connections}, {503})
        finally:
            for connection in connections:
                connection.close()
            for pid in hung:
                os.kill(pid, signal.SIGCONT)
        within(20, "the page is back", lambda: self.get("/")[0] == 200)
