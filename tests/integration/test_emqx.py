"""broker_access.mode = "database": what a broker that looks logins and rights up finds. The queries are those of EMQX's
documentation, word for word (Access Control, PostgreSQL authenticator and authorizer), run as its login would."""

from __future__ import annotations

import hashlib

from access_case import AccessTest

from foreign_device import Device
from postgres import psql

AUTHENTICATE = "SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username = ${username} LIMIT 1"
AUTHORIZE = "SELECT permission, action, topic, qos, retain FROM mqtt_acl WHERE username = ${username}"
OLDER_AUTHORIZE = "SELECT permission, action, topic FROM mqtt_acl WHERE username = ${username}"


class DatabaseMode(AccessTest):
    settings = {"broker_access": {"mode": "database"}}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.cluster.sql("CREATE ROLE emqx LOGIN PASSWORD 'x'; GRANT latchkey_broker TO emqx; ALTER ROLE emqx SET search_path = registry")

    def ask(self, query: str, username: str) -> list[list[str]]:
        """As EMQX does: a prepared statement, the placeholder its one parameter."""
        statement = query.replace("${username}", "$1")
        printed = psql(f"PREPARE q AS {statement};\nEXECUTE q('{username}');",
                       {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": "latchkey",
                        "PGUSER": "emqx", "PGPASSWORD": "x"})
        return [line.split("\t") for line in printed.splitlines()]

    def logs_in(self, username: str, password: str) -> bool:
        """password_hash_algorithm = {name = sha256, salt_position = suffix}."""
        rows = self.ask(AUTHENTICATE, username)
        if not rows:
            return False
        [[password_hash, salt, is_superuser]] = rows
        self.assertEqual(is_superuser, "f")
        return hashlib.sha256((password + salt).encode()).hexdigest() == password_hash

    def rights(self, username: str) -> set[tuple[str, ...]]:
        return {tuple(row) for row in self.ask(OLDER_AUTHORIZE, username)}

    def four(self, device_id: str) -> set[tuple[str, ...]]:
        return {("allow", "publish", f"provisioning/v1/{device_id}/request"), ("allow", "subscribe", f"provisioning/v1/{device_id}/response"),
                ("allow", "publish", f"devices/{device_id}/status"), ("allow", "subscribe", f"devices/{device_id}/config")}

    def with_password(self, **fields: object) -> Device:
        return self.provisioned(self.name, wants="password", **fields)

    def test_a_password_logs_in_with_its_four_topics(self) -> None:
        device = self.with_password()
        self.assertTrue(self.logs_in(f"{self.name}@1", device.opened["password"]))
        self.assertFalse(self.logs_in(f"{self.name}@1", device.opened["password"] + "x"))
        self.assertFalse(self.logs_in(self.name, device.opened["password"]))
        self.assertEqual(self.rights(f"{self.name}@1"), self.four(self.name))
        self.assertIn(["allow", "publish", f"devices/{self.name}/status", "", "0"], self.ask(AUTHORIZE, f"{self.name}@1"))

    def test_rights_are_found_beside_the_four_topics(self) -> None:
        self.act("enroll_group('entitled', 'token', sha256('nobody'), credential_types => '{x509,password}')")
        self.act("""set_group_rights('entitled', '{"publish": ["plant/${device_id}/#"], "shared": {"subscribe": ["news/+"]}}', 'why')""")
        more = {("allow", "publish", f"plant/{self.name}/#"), ("allow", "subscribe", "news/+")}
        device = self.enrolled(self.name, "--group", "entitled", wants="password")
        self.assert_accepted(device.provision())
        self.assertEqual(self.rights(f"{self.name}@1"), self.four(self.name) | more)
        self.act("set_group_rights('entitled', NULL, 'why')")
        self.assertEqual(self.rights(f"{self.name}@1"), self.four(self.name))

    def test_both_generations_are_good_while_one_takes_over(self) -> None:
        first = self.with_password()
        second = self.device(self.name, first.proof, wants="password")
        self.assert_accepted(second.provision(), generation=2)
        # The first was never used, so the second ended it; a used one stays until the second is.
        self.assertFalse(self.logs_in(f"{self.name}@1", first.opened["password"]))
        self.stack.cluster.sql(f"UPDATE registry.credential SET status = 'active', connected_at = now() WHERE device_id = '{self.name}' AND generation = 2")
        third = self.device(self.name, first.proof, wants="password")
        self.assert_accepted(third.provision(), generation=3)
        self.assertTrue(self.logs_in(f"{self.name}@2", second.opened["password"]))
        self.assertTrue(self.logs_in(f"{self.name}@3", third.opened["password"]))
        self.assertEqual(self.rights(f"{self.name}@2"), self.rights(f"{self.name}@3"))

    def test_a_suspended_password_is_gone_until_resumed(self) -> None:
        device = self.with_password()
        self.act(f"suspend('{self.name}', 'holidays')")
        self.assertFalse(self.logs_in(f"{self.name}@1", device.opened["password"]))
        self.assertEqual(self.rights(f"{self.name}@1"), set())
        self.act(f"resume('{self.name}', 'why')")
        self.assertTrue(self.logs_in(f"{self.name}@1", device.opened["password"]))

    def test_a_revoked_password_is_gone(self) -> None:
        device = self.with_password()
        self.act(f"revoke('{self.name}', 'stolen')")
        self.assertFalse(self.logs_in(f"{self.name}@1", device.opened["password"]))
        self.assertEqual(self.rights(f"{self.name}@1"), set())
        self.assertLess(self.change(self.name)["took_s"], 5)

    def test_an_expired_password_is_gone(self) -> None:
        device = self.with_password()
        self.stack.cluster.sql(f"UPDATE registry.credential SET use_by = now() - interval '1 s' WHERE device_id = '{self.name}'")
        self.assertFalse(self.logs_in(f"{self.name}@1", device.opened["password"]))
        self.assertEqual(self.rights(f"{self.name}@1"), set())

    def test_a_certificate_has_rights_by_its_name_until_it_is_revoked(self) -> None:
        self.provisioned(self.name)
        self.assertEqual(self.rights(self.name), self.four(self.name))
        self.act(f"suspend('{self.name}', 'holidays')")
        self.assertEqual(self.rights(self.name), set())
        self.act(f"resume('{self.name}', 'why')")
        self.assertEqual(self.rights(self.name), self.four(self.name))
        self.act(f"revoke('{self.name}', 'stolen')")
        self.assertEqual(self.rights(self.name), set())

    def test_names_that_are_no_login_find_nothing(self) -> None:
        self.with_password()
        for username in ("", "@1", f"{self.name}@", f"{self.name}@01", f"{self.name}@2", f"{self.name}@1@1", "%", "' OR true --".replace("'", "''")):
            with self.subTest(username):
                self.assertEqual(self.ask(AUTHENTICATE, username), [])
                self.assertEqual(self.rights(username), set())

    def test_the_broker_sees_nothing_else_and_a_reader_no_hash(self) -> None:
        self.assertEqual(self.stack.cluster.sql("SELECT has_table_privilege('latchkey_broker', 'registry.devices', 'SELECT'), "
                                                "has_table_privilege('latchkey_reader', 'registry.mqtt_user', 'SELECT'), "
                                                "has_table_privilege('latchkey_ops', 'registry.mqtt_user', 'SELECT')"), "f\tf\tf\n")
