"""The second foreign device: Mosquitto's command-line clients and openssl, as a shell script would use them. The token is
the proof that needs no cryptography to send; the answers are signed all the same, and checked."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from stack_case import StackTest

from daemon import clean_environment
from foreign_device import CONFIG, RESPONSE
from jose import Json, open_es256, openssl


class ShellDevice:
    """Each method is a command or two. A request and its answer go over one mosquitto_rr, which subscribes, waits for
    SUBACK and then publishes: the client id is the device id, so mosquitto_pub would end the session of a mosquitto_sub."""

    def __init__(self, test: StackTest, device_id: str) -> None:
        self.id = device_id
        self.environment = test.stack.environment
        self.anchors = test.place().anchors
        self.key, self.leaf = test.folder / f"{device_id}.key", test.folder / f"{device_id}.crt"
        self.password = test.place().password

    def client(self, url: str) -> list[str]:
        return ["-h", "localhost", "-p", str(urlsplit(self.environment[url]).port), "--cafile", str(self.anchors),
                "-i", self.id, "-q", "1"]

    @property
    def bootstrap(self) -> list[str]:
        return [*self.client("LATCHKEY_BOOTSTRAP_URL"), "-u", "@bootstrap", "-P", self.password]

    @property
    def operational(self) -> list[str]:
        return [*self.client("LATCHKEY_DEVICE_URL"), "--cert", str(self.leaf), "--key", str(self.key)]

    def csr(self) -> str:
        file = Path(f"{self.key}.csr")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(self.key),
                "-subj", f"/CN={self.id}", "-outform", "DER", "-out", str(file))
        return base64.b64encode(file.read_bytes()).decode()

    def run(self, program: str, *arguments: str, message: Json) -> bytes:
        # By -m, which others on the machine can read: what mosquitto_rr 2.0.11 is given by -f or -s it does not send.
        return subprocess.run([program, *arguments, "-m", json.dumps(message)], capture_output=True, check=True, timeout=30,
                              env=clean_environment()).stdout

    def exchange(self, login: list[str], to: str, answer: str, message: Json) -> bytes:
        return self.run("mosquitto_rr", *login, "-W", "20", "-t", to, "-e", answer, message=message).strip()

    def ask(self, request: Json) -> bytes:
        topics = f"provisioning/v1/{self.id}"
        return self.exchange(self.bootstrap, f"{topics}/request", f"{topics}/response", request)

    def say(self, status: Json) -> Json:
        topics = f"devices/{self.id}"
        payload = self.exchange(self.operational, f"{topics}/status", f"{topics}/config", status)
        return open_es256(CONFIG, payload, self.anchors)

    def say_goodbye(self, session: str) -> None:
        self.run("mosquitto_pub", *self.operational, "-t", f"devices/{self.id}/status",
                 message={"status": "disconnected", "session": session})

    @contextmanager
    def eavesdropping(self) -> Iterator[list[str]]:
        """mosquitto_sub on everything; what it heard is there afterwards."""
        argv = ["stdbuf", "-oL", "mosquitto_sub", "-d", *self.bootstrap, "-t", "#", "-F", "heard %t"]
        heard: list[str] = []
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
            assert process.stdout
            while "Subscribed" not in process.stdout.readline():  # -d says so
                self.assert_runs(process)
            yield heard
            process.terminate()
            heard += [line for line in process.stdout if line.startswith("heard ")]

    def assert_runs(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is not None:
            raise AssertionError("mosquitto_sub did not subscribe")


class TokenFlow(StackTest):
    def request(self, device: ShellDevice, token: str) -> Json:
        return {"request_id": secrets.token_urlsafe(16), "device_id": device.id, "token": token,
                "credential": {"type": "x509", "csr": device.csr()}}

    def provisioned(self, device: ShellDevice, token: str) -> Json:
        answer = open_es256(RESPONSE, device.ask(self.request(device, token)), device.anchors)
        self.assert_accepted(answer)
        device.leaf.write_text("".join(ssl.DER_cert_to_PEM_cert(base64.b64decode(der))
                                       for der in answer["credential"]["chain"]))
        return answer

    def test_a_shell_script_provisions_itself_by_a_groups_token(self) -> None:
        token, file = self.write_token("shell")
        self.enroll("group", "shell", "--proof", "token", "--token-file", str(file), "--device-config", '{"a":1}')
        device, session = ShellDevice(self, self.name), secrets.token_urlsafe(9)
        self.provisioned(device, token)
        first = device.say({"status": "connected", "session": session, "generation": 1})
        self.assertEqual((first["state"], first["config"]), ("connected", {"a": 1}))
        last = device.say({"status": "ready", "session": session, "config_version": first["config_version"]})
        self.assertEqual((last["state"], self.row(self.name)["state"]), ("ready", "ready"))
        device.say_goodbye(session)
        self.await_row(self.name, online=False)

    def test_whoever_shares_the_bootstrap_login_hears_nothing_of_others(self) -> None:
        token, file = self.write_token(self.name)
        self.enroll("device", self.name, "--proof", "token", "--token-file", str(file))
        with ShellDevice(self, "eavesdropper").eavesdropping() as heard:
            self.provisioned(ShellDevice(self, self.name), token)
        self.assertEqual(heard, [])

    def test_a_token_of_its_own(self) -> None:
        token, file = self.write_token(self.name)
        self.enroll("device", self.name, "--proof", "token", "--token-file", str(file))
        self.provisioned(ShellDevice(self, self.name), token)
        self.assertEqual(self.row(self.name)["state"], "registered")

    def test_a_token_is_generated_once_and_works(self) -> None:
        file = self.folder / "generated.token"
        self.enroll("group", "generated", "--proof", "token", "--generate-token", str(file))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.provisioned(ShellDevice(self, self.name), file.read_text().strip())
        again = self.run_latchkey("enroll", "group", "again", "--proof", "token", "--generate-token", str(file))
        self.assertNotEqual(again.returncode, 0, "an existing file is not overwritten")

    def test_a_wrong_token_is_refused_without_a_signature(self) -> None:
        device = ShellDevice(self, self.name)
        answer = json.loads(device.ask(self.request(device, secrets.token_urlsafe(24))))
        self.assert_rejected(answer, "unauthorized")
        self.assert_not_registered(self.name)
        self.assert_reason(answer["tracking_id"])
