"""A private authority that vouches for the broker, and the broker's certificate: made once, renewed in time.

Clients are given the authority's certificate and trust nothing else. Its key stays with the operator's
secrets; whoever has it could stand in for the broker.
"""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_FOR, SERVER_FOR = timedelta(days=20 * 365), timedelta(days=825)
RENEWED = timedelta(days=365)
"""A server's certificate that ends sooner than this is made anew."""
EARLIER = timedelta(hours=1)
"""For clients whose clock is behind."""


def authority(certificate: Path, key: Path, *, now: datetime | None = None) -> x509.Certificate:
    """The authority's certificate in `certificate`; made, with its `key`, where one of the two is missing."""
    if certificate.exists() and key.exists():
        return x509.load_pem_x509_certificate(certificate.read_bytes())
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Chalkline's own authority for its broker")])
    made = (
        _begun(name, name, private.public_key(), now, AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(private, hashes.SHA256())
    )
    _write(key, _pem(private))
    _write(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made


def server(
    folder: Path, hosts: tuple[str, ...], vouched: tuple[Path, Path], *, now: datetime | None = None
) -> datetime:
    """`server.pem` and `server_key.pem` in `folder`, made out to `hosts` (names or addresses); until when.

    `vouched` has the files of the authority's certificate and key. What is there stays, unless it ends
    within a year, is made out to others, or another authority vouches for it.
    """
    issuer = authority(*vouched, now=now)
    certificate, key = folder / "server.pem", folder / "server_key.pem"
    if certificate.exists() and key.exists():
        present = x509.load_pem_x509_certificate(certificate.read_bytes())
        if _serves(present, _loaded(key), hosts, issuer, now or datetime.now(UTC)):
            return present.not_valid_after_utc
    signing = _loaded(vouched[1])
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    made = (
        _begun(subject, issuer.subject, private.public_key(), now, SERVER_FOR)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .sign(signing, hashes.SHA256())
    )
    _write(key, _pem(private))
    _write(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made.not_valid_after_utc


def _serves(
    present: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    hosts: tuple[str, ...],
    issuer: x509.Certificate,
    now: datetime,
) -> bool:
    try:
        present.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    names = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    belongs = present.public_key() == key.public_key()  # not so after a crash between the two files
    return belongs and list(names) == _names(hosts) and present.not_valid_after_utc - now >= RENEWED


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime | None,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    begins = now or datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - EARLIER)
        .not_valid_after(begins + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _names(hosts: tuple[str, ...]) -> list[x509.GeneralName]:
    return [
        x509.IPAddress(ip_address(host)) if host[0].isdigit() or ":" in host else x509.DNSName(host)
        for host in hosts
    ]


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _loaded(key: Path) -> ec.EllipticCurvePrivateKey:
    loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all; a key is for its owner only."""
    beside = path.with_name(f".{path.name}")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    beside.replace(path)
