"""A private RabbitMQ that asks the service over HTTP: the configuration of docs/deploy.md."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from account import as_account
from brand_broker import BrandBroker, BrandStack, example
from daemon import Daemon, StackError, clean_environment
from ports import free_port
from stack import Settings


def program(name: str) -> Path:
    """The package's own programs: those on the PATH refuse accounts other than theirs."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob(f"rabbitmq_server-*/sbin/{name}"))
    if not found:
        raise StackError(f"{name} is not installed: run ./dev test brands")
    return found[-1]


def hashed(password: str) -> str:
    """As rabbit_password_hashing_sha256 stores it."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


@dataclass
class RabbitBroker(BrandBroker):
    epmd_port: int = field(default_factory=free_port)

    def make_daemon(self) -> Daemon:
        return self.accepting([str(program("rabbitmq-server"))], self._environment())

    def release(self) -> str:
        return program("rabbitmq-server").parent.parent.name.removeprefix("rabbitmq_server-")

    def _environment(self) -> dict[str, str]:
        home = str(self.home)
        return {"RABBITMQ_NODENAME": f"latchkey-{self.epmd_port}@localhost", "ERL_EPMD_PORT": str(self.epmd_port),
                "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_DIST_PORT": str(free_port()),
                "RABBITMQ_MNESIA_BASE": f"{home}/data", "RABBITMQ_LOG_BASE": f"{home}/log", "RABBITMQ_LOGS": "-",
                "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf", "RABBITMQ_CONF_ENV_FILE": f"{home}/none",
                "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins", "RABBITMQ_PID_FILE": f"{home}/pid",
                "PATH": os.environ["PATH"]}

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        text = example("deploy.md", "mqtt.listeners.ssl.1 = 8883")
        for old, new in (("8883", f"127.0.0.1:{self.bootstrap_port}"), ("/etc/rabbitmq/definitions.json", f"{self.home}/definitions.json"),
                         ("/etc/rabbitmq/", f"{pki}/"), ("127.0.0.1:9465", f"127.0.0.1:{self.question_port}"),
                         ("TOKEN", self.token.read_text().strip())):
            text = text.replace(old, new)
        self.write(self.home / "rabbitmq.conf", text)
        self.write(self.home / "enabled_plugins", "[rabbitmq_mqtt,rabbitmq_auth_backend_http].\n")
        definitions: dict[str, Any] = json.loads(example("deploy.md", '{"vhosts"'))
        for user in definitions["users"]:
            user["password_hash"] = hashed(self.password(user["name"].removeprefix("@")))
        self.write(self.home / "definitions.json", json.dumps(definitions))

    def stop_names(self) -> None:
        """Erlang's port mapper stays behind, whoever started it."""
        subprocess.run(as_account(["epmd", "-port", str(self.epmd_port), "-kill"]), capture_output=True, timeout=30,
                       env=clean_environment({"ERL_EPMD_PORT": str(self.epmd_port)}))


class RabbitStack(BrandStack):
    broker: RabbitBroker

    def make_broker(self, *arguments: Any) -> RabbitBroker:
        return RabbitBroker(*arguments)

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        settings["broker_access"] |= {"bootstrap_username": "@bootstrap",
                                      "bootstrap_password_file": str(self.broker.password_file("bootstrap"))}
        return settings

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "broker"):
            self.broker.stop_names()
