"""Builds the firmware for QEMU's MPS2 board with a Cortex-M4: the page's storage and loop, the library, Mbed TLS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from page import examples

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = Path(__file__).parent / "firmware"
# Debian's libmbedtls-dev for armhf, unpacked (scripts/microcontroller.sh).
MBEDTLS = Path(os.environ.get("LATCHKEY_ARM_MBEDTLS", ROOT / "build" / "microcontroller" / "mbedtls"))

CPU = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
# -fno-short-enums: as Mbed TLS was compiled.
FLAGS = [*CPU, "-fno-short-enums", "-Os", "-std=gnu99", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"]
LINK = ["--specs=rdimon.specs", "-T", str(FIRMWARE / "board.ld"), "-Wl,--gc-sections,--no-enum-size-warning,--no-warn-rwx-segments"]


def run(*argv: str) -> None:
    result = subprocess.run(argv, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(argv)}\n{result.stderr}")


def mbedtls(folder: Path) -> Path:
    """Its library, without the attribute that it is for an application processor, because of which the linker would refuse it. All
    its code is Thumb-2; an instruction that a Cortex-M4 lacks would end the firmware with a fault."""
    library = folder / "libmbedcrypto.a"
    whole, = MBEDTLS.rglob("libmbedcrypto.a")
    run("arm-none-eabi-objcopy", "--remove-section=.ARM.attributes", str(whole), str(library))
    return library


def sources(folder: Path) -> list[Path]:
    storage, _, loop, rights = examples()
    (folder / "storage.c").write_text(storage)
    (folder / "loop.c").write_text(loop)
    (folder / "rights.c").write_text(rights)
    device = ROOT / "device" / "c"
    return [folder / "storage.c", folder / "loop.c", folder / "rights.c", *sorted(FIRMWARE.glob("*.c")), *sorted((device / "src").glob("*.c")),
            device / "crypto" / "lk_psa.c", device / "examples" / "linux" / "report.c"]


def build(folder: Path) -> Path:
    """The program, in this folder."""
    program = folder / "firmware.elf"
    include = [f"-I{ROOT}", f"-I{ROOT / 'device' / 'c'}", f"-I{FIRMWARE}", f"-I{MBEDTLS / 'usr' / 'include'}"]
    run("arm-none-eabi-gcc", *FLAGS, *include, *map(str, sources(folder)), str(mbedtls(folder)), *LINK, "-o", str(program))
    return program
