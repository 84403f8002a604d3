"""Identity providers on a socket of this machine, as their references describe them: the page that asks a person, and what
we ask behind it. A person is whoever the test says sits before the page.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes import Answer, FakeVendor, Received, body_answer, json_answer

CLIENT, SECRET = "the client", "the secret"


def moved(url: str) -> Answer:
    return body_answer(b"", 302, [("Location", url)], "text/html")


def fields_of(request: Received) -> dict[str, str]:
    """Return the fields of a form or a JSON object."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return json.loads(request.body)
    return dict(parse_qsl(request.body.decode()))


def query_of(url: str) -> dict[str, str]:
    """Return what stands behind the question mark, each name once."""
    return dict(parse_qsl(urlsplit(url).query))


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class CodeServer:
    """What all of them share: codes that are good once, for the browser that was sent on with its challenge.

    `callback` is the address that is registered; `granted` maps codes to what their owner agreed to.
    """

    callback: str = ""
    url: str = ""
    person: dict[str, Any] = field(default_factory=dict[str, Any])
    granted: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    access: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    asked: list[Received] = field(default_factory=list[Received])

    def __call__(self, request: Received) -> Answer:
        self.asked.append(request)
        path = urlsplit(request.path).path
        return self.answer(path, request)

    def answer(self, path: str, request: Received) -> Answer:
        raise NotImplementedError

    def agree(self, query: dict[str, str]) -> str:
        """The person agrees: return a code."""
        code = f"code-{len(self.granted) + 1}"
        self.granted[code] = query
        return code

    def send_back(self, request: Received) -> Answer:
        query = query_of(request.path)
        back = query.get("redirect_uri") or self.callback
        assert back == self.callback, f"{back} is not registered"
        return moved(f"{back}?{urlencode({'code': self.agree(query), 'state': query['state']})}")

    def redeem(self, form: dict[str, str]) -> str | None:
        """Use a code up; return an access token, or nothing."""
        query = self.granted.pop(form.get("code", ""), None)
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if query is None or not known:
            return None
        challenge = query.get("code_challenge")
        if challenge and challenge_of(form.get("code_verifier", "")) != challenge:
            return None
        access = f"access-{len(self.access) + 1}"
        self.access[access] = dict(self.person)
        return access

    def bearer(self, request: Received) -> dict[str, Any] | None:
        return self.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    @contextmanager
    def serving(self) -> Generator[FakeVendor]:
        with FakeVendor.in_thread(self) as server:
            self.url = server.url
            yield server


@dataclass
class GitHub(CodeServer):
    """GitHub Enterprise Server: everything at one address."""

    emails: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def answer(self, path: str, request: Received) -> Answer:
        match request.method, path:
            case "GET", "/login/oauth/authorize":
                return self.send_back(request)
            case "POST", "/login/oauth/access_token":
                access = self.redeem(fields_of(request))
                if access is None:
                    error = {
                        "error": "bad_verification_code",
                        "error_description": "The code is incorrect.",
                    }
                    return json_answer(error)
                return json_answer(
                    {"access_token": access, "scope": "user:email", "token_type": "bearer"}
                )
            case "GET", "/api/v3/user" if person := self.bearer(request):
                return json_answer(person)
            case "GET", "/api/v3/user/emails" if self.bearer(request):
                return json_answer(self.emails)
            case _:
                return json_answer({"message": "Bad credentials"}, 401)
