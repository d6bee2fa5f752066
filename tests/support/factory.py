"""Who makes devices: a certificate authority that is not the service's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from jose import PrivateKey, generate_key


class Factory:
    """Its root, and the certificates of devices: what a group of kind x509 trusts."""

    def __init__(self, name: str, above: Factory | None = None, ended: bool = False) -> None:
        """`above`: whose CA certified this one, which is then no root."""
        self.key, self.above = generate_key("ES256"), above
        self.root = (above or self)._certify(name, above._name if above else name, self.key, is_ca=True, ended=ended)

    @property
    def der(self) -> bytes:
        return self.root.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return as_pem(self.root)

    def leaf(self, device_id: str, key: PrivateKey, ended: bool = False) -> bytes:
        """A device's certificate, DER; `ended`: it was valid until an hour ago."""
        return self._certify(device_id, self._name, key, is_ca=False, ended=ended).public_bytes(serialization.Encoding.DER)

    @property
    def _name(self) -> str:
        return str(self.root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    def _certify(self, subject: str, issuer: str, key: PrivateKey, is_ca: bool, ended: bool) -> x509.Certificate:
        now = datetime.now(timezone.utc)
        until = now - timedelta(hours=1) if ended else now + timedelta(days=1)
        builder = x509.CertificateBuilder(
            issuer_name=_name_of(issuer), subject_name=_name_of(subject), public_key=key.public_key(),
            serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(days=1), not_valid_after=until)
        constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
        return builder.add_extension(constraints, critical=True).sign(self.key, hashes.SHA256())


def _name_of(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def as_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
