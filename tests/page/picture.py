#!/usr/bin/python3
"""Makes docs/fleet-page.png: the fleet page down to the first rejections, of the fleet that test_browser.py looks at."""

from __future__ import annotations

import argparse
import tempfile
import urllib.request
from pathlib import Path

from chromium import Browser
from test_browser import FLEET

from stack import BINARY, REPOSITORY, Stack, end_orderly, within

# A picture has room for a few lines of each table.
FEW_WAIT = "UPDATE registry.device SET waiting_digest = NULL, waiting_since = NULL WHERE device_id > 'meter-0110';"
FOURTH_REJECTION = "document.querySelectorAll('section')[3].querySelectorAll('tbody tr')[3].getBoundingClientRect().bottom"


def take(stack: Stack, folder: Path, file: Path) -> None:
    page = f"http://127.0.0.1:{stack.http_port}/"
    stack.cluster.sql(FLEET + FEW_WAIT)
    within(60, "the fleet is counted", lambda: b"<strong>640</strong>" in urllib.request.urlopen(page, timeout=10).read())
    browser = Browser(folder, 1080, 800, dark=False)
    try:
        browser.open(page)
        browser.screenshot(file, browser.ask(FOURTH_REJECTION))
    finally:
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=BINARY, help="the latchkey program (default: %(default)s)")
    end_orderly()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the stack's account has to get through
        stack = Stack(Path(folder), parser.parse_args().bin)
        stack.start()
        try:
            take(stack, Path(folder), REPOSITORY / "docs/fleet-page.png")
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
