"""A certificate of years ago, after the one that signs has changed and the whole installation was lost and restored elsewhere."""

from __future__ import annotations

from pathlib import Path

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.builders import a_bind, a_quote
from tests.gateways.test_signing import a_certificate_for
from tests.processes import NO_TLS, Service, data_folder, run_coverage, serving


def a_signing_pair(folder: Path, name: str) -> dict[str, str]:
    """Settings that have documents signed by a key and a certificate of their own."""
    key = ec.generate_private_key(ec.SECP256R1())
    secret, certificate = folder / f"{name}.key.pem", folder / f"{name}.pem"
    encoding = serialization.Encoding.PEM
    secret.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    certificate.write_bytes(a_certificate_for(key, name).public_bytes(encoding))
    return {"SHARECOVER_SIGNING_KEY": str(secret), "SHARECOVER_SIGNING_CERTIFICATE": str(certificate)}


def a_certificate_of(service: Service) -> bytes:
    quote = service.post("/v1/quotes", a_quote()).json()
    cover = service.post("/v1/covers", a_bind(quote)).json()
    return service.get(f"/v1/covers/{cover['id']}/certificate").content


def uploaded(service: Service, pdf: bytes) -> str:
    """What the page says about a file."""
    files = {"file": ("certificate.pdf", pdf, "application/pdf")}
    return httpx2.post(
        f"{service.url}/verify/file", files=files, headers={"Accept-Language": "en"}, verify=NO_TLS, trust_env=False, timeout=30
    ).text  # fmt: skip


class TestCertificateSignedBefore:
    def test_is_known_by_its_signature_in_what_was_restored_elsewhere(self, tmp_path: Path) -> None:
        first, second, third = (a_signing_pair(tmp_path, name) for name in ("First", "Second", "Third"))
        backup = tmp_path / "sharecover.backup"
        with data_folder() as folder:
            with serving(folder, "--demo", environment=first) as service:
                partner = service.printed("Test key")
                old = a_certificate_of(service)
            with serving(folder, "--demo", environment=second) as service:
                service.log.write_text(f"{service.output}\nTest key {partner}\n")
                newer = a_certificate_of(service)
                told = run_coverage("backup", str(backup), "--data", str(folder))
                assert told.returncode == 0, told.stderr
                assert "and 2 certificates that documents were signed with" in told.stdout
            key = (folder / "master.key").read_text().strip()
        for secret in (first, second):
            content = Path(secret["SHARECOVER_SIGNING_KEY"]).read_text().splitlines()[1]
            assert content.encode() not in backup.read_bytes()
        with data_folder() as elsewhere:
            told = run_coverage("restore", str(backup), "--data", str(elsewhere), SHARECOVER_MASTER_KEY=key)
            assert told.returncode == 0, told.stderr
            with serving(elsewhere, environment=third | {"SHARECOVER_MASTER_KEY": key}) as restored:
                for pdf in (old, newer):
                    assert "to the last byte" in uploaded(restored, pdf)
                    # Of a file that isn't the same any more its signature alone tells whose it was.
                    assert "was changed after it was issued" in uploaded(restored, pdf + b"x")
                assert "is no certificate of ours" in uploaded(restored, b"%PDF-1.7 by somebody")
