"""Between a client and its broker: proxies in the environment, IPv6, names with several addresses."""

from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

from stack_case import StackTest, clean_environment

from mosquitto import Broker
from ports import free_port
from stack import Stack

HAS_IPV6 = Path("/proc/net/if_inet6").exists() and " lo\n" in Path("/proc/net/if_inet6").read_text()


class OnBothFamilies(Broker):
    """Both listeners are on IPv4 and IPv6; one more for the accounts is on IPv6 alone."""

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        self.ipv6_port = free_port()
        text = self.configuration.read_text().replace(" 127.0.0.1\n", "\n")
        bootstrap = text[text.index(f"listener {self.bootstrap_port}"):text.index(f"listener {self.device_port}")]
        self._write(self.configuration, text + bootstrap.replace(str(self.bootstrap_port), f"{self.ipv6_port} ::1"))


class Network(StackTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        if HAS_IPV6:
            stack.make_broker = OnBothFamilies  # type: ignore[method-assign, assignment]

    def provision(self, *wrapper: str, **environment: str) -> str:
        """The device becomes ready; where it then connected."""
        _, key = self.write_key(self.name)
        self.enroll("device", self.name, "--key-file", str(key))
        result = subprocess.run([*wrapper, str(self.stack.device_binary), "provision", self.name, "--dir", str(self.folder / self.name),
                                 "--key-file", str(key), "--timeout", "30"], capture_output=True, text=True, timeout=60,
                                env=clean_environment(self.stack.environment | environment))
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def doctor(self, **environment: str) -> str:
        result = subprocess.run([str(self.stack.binary), "doctor"], capture_output=True, text=True, timeout=60,
                                env=clean_environment(self.stack.environment | environment))
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def restart_service(self, **environment: str) -> None:
        self.addCleanup(self.stack.service.start)
        self.addCleanup(self.stack.service.stop)
        self.stack.service.stop()
        self.stack.service.start(**environment)

    def test_a_proxy_in_the_environment_is_not_used(self) -> None:
        nowhere = f"http://127.0.0.1:{free_port()}"
        proxies = {name: nowhere for word in ("http_proxy", "https_proxy", "all_proxy") for name in (word, word.upper())}
        self.restart_service(**proxies)
        self.doctor(**proxies)
        self.provision(**proxies)

    @unittest.skipUnless(HAS_IPV6, "this machine has no IPv6")
    def test_an_address_of_ipv6_for_service_doctor_and_device(self) -> None:
        url = f"mqtts://[::1]:{self.stack.broker.bootstrap_port}"
        self.restart_service(LATCHKEY_MQTT_URL=url, LATCHKEY_CONNECTION_HOST="::1")
        self.assertIn("trusted and is for ::1", self.doctor(LATCHKEY_MQTT_URL=url))
        self.assertIn("host=::1", self.provision(LATCHKEY_BOOTSTRAP_URL=url))

    def test_an_address_of_ipv4_in_the_answer(self) -> None:
        self.restart_service(LATCHKEY_CONNECTION_HOST="127.0.0.1")
        self.assertIn("host=127.0.0.1", self.provision())

    @unittest.skipUnless(HAS_IPV6 and os.geteuid() == 0, "it takes IPv6, and root for a hosts file of its own")
    def test_a_name_with_two_addresses_of_which_one_answers(self) -> None:
        hosts = self.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost\n::1 localhost\n")
        wrapper = ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$0" "$@"']
        self.provision(*wrapper, LATCHKEY_BOOTSTRAP_URL=f"mqtts://localhost:{self.stack.broker.ipv6_port}")  # type: ignore[attr-defined]
