"""A cover as a card in Google Wallet: a signed address that the member opens, and only then is anything told to Google.

https://developers.google.com/wallet/generic/use-cases/jwt and .../generic/rest/v1/genericobject
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from coverage.domain.certificate import Certificate
from coverage.messages import Words

SAVE_ADDRESS: Final = "https://pay.google.com/gp/v/save/"
# Longer addresses are cut by some browsers, as Google's own guide warns.
LONGEST_ADDRESS: Final = 1_800
LONGEST_TEXT: Final = 60


class BadWallet(ValueError):
    """A key or an issuer that no card can be made with."""


class GoogleWallet:
    """Makes cards under one issuer's id with the key of a service account."""

    def __init__(self, issuer: str, account: str, key: Any) -> None:
        self._issuer, self._account, self._key = issuer, account, key

    @classmethod
    def open(cls, path: Path, issuer: str) -> GoogleWallet:
        """With a service account's key as Google hands it out, in JSON. Raises `BadWallet`."""
        if not re.fullmatch(r"\d{10,24}", issuer):
            raise BadWallet("an issuer's id in Google Wallet has digits alone, such as 3388000000012345678")
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            account, key = str(told["client_email"]), load_pem_private_key(told["private_key"].encode(), None)
        except OSError as error:
            raise BadWallet(f"the service account's key {path} can't be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadWallet(f"{path} is no service account's key; expected the JSON that Google hands out") from None
        return cls(issuer, account, key)

    def address_of(self, certificate: Certificate) -> str:
        """Where the member adds the cover to their wallet."""
        words = Words(certificate.language)

        def text(value: str) -> dict[str, Any]:
            short = value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
            return {"defaultValue": {"language": certificate.language, "value": short}}

        urgent = certificate.assistance_contact or certificate.claims_contact
        card: dict[str, Any] = {
            # A changed cover is another card: one that was saved is never changed by saving it again.
            "id": f"{self._issuer}.{certificate.number}-{certificate.version}",
            "classId": f"{self._issuer}.sharecover-cover",
            "state": "ACTIVE",
            "cardTitle": text(certificate.partner),
            "header": text(certificate.object_value or certificate.product_name),
            "subheader": text(certificate.product_name),
            "hexBackgroundColor": certificate.brand.colour,
            "validTimeInterval": {
                "start": {"date": certificate.starts_at.isoformat()},
                "end": {"date": certificate.ends_at.isoformat()},
            },
            "textModulesData": [
                {"id": "until", "header": words.text("certificate.until"), "body": words.instant(certificate.ends_at, certificate.timezone)},
                {"id": "call", "header": words.text("wallet.call"), "body": urgent.phone},
            ],
        }  # fmt: skip
        if certificate.proof is not None:
            card["barcode"] = {"type": "QR_CODE", "value": certificate.proof.url, "alternateText": certificate.number}
        claims = {
            "iss": self._account, "aud": "google", "typ": "savetowallet", "iat": int(certificate.issued_at.timestamp()),
            "payload": {"genericClasses": [{"id": card["classId"]}], "genericObjects": [card]},
        }  # fmt: skip
        address = SAVE_ADDRESS + jwt.encode(claims, self._key, algorithm="RS256")
        if len(address) > LONGEST_ADDRESS and "barcode" in card:
            del card["barcode"]["alternateText"]
            address = SAVE_ADDRESS + jwt.encode(claims, self._key, algorithm="RS256")
        return address
