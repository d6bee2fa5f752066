"""A private RabbitMQ that asks the service over HTTP: the configuration of docs/deploy.md."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from account import as_account, give
from daemon import Daemon, StackError, clean_environment
from ports import free_port
from stack import within

START_LIMIT_S = 120.0
PAGE = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"


def program(name: str) -> str:
    """The package's own programs: those on the PATH refuse accounts other than theirs."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob(f"rabbitmq_server-*/sbin/{name}"))
    if not found:
        raise StackError(f"{name} is not installed: run ./dev test brands")
    return str(found[-1])


def example(first: str) -> str:
    """The indented example of the page that begins with this line."""
    lines = PAGE.read_text().splitlines()
    begin = next((n for n, line in enumerate(lines) if line.startswith(f"    {first}")), -1)
    if begin < 0:
        raise StackError(f"{PAGE} has no example that begins with {first}")
    end = next(n for n in range(begin, len(lines)) if lines[n] and not lines[n].startswith("    "))
    return "\n".join(line[4:] for line in lines[begin:end]) + "\n"


def hashed(password: str) -> str:
    """As rabbit_password_hashing_sha256 stores it."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


class RabbitDaemon(Daemon):
    """It tells nobody that it is ready, but accepts no connection before."""

    port = 0

    def await_ready(self, limit_s: float = START_LIMIT_S) -> None:
        within(limit_s, "RabbitMQ accepts connections", self._accepts)

    def _accepts(self) -> bool:
        if self._child and self._child.poll() is not None:
            raise StackError(f"RabbitMQ ended; the end of {self.log}:\n{self.last_lines()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@dataclass
class RabbitBroker:
    """In the place of mosquitto.Broker: accounts and devices use one listener."""

    folder: Path
    bootstrap_port: int
    device_port: int
    ends_with_parent: bool
    retain: bool = False
    mode = "http"
    question_port: int = field(default_factory=free_port)
    epmd_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.device_port = self.bootstrap_port
        self.home = self.folder / "rabbitmq"
        self.daemon = RabbitDaemon("mosquitto", [program("rabbitmq-server")], self.folder,
                                   ends_with_parent=self.ends_with_parent, environment=self._environment())
        self.daemon.port = self.bootstrap_port

    def _environment(self) -> dict[str, str]:
        home = str(self.home)
        return {"RABBITMQ_NODENAME": f"latchkey-{self.epmd_port}@localhost", "ERL_EPMD_PORT": str(self.epmd_port),
                "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_DIST_PORT": str(free_port()),
                "RABBITMQ_MNESIA_BASE": f"{home}/data", "RABBITMQ_LOG_BASE": f"{home}/log", "RABBITMQ_LOGS": "-",
                "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf", "RABBITMQ_CONF_ENV_FILE": f"{home}/none",
                "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins", "RABBITMQ_PID_FILE": f"{home}/pid",
                "PATH": os.environ["PATH"]}

    def password_file(self, account: str) -> Path:
        return self.folder / f"{account}.password"

    @property
    def token(self) -> Path:
        return self.folder / "question.token"

    def configure(self, pki: Path) -> None:
        self.home.mkdir()
        give(self.home)
        passwords = {account: secrets.token_urlsafe(24) for account in ("service", "bootstrap", "platform", "admin")}
        for account, password in passwords.items():
            self._write(self.password_file(account), password + "\n")
        token = secrets.token_hex(16)
        self._write(self.token, token + "\n")
        text = example("mqtt.listeners.ssl.1 = 8883")
        for old, new in (("8883", f"127.0.0.1:{self.bootstrap_port}"), ("/etc/rabbitmq/definitions.json", f"{self.home}/definitions.json"),
                         ("/etc/rabbitmq/", f"{pki}/"), ("127.0.0.1:9465", f"127.0.0.1:{self.question_port}"), ("TOKEN", token)):
            text = text.replace(old, new)
        self._write(self.home / "rabbitmq.conf", text)
        self._write(self.home / "enabled_plugins", "[rabbitmq_mqtt,rabbitmq_auth_backend_http].\n")
        definitions: dict[str, Any] = json.loads(example('{"vhosts"'))
        for user in definitions["users"]:
            user["password_hash"] = hashed(passwords[user["name"].removeprefix("@")])
        self._write(self.home / "definitions.json", json.dumps(definitions))

    def stop_names(self) -> None:
        """Erlang's port mapper stays behind, whoever started it."""
        subprocess.run(as_account(["epmd", "-port", str(self.epmd_port), "-kill"]), capture_output=True, timeout=30,
                       env=clean_environment({"ERL_EPMD_PORT": str(self.epmd_port)}))

    def _write(self, path: Path, text: str) -> None:
        path.touch(0o600)
        path.write_text(text)
        give(path)
