"""Electronic signatures on documents: PAdES (ETSI EN 319 142-1), baseline B-B, or B-T where a timestamp authority is set.

The key lies in a file or in a security module (PKCS#11). Where there is neither, a certificate for trials is made, once, that
says of itself that nobody vouches for it.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from coverage.domain.faults import Unavailable
from coverage.domain.vouching import SignatureFound
from coverage.gateways.confinement import Busy, Confined, Failed, OutOfMemory, TimedOut

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

FIELD: Final = "Signature"
# Room for the signature in the file. A timestamp with its authority's certificates takes some 7 kB.
RESERVED: Final = 8_192
RESERVED_WITH_TIMESTAMP: Final = 24_576
TIMESTAMP_SECONDS: Final = 10
TRIAL_NAME: Final = "Sharecover, for trials: nobody vouches for this certificate"
TRIAL_DAYS: Final = 3_650
KNOWN: Final = "known"
# A document of ours is a tenth of that. What hasn't been looked through by then was made to be slow.
LOOK_SECONDS: Final = 5.0
LOOK_MEMORY: Final = 768 * 1024 * 1024

MakeSigner = Callable[[], "Signer"]


class BadSigning(ValueError):
    """A key, certificate or address that can't be signed with: what is wrong and what would be right, never the key."""


class PadesSignatures:
    """Signs with one certificate, and tells the signatures of that one, and of all that were used before it, from others'."""

    def __init__(
        self,
        certificate: x509.Certificate,
        make_signer: MakeSigner,
        *,
        for_trials: bool,
        timestamps: str | None = None,
        known: Sequence[str] = (),
    ) -> None:
        """`make_signer` opens the key: when it is needed first, and again after it failed. `timestamps` is the address of an
        authority (RFC 3161), `known` the fingerprints of earlier certificates.
        """
        self.for_trials = for_trials
        self.name = _common_name(certificate)
        self.expires_at = certificate.not_valid_after_utc
        self._make_signer, self._timestamps = make_signer, timestamps
        self._signer: Signer | None = None
        # A security module's session serves one caller at a time.
        self._turn = threading.Lock()
        ours = {*known, fingerprint_of(certificate)}
        self._looker = Confined(
            "coverage.gateways.inspecting", sorted(ours), seconds=LOOK_SECONDS, memory_bytes=LOOK_MEMORY, jobs=100
        )  # fmt: skip

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        key: str | None = None,
        certificate: Path | None = None,
        pin: str | None = None,
        timestamps: str | None = None,
    ) -> PadesSignatures:
        """With `key`, a file in PEM or a PKCS#11 URI (RFC 7512), and `certificate`, a file with it and its chain in PEM; else
        with a certificate for trials that `folder` keeps. `pin` opens the module, or the file where it is encrypted.

        The folder also remembers every certificate that was signed with. Raises `BadSigning`, and OSError for the folder.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for_trials = key is None
        if key is None:
            key, certificate = str(folder / "trial.key.pem"), folder / "trial.pem"
            _make_trial_certificate(Path(key), certificate)
        if certificate is None:
            raise BadSigning("there is a key to sign with and no certificate; name the file with the certificate too")
        chain = _chain(certificate)
        _require_usable(chain[0], datetime.now(UTC))
        make = _module_signer(key, pin, chain) if key.startswith("pkcs11:") else _file_signer(Path(key), pin, chain)
        _remember(folder / KNOWN, chain[0])
        known = [path.stem for path in (folder / KNOWN).glob("*.pem")]
        return cls(chain[0], make, for_trials=for_trials, timestamps=timestamps, known=known)

    def sign(self, pdf: bytes) -> bytes:
        """The document with a signature over all of it; raises `Unavailable` ("signing_unavailable")."""
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
        from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

        about = PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=self.name
        )  # fmt: skip
        # Unseen, as PDF/A and PDF/UA together have it: there to be printed, and outside the page.
        field = SigFieldSpec(FIELD, invis_sig_settings=InvisSigSettings(box_out_of_bounds=True))
        reserved = RESERVED_WITH_TIMESTAMP if self._timestamps else RESERVED
        with self._turn:
            try:
                self._signer = self._signer or self._make_signer()
                signing = PdfSigner(about, signer=self._signer, timestamper=self._timestamper, new_field_spec=field)
                done = signing.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=reserved)
            except Exception as failure:
                # A session with a module that was unplugged never comes back by itself.
                self._signer = None
                words = f"the document can't be signed now ({type(failure).__name__})"
                raise Unavailable("signing_unavailable", words) from failure
        return bytes(done.getvalue())

    def look(self, pdf: bytes) -> SignatureFound:
        """Whose signature is on a file that anybody may have made, and whether it holds.

        It is looked at in a process of its own. A file on which that fails has no signature that anybody can rely on.
        """
        try:
            answer = self._looker.ask([pdf])
        except Busy:
            raise Unavailable("checking_busy", "too many files wait to be looked at") from None
        except (TimedOut, OutOfMemory, Failed):
            return SignatureFound("none")
        whose, _, signed = answer.partition(b"\n")
        return SignatureFound(_WHOSE.get(whose, "none"), signed.decode() or None)

    def close(self) -> None:
        """Ends the process that looks at files."""
        self._looker.close()

    @cached_property
    def _timestamper(self) -> Any:
        if self._timestamps is None:
            return None
        from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper

        make: Any = RequestsHTTPTimeStamper  # without types
        return make(self._timestamps, timeout=TIMESTAMP_SECONDS)


_WHOSE: Final[dict[bytes, Any]] = {b"ours": "ours", b"changed": "changed", b"others": "others"}


def signing_folder(data: Path) -> Path:
    """Where a data folder keeps what is signed with."""
    return data / "signing"


def known_certificates(data: Path) -> Path:
    """Where a data folder remembers each certificate that was signed with, by its fingerprint."""
    return signing_folder(data) / KNOWN


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, as hexadecimal digits."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


# ------------------------------------------------------------------------------------------ keys and certificates


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BadSigning(f"the certificate {path} can't be read ({error.strerror})") from error
    except ValueError:
        raise BadSigning(f"{path} holds no certificate in PEM; expected the signer's, then those above it") from None


def _require_usable(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        lasts = f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
        raise BadSigning(f"the certificate to sign with is valid from {lasts} only; expected one that is valid now")
    with suppress(x509.ExtensionNotFound):
        use = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if not (use.digital_signature or use.content_commitment):
            raise BadSigning("the certificate is not for signatures; expected digitalSignature or nonRepudiation")


def _file_signer(path: Path, passphrase: str | None, chain: list[x509.Certificate]) -> MakeSigner:
    """Raises `BadSigning` at once where the key can't be used, or isn't the certificate's."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase.encode() if passphrase else None)
    except OSError as error:
        raise BadSigning(f"the key {path} can't be read ({error.strerror})") from error
    except (ValueError, TypeError):
        words = "is no private key in PEM that can be opened; expected one, with its passphrase where it is encrypted"
        raise BadSigning(f"{path} {words}") from None
    if _public_bytes(key.public_key()) != _public_bytes(chain[0].public_key()):
        raise BadSigning(f"the key {path} isn't the certificate's; expected the two of one pair")
    secret = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    def make() -> Signer:
        from asn1crypto.keys import PrivateKeyInfo
        from pyhanko.sign.signers import SimpleSigner

        leaf, *above = _for_pyhanko(chain)
        return SimpleSigner(signing_cert=leaf, signing_key=PrivateKeyInfo.load(secret), cert_registry=_registry(above))

    return make


def _module_signer(uri: str, pin: str | None, chain: list[x509.Certificate]) -> MakeSigner:
    """Opens the module when it is needed: it may be away when the service starts."""
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    named = dict(part.split("=", 1) for part in path.split(";") if "=" in part)
    module = (parse_qs(query).get("module-path") or [""])[0]
    if not module or "object" not in named:
        example = "pkcs11:token=TOKEN;object=KEY?module-path=/usr/lib/softhsm/libsofthsm2.so"
        raise BadSigning(f"the PKCS#11 URI names no module-path or no object; expected one such as {example}")
    token, label = unquote(named.get("token", "")), unquote(named["object"])
    try:
        import pkcs11  # noqa: F401, so that it is missed at the start and not at the first document
    except ImportError:
        raise BadSigning(
            'a security module needs the package python-pkcs11: pip install "sharecover[pkcs11]"'
        ) from None

    def make() -> Signer:
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

        session = open_pkcs11_session(
            module, token_criteria=TokenCriteria(label=token) if token else None, user_pin=pin
        )  # fmt: skip
        leaf, *above = _for_pyhanko(chain)
        return PKCS11Signer(
            session, signing_cert=leaf, key_label=label, ca_chain=above, other_certs_to_pull=(), bulk_fetch=False,
            # Of two steps that every module has the second: some hash nothing themselves.
            use_raw_mechanism=isinstance(chain[0].public_key(), ec.EllipticCurvePublicKey),
        )  # fmt: skip

    return make


def _for_pyhanko(chain: list[x509.Certificate]) -> list[Any]:
    from asn1crypto.x509 import Certificate

    return [Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in chain]


def _registry(certificates: list[Any]) -> Any:
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    make: Any = SimpleCertificateStore.from_certs  # without types
    return make(certificates)


def _public_bytes(key: Any) -> bytes:
    return bytes(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def _make_trial_certificate(key_path: Path, certificate_path: Path) -> None:
    """A key and its certificate, made once; of processes that start together, the first one's stays.

    The key's file has the certificate in it too, so that the two can never be of two pairs.
    """
    if not key_path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TRIAL_NAME)])
        now = datetime.now(UTC)
        use = {"digital_signature": True, "content_commitment": True}
        others = dict.fromkeys(
            ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
            False,
        )  # fmt: skip
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=TRIAL_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**use, **others), critical=True)
            .sign(key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _keep_first(key_path, secret + made.public_bytes(serialization.Encoding.PEM), mode=0o600)
    kept = x509.load_pem_x509_certificates(key_path.read_bytes())[0]
    _keep_first(certificate_path, kept.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _remember(folder: Path, certificate: x509.Certificate) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"{fingerprint_of(certificate)}.pem"
    _keep_first(path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _keep_first(path: Path, content: bytes, *, mode: int) -> None:
    """Writes a file whole, unless there is one of that name."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
