"""Who may include whom: the table of docs/architecture.md, and the length of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sources import ROOT, cpp_files, includes

SHARED = {"base", "crypto", "protocol", "registry", "mqtt"}
STEPS = {"service/identity", "service/enrolment", "service/issuing"}
# Threads and connections around the pipeline.
SHELL = {"service/serve", "service/service", "service/worker", "service/intake", "service/housekeeper", "service/observer",
         "service/broker_echo"}

# A folder (or the beginning of a file's name), and what it may use beside itself. The longest that fits a file decides.
BELOW: dict[str, set[str]] = {
    "base": set(),
    "crypto": {"base"},
    "protocol": {"crypto"},
    "registry": {"base", "protocol", "crypto"},
    "mqtt": {"protocol", "crypto"},
    "device": {"base", "protocol", "crypto", "mqtt"},
    "bench": SHARED,
    # What the steps of a request cost by themselves (docs/decisions/0010).
    "bench/micro": SHARED | STEPS | {"bench", "service"},
    # Configuration, logs, keys: what the steps of a request stand on.
    "service": SHARED | {"service/http/address"},
    # What is shown to operators; it is given what it shows.
    "service/http": SHARED | {"service", "service/http/address"},
    "service/http/address": set(),
    # The fleet page is made of values.
    "service/page": SHARED | {"service", "service/http", "service/http/address"},
    # What `latchkey doctor` looks at.
    "service/doctor": SHARED | {"service", "service/access"},
    # The steps of a request know values only: no broker and, but for its rows, no database.
    "service/identity": {"base", "crypto", "protocol", "registry", "service"},
    "service/enrolment": {"base", "crypto", "protocol", "registry", "service", "service/identity"},
    "service/issuing": {"base", "crypto", "protocol", "registry", "service", "service/enrolment"},
    "service/access": SHARED | {"service", "service/issuing"},
    "service/pipeline": SHARED | STEPS | {"service"},
} | {name: SHARED | STEPS | SHELL | {"service", "service/access", "service/pipeline", "service/http", "service/page"} for name in SHELL} | {
    # What a person starts.
    "service/cli": SHARED | STEPS | {"service", "service/serve", "service/doctor", "service/http"},
    "service/main": {"base", "service", "service/cli"},
}

# A library, and the only files that may know of it (regular expressions on the path).
LIBRARIES: dict[str, str] = {
    r"openssl/": r"crypto/[^/]+\.cpp|crypto/openssl\.hpp|mqtt/[^/]+\.cpp|bench/floor\.cpp",
    r"pqxx/|libpq-fe\.h|postgresql/": r"registry/.*",
    r"microhttpd": r"service/http/server\.cpp",
    r"prometheus/": r"service/metrics\.cpp",
    r"mqtt/|MQTT\w+\.h": r"mqtt/.*",  # Paho; headers of ours are in quotes
    # Headers are read by everybody who uses them: no large library behind a public one.
    r"benchmark/": r"bench/micro/micro\.cpp",
    r"nlohmann/(?!json_fwd)": r".*\.cpp|protocol/json\.hpp",
    r"toml\+\+/|spdlog/|fmt/": r".*\.cpp|service/.*",
    r"CLI/": r"base/command_line\.cpp",
}

LONGEST_FILE = 500


def complaints() -> Iterator[str]:
    for path in cpp_files():
        name = path.relative_to(ROOT).as_posix()
        yield from _length(path, name)
        for kind, included in includes(path):
            yield from _direction(name, included) if kind == '"' else _library(name, included)


def _length(path: Path, name: str) -> Iterator[str]:
    lines = len(path.read_text().splitlines())
    if lines > LONGEST_FILE:
        yield f"{name}: {lines} lines; {LONGEST_FILE} is the most"


def _row(name: str) -> str | None:
    return max((row for row in BELOW if re.match(rf"{row}[/._]", name)), key=len, default=None)


def _direction(name: str, included: str) -> Iterator[str]:
    row, target = _row(name), _row(included)
    if row and target and target not in BELOW[row] | {row}:
        yield f"{name}: includes {included}, but {row} may use only {', '.join(sorted(BELOW[row])) or 'itself'}"


def _library(name: str, included: str) -> Iterator[str]:
    if name.startswith("tests/"):
        return
    for library, users in LIBRARIES.items():
        if re.match(library, included) and not re.fullmatch(users, name):
            yield f"{name}: includes <{included}>, which only {users} may"
