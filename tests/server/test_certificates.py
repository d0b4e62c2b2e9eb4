"""How long a certificate is valid, and what the server says of it."""

from __future__ import annotations

import ssl
import tempfile
import unittest
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gameserver.server.certificates import expiry
from gameserver.server.tls import TLS
from tests.support import ROOT

PEM = (ROOT / "tests" / "localhost.pem").read_text()
START = PEM.index("-----BEGIN CERTIFICATE-----")
END = PEM.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")
DER = ssl.PEM_cert_to_DER_cert(PEM[START:END])
NOT_AFTER = b"\x18\x0f21261027224539Z"


def valid_until(element: bytes) -> str:
    """The certificate and its key, with another end. (Nobody checks its signature here.)"""
    longer = len(element) - len(NOT_AFTER)
    changed = bytearray(DER.replace(NOT_AFTER, element))
    # The certificate, what is signed of it, and the validity have grown with it.
    validity = DER.index(NOT_AFTER) - 16
    for at, size in ((2, 2), (6, 2), (validity, 1)):
        length = int.from_bytes(changed[at : at + size], "big") + longer
        changed[at : at + size] = length.to_bytes(size, "big")
    return PEM[:START] + ssl.DER_cert_to_PEM_cert(bytes(changed)) + PEM[END:]


class ExpiryTest(unittest.TestCase):
    def test_both_forms(self) -> None:
        """The end is a time of either form, in a file that may have a key in front."""
        self.assertEqual(expiry(PEM), datetime(2126, 10, 27, 22, 45, 39, tzinfo=UTC))
        for element, year in ((b"\x17\x0d491231235959Z", 2049), (b"\x17\x0d500101000000Z", 1950)):
            with self.subTest(year=year):
                self.assertEqual(expiry(valid_until(element)).year, year)

    def test_no_certificate(self) -> None:
        """What is none, or is broken, is a ValueError."""
        broken = ssl.DER_cert_to_PEM_cert(DER[:40])
        for text in ("", "nonsense", PEM[END:], broken, ssl.DER_cert_to_PEM_cert(b"\x30")):
            with self.subTest(text=text), self.assertRaises(ValueError):
                expiry(text)

    def test_every_byte(self) -> None:
        """A certificate with any byte changed has an end or is a ValueError, nothing else."""
        for at in range(0, len(DER), 3):
            changed = DER[:at] + bytes([DER[at] ^ 0x95]) + DER[at + 1 :]
            with suppress(ValueError):
                expiry(ssl.DER_cert_to_PEM_cert(changed))


class WarningTest(unittest.TestCase):
    """What goes to the log when the files are read: at the start and on SIGHUP."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = Path(folder, "certificate.pem")

    def test_expired(self) -> None:
        """A certificate that has expired is used, and warned of each time that it is read."""
        self.path.write_text(valid_until(b"\x18\x0f20200102030405Z"))
        with self.assertLogs("gameserver", "WARNING") as logs:
            TLS(str(self.path)).load()
        self.assertEqual(len(logs.output), 2)
        self.assertIn("has expired on 2020-01-02", logs.output[0])

    def test_valid(self) -> None:
        """Of one that is valid there is nothing to say."""
        self.path.write_text(PEM)
        with self.assertNoLogs("gameserver", "WARNING"):
            TLS(str(self.path))


if __name__ == "__main__":
    unittest.main()
