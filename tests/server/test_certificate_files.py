"""The files of TLS: what is said when one of them cannot be used."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from gameserver.errors import StartError
from gameserver.server.tls import TLS
from tests.support import ROOT

BOTH = ROOT / "tests" / "localhost.pem"
"""A certificate and its key."""

OTHER_KEY = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIPiDYBZG+mHSoQ7ZlS5aejQljDM2cwMPKjj24Pms+/sVoAoGCCqGSM49
AwEHoUQDQgAEIQ0SES4go4enTR6UOHGctFXjlws4gGQRUXzFGpOlnjbS+nqZPxi8
iGFq0VC6Is/ZyVFklLODaFhGeLz067PRYw==
-----END EC PRIVATE KEY-----
"""

ENCRYPTED_KEY = """\
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,2BDEE29673CF30E96180703A579E4D4E

Kd0nRQ8hFC1XTzRPZjYr0yorRe2dyfuaQ6o8qYDg7pfAX2IlNDUyk5mGBZUeMnf4
zKvM5+IRDleZnAT3IFKPYa3xzrB5JVpnhgERJgAk23Rw36i4EIua+Q+i9yoFEmwJ
JAGukfEor1991dpyA1ZCX0Awv6BPaMjbl0EppnvIVqs=
-----END EC PRIVATE KEY-----
"""


class CertificateFilesTest(unittest.TestCase):
    """Each mistake names its file."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        key, end, certificate = BOTH.read_text().partition("-----END PRIVATE KEY-----\n")
        self.key = self.write("key", key + end)
        self.certificate = self.write("certificate", certificate)

    def write(self, name: str, text: str) -> str:
        path = Path(self.folder, name)
        path.write_text(text)
        return str(path)

    def assert_refused(self, message: str, certfile: str, keyfile: str = "") -> None:
        with self.assertRaises(StartError) as refused:
            TLS(certfile, keyfile)
        self.assertEqual(str(refused.exception), message)

    def test_right_ones(self) -> None:
        """A certificate and its key, in one file or in two."""
        TLS(str(BOTH))
        TLS(self.certificate, self.key)

    def test_missing_file(self) -> None:
        """Of two files the one that is not there, or is a folder."""
        none = str(Path(self.folder, "none"))
        missing = f"cannot read {none} for TLS: No such file or directory"
        self.assert_refused(missing, none, self.key)
        self.assert_refused(missing, self.certificate, none)
        self.assert_refused(
            f"cannot read {self.folder} for TLS: Is a directory", self.certificate, self.folder
        )

    def test_encrypted_key(self) -> None:
        """A key with a password, which nobody is asked for."""
        key = self.write("encrypted", ENCRYPTED_KEY)
        self.assert_refused(
            f"the key in {key} has a password; the server needs one without", self.certificate, key
        )

    def test_key_of_another_certificate(self) -> None:
        """A key that does not fit."""
        key = self.write("other", OTHER_KEY)
        self.assert_refused(
            f"the key in {key} is not that of the certificate in {self.certificate}",
            self.certificate,
            key,
        )

    def test_no_certificate(self) -> None:
        """The two files mixed up, and files of something else."""
        for path in (self.key, self.write("diary", "dear diary")):
            self.assert_refused(f"there is no certificate in {path}", path, self.certificate)

    def test_no_key(self) -> None:
        """A certificate without a key."""
        for keyfile in ("", self.certificate, self.write("diary", "dear diary")):
            named = keyfile or self.certificate
            self.assert_refused(
                f"there is no key in {named} that can be used", self.certificate, keyfile
            )


if __name__ == "__main__":
    unittest.main()
