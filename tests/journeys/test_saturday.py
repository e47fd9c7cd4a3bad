"""The main job, whole: an employee borrows the company's van for a Saturday, carries goods, and claims on Sunday."""

from __future__ import annotations

import io

from pypdf import PdfReader

from tests.builders import Platform, a_bind, a_claim, a_quote, a_risk, soon


class TestSaturday:
    def test_goes_from_the_quote_to_the_claim(self, platform: Platform) -> None:
        risk = a_risk(registration="AB-123-CD")
        quote = platform.post("/v1/quotes", a_quote(risk=risk, start=soon(days=3), end=soon(days=3, hours=12))).json()
        assert quote["state"] == "open"
        assert quote["price"]["gross"] == {"amount": 3024, "currency": "EUR"}

        cover = platform.post("/v1/covers", a_bind(quote)).json()
        assert cover["state"] == "scheduled"
        assert cover["price"]["gross"] == quote["price"]["gross"]

        pdf = platform.get(f"/v1/covers/{cover['id']}/certificate")
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
        assert cover["number"] in text
        assert "AB-123-CD" in text

        platform.advance(cover["end"])
        assert platform.get(f"/v1/covers/{cover['id']}").json()["state"] == "ended"
        claim = platform.post("/v1/claims", a_claim(cover)).json()
        assert claim["state"] == "open"
        assert claim["flags"] == []
        assert [exposure["section"] for exposure in claim["exposures"]] == ["goods_carried"]
