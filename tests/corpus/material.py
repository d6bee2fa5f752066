"""DER and signatures for things that no library would make: what a test calls wrong is written byte by byte.

Keys come from a seed, so that the corpus is the same on every machine but for ECDSA's random signatures and RSA keys.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

SEED = b"latchkey corpus 1"
NOW = datetime(2026, 9, 21, 14, 13, 20)  # 1790000000, the time at which the tests judge


# --- DER (X.690)


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return tlv(0x31, *parts)


def octets(content: bytes) -> bytes:
    return tlv(0x04, content)


def bits(content: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]), content)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in [first * 40 + second, *rest]:
        chunk = bytes([arc & 0x7F])
        while arc := arc >> 7:
            chunk = bytes([0x80 | arc & 0x7F]) + chunk
        content += chunk
    return tlv(0x06, content)


NULL = tlv(0x05)
TRUE = tlv(0x01, b"\xff")


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def printable(text: str) -> bytes:
    return tlv(0x13, text.encode())


def time(moment: datetime) -> bytes:
    return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


# --- names

COMMON_NAME, SERIAL_NUMBER = "2.5.4.3", "2.5.4.5"


def attribute(kind: str, value: bytes) -> bytes:
    return seq(oid(kind), value)


def name(*attributes: bytes) -> bytes:
    """One attribute each RelativeDistinguishedName."""
    return seq(*map(set_of, attributes))


def named(common_name: str) -> bytes:
    return name(attribute(COMMON_NAME, utf8(common_name)))


# --- keys

CURVES = {
    "p256": (ec.SECP256R1(), "1.2.840.10045.3.1.7"),
    "p384": (ec.SECP384R1(), "1.3.132.0.34"),
    "p521": (ec.SECP521R1(), "1.3.132.0.35"),
    "p224": (ec.SECP224R1(), "1.3.132.0.33"),
    "secp256k1": (ec.SECP256K1(), "1.3.132.0.10"),
    "brainpool256": (ec.BrainpoolP256R1(), "1.3.36.3.3.2.8.1.1.7"),
}
EC_KEY, RSA_KEY = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1"
_made: dict[str, object] = {}


def _number(label: str) -> int:
    return int.from_bytes(hashlib.sha256(SEED + label.encode()).digest()[:24], "big")


def key(kind: str, label: str = ""):
    """A private key: of one of CURVES, "ed25519" or "rsa BITS [EXPONENT]"."""
    made = f"{kind}/{label}"
    if made not in _made:
        _made[made] = _make_key(kind, made)
    return _made[made]


def _make_key(kind: str, label: str):
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(SEED + label.encode()).digest())
    if kind.startswith("rsa"):
        _, size, *exponent = kind.split()
        return rsa.generate_private_key(int(exponent[0]) if exponent else 65537, int(size))
    return ec.derive_private_key(_number(label), CURVES[kind][0])


def spki(private) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.DER, form)


def point(private) -> bytes:
    form = serialization.PublicFormat.UncompressedPoint
    return private.public_key().public_bytes(serialization.Encoding.X962, form)


def ec_spki(curve: bytes, octets_of_point: bytes) -> bytes:
    return seq(seq(oid(EC_KEY), curve), bits(octets_of_point))


def rsa_spki(modulus: bytes, exponent: bytes, after: bytes = b"", parameters: bytes = NULL, kind: str = RSA_KEY) -> bytes:
    return seq(seq(oid(kind), parameters), bits(seq(modulus, exponent, after)))


# --- signatures

HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha224": hashes.SHA224, "sha256": hashes.SHA256,
          "sha384": hashes.SHA384, "sha512": hashes.SHA512}
ECDSA = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1", "sha256": "1.2.840.10045.4.3.2",
         "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
RSA = {"md5": "1.2.840.113549.1.1.4", "sha1": "1.2.840.113549.1.1.5", "sha224": "1.2.840.113549.1.1.14",
       "sha256": "1.2.840.113549.1.1.11", "sha384": "1.2.840.113549.1.1.12", "sha512": "1.2.840.113549.1.1.13"}
ED25519 = "1.3.101.112"
# RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 4055, 3.1).
_SHA256 = seq(oid("2.16.840.1.101.3.4.2.1"), NULL)
PSS = seq(oid("1.2.840.113549.1.1.10"),
          seq(tlv(0xA0, _SHA256), tlv(0xA1, seq(oid("1.2.840.113549.1.1.8"), _SHA256)), tlv(0xA2, integer(32))))


def algorithm(private, digest: str = "sha256") -> bytes:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return seq(oid(ED25519))
    if isinstance(private, rsa.RSAPrivateKey):
        return PSS if digest == "pss" else seq(oid(RSA[digest]), NULL)
    return seq(oid(ECDSA[digest]))


def sign(private, message: bytes, digest: str = "sha256") -> bytes:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, rsa.RSAPrivateKey):
        if digest == "pss":
            return private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        return private.sign(message, padding.PKCS1v15(), HASHES[digest]())
    return private.sign(message, ec.ECDSA(HASHES[digest]()))


def signed(part: bytes, private, digest: str = "sha256") -> bytes:
    return seq(part, algorithm(private, digest), bits(sign(private, part, digest)))


# --- the corpus as files


def write(cases: dict[str, tuple[str, bytes | str]], folder: Path) -> None:
    """A file each case, and `cases.tsv`: what is to be said about it ("good" if nothing), and its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for case, (_, content) in cases.items():
        (folder / case).write_bytes(content.encode() if isinstance(content, str) else content)
    lines = [f"{expected}\t{case}\n" for case, (expected, _) in cases.items()]
    (folder / "cases.tsv").write_text("".join(lines))


def main(make: Callable[[], dict[str, tuple[str, bytes | str]]]) -> None:
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    write(make(), Path(sys.argv[1]))


def later(**offset: int) -> datetime:
    return NOW + timedelta(**offset)
