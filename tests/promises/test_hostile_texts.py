"""Promise 17: what anybody writes into a document stays text there. Nothing is fetched, enclosed or run for it."""

from __future__ import annotations

import io
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import cycle
from typing import Any, Final, cast

import pytest
from pypdf import PdfReader

from coverage.gateways.documents import WeasyPrintDocuments
from tests.conftest import ROOT
from tests.gateways.test_documents import images, squeezed, text_of, was_called
from tests.promises.trial import Trial, promise
from tests.specimens import LANGUAGES, specimens

HOSTILE: Final = (
    '<img src="file:///etc/passwd">',
    '<img src="{url}">',
    '"><img src={url}>',
    "<img srcset='{url} 2x' src=''>",
    "<img src='asset:fonts/OFL.txt'>",
    "<link rel=attachment href=file:///etc/passwd>",
    '<link rel="stylesheet" href="{url}">',
    '<a rel="attachment" href="{url}">x</a>',
    '<link rel="preload" as="font" href="{url}">',
    "</style><style>@import url({url});</style>",
    "@import '{url}';",
    "@font-face{{font-family:x;src:url({url})}}",
    "@page{{background:url({url})}}",
    "</title><script src={url}></script>",
    "<script>fetch('{url}')</script>",
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/></svg>',
    '<svg><use href="{url}#x"/></svg>',
    '<svg><style>@import "{url}";</style></svg>',
    '<math><mtext><img src="{url}"></mtext></math>',
    '<object data="{url}"></object>',
    '<object data="file:///etc/passwd" type="text/plain"></object>',
    '<iframe src="file:///etc/passwd"></iframe>',
    "<iframe srcdoc='<img src={url}>'></iframe>",
    '<video poster="{url}"></video>',
    '<input type="image" src="{url}">',
    "<base href={url}>",
    '<meta http-equiv="refresh" content="0;url={url}">',
    '<meta name="dcterms.created" content="x">',
    '<p style="background:url({url})">x</p>',
    '<p style="content:attr(title url)" title="{url}">x</p>',
    "' onload='{url}",
    '" style="background:url({url})',
    "--brand:url({url});}}*{{content:url({url})}}",
    '<a href="javascript:alert(1)">x</a>',
    "{{{{ ''.__class__.__mro__ }}}}{{% include '/etc/passwd' %}}",
    "<!--<img src={url}>",
    "<![CDATA[<!ENTITY x SYSTEM 'file:///etc/passwd'>]]>",
    "&lt;img src=&quot;{url}&quot;&gt;",
    '<embed src="data:text/html,{url}">',
    "%PDF-1.7 /Launch (x) >> endobj /EmbeddedFile {url}",
)

# What isn't anybody's to write: it is chosen among few, or read as a number.
CHOSEN: Final = frozenset({"language", "timezone", "cause", "kind", "per", "currency", "colour", "rate_percent", "share_percent", "url"})  # fmt: skip
SECONDS: Final = 30
FEWEST: Final = 5  # of the texts that a document repeats: a statement has few that people write
MEMORY: Final = 1 << 30


def filled(said: Any, texts: Iterator[str]) -> Any:
    """The same with the next of the texts in each field that somebody writes."""
    if isinstance(said, str):
        return next(texts)
    if isinstance(said, tuple):
        return tuple(filled(one, texts) for one in said)
    if is_dataclass(said) and not isinstance(said, type):
        told = {each.name: getattr(said, each.name) for each in fields(said) if each.init and each.name not in CHOSEN}
        return replace(cast(Any, said), **{name: filled(value, texts) for name, value in told.items()})
    return said


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server on loopback that nobody may knock at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


class TestDocuments:
    @promise(
        17, "a hostile text in every free field of every document is text there: nothing is fetched, enclosed or shown for it",
        unit="documents", small=16, full=400, provokes=("repeated as text", "ipid", "certificate", "invoice"),
    )  # fmt: skip
    def test_take_hostile_texts_as_texts(self, listener: socket.socket, trial: Trial) -> None:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        every = [one for language in LANGUAGES for one in specimens(language)]
        texts = [template.format(url=url) for template in HOSTILE]
        documents = WeasyPrintDocuments(ROOT / "policy_templates", seconds=SECONDS, memory_bytes=MEMORY)
        slowest, unseen = 0.0, set(texts)
        try:
            plain = {id(one): images(documents.render(one.template, one.said_in, one.facts)) for one in every}
            for number in trial.each():
                specimen = every[number % len(every)]
                # Each field gets another of them, and another one each time.
                order = trial.random.sample(texts, len(texts))
                said = filled(specimen.said, cycle(order))
                began = time.monotonic()
                pdf = documents.render(specimen.template, specimen.said_in, {specimen.name: said})
                slowest = max(slowest, time.monotonic() - began)
                found = text_of(pdf)
                repeated = {text for text in texts if squeezed(text) in found}
                assert len(repeated) >= FEWEST, specimen.template
                unseen -= repeated
                trial.met("repeated as text", sum(found.count(squeezed(text)) for text in repeated))
                trial.met(specimen.name)
                assert "root:" not in found
                assert PdfReader(io.BytesIO(pdf)).attachments == {}
                assert images(pdf) == plain[id(specimen)], (specimen.template, order)
                assert not was_called(listener), (specimen.template, order)
        finally:
            documents.close()
        assert slowest < SECONDS
        assert unseen == set(), "each is repeated somewhere, letter by letter"
        trial.met("MB of the largest typesetter", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
