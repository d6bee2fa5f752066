"""What the private brokers of other brands share: they run the configuration that the documentation shows."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from account import give
from daemon import Daemon, StackError
from ports import free_port
from stack import Settings, Stack, within

DOCS = Path(__file__).resolve().parents[2] / "docs"
START_LIMIT_S = 120.0
ACCOUNTS = ("service", "bootstrap", "platform", "admin")


def example(page: str, first: str) -> str:
    """The indented example of the page that begins with this line."""
    lines = (DOCS / page).read_text().splitlines()
    begin = next((n for n, line in enumerate(lines) if line.startswith(f"    {first}")), -1)
    if begin < 0:
        raise StackError(f"docs/{page} has no example that begins with {first}")
    end = next(n for n in range(begin, len(lines)) if lines[n] and not lines[n].startswith("    "))
    return "\n".join(line[4:] for line in lines[begin:end]).rstrip() + "\n"


class AcceptingDaemon(Daemon):
    """It tells nobody that it is ready, but accepts no connection before."""

    port = 0

    def await_ready(self, limit_s: float = START_LIMIT_S) -> None:
        within(limit_s, "the broker accepts connections", self.accepts)

    def accepts(self) -> bool:
        if self._child and self._child.poll() is not None:
            raise StackError(f"the broker ended; the end of {self.log}:\n{self.last_lines()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@dataclass
class BrandBroker:
    """In the place of mosquitto.Broker: accounts and devices use one listener."""

    folder: Path
    bootstrap_port: int
    device_port: int
    ends_with_parent: bool
    retain: bool = False
    mode = "http"
    daemon: Daemon = field(init=False)
    question_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.device_port = self.bootstrap_port
        self.home = self.folder / "broker"
        self.daemon = self.make_daemon()

    def make_daemon(self) -> Daemon:
        raise NotImplementedError

    def accepting(self, argv: list[str], environment: dict[str, str] | None = None) -> AcceptingDaemon:
        daemon = AcceptingDaemon("mosquitto", argv, self.folder, ends_with_parent=self.ends_with_parent,
                                 environment=environment or {})
        daemon.port = self.bootstrap_port
        return daemon

    def password_file(self, account: str) -> Path:
        return self.folder / f"{account}.password"

    @property
    def token(self) -> Path:
        return self.folder / "question.token"

    def configure(self, pki: Path) -> None:
        self.home.mkdir()
        give(self.home)
        for account in ACCOUNTS:
            self.write(self.password_file(account), secrets.token_urlsafe(24) + "\n")
        self.write(self.token, secrets.token_hex(16) + "\n")

    def password(self, account: str) -> str:
        return self.password_file(account).read_text().strip()

    def write(self, path: Path, text: str) -> None:
        path.touch(0o600)
        path.write_text(text)
        give(path)


class BrandStack(Stack):
    """With a broker that has no shared subscriptions, and asks the service if its mode says so."""

    broker: BrandBroker
    mqtt_version = "3.1.1"

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        settings["mqtt"] |= {"version": self.mqtt_version, "share_group": ""}
        settings["broker_access"] = {"mode": self.broker.mode}
        if self.broker.mode == "http":
            settings["broker_access"] |= {"listen": f"127.0.0.1:{self.broker.question_port}",
                                          "token_file": str(self.broker.token)}
        return settings
