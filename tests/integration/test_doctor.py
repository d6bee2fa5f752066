"""`latchkey doctor` finds what is wrong with the database, the clock and the certificates."""

from __future__ import annotations

import json
import re
from pathlib import Path

from doctor_case import PAGE, DoctorTest

from ports import free_port


class Doctor(DoctorTest):
    def test_nothing_is_wrong(self) -> None:
        result = self.run_doctor()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual({line[:4] for line in result.stdout.splitlines()}, {"[+] "})
        self.assertEqual({finding["result"] for finding in json.loads(self.run_doctor("--json").stdout)}, {"ok"})

    def test_it_says_what_to_do(self) -> None:
        result = self.run_doctor(LATCHKEY_MQTT_URL=f"mqtts://localhost:{free_port()}")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"\[-\] broker: mqtts://localhost:\d+: Connection refused\n    broker_unreachable: start the broker")
        self.assertIn("[ ] login: the broker cannot be reached", result.stdout)

    def test_a_wrong_configuration_has_its_own_exit_code(self) -> None:
        result = self.run_doctor(LATCHKEY_MQTT_VERSION="4")
        self.assertEqual(result.returncode, 78)
        self.assertIn("LATCHKEY_MQTT_VERSION", result.stderr)

    # --- the database and the clock

    def test_the_database_is_down(self) -> None:
        self.addCleanup(self.stack.postgres.start)
        self.stack.postgres.stop()
        self.find("database_down")

    def test_a_wrong_login_at_the_database(self) -> None:
        wrong = self.wrong_password()
        self.find("database_login", LATCHKEY_DATABASE_PASSWORD_FILE=str(wrong))

    def test_a_database_that_is_not_there(self) -> None:
        self.find("database_missing", LATCHKEY_DATABASE_URL=f"postgresql://latchkey@127.0.0.1:{self.stack.cluster.port}/nowhere")

    def test_a_schema_that_is_missing_or_old(self) -> None:
        self.stack.cluster.sql("CREATE DATABASE fresh")
        fresh = f"postgresql://latchkey@127.0.0.1:{self.stack.cluster.port}/fresh"
        self.assertEqual(self.find("schema_old", LATCHKEY_DATABASE_URL=fresh), "the database has no schema yet")
        self.addCleanup(self.stack.cluster.sql, "UPDATE registry.schema_migrations SET version = right(version, 4)")
        self.stack.cluster.sql("UPDATE registry.schema_migrations SET version = '0000' || version")
        self.assertRegex(self.find("schema_old"), r"is at 0000\d{4}, this program needs \d{4}")

    def test_a_login_without_its_role(self) -> None:
        self.addCleanup(self.stack.cluster.sql, "GRANT latchkey_service TO latchkey")
        self.stack.cluster.sql("REVOKE latchkey_service FROM latchkey")
        self.find("database_rights")

    def test_a_database_that_is_read_only(self) -> None:
        self.addCleanup(self.stack.cluster.sql, "ALTER ROLE latchkey RESET default_transaction_read_only")
        self.stack.cluster.sql("ALTER ROLE latchkey SET default_transaction_read_only = on")
        self.find("database_read_only")

    def test_a_clock_that_is_off(self) -> None:
        for offset, words in (("+15m", r"(899|900|901) s ahead of"), ("-2m", r"(119|120|121) s behind")):
            with self.subTest(offset):
                clock = ["faketime", "--exclude-monotonic", "-f", offset]
                self.assertRegex(self.find("clock_off", clock), words)

    # --- certificates

    def test_a_signing_certificate_near_its_end(self) -> None:
        usage = "extendedKeyUsage=critical,1.3.6.1.5.5.7.3.37\nsubjectAltName=URI:urn:latchkey:answers:v1"
        signing = self.folder / "signing.pem"
        signing.write_bytes(self.issued(self.stack.pki / "signing-key.pem", 5, usage))
        changed = {"LATCHKEY_PKI_SIGNING_CERTIFICATE_FILE": str(signing)}
        self.assertRegex(self.find("signing_certificate_ends", **changed), "ends in [45] days")
        later = ["faketime", "--exclude-monotonic", "-f", "+6d"]
        self.assertIn("has expired", self.find("signing_certificate_ends", later, ("pki_refused", "clock_off"), **changed))

    def test_a_broker_certificate_near_its_end(self) -> None:
        broker = self.stack.pki / "broker.pem"
        kept = broker.read_bytes()
        self.addCleanup(self.stack.mosquitto.restart)
        self.addCleanup(broker.write_bytes, kept)
        broker.write_bytes(self.issued(self.stack.pki / "broker-key.pem", 2, "subjectAltName=DNS:localhost"))
        self.stack.mosquitto.restart()
        self.assertRegex(self.find("broker_certificate_ends"), r"ends in (1 day|2 days)$")

    def test_the_page_names_no_other_problem(self) -> None:
        """Every code in the program is on the page, and the other way round."""
        sources = Path(__file__).resolve().parents[2] / "service" / "doctor"
        text = "".join(file.read_text() for file in sources.glob("*.cpp"))
        codes = set(re.findall(r'(?:problem\(\s*(?:name|check|"\w+"),|ends_soon\(\s*(?:check|"\w+"),)\s*"(\w+)"', text))
        self.assertGreater(len(codes), 15)
        self.assertEqual(set(re.findall(r"^\| `(\w+)`", PAGE.read_text(), re.MULTILINE)), codes)
