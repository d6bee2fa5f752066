#!/usr/bin/python3
"""make_csrs.py FOLDER: PKCS#10 requests, good ones and hostile ones, each hostile one with a single thing wrong."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from material import (
    COMMON_NAME, attribute, name,
    CURVES, EC_KEY, ED25519, NULL, RSA, TRUE, algorithm, bits, ec_spki, integer, key, main, named, octets, oid, point,
    rsa_spki, seq, set_of, sign, signed, spki, tlv,
)

EMPTY = tlv(0xA0)
P256 = oid(CURVES["p256"][1])
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF

# What the service says; a request of any other shape is said to be none.
SHAPE = "malformed: not a PKCS#10 request"
BEFORE = SHAPE + ": it does not begin with a SEQUENCE"
AFTER = SHAPE + ": bytes after its DER, which ends at byte "
VERSION = SHAPE + ": its version is not v1"
KEY = "malformed: not a SubjectPublicKeyInfo"
KIND = "weak_key: keys of algorithm"
POINT = "malformed: not an uncompressed point of the curve's size"
COMPRESSED = POINT + ": it is compressed"
CURVE = "malformed: the point is not on its curve"
RSA_FORM = "malformed: not an RSA key"
HASH = "malformed: signature algorithm is not accepted"
PARAMETERS = "malformed: signature algorithm has wrong parameters"
FIT = "malformed: signature algorithm does not fit the key"
SIGNATURE = "bad_signature: signature does not verify"

OWN = key("p256")
SUBJECT = named("12345")


def info(version=integer(0), subject=SUBJECT, public=None, attributes=EMPTY, after=b"") -> bytes:
    return seq(version, subject, spki(OWN) if public is None else public, attributes, after)


def request(private=OWN, digest="sha256", **fields) -> bytes:
    return signed(info(**{"public": spki(private)} | fields), private, digest)


def claiming(identifier: bytes, private=OWN) -> bytes:
    part = info(public=spki(private))
    return seq(part, identifier, bits(sign(private, part)))


def with_signature(signature: bytes) -> bytes:
    return seq(info(), algorithm(OWN), bits(signature))


def in_two_byte_characters(text: str) -> bytes:
    """A name of a BMPString."""
    return name(attribute(COMMON_NAME, tlv(0x1E, text.encode("utf-16-be"))))


def small_orders() -> dict[str, bytes]:
    """The Ed25519 points for which anybody can sign, by what makes them so; the last of each is the sign of x."""
    field = (1 << 255) - 19
    eighth = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
    numbers = {"1": 1, "2": field - 1, "4": 0, "8": eighth, "8-too": field - eighth}
    return {f"{order}-{sign}": (y | sign << 255).to_bytes(32, "little") for order, y in numbers.items() for sign in (0, 1)}


def of_number(size: int, exponent: int = 65537) -> bytes:
    return rsa_spki(integer(1 << (size - 1) | 1), integer(exponent))


def good() -> dict[str, bytes]:
    cases = {f"good-{kind.replace(' ', '-')}": request(key(kind)) for kind in ["p256", "p384", "ed25519", "rsa 2048", "rsa 3072"]}
    cases |= {f"good-p256-{digest}": request(digest=digest) for digest in ["sha384", "sha512"]}
    cases |= {f"good-rsa-{digest}": request(key("rsa 2048"), digest) for digest in ["sha384", "sha512"]}
    challenge = seq(oid("1.2.840.113549.1.9.7"), set_of(tlv(0x0C, b"password")))
    cases["good-no-attributes-at-all"] = request(attributes=b"")
    cases["good-attributes-that-are-ignored"] = request(attributes=tlv(0xA0, challenge))
    cases["good-subject-that-is-ignored"] = request(subject=named("somebody else"))
    cases["good-subject-in-two-byte-characters"] = request(subject=in_two_byte_characters("dév"))
    cases["good-empty-subject"] = request(subject=seq())
    return cases


def wrong_shape() -> dict[str, tuple[str, bytes]]:
    whole, part = request(), info()
    tail = algorithm(OWN) + bits(sign(OWN, part))
    content = part + tail
    size = len(content)
    assert 0x80 <= size < 0x100
    shapes = {
        "empty": b"",
        "one-byte": b"\x30",
        "pem-text": b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.b64encode(whole) + b"\n-----END CERTIFICATE REQUEST-----\n",
        "length-indefinite": b"\x30\x80" + content + b"\0\0",
        "length-longer-than-needed": b"\x30\x83\x00" + size.to_bytes(2, "big") + content,
        "length-of-two-bytes-where-one-is-enough": b"\x30\x82\x00" + bytes([size]) + content,
        "length-of-four-bytes": b"\x30\x84" + size.to_bytes(4, "big") + content,
        "length-past-the-end": b"\x30\x82" + (size + 1).to_bytes(2, "big") + content,
        "length-of-the-most-bytes": b"\x30\x84\xff\xff\xff\xff" + content,
        "trailing-byte": whole + b"\0",
        "trailing-zeros": whole + bytes(60),
        "trailing-second-request": whole + whole,
        "outermost-a-set": tlv(0x31, content),
        "nothing-but-a-signature": seq(tail),
        "nested-two-thousand-deep": b"\x30\x82\x10\x00" * 2000,
        "zeros": bytes(4096),
        "zeros-before": bytes(60) + whole,
        "version-1": request(version=integer(1)),
        "version-2": request(version=integer(2)),
        "version-minus-1": request(version=integer(-1)),
        "version-missing": request(version=b""),
        "version-zero-in-two-bytes": request(version=b"\x02\x02\x00\x00"),
        "version-empty": request(version=b"\x02\x00"),
        "version-a-boolean": request(version=TRUE),
        "subject-missing": request(subject=b""),
        "subject-a-set": request(subject=set_of()),
        "key-missing": request(public=b""),
        "key-twice": request(public=spki(OWN) + spki(key("p256", "other"))),
        "key-an-octet-string": request(public=octets(spki(OWN))),
        "attributes-tagged-1": request(attributes=tlv(0xA1)),
        "attributes-primitive": request(attributes=tlv(0x80)),
        "attributes-twice": request(after=EMPTY),
        "something-after-the-attributes": request(after=NULL),
        "signature-algorithm-missing": seq(part, bits(sign(OWN, part))),
        "signature-missing": seq(part, algorithm(OWN)),
        "signature-an-octet-string": seq(part, algorithm(OWN), octets(sign(OWN, part))),
        "signature-with-unused-bits": seq(part, algorithm(OWN), bits(sign(OWN, part), unused=1)),
        "signature-without-a-single-byte": seq(part, algorithm(OWN), tlv(0x03)),
        "something-after-the-signature": seq(content, NULL),
        "a-certificate": seq(seq(tlv(0xA0, integer(2)), integer(7), algorithm(OWN), SUBJECT, seq(), SUBJECT, spki(OWN)), tail),
    }
    said = {"empty": BEFORE, "pem-text": BEFORE, "outermost-a-set": BEFORE, "zeros": BEFORE, "zeros-before": BEFORE,
            "length-past-the-end": SHAPE + ": it is cut short", "trailing-byte": AFTER + str(len(whole)),
            "trailing-zeros": AFTER + str(len(whole)), "trailing-second-request": AFTER + str(len(whole))}
    return {name: (said.get(name, VERSION if name.startswith("version") else SHAPE), der) for name, der in shapes.items()}


def wrong_key() -> dict[str, tuple[str, bytes]]:
    def of(public: bytes) -> bytes:
        return request(public=public)

    own = point(OWN)
    x, y = own[1:33], own[33:]
    numbers = key("rsa 2048").public_key().public_numbers()
    modulus, exponent = integer(numbers.n), integer(numbers.e)
    outside = P256_FIELD + 5
    explicit = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(P256_FIELD)), seq(octets(b"\1"), octets(b"\2")),
                   octets(own), integer(P256_ORDER))
    return {
        "key-rsa-1024": ("weak_key: RSA of 1024 bits", request(key("rsa 1024"))),
        "key-rsa-2047": ("weak_key: RSA of 2047 bits", of(of_number(2047))),
        "key-rsa-4097": ("weak_key: RSA of 4097 bits", of(of_number(4097))),
        "key-rsa-16384": ("weak_key: RSA of 16384 bits", of(of_number(16384))),
        "key-rsa-exponent-1": ("weak_key: RSA exponent out of range", of(of_number(2048, 1))),
        "key-rsa-exponent-3": ("weak_key: RSA exponent out of range", request(key("rsa 2048 3"))),
        "key-rsa-exponent-65535": ("weak_key: RSA exponent out of range", of(of_number(2048, 65535))),
        "key-rsa-exponent-of-65-bits": ("weak_key: RSA exponent out of range", of(of_number(2048, 1 << 64 | 1))),
        "key-rsa-exponent-even": (RSA_FORM + ": even number", of(of_number(2048, 65538))),
        "key-rsa-modulus-even": (RSA_FORM + ": even number", of(rsa_spki(integer(1 << 2047), exponent))),
        "key-rsa-modulus-negative": (RSA_FORM, of(rsa_spki(tlv(0x02, modulus[5:]), exponent))),
        "key-rsa-modulus-zero": ("weak_key: RSA of 0 bits", of(rsa_spki(integer(0), exponent))),
        "key-rsa-modulus-padded": (RSA_FORM, of(rsa_spki(tlv(0x02, b"\0", modulus[4:]), exponent))),
        "key-rsa-three-numbers": (RSA_FORM, of(rsa_spki(modulus, exponent, integer(5)))),
        "key-rsa-one-number": (RSA_FORM, of(rsa_spki(modulus, b""))),
        "key-rsa-without-null": (KIND, of(rsa_spki(modulus, exponent, parameters=b""))),
        "key-rsa-for-pss-only": (KIND, of(rsa_spki(modulus, exponent, parameters=b"", kind="1.2.840.113549.1.1.10"))),
        "key-p224": (KIND, request(key("p224"))),
        "key-p521": (KIND, request(key("p521"))),
        "key-secp256k1": (KIND, request(key("secp256k1"))),
        "key-brainpool": (KIND, request(key("brainpool256"))),
        "key-curve-in-parameters": (KIND, of(ec_spki(explicit, own))),
        "key-curve-inherited": (KIND, of(ec_spki(NULL, own))),
        "key-curve-missing": (KIND, of(ec_spki(b"", own))),
        "key-point-compressed": (COMPRESSED, of(ec_spki(P256, bytes([2 + (y[-1] & 1)]) + x))),
        "key-point-hybrid": (POINT, of(ec_spki(P256, bytes([6 + (y[-1] & 1)]) + x + y))),
        "key-point-at-infinity": (POINT, of(ec_spki(P256, b"\0"))),
        "key-point-empty": (POINT, of(ec_spki(P256, b""))),
        "key-point-short": (POINT, of(ec_spki(P256, own[:-1]))),
        "key-point-long": (POINT, of(ec_spki(P256, own + b"\0"))),
        "key-point-of-p384-as-p256": (POINT, of(ec_spki(P256, point(key("p384"))))),
        "key-point-of-p256-as-p384": (POINT, of(ec_spki(oid(CURVES["p384"][1]), own))),
        "key-point-off-the-curve": (CURVE, of(ec_spki(P256, own[:-1] + bytes([own[-1] ^ 1])))),
        "key-point-of-another-curve": (CURVE, of(ec_spki(P256, point(key("secp256k1"))))),
        "key-point-zero": (CURVE, of(ec_spki(P256, b"\4" + bytes(64)))),
        # The x of 5 has a point; written as 5 plus the field's size it must not name the same key again.
        "key-point-coordinate-beyond-the-field": (CURVE, of(ec_spki(P256, b"\4" + outside.to_bytes(32, "big") + y))),
        "key-ed25519-31-bytes": ("malformed: an Ed25519 key has 32 bytes", of(seq(seq(oid(ED25519)), bits(bytes(31))))),
        "key-ed25519-33-bytes": ("malformed: an Ed25519 key has 32 bytes", of(seq(seq(oid(ED25519)), bits(bytes(33))))),
        "key-ed25519-with-parameters": (KIND, of(seq(seq(oid(ED25519), NULL), bits(bytes(32))))),
        "key-ed448": (KIND, of(seq(seq(oid("1.3.101.113")), bits(bytes(57))))),
        "key-x25519": (KIND, of(seq(seq(oid("1.3.101.110")), bits(bytes(32))))),
        "key-dsa": (KIND, of(seq(seq(oid("1.2.840.10040.4.1"), seq()), bits(integer(5))))),
        "key-unknown": (KIND, of(seq(seq(oid("1.2.3.4")), bits(own)))),
        "key-with-unused-bits": (KEY, of(seq(seq(oid(EC_KEY), P256), bits(own, unused=4)))),
        "key-followed-by-something": (KEY, of(seq(seq(oid(EC_KEY), P256), bits(own), NULL))),
        "key-an-empty-sequence": (KEY, of(seq())),
    }


def wrong_signature() -> dict[str, tuple[str, bytes]]:
    other = key("p256", "other")
    rsa = key("rsa 2048")
    fine = sign(OWN, info())
    r, s = decode_dss_signature(fine)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    sha256 = oid("1.2.840.10045.4.3.2")
    return {
        "hash-ecdsa-sha1": (HASH, request(digest="sha1")),
        "hash-ecdsa-sha224": (HASH, request(digest="sha224")),
        "hash-rsa-md5": (HASH, request(rsa, "md5")),
        "hash-rsa-sha1": (HASH, request(rsa, "sha1")),
        "hash-rsa-pss": (HASH, request(rsa, "pss")),
        "hash-ecdsa-with-null": (PARAMETERS, claiming(seq(sha256, NULL))),
        "hash-rsa-without-null": (PARAMETERS, claiming(seq(oid(RSA["sha256"])), rsa)),
        "hash-unknown": (HASH, claiming(seq(oid("1.2.3.4")))),
        "hash-empty": (HASH, claiming(seq())),
        "hash-rsa-for-an-ec-key": (FIT, claiming(algorithm(rsa))),
        "hash-ec-for-an-rsa-key": (FIT, claiming(algorithm(OWN), rsa)),
        "hash-ed25519-for-an-ec-key": (FIT, claiming(seq(oid(ED25519)))),
        "hash-another-than-was-used": (SIGNATURE, claiming(algorithm(OWN, "sha384"))),
        "signature-by-another-key": (SIGNATURE, signed(info(), other)),
        "signature-of-another-subject": (SIGNATURE, seq(info(subject=named("12346")), algorithm(OWN), bits(fine))),
        "signature-of-another-key": (SIGNATURE, seq(info(public=spki(other)), algorithm(OWN), bits(fine))),
        "signature-of-other-attributes": (SIGNATURE, seq(info(attributes=b""), algorithm(OWN), bits(fine))),
        "signature-empty": (SIGNATURE, with_signature(b"")),
        "signature-zeros": (SIGNATURE, with_signature(bytes(len(fine)))),
        "signature-as-in-jose": (SIGNATURE, with_signature(raw)),
        "signature-of-zero-and-zero": (SIGNATURE, with_signature(seq(integer(0), integer(0)))),
        "signature-r-beyond-the-order": (SIGNATURE, with_signature(seq(integer(r + P256_ORDER), integer(s)))),
        "signature-s-negative": (SIGNATURE, with_signature(seq(integer(r), integer(s - P256_ORDER)))),
        "signature-r-padded": (SIGNATURE, with_signature(seq(tlv(0x02, bytes(8), r.to_bytes(32, "big")), integer(s)))),
        "signature-of-three-numbers": (SIGNATURE, with_signature(seq(integer(r), integer(s), integer(1)))),
        "signature-followed-by-a-byte": (SIGNATURE, with_signature(fine + b"\0")),
        "signature-rsa-short": (SIGNATURE, seq(info(public=spki(rsa)), algorithm(rsa), bits(sign(rsa, info(public=spki(rsa)))[1:]))),
        "signature-ed25519-short": (SIGNATURE, seq(info(public=spki(key("ed25519"))), seq(oid(ED25519)), bits(bytes(63)))),
    }


def weak_ed25519() -> dict[str, tuple[str, bytes]]:
    """Each with the signature R = identity, S = 0, which verifies under the identity."""
    def forged(point: bytes) -> bytes:
        return seq(info(public=seq(seq(oid(ED25519)), bits(point))), seq(oid(ED25519)), bits(bytes([1]) + bytes(63)))

    weak = {f"key-ed25519-of-order-{name}": ("weak_key: an Ed25519 key of small order", forged(point))
            for name, point in small_orders().items()}
    field = (1 << 255) - 19
    beyond = {f"key-ed25519-beyond-the-field-by-{more}": ("malformed: an Ed25519 key that is no number of its field",
                                                         forged((field + more).to_bytes(32, "little"))) for more in (0, 1, 18)}
    return weak | beyond


def make() -> dict[str, tuple[str, bytes]]:
    cases = {name: ("good", der) for name, der in good().items()}
    return cases | wrong_shape() | wrong_key() | weak_ed25519() | wrong_signature()


if __name__ == "__main__":
    main(make)
