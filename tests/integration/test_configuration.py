"""A configuration that is wrong: every complaint at once, and exit code 78."""

from __future__ import annotations

import subprocess

from stack_case import StackTest, clean_environment

BAD = """\
[database]
url = "postgresql://latchkey@127.0.0.1:1/latchkey"
[mqtt]
url = "http://localhost:1"
username = "service"
pasword_file = "/nonexistent/password"
version = "4"
[pki]
device_ca_file = "/nonexistent/device-ca.pem"
[connection]
port = 70000
[surprise]
"""


class Configuration(StackTest):
    def test_the_stacks_own_is_right(self) -> None:
        result = self.run_latchkey("config", "check")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_what_is_in_force_is_shown_without_a_secret(self) -> None:
        shown = self.run_latchkey("config", "show")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(f"mqtts://localhost:{self.stack.broker.bootstrap_port}", shown.stdout)
        for password in self.stack.passwords.values():
            self.assertNotIn(password, shown.stdout)

    def complaints(self, *command: str) -> str:
        file = self.folder / "bad.toml"
        file.write_text(BAD)
        result = self.run_latchkey(*command, "--config", str(file))
        self.assertEqual(result.returncode, 78, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def test_every_complaint_comes_at_once_with_file_and_line(self) -> None:
        for command in (["config", "check"], ["serve"]):
            with self.subTest(command):
                said = self.complaints(*command)
                for line, word in ((4, "url"), (5, "username"), (6, "password_file"), (7, "version"),
                                   (9, "device_ca_file"), (11, "port"), (12, "surprise")):
                    self.assertRegex(said, rf"bad\.toml:{line}\b.*{word}")
                for missing in ("signing_key_file", "master_key_file", "host"):
                    self.assertIn(missing, said)

    def test_what_can_be_read_is_checked_although_a_file_cannot(self) -> None:
        """A file is missing in two sections, and of the rest the signing certificate is the broker's."""
        environment = {"LATCHKEY_MQTT_PASSWORD_FILE": "/nonexistent/password", "LATCHKEY_PKI_DEVICE_CA_FILE": "/nonexistent/ca",
                       "LATCHKEY_PKI_SIGNING_CERTIFICATE_FILE": str(self.stack.pki / "broker.pem"),
                       "LATCHKEY_PKI_SIGNING_KEY_FILE": str(self.stack.pki / "server-ca-key.pem")}
        result = subprocess.run([str(self.stack.binary), "config", "check"], capture_output=True, text=True,
                                env=clean_environment(self.stack.environment | environment))
        self.assertEqual(result.returncode, 78, result.stderr)
        for words in ("/nonexistent/password", "/nonexistent/ca", "cannot sign answers", "is not the key of"):
            self.assertEqual(result.stderr.count(words), 1, result.stderr)

    def test_a_page_beyond_this_machine_without_a_token_is_said(self) -> None:
        for listen, said in (("0.0.0.0:9464", True), ("[::]:9464", True), ("127.0.0.1:9464", False), ("off", False)):
            with self.subTest(listen):
                result = subprocess.run([str(self.stack.binary), "config", "check"], capture_output=True, text=True,
                                        env=clean_environment(self.stack.environment | {"LATCHKEY_HTTP_LISTEN": listen}))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual("http.token_file is not set" in result.stderr, said, result.stderr)

    def test_a_file_that_is_not_there_or_no_toml(self) -> None:
        missing = self.run_latchkey("config", "check", "--config", "/nonexistent/x.toml")
        self.assertEqual((missing.returncode, missing.stderr.count("/nonexistent/x.toml")), (78, 1), missing.stderr)
        file = self.folder / "broken.toml"
        file.write_text("[database\n")
        result = self.run_latchkey("config", "check", "--config", str(file))
        self.assertEqual(result.returncode, 78)
        self.assertIn("broken.toml:1", result.stdout + result.stderr)
