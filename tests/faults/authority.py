"""Certificates made anew as docs/certificates.md says, below the folder that `latchkey ca init` made for a stack."""

from __future__ import annotations

from pathlib import Path

from account import give
from jose import openssl
from stack import Stack

EXTENSIONS = {
    "broker": "basicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth\n"
              "subjectAltName = DNS:localhost, IP:127.0.0.1\n",
    "signing": "basicConstraints = critical, CA:FALSE\nextendedKeyUsage = critical, 1.3.6.1.5.5.7.3.37\n"
               "subjectAltName = URI:urn:latchkey:answers:v1\n",
}


class Authority:
    """Both CAs that are in use now: each in a folder as `ca init` makes one."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.server = self.device = stack.pki
        self.made = 0

    def _number(self) -> int:
        self.made += 1
        return self.made

    def new_set(self) -> Path:
        """Both CAs and all that they issue first, in a folder of their own."""
        folder = self.stack.pki / f"set-{self._number()}"
        self.stack.as_owner("ca", "init", "--dir", str(folder), "--host", "localhost", "--host", "127.0.0.1")
        return folder

    def issue(self, kind: str) -> tuple[Path, Path]:
        """A certificate of this kind by the present server CA, and its key."""
        base = self.stack.pki / f"{kind}-{self._number()}"
        certificate, key, request, extensions = (base.with_name(base.name + end) for end in (".pem", "-key.pem", ".csr", ".ext"))
        extensions.write_text(EXTENSIONS[kind])
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={kind}",
                "-keyout", str(key), "-out", str(request))
        openssl("x509", "-req", "-in", str(request), "-CA", str(self.server / "server-ca.pem"), "-CAkey",
                str(self.server / "server-ca-key.pem"), "-days", "30", "-extfile", str(extensions), "-out", str(certificate))
        give(certificate)
        give(key)
        return certificate, key

    def bundle(self, name: str, *files: Path) -> Path:
        bundle = self.stack.pki / f"{name}-{self._number()}.pem"
        bundle.write_text("".join(file.read_text() for file in files))
        give(bundle)
        return bundle
