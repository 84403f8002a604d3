"""A synchronous client of the ASGI application, in-process: keeps cookies as a browser does."""

import asyncio
import gzip
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def content(self) -> Any:
        """What a successful answer holds."""
        assert self.json["success"] is True, self.json
        return self.json["data"]

    @property
    def refusal(self) -> str:
        """Why it was refused."""
        assert self.json["success"] is False, self.json
        return self.json["message"]


@dataclass(frozen=True)
class Asked:
    """One request; `document` becomes JSON unless it is bytes."""

    method: str
    path: str
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Browser:
    """Talks to `app` from `address`; `headers` go with every request."""

    def __init__(
        self, app: ASGIApp, address: str = "127.0.0.1", headers: Mapping[str, str] | None = None
    ) -> None:
        self._app = app
        self._address = address
        self._runner = asyncio.Runner()
        self.headers = _named(headers or {})
        self.cookies: dict[str, str] = {}
        # What the application may raise after it has answered: the server would log it.
        self.forgives: tuple[type[Exception], ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask(Asked("GET", path, headers=headers))

    def post(self, path: str, document: Any = None, **headers: str) -> Reply:
        return self.ask(Asked("POST", path, document, headers))

    def put(self, path: str, document: Any = None, **headers: str) -> Reply:
        return self.ask(Asked("PUT", path, document, headers))

    def delete(self, path: str, **headers: str) -> Reply:
        return self.ask(Asked("DELETE", path, headers=headers))

    def ask(self, asked: Asked) -> Reply:
        return self.together([asked])[0]

    def together(self, asked: Sequence[Asked]) -> list[Reply]:
        """Send requests at the same time; answers in their order."""

        async def all_of_them() -> list[Reply]:
            return await asyncio.gather(*(self._exchange(one) for one in asked))

        return self._runner.run(all_of_them())

    async def _exchange(self, asked: Asked) -> Reply:
        body = asked.document
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        path, _, query = asked.path.partition("?")
        headers = {"content-type": "application/json"} | self.headers | _named(asked.headers)
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.encode(), value.encode("latin-1")) for name, value in headers.items()
            ],
            "client": (self._address, 40000),
            "server": ("127.0.0.1", 3000),
        }
        return await self._talk(scope, body or b"")

    async def _talk(self, scope: dict[str, Any], body: bytes) -> Reply:
        sent: list[Message] = []
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        with suppress(*self.forgives):
            await self._app(scope, receive, send)
        return self._reply(sent)

    def _reply(self, sent: list[Message]) -> Reply:
        headers: dict[str, str] = {}
        for name, value in sent[0]["headers"]:
            headers[name.decode().lower()] = value.decode("latin-1")
            if name.lower() == b"set-cookie":
                self._keep(SimpleCookie(value.decode("latin-1")))
        body = b"".join(message.get("body", b"") for message in sent[1:])
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return Reply(sent[0]["status"], headers, body)

    def _keep(self, cookies: SimpleCookie) -> None:
        for name, morsel in cookies.items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that were written as keyword arguments under their own names."""
    return {name.replace("_", "-").lower(): value for name, value in headers.items()}
