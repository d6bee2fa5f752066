#!/usr/bin/python3
"""Makes the pictures of the fleet page in docs/, of the fleet that test_browser.py looks at: the page down to the first rejections,
the list of devices, and a device."""

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
SEVENTH_DEVICE = "document.querySelectorAll('tbody tr')[6].getBoundingClientRect().bottom"
LABELLED = """
INSERT INTO registry.device_label SELECT device_id, jsonb_build_object('site', 'hall-' || substr(device_id, 10))
  FROM registry.device WHERE device_id <= 'meter-0640';
"""


def take(stack: Stack, folder: Path, docs: Path) -> None:
    page = f"http://127.0.0.1:{stack.http_port}/"
    stack.cluster.sql(FLEET + FEW_WAIT + LABELLED)
    within(60, "the fleet is counted", lambda: b"<strong>640</strong>" in urllib.request.urlopen(page, timeout=10).read())
    browser = Browser(folder, 1080, 800, dark=False)
    try:
        for name, query, end in (("fleet-page", "", FOURTH_REJECTION), ("devices-page", "?view=devices&state=connected", SEVENTH_DEVICE),
                                 ("device-page", "?device=meter-0001", "document.documentElement.scrollHeight")):
            browser.open(page + query)
            browser.screenshot(docs / f"{name}.png", browser.ask(end))
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
            take(stack, Path(folder), REPOSITORY / "docs")
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
