"""What a device says when it cannot get in: each cause by its own words, and what to look at."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from stack_case import StackTest, clean_environment

from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CLOCKS = ("-400d", "+400d")


class DeviceTrouble(StackTest):
    def start(self, device_id: str, key: Path, *flags: str, wrapper: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen([*wrapper, str(self.stack.device_binary), "provision", device_id, "--dir", str(self.folder / device_id),
                                 "--key-file", str(key), *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=clean_environment(self.stack.environment))

    def test_each_cause_has_words_and_a_flag_of_its_own(self) -> None:
        _, key = self.write_key(self.name)
        wrong = self.folder / "wrong.password"
        wrong.write_text("wrong\n")
        broker, closed = self.stack.broker.bootstrap_port, free_port()
        causes = {
            "closed": (["--bootstrap-url", f"mqtts://localhost:{closed}"],
                       f"mqtts://localhost:{closed} cannot be reached, Connection refused: check --bootstrap-url"),
            "unknown": (["--bootstrap-url", "mqtts://no-such-host.invalid"], "the name is not found"),
            "no-tls": (["--bootstrap-url", f"mqtts://localhost:{self.stack.cluster.port}"],
                       "the broker does not answer with TLS: "),
            "ca": (["--server-ca-file", str(self.stack.pki / "device-ca.pem")], "device-ca.pem (unable to get local issuer certificate): check --server-ca-file"),
            "name": (["--bootstrap-url", f"mqtts://127.1:{broker}"],
                     "is for localhost, 127.0.0.1, ::1, not for 127.1: check --bootstrap-url"),
            "password": (["--bootstrap-password-file", str(wrong)],
                         "(135): check --bootstrap-user and --bootstrap-password-file"),
        }
        started = {name: self.start(f"{self.name}-{name}", key, *flags, "--timeout", "8") for name, (flags, _) in causes.items()}
        for name, process in started.items():
            with self.subTest(name):
                _, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 69, errors)
                self.assertIn(causes[name][1], errors)
                self.assertIn("; it tries again within 8 s", errors)

    def test_a_clock_400_days_off_keeps_no_device_out(self) -> None:
        """The broker's certificate is not valid yet, or has expired, by the clock of such a device."""
        started = {}
        for number, offset in enumerate(CLOCKS):
            device_id = f"{self.name}-{number}"
            _, key = self.write_key(device_id)
            self.enroll("device", device_id, "--key-file", str(key))
            wrapper = ("faketime", "--exclude-monotonic", "-f", offset)
            started[device_id] = self.start(device_id, key, "--timeout", "40", wrapper=wrapper)
        for device_id, process in started.items():
            with self.subTest(device_id):
                output, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 0, output + errors)
                self.assertEqual(self.row(device_id)["state"], "ready")

    def test_without_dates_chain_and_name_are_still_checked(self) -> None:
        _, key = self.write_key(self.name)
        for number, flags in enumerate((["--server-ca-file", str(self.stack.pki / "device-ca.pem")],
                                        ["--bootstrap-url", f"mqtts://127.1:{self.stack.broker.bootstrap_port}"])):
            process = self.start(f"{self.name}-{number}", key, *flags, "--timeout", "2",
                                 wrapper=("faketime", "--exclude-monotonic", "-f", "+400d"))
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 69, errors)

    def test_a_fleet_counts_refusals_by_their_code(self) -> None:
        _, key = self.write_key(self.name)
        process = subprocess.Popen([str(self.stack.device_binary), "simulate", f"{self.name}-", "--devices", "3", "--group", "nobodys",
                                    "--key-file", str(key), "--dir", str(self.folder / "fleet"), "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(self.stack.environment))
        assert process.stdout
        for line in process.stdout:
            if json.loads(line)["refused"] == {"unauthorized": 3}:
                break
        process.terminate()
        _, errors = process.communicate(timeout=20)
        said = [line for line in errors.splitlines() if "refused: unauthorized" in line]
        self.assertEqual(len(said), 1, errors)
        self.assertRegex(said[0], r"; it tries again in \d+ s$")


if shutil.which("faketime") is None:
    raise SystemExit("there is no faketime here: ./dev installs it")
