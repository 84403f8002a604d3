"""The case of every vendor's row, found from folders, and a vendor that takes exactly what the case says.

`vendors/<slug>/case.json` holds what the vendor's reference says, written out: the `url` of a chat (of embeddings, for
vendors that have nothing else), an example `key`, the `headers` that carry it (else a bearer), the `others` that
it serves beside it, and the URLs of those that lie `elsewhere`. `base_url` and `config`: what an operator has to say, where
the row cannot. `client`: fields that a client adds to its request, `sent`: what the vendor gets of them. `stream_options`:
false where that field is not taken. `whole`, `stream`, `error` name answers of `vendors/answers`; a folder that has a file
of that name uses its own.

A vendor with a second face has `face`: the `url` and `headers` of that, for clients of its dialect, and what else differs
there; it is a case of its own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from oneapi.providers import registry
from oneapi.providers.provider import Provider
from oneapi.wire.endpoints import Endpoint
from tests.fakes import Answer, Received, body_answer, json_answer, stream_answer

ROOT = Path(__file__).parent / "vendors"
ANSWERS = ROOT / "answers"
# What every request has, whatever the vendor.
PLAIN_HEADERS = {
    *("host", "content-type", "content-length", "accept", "accept-encoding", "user-agent"),
    "connection",
}

# https://platform.openai.com/docs/api-reference, https://platform.claude.com/docs/en/api (read 2026-11-26)
OPENAI_TAILS = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "moderations": "/moderations",
    "edits": "/edits",
    "images": "/images/generations",
    "image_edits": "/images/edits",
    "image_variations": "/images/variations",
    "speech": "/audio/speech",
    "transcriptions": "/audio/transcriptions",
    "translations": "/audio/translations",
}
ANTHROPIC_TAILS = {"chat": "/messages", "count_tokens": "/messages/count_tokens"}


@dataclass(frozen=True)
class Case:
    """One vendor's case, or that of its second face (then `face` is its dialect); see the module."""

    provider: Provider
    said: dict[str, Any]
    face: str = ""

    @property
    def slug(self) -> str:
        return f"{self.provider.slug}-{self.face}" if self.face else self.provider.slug

    @property
    def is_converted(self) -> bool:
        """Whether clients of the other dialect have what they ask converted."""
        return len(self.provider.services.get(Endpoint.CHAT, ())) == 1

    @property
    def model(self) -> str:
        return f"model-of-{self.slug}"

    @property
    def main(self) -> str:
        """The endpoint that is relayed."""
        return "chat" if Endpoint.CHAT in self.provider.services else "embeddings"

    @property
    def key(self) -> str:
        return self.said["key"]

    @property
    def path(self) -> str:
        url: str = self.said["url"]
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def urls(self) -> dict[str, str]:
        """Where every endpoint lies."""
        tails = ANTHROPIC_TAILS if self.is_anthropic else OPENAI_TAILS
        others = self.said.get("others", [])
        named = [name for name in tails if name != self.main] if others == "all" else others
        beside = {name: self.said["url"].replace(tails[self.main], tails[name]) for name in named}
        return {self.main: self.said["url"], **beside, **self.said.get("elsewhere", {})}

    @property
    def headers(self) -> dict[str, str]:
        """The headers that only this vendor's requests have."""
        named = self.said.get("headers", {"authorization": "Bearer {key}"})
        return {name: value.replace("{key}", self.key) for name, value in named.items()}

    @property
    def base_url(self) -> str:
        return self.said.get("base_url") or self.provider.base_url

    @property
    def config(self) -> dict[str, str]:
        return self.said.get("config", {})

    @property
    def dialect(self) -> str:
        """The dialect of this face."""
        return self.face or self.provider.service(Endpoint(self.main)).dialect

    @property
    def is_anthropic(self) -> bool:
        return self.dialect == "anthropic"

    def address_at(self, url: str) -> str:
        """Return the base URL of a channel whose vendor is played at `url`, under a folder of its own."""
        path = urlsplit(self.base_url).path
        for name, value in self.config.items():
            path = path.replace(f"{{{name}}}", value)
        return f"{url}/{self.slug}{path}"

    def answer(self, kind: str) -> dict[str, Any]:
        """Return the answer of a kind (`whole`, `stream`, `error`): the folder's own, or the one that it names."""
        own = ROOT / self.slug / f"{kind}.json"  # of a second face, in a folder of its own
        shared = ANSWERS / kind / f"{self.named(kind)}.json"
        return json.loads((own if own.exists() else shared).read_text("utf-8"))

    def named(self, kind: str) -> str:
        """Return the name of the shared answer of a kind."""
        if self.main == "embeddings" and kind == "whole":
            return "embeddings"
        default = "anthropic" if self.is_anthropic else "openai"
        return str(self.said.get(kind, default))

    @cached_property
    def request(self) -> dict[str, Any]:
        """What a client of the vendor's own dialect asks."""
        if self.main == "embeddings":
            return {"model": self.model, "input": "Say hello."}
        said: dict[str, Any] = self.said.get("client", {})
        limit = {} if "max_completion_tokens" in said else {"max_tokens": 64}
        document: dict[str, Any] = {"model": self.model} | limit | said
        return document | {"messages": [{"role": "user", "content": "Say hello."}]}

    @cached_property
    def sent(self) -> dict[str, Any]:
        """What the vendor is to get of it."""
        if "sent" not in self.said:
            return self.request
        kept = {name: self.request[name] for name in ("model", "messages")}
        return kept | self.said["sent"]

    def expected(self, streams: bool) -> dict[str, Any]:
        document = dict(self.sent)
        if streams:
            document["stream"] = True
            if not self.is_anthropic and self.said.get("stream_options", True):
                document["stream_options"] = {"include_usage": True}
        return document


def served(case: Case) -> set[Endpoint]:
    """Return the endpoints that a face of a vendor serves."""
    return {
        endpoint
        for endpoint, services in case.provider.services.items()
        if any(service.dialect == case.dialect for service in services)
    }


def cases() -> list[Case]:
    """Return the case of every row that serves anything; the folder is the vendor's slug."""
    found = {path.parent.name: path for path in ROOT.glob("*/case.json")}
    serving = [row for row in registry.providers() if row.services]
    rows = {row.slug: row for row in serving}
    assert set(found) == set(rows), f"without a row or a folder: {sorted(set(found) ^ set(rows))}"
    assert len(rows) == len(serving), "a slug stands twice"
    return [case for slug in sorted(rows) for case in _faces_of(rows[slug], found[slug])]


def _faces_of(row: Provider, path: Path) -> Iterator[Case]:
    """Yield a case for each face of a vendor."""
    said = json.loads(path.read_text("utf-8"))
    yield Case(row, said)
    chats = row.services.get(Endpoint.CHAT, ())
    assert len(chats) < 2 or "face" in said, f"{path} says nothing of the second face"
    if len(chats) == 2:
        yield Case(row, {"key": said["key"]} | said["face"], chats[1].dialect)


class Asked(Enum):
    """What the vendors are asked now."""

    OWN = "in their own dialect"
    OTHER = "by a client of the other dialect"
    REFUSED = "what they refuse"


class StrictVendor:
    """Plays every vendor, each under its slug: answers what its case says, and refuses whatever is not said there."""

    def __init__(self, played: list[Case]) -> None:
        self.cases = {case.slug: case for case in played}
        self.asked = Asked.OWN
        self.complaints: list[str] = []

    def __call__(self, received: Received) -> Answer:
        _, slug, rest = received.path.split("/", 2)
        case = self.cases[slug]
        document = received.json()
        complaints = [*_objections(case, received, f"/{rest}", document, self.asked)]
        if complaints:
            self.complaints += [f"{slug}: {complaint}" for complaint in complaints]
            return json_answer({"error": {"message": "; ".join(complaints)}}, 418)
        if self.asked is Asked.REFUSED:
            refusal = case.answer("error")
            return json_answer(refusal["answer"], refusal["status"])
        if document.get("stream"):
            return _streamed(case.answer("stream")["events"])
        return body_answer(json.dumps(case.answer("whole")["answer"]).encode())


def _objections(
    case: Case, received: Received, path: str, document: dict[str, Any], asked: Asked
) -> Iterator[str]:
    if path != case.path:
        yield f"path {path}, not {case.path}"
    own = {name: value for name, value in received.headers.items() if name not in PLAIN_HEADERS}
    if own != case.headers:
        yield f"headers {own}, not {case.headers}"
    expected = case.expected(bool(document.get("stream")))
    if asked is Asked.OTHER:
        limit = "max_completion_tokens" if "max_completion_tokens" in expected else "max_tokens"
        if set(document) - {"stream"} != {"model", "messages", limit}:
            yield f"a converted document has the fields {sorted(document)}"
    elif document != expected:
        yield f"document {document}, not {expected}"


def _streamed(events: list[Any]) -> Answer:
    printed = [
        f"data: {found}\n\n" if isinstance(found, str) else _event(found) for found in events
    ]
    return stream_answer(*(text.encode() for text in printed))


def _event(found: dict[str, Any]) -> str:
    named = f"event: {found['type']}\n" if "type" in found else ""
    return f"{named}data: {json.dumps(found)}\n\n"
