"""Signatures: what they are by the standards, whose they are, and what a file is that was tampered with."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

import coverage
from coverage.domain.faults import Unavailable
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.signing import BadSigning, PadesSignatures
from tests.certificates import a_certificate

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
SOFTHSM = next(
    (path for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so")) if path.exists()),
    None,
)  # fmt: skip


@pytest.fixture(scope="module")
def pdf() -> bytes:
    documents = WeasyPrintDocuments(Path(coverage.__file__).parents[2] / "policy_templates")
    certificate = a_certificate()
    try:
        return documents.render("certificate.html", "en", {"certificate": certificate}, {"certificate.json": b"{}"})
    finally:
        documents.close()


@pytest.fixture(scope="module")
def signatures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PadesSignatures]:
    """With a certificate for trials."""
    found = PadesSignatures.open(tmp_path_factory.mktemp("signing"))
    yield found
    found.close()


def a_certificate_for(key: Any, name: str = "Mutuelle du Canal SA", days: int = 30, **use: bool) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    uses = {
        "digital_signature": True, "content_commitment": True, "key_encipherment": False, "data_encipherment": False,
        "key_agreement": False, "key_cert_sign": False, "crl_sign": False, "encipher_only": False, "decipher_only": False,
    }  # fmt: skip
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.KeyUsage(**uses | use), critical=True)
        .sign(key, hashes.SHA256())
    )


def write(folder: Path, key: Any, certificate: x509.Certificate, passphrase: str | None = None) -> tuple[Path, Path]:
    sealed = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    key_path, certificate_path = folder / "key.pem", folder / "certificate.pem"
    key_path.write_bytes(key.private_bytes(PEM, PKCS8, sealed))
    certificate_path.write_bytes(certificate.public_bytes(PEM))
    return key_path, certificate_path


def the_signature(pdf: bytes) -> Any:
    (found,) = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_regular_signatures
    return found


def status(pdf: bytes) -> Any:
    signature = the_signature(pdf)
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[signature.signer_cert]))


class TestSign:
    def test_covers_all_of_the_file_as_pades_has_it(self, signatures: PadesSignatures, pdf: bytes) -> None:
        signed = signatures.sign(pdf)
        assert signed.startswith(pdf), "what was rendered stays as it is, byte for byte"
        found = status(signed)
        assert (found.intact, found.valid, found.coverage.name) == (True, True, "ENTIRE_FILE")
        signature = the_signature(signed)
        assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
        attributes = {one["type"].native for one in signature.signer_info["signed_attrs"]}
        # ETSI EN 319 142-1, 6.3: the certificate is signed along, and the time of signing is the file's to tell.
        assert {"content_type", "message_digest", "signing_certificate_v2"} <= attributes
        assert "signing_time" not in attributes
        assert "/M" in signature.sig_object

    def test_is_not_seen_and_stays_accessible(self, signatures: PadesSignatures, pdf: bytes) -> None:
        field = the_signature(signatures.sign(pdf)).sig_field
        rectangle = [int(it) for it in field["/Rect"]]
        assert rectangle[0] == rectangle[2] < 0
        assert field["/F"] & 0b110 == 0b100, "to be printed, and not hidden (ISO 19005-3, 6.3.2)"

    def test_by_many_threads_at_once(self, signatures: PadesSignatures, pdf: bytes) -> None:
        with ThreadPoolExecutor(8) as pool:
            signed = [*pool.map(lambda _: signatures.sign(pdf), range(8))]
        assert all(status(one).valid for one in signed)

    @pytest.mark.parametrize(
        "make", [lambda: ec.generate_private_key(ec.SECP384R1()), lambda: rsa.generate_private_key(65537, 3072)]
    )
    def test_with_a_key_from_a_file(self, make: Callable[[], Any], tmp_path: Path, pdf: bytes) -> None:  # fmt: skip
        key = make()
        key_path, certificate_path = write(tmp_path, key, a_certificate_for(key), "secret")
        found = PadesSignatures.open(
            tmp_path / "signing", key=str(key_path), certificate=certificate_path, pin="secret"
        )  # fmt: skip
        assert (found.name, found.for_trials) == ("Mutuelle du Canal SA", False)
        signed = found.sign(pdf)
        assert status(signed).valid
        assert found.look(signed).whose == "ours"
        found.close()


class TestTrialCertificate:
    def test_is_made_once_and_says_that_nobody_vouches_for_it(self, tmp_path: Path, pdf: bytes) -> None:
        with ThreadPoolExecutor(6) as pool:
            opened = [*pool.map(lambda _: PadesSignatures.open(tmp_path / "signing"), range(6))]
        assert {(one.name, one.for_trials) for one in opened} == {(opened[0].name, True)}
        assert "nobody vouches" in opened[0].name
        signed = [one.sign(pdf) for one in opened]
        assert len({the_signature(one).signer_cert.dump() for one in signed}) == 1
        assert [opened[0].look(one).whose for one in signed] == ["ours"] * 6
        (key,) = (tmp_path / "signing").glob("*.key.pem")
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        opened[0].close()


class TestWhatCantBeSignedWith:
    def test_is_told_at_once_and_in_words(self, tmp_path: Path) -> None:
        key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        cases: list[tuple[str, str | None, Path | None, str]] = []

        def case(expected: str, key_path: str | Path | None, certificate: Path | None, pin: str | None = None) -> None:
            cases.append((expected, str(key_path) if key_path else None, certificate, pin or ""))

        def files(name: str, *arguments: Any) -> tuple[Path, Path]:
            (tmp_path / name).mkdir()
            return write(tmp_path / name, *arguments)

        good, its_certificate = files("good", key, a_certificate_for(key))
        case("no certificate", good, None)
        case("can't be read", tmp_path / "none.pem", its_certificate)
        case("can't be read", good, tmp_path / "none.pem")
        case("holds no certificate", good, good)
        case("is no private key", its_certificate, its_certificate)
        case("isn't the certificate's", *files("other", other, a_certificate_for(key)))
        case("valid from", *files("old", key, a_certificate_for(key, days=-1)))
        case(
            "not for signatures",
            *files("use", key, a_certificate_for(key, digital_signature=False, content_commitment=False)),
        )
        sealed = files("sealed", key, a_certificate_for(key), "secret")
        case("can be opened", *sealed)
        case("can be opened", *sealed, "wrong")
        case("names no module-path", "pkcs11:token=x;object=y", its_certificate)
        case("or no object", "pkcs11:token=x?module-path=/x.so", its_certificate)
        for expected, key_path, certificate, pin in cases:
            with pytest.raises(BadSigning, match=expected):
                PadesSignatures.open(
                    tmp_path / "signing", key=key_path, certificate=certificate, pin=pin or None
                ).close()  # fmt: skip


class TestLook:
    def test_knows_its_own_and_what_was_signed(self, signatures: PadesSignatures, pdf: bytes) -> None:
        signed = signatures.sign(pdf)
        assert signatures.look(signed).whose == "ours"
        changed = signatures.look(signed + b"\n% and more")
        assert (changed.whose, changed.signed_sha256) == ("changed", signatures.look(signed).signed_sha256)

    @pytest.mark.parametrize(
        "tamper",
        [
            lambda pdf: pdf.replace(b"/Lang (en)", b"/Lang (fr)"),
            lambda pdf: pdf[:4000] + bytes([pdf[4000] ^ 1]) + pdf[4001:],
        ],
    )
    def test_a_byte_that_was_changed_leaves_nothing_to_rely_on(
        self, signatures: PadesSignatures, pdf: bytes, tamper: Callable[[bytes], bytes]
    ) -> None:
        signed = signatures.sign(pdf)
        tampered = tamper(signed)
        assert tampered != signed
        found = signatures.look(tampered)
        assert found.whose in ("changed", "none")
        assert found.signed_sha256 is None

    def test_a_signature_moved_to_another_document_is_seen(self, signatures: PadesSignatures, pdf: bytes) -> None:
        signed, forged = signatures.sign(pdf), signatures.sign(pdf.replace(b"/Lang (en)", b"/Lang (fr)"))
        _, at, end, _ = (int(it) for it in the_signature(signed).byte_range)
        moved = forged[:at] + signed[at:end] + forged[end:]
        assert (signatures.look(moved).whose, signatures.look(moved).signed_sha256) == ("changed", None)

    def test_somebody_elses_is_somebody_elses(self, signatures: PadesSignatures, tmp_path: Path, pdf: bytes) -> None:
        other = PadesSignatures.open(tmp_path)
        assert signatures.look(other.sign(pdf)).whose == "others"
        # Of the same name, too: what counts is the certificate.
        assert other.name == signatures.name

    def test_an_earlier_certificate_is_known_still(self, tmp_path: Path, pdf: bytes) -> None:
        before = PadesSignatures.open(tmp_path / "signing")
        signed = before.sign(pdf)
        key = ec.generate_private_key(ec.SECP256R1())
        key_path, certificate_path = write(tmp_path, key, a_certificate_for(key))
        after = PadesSignatures.open(tmp_path / "signing", key=str(key_path), certificate=certificate_path)
        assert after.look(signed).whose == "ours"
        after.close()

    @pytest.mark.parametrize(
        "junk",
        [
            b"", b"%PDF-1.7", b"\x00" * 1000, b"%PDF-1.7\nxref\n0 99999999\n", os.urandom(5000),
            b"%PDF-1.7\n" + b"1 0 obj\n<<" * 20_000, b"%PDF-1.7\n" + b"[" * 100_000,
            b"%PDF-1.7\n1 0 obj <</Prev 9>> endobj\nxref\n0 1\n0000000000 65535 f \ntrailer <</Prev 9 /Root 1 0 R>>\nstartxref\n9\n%%EOF",
        ],
    )  # fmt: skip
    def test_nothing_comes_of_junk(self, signatures: PadesSignatures, junk: bytes) -> None:
        assert signatures.look(junk).whose == "none"

    def test_an_unsigned_one_has_none(self, signatures: PadesSignatures, pdf: bytes) -> None:
        assert signatures.look(pdf).whose == "none"


# ------------------------------------------------------------------------------------------ timestamps and modules


class _Authority(BaseHTTPRequestHandler):
    """A timestamp authority (RFC 3161)."""

    stamper: Any = None

    def do_POST(self) -> None:
        from asn1crypto.tsp import TimeStampReq

        asked = TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.stamper.request_tsa_response(asked).dump()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def authority() -> Iterator[str]:
    from asn1crypto import keys
    from asn1crypto import x509 as asn1
    from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A timestamp authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    stamper = DummyTimeStamper(
        asn1.Certificate.load(certificate.public_bytes(der)),
        keys.PrivateKeyInfo.load(key.private_bytes(der, PKCS8, serialization.NoEncryption())),
    )
    handler = type("Authority", (_Authority,), {"stamper": stamper})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class TestTimestamp:
    def test_stands_in_the_signature(self, authority: str, tmp_path: Path, pdf: bytes) -> None:
        signatures = PadesSignatures.open(tmp_path, timestamps=authority)
        signed = signatures.sign(pdf)
        unsigned = {one["type"].native for one in the_signature(signed).signer_info["unsigned_attrs"]}
        assert unsigned == {"signature_time_stamp_token"}
        found = status(signed)
        assert found.intact
        assert found.valid
        assert found.timestamp_validity is not None
        assert found.timestamp_validity.intact
        assert signatures.look(signed).whose == "ours"
        signatures.close()

    def test_an_authority_that_is_away_keeps_the_document_back(self, tmp_path: Path, pdf: bytes) -> None:
        signatures = PadesSignatures.open(tmp_path, timestamps="http://127.0.0.1:9/")
        with pytest.raises(Unavailable) as raised:
            signatures.sign(pdf)
        assert raised.value.code == "signing_unavailable"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """A security module of software with a key in it: its URI, and the key's certificate."""
    assert SOFTHSM is not None, "SoftHSM is missing; ./dev test installs it"
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    key = ec.generate_private_key(ec.SECP256R1())
    key_path, certificate_path = write(tmp_path, key, a_certificate_for(key))
    program = shutil.which("softhsm2-util") or "softhsm2-util"
    pins = ["--pin", "1234", "--so-pin", "5678"]
    for arguments in (
        ["--init-token", "--free", "--label", "sharecover", *pins],
        ["--import", str(key_path), "--token", "sharecover", "--label", "documents", "--id", "01", "--pin", "1234"],
    ):
        subprocess.run([program, *arguments], check=True, capture_output=True)
    key_path.unlink()
    return f"pkcs11:token=sharecover;object=documents?module-path={SOFTHSM}", certificate_path


class TestModule:
    def test_signs_with_a_key_that_never_leaves_it(
        self, module: tuple[str, Path], tmp_path: Path, pdf: bytes
    ) -> None:  # fmt: skip
        uri, certificate = module
        signatures = PadesSignatures.open(tmp_path / "signing", key=uri, certificate=certificate, pin="1234")
        signed = [signatures.sign(pdf) for _ in range(2)]
        assert all(status(one).valid for one in signed)
        assert signatures.name == "Mutuelle du Canal SA"
        wrong = PadesSignatures.open(
            tmp_path / "signing", key=uri.replace("documents", "others"), certificate=certificate, pin="1234"
        )  # fmt: skip
        with pytest.raises(Unavailable, match="can't be signed now"):
            wrong.sign(pdf)
