#!/usr/bin/python3
"""Every public header compiles by itself and brings along no header of another project.

    headers.py COMPILER [FLAG...]"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import ROOT, files

FOLDERS = ("crypto", "protocol", "registry", "mqtt", "service", "device")
# What a folder keeps for its own .cpp files; everything else is public.
PRIVATE = re.compile(
    r"crypto/(openssl|der|fail)|protocol/json|mqtt/(?!link\b)|registry/(?!administration|migrations|model|registry\b)")
FOREIGN = re.compile(r"/(nlohmann|openssl|pqxx|postgresql|spdlog|fmt|CLI|toml\+\+)/|/mqtt/async_client|/MQTT\w+\.h|/toml\.hpp")


def public_headers() -> list[Path]:
    return [path for folder in FOLDERS for path in files(".hpp", below=ROOT / folder)
            if not PRIVATE.match(path.relative_to(ROOT).as_posix())]


def complaint(compiler: list[str], header: Path) -> str | None:
    """What is wrong with one header, if anything."""
    name = header.relative_to(ROOT)
    result = subprocess.run([*compiler, "-std=c++23", "-I", str(ROOT), "-x", "c++", "-fsyntax-only", "-MD", "-MF", "-",
                             "-MT", "header", str(header)], capture_output=True, text=True)
    if result.returncode != 0:
        return f"{name} does not compile by itself:\n{result.stderr}"
    # Headers of ours live in folders of the same names as some libraries' (mqtt/): only those elsewhere count.
    foreign = [part for part in result.stdout.split() if FOREIGN.search(part) and not part.startswith(str(ROOT))]
    return f"{name} brings along {foreign[0]}" if foreign else None


def main() -> int:
    with ThreadPoolExecutor(2) as pool:
        complaints = [text for text in pool.map(lambda header: complaint(sys.argv[1:], header), public_headers()) if text]
    print("\n".join(complaints) or f"{len(public_headers())} headers stand alone")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
