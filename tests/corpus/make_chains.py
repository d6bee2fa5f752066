#!/usr/bin/python3
"""make_chains.py FOLDER: certificate chains, good ones and hostile ones, each hostile one with a single thing wrong.

A case is a text: `anchor` and the enrolled CA, `name` and a kind of name if the id is to be taken from the leaf, then
the chain, a line of base64 each, leaf first.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from material import (
    CURVES, NOW, NULL, TRUE, algorithm, attribute, bits, ec_spki, integer, key, later, main, name, named,
    octets, oid, point, printable, seq, set_of, sign, spki, time, tlv, utf8, COMMON_NAME, SERIAL_NUMBER,
)

# --- certificates


def extension(kind: str, value: bytes, critical: bool = False) -> bytes:
    return seq(oid(kind), TRUE if critical else b"", octets(value))


def ca_true(pathlen: int | None = None) -> bytes:
    return extension("2.5.29.19", seq(TRUE, b"" if pathlen is None else integer(pathlen)), True)


def key_usage(*names: str) -> bytes:
    order = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign"]
    value = sum(0x80 >> order.index(each) for each in names)
    return extension("2.5.29.15", bits(bytes([value]), (value & -value).bit_length() - 1), True)


def purposes(*oids: str) -> bytes:
    return extension("2.5.29.37", seq(*map(oid, oids)))


def alternative_names(*names: bytes) -> bytes:
    return extension("2.5.29.17", seq(*names))


def dns(text: str) -> bytes:
    return tlv(0x82, text.encode())


def uri(text: str) -> bytes:
    return tlv(0x86, text.encode())


def constraints(*, permitted: bytes = b"", excluded: bytes = b"") -> bytes:
    parts = [tlv(tag, seq(base)) for tag, base in [(0xA0, permitted), (0xA1, excluded)] if base]
    return extension("2.5.29.30", seq(*parts), True)


def key_identifier(identifier: bytes) -> bytes:
    return extension("2.5.29.14", octets(identifier))


def authority(identifier: bytes) -> bytes:
    return extension("2.5.29.35", seq(tlv(0x80, identifier)))


CA = (ca_true(), key_usage("keyCertSign"))
DEVICE = (key_usage("digitalSignature"),)
CLIENT, SERVER, CODE, ANY = "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", "2.5.29.37.0"
UNKNOWN = "1.3.6.1.4.1.99999.1"


@dataclass(frozen=True)
class Certificate:
    """What it says, with `key`'s private half beside it. `issuer` None: signed by itself."""

    subject: bytes
    key: object = field(default_factory=lambda: key("p256", "leaf"))
    issuer: Certificate | None = None
    extensions: tuple[bytes, ...] = DEVICE
    not_before: bytes = time(later(days=-30))
    not_after: bytes = time(later(days=300))
    digest: str = "sha256"
    public: bytes | None = None
    issuer_name: bytes | None = None
    version: bytes = tlv(0xA0, integer(2))
    claimed: bytes | None = None  # the algorithm inside, where it differs from the one outside
    serial: int = 0x4242

    @cache  # ECDSA signatures are random, and a certificate has to be itself wherever a case names it
    def der(self) -> bytes:
        by = self.issuer or self
        extensions = tlv(0xA3, seq(*self.extensions)) if self.extensions else b""
        part = seq(self.version, integer(self.serial), self.claimed or algorithm(by.key, self.digest),
                   self.issuer_name or by.subject, seq(self.not_before, self.not_after), self.subject,
                   self.public or spki(self.key), extensions)
        return seq(part, algorithm(by.key, self.digest), bits(sign(by.key, part, self.digest)))


ROOT = Certificate(named("Factory root"), key("p256", "root"), extensions=CA)
LINE = Certificate(named("Line 7"), key("p256", "line"), ROOT, CA)
CELL = Certificate(named("Cell 3"), key("p256", "cell"), LINE, CA)
BENCH = Certificate(named("Bench 1"), key("p256", "bench"), CELL, CA)
LEAF = Certificate(named("12345"), issuer=ROOT)
STRANGER = Certificate(named("Stranger"), key("p256", "stranger"), extensions=CA)


def of(issuer: Certificate, **changes) -> Certificate:
    return replace(LEAF, issuer=issuer, **changes)


# --- cases

Item = Certificate | bytes


def case(*chain: Item, anchor: Certificate = ROOT, kind: str = "") -> str:
    text = "anchor " + base64.b64encode(anchor.der()).decode() + "\n" + (f"name {kind}\n" if kind else "")
    for item in chain:
        der = item if isinstance(item, bytes) else item.der()
        text += base64.b64encode(der).decode() + "\n"
    return text


def good() -> dict[str, str]:
    cases = {
        "good-leaf-alone": case(LEAF),
        "good-leaf-and-root": case(LEAF, ROOT),
        "good-one-intermediate": case(of(LINE), LINE),
        "good-three-intermediates-and-root": case(of(BENCH), BENCH, CELL, LINE, ROOT),
        "good-intermediate-as-anchor": case(of(LINE), anchor=LINE),
        "good-intermediate-below-an-anchor-that-is-one": case(of(CELL), CELL, anchor=LINE),
        "good-no-extensions": case(replace(LEAF, extensions=())),
        "good-client-authentication": case(replace(LEAF, extensions=(*DEVICE, purposes(SERVER, CLIENT)))),
        "good-any-purpose": case(replace(LEAF, extensions=(*DEVICE, purposes(ANY)))),
        "good-unknown-extension": case(replace(LEAF, extensions=(*DEVICE, extension(UNKNOWN, b"\5\0")))),
        "good-key-usages-more-than-needed": case(replace(LEAF, extensions=(key_usage("digitalSignature", "keyAgreement"),))),
        "good-never-expires": case(replace(LEAF, not_after=tlv(0x18, b"99991231235959Z"))),
        "good-first-second": case(replace(LEAF, not_before=time(NOW))),
        "good-last-second": case(replace(LEAF, not_after=time(later(seconds=1)))),
    }
    for kind in ["p384", "ed25519", "rsa 2048", "rsa 3072"]:
        ca = replace(ROOT, key=key(kind, "ca"))
        cases[f"good-key-{kind.replace(' ', '-')}"] = case(replace(LEAF, key=key(kind)))
        cases[f"good-ca-{kind.replace(' ', '-')}"] = case(of(ca), anchor=ca)
    for digest in ["sha384", "sha512"]:
        cases[f"good-signed-{digest}"] = case(replace(LEAF, digest=digest))
    just = replace(LINE, extensions=(ca_true(0), key_usage("keyCertSign")))
    for usage, ids in (("client", (SERVER, CLIENT)), ("any", (ANY,))):
        line = replace(LINE, extensions=(*CA, purposes(*ids)))
        cases[f"good-intermediate-purpose-{usage}"] = case(of(line), line)
        cases[f"good-anchor-purpose-{usage}"] = case(of(line), line, anchor=line)
    cases["good-path-length-used-up"] = case(of(just), just)
    only = replace(LINE, extensions=(*CA, constraints(permitted=dns("devices.example"))))
    inside = alternative_names(dns("12345.devices.example"))
    cases["good-name-permitted"] = case(of(only, extensions=(*DEVICE, inside)), only)
    identified = replace(ROOT, extensions=(*CA, key_identifier(b"root key")))
    cases["good-authority-identified"] = case(
        of(identified, extensions=(*DEVICE, authority(b"root key"))), anchor=identified)
    return cases


def wrong_set() -> dict[str, tuple[str, str]]:
    unused = "not needed to reach the enrolled CA"
    nowhere = "issued neither by the certificate after it nor by the enrolled CA"
    again = replace(LINE, serial=9)
    return {
        "empty": ("a chain of 0 certificates", case()),
        "six-certificates": ("a chain of 6 certificates", case(of(BENCH), BENCH, CELL, LINE, ROOT, STRANGER)),
        "leaf-twice": ("certificate 2 of 2: " + unused, case(LEAF, LEAF)),
        "stranger-at-the-end": ("certificate 2 of 2: " + unused, case(LEAF, STRANGER)),
        "stranger-in-the-middle": ("certificate 2 of 3: " + unused, case(of(LINE), STRANGER, LINE)),
        "intermediates-swapped": ("certificate 2 of 3: " + unused, case(of(CELL), LINE, CELL)),
        "intermediate-twice": ("certificate 3 of 3: " + unused, case(of(LINE), LINE, LINE)),
        "intermediate-renewed-beside-the-old": ("certificate 3 of 3: " + unused, case(of(LINE), LINE, again)),
        "above-the-anchor": ("certificate 2 of 2: " + unused, case(of(LINE), ROOT, anchor=LINE)),
        "root-first": ("leaf: it is a CA", case(ROOT, LEAF)),
        "intermediate-missing": ("leaf: " + nowhere, case(of(LINE))),
        "intermediate-missing-in-the-middle": ("certificate 2 of 2: " + nowhere, case(of(CELL), CELL)),
        "another-root": ("leaf: " + nowhere, case(of(STRANGER))),
        "another-root-brought-along": ("certificate 2 of 2: self-signed, and not the enrolled CA", case(of(STRANGER), STRANGER)),
        "signed-by-itself": ("leaf: self-signed, and not the enrolled CA", case(replace(LEAF, issuer=None))),
        "sibling-of-the-anchor": ("leaf: " + nowhere, case(LEAF, anchor=LINE)),
    }


def wrong_bytes() -> dict[str, tuple[str, str]]:
    leaf, line = of(LINE).der(), LINE.der()

    def named_by(value: bytes) -> Certificate:
        return replace(LEAF, subject=name(attribute(COMMON_NAME, value)))

    loose = b"\x30\x83\x00" + leaf[2:]  # OpenSSL reads lengths that DER forbids
    return {
        "leaf-garbage": ("leaf: not a certificate", case(b"\x30\x03\x02\x01\x05", LINE)),
        "leaf-null": ("leaf: not a certificate", case(NULL, LINE)),
        "leaf-cut": ("leaf: not a certificate", case(leaf[:-1], LINE)),
        "leaf-trailing-byte": ("leaf: certificate is not DER", case(leaf + b"\0", LINE)),
        "leaf-length-longer-than-needed": ("leaf: certificate is not DER", case(loose, LINE)),
        "leaf-indefinite-length": ("leaf: certificate is not DER", case(b"\x30\x80" + leaf[4:] + b"\0\0", LINE)),
        "intermediate-garbage": ("certificate 2 of 2: not a certificate", case(leaf, b"\x30\x00")),
        "intermediate-trailing-byte": ("certificate 2 of 2: certificate is not DER", case(leaf, line + b"\0")),
        "leaf-name-not-utf8": ("leaf: not a certificate: invalid utf8string", case(named_by(tlv(0x0C, b"\xff12345")))),
        "leaf-name-octets": ("leaf: not a certificate: mstring wrong tag", case(named_by(octets(b"12345")))),
        "leaf-month-13": ("leaf: certificate has invalid times", case(replace(LEAF, not_after=tlv(0x17, b"271301000000Z")))),
    }


def wrong_time() -> dict[str, tuple[str, str]]:
    expired, early = {"not_after": time(later(seconds=-1))}, {"not_before": time(later(seconds=1))}
    old_line, new_line = replace(LINE, **expired), replace(LINE, **early)
    old_root, new_root = replace(ROOT, **expired), replace(ROOT, **early)
    return {
        "leaf-expired": ("leaf: certificate has expired", case(replace(LEAF, **expired))),
        "leaf-not-yet-valid": ("leaf: certificate is not yet valid", case(replace(LEAF, **early))),
        "intermediate-expired": ("certificate 2 of 2: certificate has expired", case(of(old_line), old_line)),
        "intermediate-not-yet-valid": ("certificate 2 of 2: certificate is not yet valid", case(of(new_line), new_line)),
        "anchor-expired": ("the enrolled CA: certificate has expired", case(of(old_root), anchor=old_root)),
        "anchor-not-yet-valid": ("the enrolled CA: certificate is not yet valid", case(of(new_root), anchor=new_root)),
    }


def wrong_signature() -> dict[str, tuple[str, str]]:
    failure = "leaf: certificate signature failure"
    refused = "signature algorithm is not accepted"
    impostor = replace(ROOT, key=key("p256", "impostor"))
    rsa_root = replace(ROOT, key=key("rsa 2048", "ca"))
    by_rsa = replace(LEAF, issuer=rsa_root)
    der = LEAF.der()
    weak_line = replace(LINE, digest="sha1")
    subject = LEAF.subject
    return {
        "signed-by-an-impostor": (failure, case(of(impostor))),
        "signed-by-an-impostor-brought-along": (failure, case(of(impostor), impostor)),
        "signature-changed": (failure, case(der[:-1] + bytes([der[-1] ^ 1]))),
        "subject-changed": (failure, case(der.replace(subject, named("12346")))),
        "key-changed": (failure, case(der.replace(spki(LEAF.key), spki(key("p256", "other"))))),
        "algorithm-differs-inside": ("leaf: certificate signature failure", case(replace(LEAF, claimed=algorithm(ROOT.key, "sha384")))),
        "leaf-sha1": ("leaf: its " + refused, case(replace(LEAF, digest="sha1"))),
        "leaf-sha224": ("leaf: its " + refused, case(replace(LEAF, digest="sha224"))),
        "leaf-rsa-md5": ("leaf: its " + refused, case(replace(by_rsa, digest="md5"), anchor=rsa_root)),
        "leaf-rsa-sha1": ("leaf: its " + refused, case(replace(by_rsa, digest="sha1"), anchor=rsa_root)),
        "leaf-rsa-pss": ("leaf: its " + refused, case(replace(by_rsa, digest="pss"), anchor=rsa_root)),
        "intermediate-sha1": ("certificate 2 of 2: its " + refused, case(of(weak_line), weak_line)),
    }


def wrong_key() -> dict[str, tuple[str, str]]:
    weak_line = replace(LINE, key=key("rsa 1024", "line"))
    weak_root = replace(ROOT, key=key("rsa 1024", "root"))
    kind = "leaf: keys of algorithm"
    own = point(LEAF.key)
    curve = oid(CURVES["p256"][1])
    p256 = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
    explicit = seq(
        integer(1), seq(oid("1.2.840.10045.1.1"), integer(p256)),
        seq(octets((p256 - 3).to_bytes(32, "big")),
            octets(bytes.fromhex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"))),
        octets(point(ec.derive_private_key(1, ec.SECP256R1()))),
        integer(0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551), integer(1))
    explicit_line = replace(LINE, public=ec_spki(explicit, point(LINE.key)))
    return {
        "leaf-key-rsa-1024": ("leaf: RSA of 1024 bits", case(replace(LEAF, key=key("rsa 1024")))),
        "leaf-key-rsa-exponent-3": ("leaf: RSA exponent out of range", case(replace(LEAF, key=key("rsa 2048 3")))),
        "leaf-key-p224": (kind, case(replace(LEAF, key=key("p224")))),
        "leaf-key-p521": (kind, case(replace(LEAF, key=key("p521")))),
        "leaf-key-secp256k1": (kind, case(replace(LEAF, key=key("secp256k1")))),
        "leaf-key-with-curve-in-parameters": (kind, case(replace(LEAF, public=ec_spki(explicit, own)))),
        "leaf-key-compressed": ("leaf: not an uncompressed point", case(replace(LEAF, public=ec_spki(curve, bytes([2 + (own[-1] & 1)]) + own[1:33])))),
        "leaf-key-off-the-curve": ("leaf: the point is not on its curve", case(replace(LEAF, public=ec_spki(curve, own[:-1] + bytes([own[-1] ^ 1]))))),
        "leaf-key-unknown": (kind, case(replace(LEAF, public=seq(seq(oid("1.2.3.4")), bits(b"key"))))),
        "intermediate-key-rsa-1024": ("certificate 2 of 2: CA certificate key too weak", case(of(weak_line), weak_line)),
        "anchor-key-rsa-1024": ("the enrolled CA: CA certificate key too weak", case(of(weak_root), anchor=weak_root)),
        "intermediate-key-with-curve-in-parameters": (
            "certificate 2 of 2: Certificate public key has explicit ECC parameters", case(of(explicit_line), explicit_line)),
    }


def wrong_use() -> dict[str, tuple[str, str]]:
    no_ca = replace(LINE, extensions=(key_usage("keyCertSign"),))
    false_ca = replace(LINE, extensions=(extension("2.5.29.19", seq(), True), key_usage("keyCertSign")))
    no_signing = replace(LINE, extensions=(ca_true(), key_usage("digitalSignature")))
    old = replace(LINE, version=b"", extensions=())
    short_line = replace(LINE, extensions=(ca_true(0), key_usage("keyCertSign")))
    below = replace(CELL, issuer=short_line)
    short_root = replace(ROOT, extensions=(ca_true(0), key_usage("keyCertSign")))
    below_root = replace(LINE, issuer=short_root)
    negative = replace(LINE, extensions=(ca_true(-1), key_usage("keyCertSign")))
    as_ca = replace(LEAF, subject=named("first device"), key=key("p256", "line"))
    purpose = "leaf: its extended key usage has neither clientAuth nor anyExtendedKeyUsage"
    of_cas = purpose.removeprefix("leaf: ")
    for_servers, for_code = (replace(LINE, extensions=(*CA, purposes(usage))) for usage in (SERVER, CODE))
    below_servers = replace(CELL, issuer=for_servers)
    extra = lambda *more: case(replace(LEAF, extensions=(*DEVICE, *more)))  # noqa: E731
    critical_line = replace(LINE, extensions=(*CA, extension(UNKNOWN, b"\5\0", True)))
    proxy = extension("1.3.6.1.5.5.7.1.14", seq(seq(oid("1.3.6.1.5.5.7.21.1"))), True)
    not_ca = "certificate 2 of 2: invalid CA certificate"
    return {
        "leaf-a-ca": ("leaf: it is a CA", case(replace(LEAF, extensions=CA))),
        "leaf-a-ca-of-a-device-as-well": ("leaf: it is a CA", case(replace(LEAF, extensions=(ca_true(), *DEVICE)))),
        "leaf-issued-by-a-leaf": (not_ca, case(of(as_ca), as_ca)),
        "leaf-usage-key-encipherment": ("leaf: its keyUsage has no digitalSignature", case(replace(LEAF, extensions=(key_usage("keyEncipherment"),)))),
        "leaf-usage-key-agreement": ("leaf: its keyUsage has no digitalSignature", case(replace(LEAF, extensions=(key_usage("keyAgreement"),)))),
        "leaf-purpose-server": (purpose, extra(purposes(SERVER))),
        "leaf-purpose-code": (purpose, extra(purposes(CODE))),
        "leaf-purpose-unknown": (purpose, extra(purposes(UNKNOWN))),
        "leaf-unknown-critical-extension": ("leaf: unhandled critical extension", extra(extension(UNKNOWN, b"\5\0", True))),
        "leaf-a-proxy": ("leaf: proxy certificates not allowed", extra(proxy)),
        "leaf-usage-twice": ("leaf: certificate has invalid extensions", extra(key_usage("digitalSignature"))),
        "leaf-names-twice": ("leaf: certificate has invalid extensions", extra(alternative_names(dns("a")), alternative_names(dns("b")))),
        "leaf-names-broken": ("leaf: certificate has invalid extensions", extra(extension("2.5.29.17", b"\x30\x05abc"))),
        "intermediate-purpose-server": ("certificate 2 of 2: " + of_cas, case(of(for_servers), for_servers)),
        "intermediate-purpose-code": ("certificate 2 of 2: " + of_cas, case(of(for_code), for_code)),
        "intermediate-above-purpose-server": ("certificate 3 of 3: " + of_cas, case(of(below_servers), below_servers, for_servers)),
        "intermediate-without-constraints": (not_ca, case(of(no_ca), no_ca)),
        "intermediate-no-ca": (not_ca, case(of(false_ca), false_ca)),
        "intermediate-of-version-1": (not_ca, case(of(old), old)),
        "intermediate-may-not-sign-certificates": (not_ca, case(of(no_signing), no_signing)),
        "intermediate-unknown-critical-extension": ("certificate 2 of 2: unhandled critical extension", case(of(critical_line), critical_line)),
        "intermediate-path-length-exceeded": ("certificate 3 of 3: path length constraint exceeded", case(of(below), below, short_line)),
        "intermediate-path-length-negative": ("certificate 2 of 2: certificate has invalid extensions", case(of(negative), negative)),
        "anchor-path-length-exceeded": ("the enrolled CA: path length constraint exceeded", case(of(below_root), below_root, anchor=short_root)),
    }


def wrong_constraints() -> dict[str, tuple[str, str]]:
    def below(rule: bytes, *names: bytes) -> str:
        ca = replace(LINE, extensions=(*CA, rule))
        return case(of(ca, extensions=(*DEVICE, alternative_names(*names))), ca)

    def below_subject(rule: bytes) -> str:
        ca = replace(LINE, extensions=(*CA, rule))
        return case(of(ca), ca)

    identified = replace(ROOT, extensions=(*CA, key_identifier(b"root key")))
    mistaken = of(identified, extensions=(*DEVICE, authority(b"other key")))
    return {
        "name-not-permitted": ("leaf: permitted subtree violation", below(constraints(permitted=dns("devices.example")), dns("12345.other.example"))),
        "name-excluded": ("leaf: excluded subtree violation", below(constraints(excluded=dns("devices.example")), dns("12345.devices.example"))),
        "uri-not-permitted": ("leaf: permitted subtree violation", below(constraints(permitted=uri("devices.example")), uri("https://other.example/12345"))),
        "subject-not-permitted": ("leaf: permitted subtree violation", below_subject(constraints(permitted=tlv(0xA4, named("somebody"))))),
        "subject-excluded": ("leaf: excluded subtree violation", below_subject(constraints(excluded=tlv(0xA4, named("12345"))))),
        "authority-of-another-key": ("leaf: issued neither", case(mistaken, anchor=identified)),
        "issuer-of-another-name": ("leaf: issued neither", case(replace(LEAF, issuer_name=named("Factory rood")))),
    }


# Chains that are good, and a name that names nobody for certain.


def names() -> dict[str, tuple[str, str]]:
    def subject(*attributes: bytes, kind: str = "common_name") -> str:
        return case(replace(LEAF, subject=name(*attributes)), kind=kind)

    def alternative(kind: str, *each: bytes) -> str:
        return case(replace(LEAF, extensions=(*DEVICE, alternative_names(*each))), kind=kind)

    def common(value: bytes) -> bytes:
        return attribute(COMMON_NAME, value)

    def number(value: bytes) -> bytes:
        return attribute(SERIAL_NUMBER, value)

    one, other = common(utf8("12345")), common(utf8("12346"))
    at_once = seq(set_of(one, other))
    odd, ascii_only = "string type that is not accepted", "a byte that is not printable ASCII"
    several, none, empty = "the leaf has more than one ", "the leaf has no ", "is empty"
    good = "good"
    return {
        "good-common-name": (good, subject(one, kind="common_name")),
        "good-common-name-printable": (good, subject(common(printable("12345")))),
        "good-common-name-ia5": (good, subject(common(tlv(0x16, b"12345")))),
        "good-serial-number": (good, subject(common(utf8("a model")), number(printable("12345")), kind="serial_number")),
        "good-dns-name": (good, alternative("dns_name", dns("12345"), uri("urn:dev:mac:0024befffe804ff1"))),
        "good-uri": (good, alternative("uri", dns("a"), dns("b"), uri("12345"))),
        "common-name-missing": (none + "common name", subject(number(printable("12345")))),
        "common-name-twice": (several + "common name", subject(one, other)),
        "common-name-twice-the-same": (several + "common name", subject(one, one)),
        "common-name-twice-in-one-part": (several + "common name", case(replace(LEAF, subject=at_once), kind="common_name")),
        "common-name-with-nul": (ascii_only, subject(common(utf8("12345\0.evil")))),
        "common-name-with-nul-at-the-end": (ascii_only, subject(common(utf8("12345\0")))),
        "common-name-with-line-feed": (ascii_only, subject(common(utf8("12345\nok")))),
        "common-name-with-look-alike": (ascii_only, subject(common(utf8("1234\uff15")))),
        "common-name-empty": (empty, subject(common(utf8("")))),
        "common-name-bmp": (odd, subject(common(tlv(0x1E, "12345".encode("utf-16-be"))))),
        "common-name-universal": (odd, subject(common(tlv(0x1C, "12345".encode("utf-32-be"))))),
        "common-name-teletex": (odd, subject(common(tlv(0x14, b"12345")))),
        "serial-number-missing": (none + "serialNumber", subject(one, kind="serial_number")),
        "serial-number-twice": (several + "serialNumber", subject(number(printable("1")), number(printable("2")), kind="serial_number")),
        "serial-number-with-nul": (ascii_only, subject(number(utf8("1\0")), kind="serial_number")),
        "dns-name-missing": (none + "DNS name", subject(one, kind="dns_name")),
        "dns-name-only-a-uri": (none + "DNS name", alternative("dns_name", uri("12345"))),
        "dns-name-twice": (several + "DNS name", alternative("dns_name", dns("12345"), dns("12346"))),
        "dns-name-with-nul": (ascii_only, alternative("dns_name", dns("12345\0.example"))),
        "dns-name-empty": (empty, alternative("dns_name", dns(""))),
        "uri-missing": (none + "URI", alternative("uri", dns("12345"))),
        "uri-twice": (several + "URI", alternative("uri", uri("urn:a"), uri("urn:b"))),
        "uri-with-space-and-tab": (ascii_only, alternative("uri", uri("urn:a\t"))),
    }


def make() -> dict[str, tuple[str, str]]:
    cases = {each: ("good", text) for each, text in good().items()}
    for group in (wrong_set, wrong_bytes, wrong_time, wrong_signature, wrong_key, wrong_use, wrong_constraints, names):
        cases |= group()
    return cases


if __name__ == "__main__":
    main(make)
