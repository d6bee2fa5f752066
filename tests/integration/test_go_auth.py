"""broker_access.mode = "database": what mosquitto-go-auth finds. The queries are those of docs/deploy.md, with its placeholders."""

from __future__ import annotations

import base64
import hashlib

from access_case import AccessTest

from brand_broker import example
from postgres import psql

READ, WRITE, SUBSCRIBE = 1, 2, 4  # MOSQ_ACL_..., which the plugin passes on


def query(option: str) -> str:
    """Of the page's configuration."""
    lines = example("deploy.md", "auth_plugin /etc/mosquitto/go-auth.so").splitlines()
    return next(line.removeprefix(f"{option} ") for line in lines if line.startswith(f"{option} "))


def is_right(password: str, stored: str) -> bool:
    """As its hasher pbkdf2 compares: PBKDF2$ALGORITHM$ITERATIONS$SALT$HASH, salt and hash in Base64."""
    name, algorithm, iterations, salt, hashed = (part for part in stored.split("$") if part)
    assert name == "PBKDF2"
    expected = base64.b64decode(hashed, validate=True)
    return expected == hashlib.pbkdf2_hmac(algorithm, password.encode(), base64.b64decode(salt, validate=True), int(iterations), len(expected))


class GoAuth(AccessTest):
    settings = {"broker_access": {"mode": "database"}}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.cluster.sql("CREATE ROLE goauth LOGIN PASSWORD 'x'; GRANT latchkey_broker TO goauth")
        cls.stack.set_fleet_rights()

    def ask(self, option: str, *values: object) -> list[str]:
        """As its driver does: a prepared statement, whose parameters have the types that PostgreSQL finds."""
        given = ", ".join(str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'" for value in values)
        printed = psql(f"PREPARE q AS {query(option)};\nEXECUTE q({given});",
                       {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": "latchkey",
                        "PGUSER": "goauth", "PGPASSWORD": "x"})
        return printed.splitlines()

    def logs_in(self, username: str, password: str) -> bool:
        """Only with one row of one column, that is not NULL."""
        rows = self.ask("auth_opt_pg_userquery", username)
        return len(rows) == 1 and rows[0] != "" and is_right(password, rows[0])

    def topics(self, username: str, access: int) -> set[str]:
        return set(self.ask("auth_opt_pg_aclquery", username, access))

    def test_a_password_logs_in_as_itself_only(self) -> None:
        device = self.provisioned(self.name, wants="password")
        password = device.opened["password"]
        self.assertTrue(self.logs_in(f"{self.name}@1", password))
        self.assertFalse(self.logs_in(f"{self.name}@1", password + "x"))
        for username in (self.name, f"{self.name}@2", "", "' OR true --"):
            self.assertFalse(self.logs_in(username, password), username)

    def test_a_password_and_a_certificate_have_their_topics_and_rights(self) -> None:
        for wants in ("password", "x509"):
            name = f"{self.name[:40]}-{wants}"
            self.provisioned(name, wants=wants)
            username = f"{name}@1" if wants == "password" else name
            self.assertEqual(self.topics(username, WRITE), {f"provisioning/v1/{name}/request", f"devices/{name}/status",
                                                            f"plant/{name}/telemetry/#"})
            for access in (READ, SUBSCRIBE):
                self.assertEqual(self.topics(username, access), {f"provisioning/v1/{name}/response", f"devices/{name}/config",
                                                                 f"plant/{name}/commands/#"})

    def test_a_suspended_device_has_neither(self) -> None:
        device = self.provisioned(self.name, wants="password")
        self.act(f"suspend('{self.name}', 'why')")
        self.assertFalse(self.logs_in(f"{self.name}@1", device.opened["password"]))
        self.assertEqual(self.topics(f"{self.name}@1", WRITE) | self.topics(f"{self.name}@1", SUBSCRIBE), set())

    def test_a_password_of_before_finds_no_login(self) -> None:
        device = self.provisioned(self.name, wants="password")
        self.stack.cluster.sql(f"UPDATE registry.credential SET pbkdf2 = NULL WHERE device_id = '{self.name}'")
        self.assertFalse(self.logs_in(f"{self.name}@1", device.opened["password"]))
