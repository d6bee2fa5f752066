"""The little of JOSE that a device needs (docs/protocol.md, 1 to 3), by the standard library, the openssl command and,
for signatures and secrets, the distribution's cryptography and jwcrypto: an implementation of its own, so that the
project's cannot be wrong with itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import ssl
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwcrypto import jwe, jwk
from jwcrypto.common import JWException

# Whoever signs for the service has this one extended key usage, critical, and this one name, and no other.
SIGNER_USAGE = "1.3.6.1.5.5.7.3.37"
SIGNER_NAME = "URI:urn:latchkey:answers:v1"

Json = dict[str, Any]
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


class Refused(Exception):
    """A message that a device drops, and why."""


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Refused("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:
        raise Refused("base64url with stray bits")
    return data


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def derive(key: bytes, label: str) -> bytes:
    return hmac.new(key, label.encode(), hashlib.sha256).digest()


def sign_hs256(header: Json, payload: bytes, key: bytes) -> bytes:
    signed = f"{to_base64url(compact(header))}.{to_base64url(payload)}"
    return f"{signed}.{to_base64url(hmac.new(key, signed.encode(), hashlib.sha256).digest())}".encode()


def generate_key(alg: str) -> PrivateKey:
    """A private key whose JWS algorithm is `alg`."""
    match alg:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "ES384":
            return ec.generate_private_key(ec.SECP384R1())
        case "RS256":
            return rsa.generate_private_key(65537, 2048)
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
    raise ValueError(alg)


def private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def algorithm_of(key: PrivateKey) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {256: "ES256", 384: "ES384"}[key.key_size]
    return "Ed25519" if isinstance(key, ed25519.Ed25519PrivateKey) else "RS256"


def sign(header: Json, payload: bytes, key: PrivateKey) -> bytes:
    """`header` without `alg`: that is the key's."""
    signed = f"{to_base64url(compact({'alg': algorithm_of(key)} | header))}.{to_base64url(payload)}"
    return f"{signed}.{to_base64url(signature_of(signed.encode(), key))}".encode()


def signature_of(signed: bytes, key: PrivateKey) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signed)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    width = key.key_size // 8
    digest = hashes.SHA256() if width == 32 else hashes.SHA384()
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def new_encryption_key() -> jwk.JWK:
    return jwk.JWK.generate(kty="EC", crv="P-256")


def public_jwk(key: jwk.JWK) -> Json:
    return json.loads(key.export_public())


def unseal(text: str, key: jwk.JWK, alg: str) -> Json:
    """What is inside a JWE whose header holds exactly what `alg` (ECDH-ES or dir) needs."""
    members = {"alg", "enc", "epk"} if alg == "ECDH-ES" else {"alg", "enc"}
    header = json.loads(from_base64url(text.split(".")[0]))
    if set(header) != members or (header["alg"], header["enc"]) != (alg, "A256GCM"):
        raise Refused(f"the header of a sealed text is {header}")
    token = jwe.JWE(algs=[alg, "A256GCM"])
    try:
        token.deserialize(text, key)
    except (JWException, ValueError) as error:
        raise Refused(f"a sealed text does not open: {error}") from error
    return json.loads(token.payload)


def symmetric_jwk(key: bytes) -> jwk.JWK:
    return jwk.JWK(kty="oct", k=to_base64url(key))


def _open(jws: bytes, expected: Json) -> tuple[Json, bytes, bytes, bytes]:
    """(header, what is signed, payload, signature) of a JWS whose header says `expected`."""
    parts = jws.decode("ascii").split(".")
    if len(parts) != 3:
        raise Refused("not a JWS")
    header = json.loads(from_base64url(parts[0]))
    if {name: header.get(name) for name in expected} != expected:
        raise Refused(f"the header is {header}")
    return header, ".".join(parts[:2]).encode(), from_base64url(parts[1]), from_base64url(parts[2])


def open_hs256(typ: str, jws: bytes, key: bytes) -> Json:
    header, signed, payload, signature = _open(jws, {"typ": typ, "alg": "HS256"})
    if set(header) != {"typ", "alg"}:
        raise Refused(f"the header is {header}")
    if not hmac.compare_digest(signature, hmac.new(key, signed, hashlib.sha256).digest()):
        raise Refused("the signature is wrong")
    return json.loads(payload)


def open_es256(typ: str, jws: bytes, anchors: Path) -> Json:
    """Signed by a certificate that one of the anchors issued, for this and nothing else."""
    header, signed, payload, signature = _open(jws, {"typ": typ, "alg": "ES256"})
    if set(header) != {"typ", "alg", "x5c"} or len(header["x5c"]) != 1:
        raise Refused(f"the header is {header}")
    with tempfile.TemporaryDirectory() as folder:
        signer = Path(folder) / "signer.pem"
        signer.write_text(ssl.DER_cert_to_PEM_cert(base64.b64decode(header["x5c"][0], validate=True)))
        _check_signer(signer, anchors)
        public_key = Path(folder) / "public.pem"
        public_key.write_bytes(openssl("x509", "-in", str(signer), "-noout", "-pubkey"))
        der = Path(folder) / "signature"
        der.write_bytes(signature_to_der(signature))
        openssl("dgst", "-sha256", "-verify", str(public_key), "-signature", str(der), stdin=signed)
    return json.loads(payload)


def _check_signer(signer: Path, anchors: Path) -> None:
    openssl("verify", "-no-CApath", "-no-CAstore", "-CAfile", str(anchors), str(signer))
    usage = openssl("x509", "-in", str(signer), "-noout", "-ext", "extendedKeyUsage").decode().split()
    if usage != ["X509v3", "Extended", "Key", "Usage:", "critical", SIGNER_USAGE]:
        raise Refused(f"the signer is for {usage}")
    names = openssl("x509", "-in", str(signer), "-noout", "-ext", "subjectAltName").decode().split()
    if names != ["X509v3", "Subject", "Alternative", "Name:", SIGNER_NAME]:
        raise Refused(f"the signer is named {names}")


def signature_to_der(signature: bytes) -> bytes:
    """R||S of P-256 as the SEQUENCE of two INTEGERs that openssl reads."""
    if len(signature) != 64:
        raise Refused("the signature has a wrong length")
    numbers = b"".join(_der(2, _positive(part)) for part in (signature[:32], signature[32:]))
    return _der(0x30, numbers)


def _positive(part: bytes) -> bytes:
    digits = part.lstrip(b"\0") or b"\0"
    return b"\0" + digits if digits[0] & 0x80 else digits


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    result = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True)
    if result.returncode != 0:
        raise Refused(f"openssl {arguments[0]}: {(result.stderr or result.stdout).decode()}")
    return result.stdout
