"""Who may include whom, as the CMakeLists.txt of the libraries say it, and the length of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sources import ROOT, c_files, cpp_files, files, includes

# latchkey_library(NAME ... FOLDER folder ... USES name...): cmake/LatchkeyTarget.cmake.
LIBRARY = re.compile(r"^latchkey_library\((\w+)([^)]*)\)", re.MULTILINE)
# add_executable(NAME source...): a program's source is in no library, and may use all.
PROGRAM = re.compile(r"^add_executable\(\S+ ([^)]*)\)", re.MULTILINE)

# A library of others, and the only files that may know of it (regular expressions on the path).
LIBRARIES: dict[str, str] = {
    r"openssl/": r"crypto/[^/]+\.cpp|crypto/openssl\.hpp|mqtt/[^/]+\.cpp|bench/floor\.cpp|gate/[^/]+\.cpp|"
                 r"device/c/crypto/lk_openssl\.c|device/c/examples/.*",
    r"psa/|mbedtls/": r"device/c/crypto/lk_psa\.c|device/c/examples/.*|tests/microcontroller/.*",
    r"mosquitto": r"gate/plugin\.cpp|device/c/examples/.*",
    r"pqxx/|libpq-fe\.h|postgresql/": r"registry/.*",
    r"microhttpd": r"service/observability/http/server\.cpp",
    r"prometheus/": r"service/observability/metrics\.cpp",
    r"mqtt/|MQTT\w+\.h": r"mqtt/.*",  # Paho; headers of ours are in quotes
    # Headers are read by everybody who uses them: no large library behind a public one.
    r"benchmark/": r"bench/micro/micro\.cpp",
    r"nlohmann/(?!json_fwd)": r".*\.cpp|protocol/json\.hpp",
    r"toml\+\+/|spdlog/|fmt/": r".*\.cpp|service/.*",
    r"CLI/": r"base/command_line\.cpp",
}

# A line of the drawing in docs/architecture.md.
ARROW = re.compile(r"^    (\w+) +->  ([\w, ]+)$", re.MULTILINE)

LONGEST_FILE = 500


def complaints() -> Iterator[str]:
    yield from _drawing()
    reach, programs = reachable(), _programs()
    for path in (*cpp_files(), *c_files()):
        name = path.relative_to(ROOT).as_posix()
        yield from _length(path, name)
        yield from _place(name)
        for kind, included in includes(path):
            if kind == "<":
                yield from _library(name, included)
            elif name not in programs:
                yield from _direction(reach, name, included)


def arrows() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Of each library its folder, and what it uses."""
    folders: dict[str, str] = {}
    uses: dict[str, list[str]] = {}
    for path, text in _cmake_lists():
        for library, arguments in LIBRARY.findall(text):
            folder = re.search(r"FOLDER (\S+)", arguments)
            folders[library] = (path.parent / (folder[1] if folder else ".")).relative_to(ROOT).as_posix()
            used = re.search(r"USES ([a-z_\s]+)", arguments)
            uses[library] = used[1].split() if used else []
    return folders, uses


def reachable() -> dict[str, set[str]]:
    """Each library's folder, and the folders that it may use: those of its USES and of theirs."""
    folders, uses = arrows()

    def closure(library: str) -> set[str]:
        return {library}.union(*map(closure, uses[library]))

    return {folders[library]: {folders[name] for name in closure(library)} for library in uses}


def _drawing() -> Iterator[str]:
    page = (ROOT / "docs" / "architecture.md").read_text()
    drawn = {room: sorted(used.split(", ")) for room, used in ARROW.findall(page)}
    meant = {library: sorted(used) for library, used in arrows()[1].items() if used and library != "pure_path"}
    for library in sorted(drawn.keys() | meant.keys()):
        if drawn.get(library) != meant.get(library):
            yield f"docs/architecture.md: draws {library} -> {drawn.get(library)}, CMake has {meant.get(library)}"


def library_of(reach: dict[str, set[str]], name: str) -> str | None:
    """The folder of the library that a file is of."""
    return max((folder for folder in reach if name.startswith(f"{folder}/")), key=len, default=None)


def _cmake_lists() -> Iterator[tuple[Path, str]]:
    yield from ((path, path.read_text()) for path in files(".txt") if path.name == "CMakeLists.txt")


def _programs() -> set[str]:
    return {(path.parent / source).relative_to(ROOT).as_posix() for path, text in _cmake_lists()
            for sources in PROGRAM.findall(text) for source in sources.split() if source.endswith(".cpp") and "$" not in source}


def _length(path: Path, name: str) -> Iterator[str]:
    lines = len(path.read_text().splitlines())
    if lines > LONGEST_FILE:
        yield f"{name}: {lines} lines; {LONGEST_FILE} is the most"


def _place(name: str) -> Iterator[str]:
    if re.fullmatch(r"service/[^/]+\.[ch]pp", name) and name != "service/main.cpp":
        yield f"{name}: belongs into one of the rooms of the service"


def _direction(reach: dict[str, set[str]], name: str, included: str) -> Iterator[str]:
    folder, target = library_of(reach, name), library_of(reach, included)
    if folder and target and target not in reach[folder]:
        yield f"{name}: includes {included}, but {folder} may use only {', '.join(sorted(reach[folder]))}"


def _library(name: str, included: str) -> Iterator[str]:
    if name.startswith("tests/"):
        return
    for library, users in LIBRARIES.items():
        if re.match(library, included) and not re.fullmatch(users, name):
            yield f"{name}: includes <{included}>, which only {users} may"
