#!/usr/bin/python3
"""Every public header compiles by itself and brings along no header of another project.

    headers.py FOLDER COMPILER [FLAG...]

FOLDER remembers what each header read: one that passed is compiled again only when some of that changed."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from layers import library_of, reachable
from sources import ROOT, cpp_files, includes

FOREIGN = re.compile(r"/(nlohmann|openssl|pqxx|postgresql|spdlog|fmt|CLI|toml\+\+)/|/mqtt/async_client|/MQTT\w+\.h|/toml\.hpp")


def public_headers() -> list[Path]:
    """What a source of another library includes; a library keeps everything else to itself."""
    folders = reachable()
    public = {included for path in cpp_files() for kind, included in includes(path)
              if kind == '"' and (ROOT / included).is_file() and library_of(folders, included)
              and library_of(folders, path.relative_to(ROOT).as_posix()) != library_of(folders, included)
              and not path.is_relative_to(ROOT / "tests")}
    return sorted(ROOT / name for name in public)


def complaint(folder: Path, compiler: list[str], header: Path) -> str | None:
    """What is wrong with one header, if anything."""
    name = header.relative_to(ROOT)
    passed = folder / name.as_posix().replace("/", "_")
    if is_fresh(passed):
        return None
    result = subprocess.run([*compiler, "-std=c++23", "-I", str(ROOT), "-x", "c++", "-fsyntax-only", "-MD", "-MF", "-",
                             "-MT", "header", str(header)], capture_output=True, text=True)
    if result.returncode != 0:
        return f"{name} does not compile by itself:\n{result.stderr}"
    read = result.stdout.replace("\\\n", " ").split()[1:]
    # Headers of ours live in folders of the same names as some libraries' (mqtt/): only those elsewhere count.
    foreign = [part for part in read if FOREIGN.search(part) and not part.startswith(str(ROOT))]
    if foreign:
        return f"{name} brings along {foreign[0]}"
    passed.write_text("\n".join(read))
    return None


def is_fresh(passed: Path) -> bool:
    """It passed, and nothing that it read is newer than that."""
    try:
        at = passed.stat().st_mtime
        return all(Path(part).stat().st_mtime < at for part in passed.read_text().splitlines())
    except OSError:
        return False


def main() -> int:
    folder, compiler = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda header: complaint(folder, compiler, header), public_headers())
        complaints = [text for text in found if text]
    print("\n".join(complaints) or f"{len(public_headers())} headers stand alone")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
