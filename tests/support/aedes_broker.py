"""A private broker on aedes, a library for Node.js: the program that docs/brokers.md shows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from brand_broker import BrandBroker, BrandStack, example
from daemon import Daemon

SOURCES = Path(__file__).parent / "aedes"


def installed() -> Path:
    """A folder with aedes in it, which npm fetches once for each version."""
    folder = Path(os.environ["LATCHKEY_BIN"]).parent / "tests/aedes"
    folder.mkdir(parents=True, exist_ok=True)
    lock, done = "package-lock.json", folder / "done"
    if not done.exists() or done.read_bytes() != (SOURCES / lock).read_bytes():
        for file in SOURCES.iterdir():
            shutil.copy(file, folder)
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit", "--silent"], cwd=folder, check=True, timeout=120)
        shutil.copy(SOURCES / lock, done)
    return folder


class AedesBroker(BrandBroker):
    def make_daemon(self) -> Daemon:
        return self.accepting(["node", str(self.home / "broker.mjs")])

    def release(self) -> str:
        found: str = json.loads((installed() / "node_modules/aedes/package.json").read_text())["version"]
        return found

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        # A copy: the broker's account may not get at a checkout.
        shutil.copytree(installed() / "node_modules", self.home / "node_modules")
        text = example("brokers.md", "import { readFileSync }")
        for old, new in (("/etc/aedes/question.token", str(self.token)), ("/etc/aedes/${account}.password", f"{self.folder}/${{account}}.password"),
                         ("/etc/aedes/", f"{pki}/"), ("127.0.0.1:9465", f"127.0.0.1:{self.question_port}"),
                         ("8883", f"{self.bootstrap_port}, '127.0.0.1'")):
            assert old in text, old
            text = text.replace(old, new)
        self.write(self.home / "broker.mjs", text)


class AedesStack(BrandStack):
    broker: AedesBroker

    def make_broker(self, *arguments: Any) -> AedesBroker:
        return AedesBroker(*arguments)
