"""The service cannot steer the broker: the log, /readyz, the metric of the alert and the doctor say so."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import time
from pathlib import Path

from stack_case import StackTest, clean_environment

from daemon import Daemon
from jose import Json
from ports import free_port
from stack import within

LIMIT_S = 5.0
PAGE = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"


class AccessFails(StackTest):
    def secret(self, name: str, text: str) -> str:
        return str(self.stack.home.keep_secret(name, text))

    def replica(self, **access: str) -> tuple[Daemon, int]:
        """Another service with its own port and, in `broker_access`, these settings instead."""
        replica, port = self.stack.replica(f"replica-{secrets.token_hex(2)}"), free_port()
        self.addCleanup(replica.stop)
        replica.start(LATCHKEY_HTTP_LISTEN=f"127.0.0.1:{port}", **access)
        return replica, port

    def is_up(self, port: int) -> bool:
        return "\nlatchkey_broker_access_up 1" in self.fetch("/metrics", port)[1]

    def assert_silent_no_more(self, replica: Daemon, port: int, reason: str) -> None:
        begin = time.monotonic()
        within(LIMIT_S, "the log says so", lambda: any(
            re.search("the broker's access list is not up to date.*" + reason, line) for line in replica.log.read_text().splitlines()))
        print(f"{self.name}: said {time.monotonic() - begin:.1f} s after the start")
        within(1, "/readyz says so", lambda: self.fetch("/readyz", port)[0] == 503)
        self.assertRegex(self.fetch("/readyz?verbose", port)[1], r"(?m)^\[-\] broker_access: .*" + reason)
        self.assertFalse(self.is_up(port))

    def assert_found(self, code: str, reason: str, **access: str) -> None:
        doctor = subprocess.run([str(self.stack.binary), "doctor", "--json"], capture_output=True, text=True, timeout=60,
                                env=clean_environment(self.stack.environment | access))
        self.assertEqual(doctor.returncode, 1, doctor.stderr)
        problems: list[Json] = [finding for finding in json.loads(doctor.stdout) if finding["result"] == "problem"]
        self.assertEqual([problem["code"] for problem in problems], [code], problems)
        self.assertIn(reason, problems[0]["what"])
        self.assertIn(f"`{code}`", PAGE.read_text())

    def test_it_works(self) -> None:
        within(LIMIT_S, "it is ready", lambda: self.fetch("/readyz")[0] == 200)
        self.assertIn("[+] broker_access: ok", self.fetch("/readyz?verbose")[1])
        self.assertTrue(self.is_up(self.stack.http_port))

    def test_a_wrong_password(self) -> None:
        access = {"LATCHKEY_BROKER_ACCESS_PASSWORD_FILE": self.secret("wrong.password", "wrong")}
        self.assert_silent_no_more(*self.replica(**access), "Not authorized")
        for version, reason in (("5", "Not authorized"), ("3.1.1", "not authorized")):
            self.assert_found("access_login", reason, LATCHKEY_MQTT_VERSION=version, **access)

    def test_an_account_that_may_not_subscribe(self) -> None:
        """It is in the plugin, which unlike the broker's file knows a right to subscribe."""
        access = {"LATCHKEY_BROKER_ACCESS_USERNAME": "@mute", "LATCHKEY_BROKER_ACCESS_PASSWORD_FILE": self.secret("mute.password", "mute")}
        with self.account("admin", f"@{self.name}") as admin:
            admin.publish("$CONTROL/dynamic-security/v1", json.dumps({"commands": [
                {"command": "createRole", "rolename": "@mute", "acls": [
                    {"acltype": "subscribePattern", "topic": "#", "allow": False}]},
                {"command": "createClient", "username": "@mute", "password": "mute", "roles": [{"rolename": "@mute"}]}]}).encode())
        self.assert_silent_no_more(*self.replica(**access), "subscription to .* refused")
        self.assert_found("access_rights", "subscription to ", **access)

    def test_an_account_without_rights_is_never_answered(self) -> None:
        access = {"LATCHKEY_BROKER_ACCESS_USERNAME": "@service",
                  "LATCHKEY_BROKER_ACCESS_PASSWORD_FILE": str(self.stack.broker.password_file("service"))}
        self.assert_silent_no_more(*self.replica(**access), "does not accept the commands")
        self.assert_found("access_rights", "does not accept the commands", **access)

    def set_rights(self, text: str) -> None:
        (self.stack.folder / "mosquitto.acl").write_text(text)
        assert self.stack.mosquitto.pid
        os.kill(self.stack.mosquitto.pid, signal.SIGHUP)

    def test_a_right_that_was_taken_away_and_given_back(self) -> None:
        before, right = (self.stack.folder / "mosquitto.acl").read_text(), "topic read $CONTROL/dynamic-security/v1/response\n"
        self.assertIn(right, before)
        self.addCleanup(self.set_rights, before)
        self.set_rights(before.replace(right, ""))
        # The next look is 5 s away, and a reply has 4 s.
        within(4 + LIMIT_S + 2, "it is not ready", lambda: "[-] broker_access: no reply" in self.fetch("/readyz?verbose")[1])
        self.assertFalse(self.is_up(self.stack.http_port))
        self.set_rights(before)
        within(2 * LIMIT_S, "it is ready", lambda: self.fetch("/readyz")[0] == 200)
        self.assertTrue(self.is_up(self.stack.http_port))
