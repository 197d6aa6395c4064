"""A certificate of the endpoint's own, for clients that ask for TLS."""

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

_VALID = datetime.timedelta(days=825)
_RENEW = datetime.timedelta(days=30)
_CERTIFICATE, _KEY = "endpoint.crt", "endpoint.key"


def certificate(folder: Path) -> Path:
    """Where the certificate of a folder is: what a client has to trust (SSL_CERT_FILE, sslrootcert)."""
    return folder / _CERTIFICATE


def server_context(folder: Path) -> ssl.SSLContext:
    """The certificate and key in a folder, made if absent or nearly expired, ready to serve TLS 1.2 or newer.

    It is for localhost, 127.0.0.1 and ::1, and its own authority, so a client that trusts it can verify it fully.

    Raises:
        ModuleNotFoundError: the package `cryptography` is not installed.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not _is_valid(folder):
        _make(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / _CERTIFICATE, folder / _KEY)
    return context


def _is_valid(folder: Path) -> bool:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate((folder / _CERTIFICATE).read_bytes())
    except (OSError, ValueError):
        return False
    now = datetime.datetime.now(datetime.UTC)
    return (folder / _KEY).exists() and now + _RENEW < found.not_valid_after_utc


def _make(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reelhouse sandbox")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    _write(folder / _KEY, key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain), 0o600)
    _write(folder / _CERTIFICATE, made.public_bytes(pem), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
