"""Identity providers on a socket of this machine, as their references describe them: the page that asks a person, and what
we ask behind it. A person is whoever the test says sits before the page.
"""

import json
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

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
    denies: bool = False

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
        if self.denies:
            said = "The user has denied your application access."
            error = {"error": "access_denied", "error_description": said}
            return moved(f"{back}?{urlencode(error | {'state': query['state']})}")
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


@dataclass
class Lark(CodeServer):
    """Lark or Feishu at one address."""

    def answer(self, path: str, request: Received) -> Answer:
        match request.method, path:
            case "GET", "/open-apis/authen/v1/authorize":
                return self.send_back(request)
            case "POST", "/open-apis/authen/v2/oauth/token":
                form = fields_of(request)
                access = self.redeem(form) if form.get("redirect_uri") == self.callback else None
                if access is None:
                    error = {
                        "code": 20003,
                        "error": "invalid_grant",
                        "error_description": "wrong code",
                    }
                    return json_answer(error, 400)
                return json_answer({"code": 0, "access_token": access, "token_type": "Bearer"})
            case "GET", "/open-apis/authen/v1/user_info" if person := self.bearer(request):
                return json_answer({"code": 0, "msg": "success", "data": person})
            case _:
                return json_answer({"code": 99991663, "msg": "token invalid"}, 400)


@dataclass
class WeChat:
    """A wechat-server: who sent its account a word has a code."""

    codes: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[Received] = field(default_factory=list[Received])
    url: str = ""

    def __call__(self, request: Received) -> Answer:
        self.asked.append(request)
        if request.headers.get("authorization") != SECRET:
            return json_answer({"success": False, "message": "token", "data": ""}, 401)
        found = self.codes.pop(query_of(request.path).get("code", ""), "")
        return json_answer({"success": True, "message": "", "data": found})

    @contextmanager
    def serving(self) -> Generator[FakeVendor]:
        with FakeVendor.in_thread(self) as server:
            self.url = server.url
            yield server


def rsa_key(kid: str) -> Any:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class OidcServer(CodeServer):
    """An OpenID Connect provider that signs with RS256. `said` changes its claims, `about` what userinfo tells.

    `forge`, where set, makes the id_token instead.
    """

    clock: Callable[[], float] = time.time
    key: Any = field(default_factory=lambda: rsa_key("one"))
    said: dict[str, Any] = field(default_factory=dict[str, Any])
    about: dict[str, Any] | None = None
    discovery: dict[str, Any] = field(default_factory=dict[str, Any])
    jwks: dict[str, Any] | None = None
    forge: Callable[[dict[str, Any]], str] | None = None

    def answer(self, path: str, request: Received) -> Answer:
        match request.method, path:
            case "GET", "/.well-known/openid-configuration":
                return json_answer(self.document() | self.discovery)
            case "GET", "/authorize":
                return self.send_back(request)
            case "POST", "/token":
                return self.tokens(request)
            case "GET", "/jwks":
                keys = {"keys": [self.key.as_dict(private=False)]}
                return json_answer(self.jwks if self.jwks is not None else keys)
            case "GET", "/userinfo" if person := self.bearer(request):
                return json_answer(self.about if self.about is not None else person)
            case _:
                return json_answer({"error": "invalid_token"}, 401)

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def tokens(self, request: Received) -> Answer:
        form = fields_of(request)
        if basic := request.headers.get("authorization", ""):
            pair = b64decode(basic.removeprefix("Basic ")).decode().split(":")
            form |= {"client_id": unquote_plus(pair[0]), "client_secret": unquote_plus(pair[1])}
        query = self.granted.get(form.get("code", ""), {})
        access = self.redeem(form) if form.get("redirect_uri") == self.callback else None
        if access is None:
            return json_answer({"error": "invalid_grant"}, 400)
        now = int(self.clock())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": self.person["sub"],
            "iat": now,
            "exp": now + 300,
        }
        if "nonce" in query:
            claims["nonce"] = query["nonce"]
        claims |= self.said
        claims = {name: value for name, value in claims.items() if value is not None}
        id_token = self.forge(claims) if self.forge else self.signed(claims)
        return json_answer({"access_token": access, "token_type": "Bearer", "id_token": id_token})

    def signed(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        key = key or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key)
