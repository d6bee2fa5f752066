"""A private Mosquitto with the gate in it, out of deploy/mosquitto."""

from __future__ import annotations

import os
import shlex
import string
import subprocess
from pathlib import Path

from account import give
from daemon import StackError
from mosquitto import TEMPLATES, Broker

BINARY = Path(os.environ.get("LATCHKEY_BIN", Path(__file__).resolve().parents[2] / "build" / "dev" / "latchkey"))
# Another Mosquitto, such as `LD.SO --library-path DIR MOSQUITTO`.
OTHER = shlex.split(os.environ.get("LATCHKEY_MOSQUITTO", ""))
# What the whole build is compiled with (presets asan and tsan), as -fsanitize takes it.
SANITIZE = os.environ.get("LATCHKEY_SANITIZE", "")
RUNTIMES = {"address,undefined": ("libasan.so", "libubsan.so"), "thread": ("libtsan.so",)}


class GateBroker(Broker):
    """`sanitized`: with the plugin that is compiled with sanitizers; what they find ends the broker."""

    mode = "gate"
    plugins = BINARY.parent
    sanitized = False
    extra = "log_type information"  # lines of its configuration, before the first listener

    def __post_init__(self) -> None:
        super().__post_init__()
        if OTHER:
            self.daemon.argv = [*OTHER, "-c", str(self.configuration)]
        sanitizers = SANITIZE or ("address,undefined" if self.sanitized else "")
        if sanitizers and not OTHER:
            self.daemon.environment |= {
                "LD_PRELOAD": " ".join(map(_library, RUNTIMES[sanitizers])),
                # Mosquitto's own leaks are not the gate's; UBSan's and ASan's findings end the process.
                "ASAN_OPTIONS": _options("ASAN_OPTIONS", "detect_leaks=0:halt_on_error=1"),
                "UBSAN_OPTIONS": _options("UBSAN_OPTIONS", "halt_on_error=1")}

    @property
    def gate_state(self) -> Path:
        return self.state / "gate"

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        is_other = self.sanitized and not SANITIZE and not OTHER
        own = self.plugins / ("latchkey_gate_asan.so" if is_other else "latchkey_gate.so")
        if not own.exists():
            raise StackError(f"{own} does not exist: run ./dev build, which installs mosquitto-dev")
        names = {"BIND": "127.0.0.1", "BOOTSTRAP_PORT": str(self.bootstrap_port), "DEVICE_PORT": str(self.device_port),
                 "PKI": str(pki), "PASSWORDS": str(self.folder / "mosquitto.passwords"), "ACL": str(self.folder / "mosquitto.acl"),
                 "PLUGIN": str(self._reachable(own)), "STATE": str(self.gate_state)}
        text = string.Template((TEMPLATES / "gate.conf").read_text()).substitute(names)
        self._write(self.configuration, text.replace("\nlistener", f"\n{self.extra}\nlistener", 1))
        self._write(self.folder / "mosquitto.acl", (TEMPLATES / "gate.acl").read_text())

    def _reachable(self, own: Path) -> Path:
        """A copy: the broker's account may not get at a checkout."""
        copy = self.folder / own.name
        copy.write_bytes(own.read_bytes())
        copy.chmod(0o755)
        give(copy)
        return copy


class SanitizedGateBroker(GateBroker):
    sanitized = True


def _options(name: str, more: str) -> str:
    """After those of the run, which say where reports go."""
    return ":".join(filter(None, (os.environ.get(name), more)))


def _library(name: str) -> str:
    return subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
