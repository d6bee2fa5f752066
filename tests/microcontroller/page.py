"""The C of docs/microcontrollers.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "microcontrollers.md"


def examples() -> tuple[str, str, str, str]:
    """The storage, the setup, the loop and the use of rights, as they stand there."""
    storage, setup, loop, rights = re.findall(r"^```c\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return storage, setup, loop, rights
