"""The accounts that the tests have with their providers: keys made anew, in the files that the real ones hand out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PROJECT, CLIENT_EMAIL, KEY_ID = "habits-test", "sender@habits-test.iam.gserviceaccount.com", "rsa-1"
TEAM, APNS_KEY_ID, TOPIC = "TEAM123456", "KEY1234567", "org.example.habits"


@dataclass(frozen=True)
class Credentials:
    """Where the files of one run are."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def service_account(self) -> Path:
        return self.folder / "service-account.json"

    @property
    def apns_key(self) -> Path:
        return self.folder / "apns.p8"

    @property
    def vapid_key(self) -> Path:
        return self.folder / "vapid.pem"


def make_credentials(folder: Path, token_uri: str) -> Credentials:
    """Write a service account of Google's form, Apple's .p8 key, a VAPID key, and their public halves."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": KEY_ID,
        "private_key": _private(rsa_key),
        "client_email": CLIENT_EMAIL,
        "token_uri": token_uri,
    }
    (folder / "service-account.json").write_text(json.dumps(account))
    apns, vapid = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "apns.p8").write_text(_private(apns))
    (folder / "vapid.pem").write_text(_private(vapid))
    for name, key in (("fcm", rsa_key), ("apns", apns), ("vapid", vapid)):
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.public.pem").write_bytes(public)
    return Credentials(folder)


def _private(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
