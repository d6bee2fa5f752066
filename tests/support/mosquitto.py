"""A private Mosquitto out of deploy/mosquitto: the same configuration that the project ships."""

from __future__ import annotations

import secrets
import shutil
import string
import subprocess
from dataclasses import dataclass
from pathlib import Path

from account import give
from daemon import Daemon, StackError, clean_environment

TEMPLATES = Path(__file__).resolve().parents[2] / "deploy" / "mosquitto"


def find(program: str) -> str:
    """An installed program; sbin is not on everybody's PATH."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not path:
        raise StackError(f"{program} is not installed: run ./dev install")
    return path


def find_plugin() -> str:
    """Where the distribution's package has it; the folder is named after the architecture."""
    found = sorted(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    if not found:
        raise StackError("there is no mosquitto_dynamic_security.so below /usr/lib")
    return str(found[0])


@dataclass
class Broker:
    """The broker in `folder`: accounts log in on `bootstrap_port`, provisioned devices on `device_port`."""

    folder: Path
    bootstrap_port: int
    device_port: int
    ends_with_parent: bool
    retain: bool = False  # as brokers do that are not ours
    mode = "dynamic-security"  # the service's broker_access.mode
    accounts = ("service", "bootstrap", "admin", "platform")

    def __post_init__(self) -> None:
        self.configuration = self.folder / "mosquitto.conf"
        self.daemon = Daemon("mosquitto", [find("mosquitto"), "-c", str(self.configuration)], self.folder,
                             ends_with_parent=self.ends_with_parent)

    @property
    def state(self) -> Path:
        """Where the plugin keeps its file."""
        return self.folder / "mosquitto.state"

    def password_file(self, account: str) -> Path:
        """Where the plain password of `@account` is, for its user."""
        return self.folder / f"{account}.password"

    def configure(self, pki: Path) -> None:
        self._make_accounts()
        self.state.mkdir(exist_ok=True)
        give(self.state)
        names = {"BIND": "127.0.0.1", "BOOTSTRAP_PORT": str(self.bootstrap_port), "DEVICE_PORT": str(self.device_port),
                 "PKI": str(pki), "PASSWORDS": str(self.folder / "mosquitto.passwords"),
                 "ACL": str(self.folder / "mosquitto.acl"), "PLUGIN": find_plugin(), "STATE": str(self.state)}
        template = string.Template((TEMPLATES / "mosquitto.conf").read_text())
        text = template.substitute(names)
        if self.retain:
            text = text.replace("retain_available false", "retain_available true")
        self._write(self.configuration, text)
        self._write(self.folder / "mosquitto.acl", (TEMPLATES / "mosquitto.acl").read_text())

    def _make_accounts(self) -> None:
        lines = []
        for account in self.accounts:
            password = secrets.token_urlsafe(24)
            self._write(self.password_file(account), password + "\n")
            lines.append(f"@{account}:{password}\n")
        table = self.folder / "mosquitto.passwords"
        self._write(table, "".join(lines))
        # -U replaces the plain passwords by their hashes in place, and no command line ever shows one.
        result = subprocess.run([find("mosquitto_passwd"), "-U", str(table)], capture_output=True, text=True,
                                env=clean_environment())
        if result.returncode != 0:
            raise StackError(f"mosquitto_passwd failed:\n{result.stderr}")
        give(table)  # it writes the file anew, as its caller

    def _write(self, path: Path, text: str) -> None:
        path.touch(0o600)
        path.write_text(text)
        give(path)
