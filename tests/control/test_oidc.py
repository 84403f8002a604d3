"""Signing in with an OpenID Connect provider: what the specification says, and tokens that say nothing."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import update

from oneapi.store.tables import options, users
from tests.control.browser import Browser, Reply
from tests.control.conftest import ALICE, NOW, PASSWORD, World
from tests.fakes import FakeVendor, html_answer, json_answer
from tests.identity import CLIENT, SECRET, OidcServer, query_of, rsa_key

PERSON = {
    "sub": "248289761001",
    "name": "Jane Doe",
    "preferred_username": "j.doe",
    "email": "Jane@Example.org",
    "email_verified": True,
}


@pytest.fixture
def oidc() -> Generator[OidcServer]:
    server = OidcServer(callback="https://site.example/oauth/oidc", person=dict(PERSON))
    with server.serving():
        yield server


@pytest.fixture
def site(world: World, oidc: OidcServer) -> World:
    oidc.clock = world.clock
    values = {
        "OidcEnabled": "true",
        "OidcClientId": CLIENT,
        "OidcClientSecret": SECRET,
        "OidcWellKnown": f"{oidc.url}/.well-known/openid-configuration",
        "ServerAddress": "https://site.example",
    }
    for key, value in values.items():
        world.add(options, key=key, value=value)
    return world


def change(site: World, key: str, value: str) -> None:
    with site.database.begin() as connection:
        written = update(options).where(options.c.key == key).values(value=value)
        if connection.execute(written).rowcount == 0:
            connection.execute(options.insert().values(key=key, value=value))


def sent_to(visitor: Browser, **document: Any) -> dict[str, str]:
    begun = visitor.post("/api/oauth/state", {"provider": "oidc", **document}).content
    return query_of(begun["url"])


def came_back(visitor: Browser, oidc: OidcServer, **document: Any) -> Reply:
    query = sent_to(visitor, **document)
    return visitor.get(f"/api/oauth/oidc?code={oidc.agree(query)}&state={query['state']}")


def newest(site: World) -> dict[str, Any]:
    return site.rows(users)[-1]


def test_a_stranger_gets_an_account_of_their_own(site: World, oidc: OidcServer) -> None:
    person = came_back(site.visitor(), oidc).content
    assert (person["id"], person["username"], person["display_name"]) == (5, "j.doe", "Jane Doe")
    row = newest(site)
    assert (row["oidc_id"], row["email"]) == ("248289761001", "jane@example.org")
    assert came_back(site.visitor(), oidc).content["id"] == 5


def test_the_provider_is_asked_as_the_specification_says(site: World, oidc: OidcServer) -> None:
    query = sent_to(site.visitor())
    assert query["response_type"] == "code"
    assert set(query["scope"].split()) >= {"openid", "profile", "email"}
    assert query["redirect_uri"] == "https://site.example/oauth/oidc"
    assert len(query["nonce"]) >= 32
    assert query["code_challenge_method"] == "S256"


def test_one_apis_binding_still_counts(site: World, oidc: OidcServer) -> None:
    with site.database.begin() as connection:
        bound = update(users).where(users.c.id == ALICE).values(oidc_id="248289761001")
        connection.execute(bound)
    assert came_back(site.visitor(), oidc).content["id"] == ALICE


def test_an_account_is_bound(site: World, oidc: OidcServer) -> None:
    alice = site.visitor()
    alice.post("/api/user/login", {"username": "alice", "password": PASSWORD})
    assert came_back(alice, oidc, bind=True).json["message"] == "bind"
    assert came_back(site.visitor(), oidc).content["id"] == ALICE


@pytest.mark.parametrize(
    ("wished", "got"),
    [
        ("root", "oidc_5"),
        ("ROOT", "oidc_5"),
        ("alice@example.com", "oidc_5"),
        ("carol@example.com", "carol"),
        ("", "oidc_5"),
        ("a\u202eb", "oidc_5"),
        ("x" * 100, "oidc_5"),
        (None, "oidc_5"),
        (7, "oidc_5"),
    ],
)
def test_a_name_that_is_taken_or_unfit_is_not_given(
    site: World, oidc: OidcServer, wished: object, got: str
) -> None:
    oidc.person["preferred_username"] = wished
    assert came_back(site.visitor(), oidc).content["username"] == got


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
def test_an_address_that_is_not_verified_is_not_kept(
    site: World, oidc: OidcServer, verified: object
) -> None:
    oidc.person["email_verified"] = verified
    came_back(site.visitor(), oidc)
    assert newest(site)["email"] == ""


def test_an_address_is_verified_by_who_says_it(site: World, oidc: OidcServer) -> None:
    oidc.said = {"email_verified": True}
    oidc.person |= {"email": "victim@example.org", "email_verified": False}
    came_back(site.visitor(), oidc)
    assert newest(site)["email"] == ""


def test_an_address_never_leads_to_an_account(site: World, oidc: OidcServer) -> None:
    oidc.person["email"] = "alice@example.com"
    assert came_back(site.visitor(), oidc).content["id"] == 5
    assert newest(site)["email"] == ""


@pytest.mark.parametrize(
    "said",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": None},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "never"},
        {"exp": True},
        {"iat": NOW + 3600},
        {"iat": None},
        {"nbf": NOW + 3600},
        {"nonce": "another sign-in's"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": 248289761001},
        {"sub": "x" * 192},
    ],
)
def test_claims_of_another_or_of_another_time_sign_nobody_in(
    site: World, oidc: OidcServer, said: dict[str, Any]
) -> None:
    oidc.said = said
    visitor = site.visitor()
    assert came_back(visitor, oidc).json["code"] == "provider_refused"
    assert len(site.rows(users)) == 4
    assert "session" not in visitor.cookies


def test_an_audience_of_several_that_names_us_is_good(site: World, oidc: OidcServer) -> None:
    oidc.said = {"aud": [CLIENT, "another client"], "azp": CLIENT}
    assert came_back(site.visitor(), oidc).content["id"] == 5


def unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    parts = [{"alg": alg, "typ": "JWT"}, claims]
    texts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts]
    return f"{texts[0]}.{texts[1]}."


def by_hmac(claims: dict[str, Any], secret: bytes) -> str:
    said = unsigned(claims, "HS256").removesuffix(".")
    signature = hmac.new(secret, said.encode(), "sha256").digest()
    return f"{said}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


FORGERIES: dict[str, Callable[[OidcServer, dict[str, Any]], str]] = {
    "none": lambda server, claims: unsigned(claims),
    "None": lambda server, claims: unsigned(claims, "None"),
    "no signature": lambda server, claims: unsigned(claims, "RS256"),
    "another's key": lambda server, claims: server.signed(claims, rsa_key("one")),
    "an unknown key": lambda server, claims: server.signed(claims, rsa_key("two")),
    "the client's secret": lambda server, claims: by_hmac(claims, SECRET.encode()),
    "the public key as a secret": lambda server, claims: by_hmac(
        claims, server.key.as_pem(private=False)
    ),
    "changed": lambda server, claims: server.signed(claims)[:-8] + "AAAAAAAA",
    "others' claims": lambda server, claims: ".".join(
        [
            server.signed(claims).split(".")[0],
            unsigned({**claims, "sub": "victim"}).split(".")[1],
            server.signed(claims).split(".")[2],
        ]
    ),
    "a key of its own": lambda server, claims: server.signed(
        claims, own := rsa_key("own"), jwk=own.as_dict(private=False)
    ),
    "nothing": lambda server, claims: "",
    "no token": lambda server, claims: "a.b.c",
    "five parts": lambda server, claims: "a.b.c.d.e",
    "not ASCII": lambda server, claims: "中.文.字",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    site: World, oidc: OidcServer, forgery: str
) -> None:
    oidc.forge = lambda claims: FORGERIES[forgery](oidc, claims)
    assert came_back(site.visitor(), oidc).json["code"] == "provider_refused"
    assert len(site.rows(users)) == 4


def test_keys_may_be_changed_and_of_other_kinds(site: World, oidc: OidcServer) -> None:
    came_back(site.visitor(), oidc)
    ours, other = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}), rsa_key("other")
    oidc.jwks = {
        "keys": [
            other.as_dict(private=False),
            {"kty": "oct", "kid": "ec", "k": "c2VjcmV0"},
            {"kty": "new", "kid": "ec"},
            {"kty": "EC", "kid": "ec", "crv": "P-999"},
            "no key",
            ours.as_dict(private=False),
        ]
    }
    oidc.forge = lambda claims: jwt.encode({"alg": "ES256", "kid": "ec"}, claims, ours)
    assert came_back(site.visitor(), oidc).content["id"] == 5
    oidc.forge = lambda claims: jwt.encode({"alg": "ES256"}, claims, ours)
    assert came_back(site.visitor(), oidc).content["id"] == 5


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": {}}, {"keys": []}])
def test_without_keys_nobody_comes_in(site: World, oidc: OidcServer, jwks: dict[str, Any]) -> None:
    oidc.jwks = jwks
    assert came_back(site.visitor(), oidc).json["code"] == "provider_refused"


def test_userinfo_of_somebody_else_is_refused(site: World, oidc: OidcServer) -> None:
    oidc.about = {**PERSON, "sub": "somebody else"}
    assert came_back(site.visitor(), oidc).json["code"] == "provider_refused"
    assert len(site.rows(users)) == 4


def test_without_userinfo_a_person_is_still_who_they_are(site: World, oidc: OidcServer) -> None:
    oidc.discovery = {"userinfo_endpoint": None}
    person = came_back(site.visitor(), oidc).content
    assert (person["username"], person["display_name"]) == ("oidc_5", "OIDC User")


@pytest.mark.parametrize(
    "methods", [["client_secret_basic"], None, ["client_secret_post"], ["private_key_jwt"], 5]
)
def test_the_client_shows_itself_as_the_provider_wants(
    site: World, oidc: OidcServer, methods: object
) -> None:
    oidc.discovery = {"token_endpoint_auth_methods_supported": methods}
    assert came_back(site.visitor(), oidc).content["id"] == 5
    (asked,) = [one for one in oidc.asked if one.path == "/token"]
    is_basic = "authorization" in asked.headers
    assert is_basic == (methods != ["client_secret_post"])
    assert (SECRET.replace(" ", "+") in asked.body.decode()) != is_basic


def test_nobody_is_sent_to_what_is_no_page(site: World, oidc: OidcServer) -> None:
    oidc.discovery = {"authorization_endpoint": "javascript:alert(document.domain)//"}
    reply = site.visitor().post("/api/oauth/state", {"provider": "oidc"})
    assert reply.json["code"] == "provider_refused"


def test_endpoints_that_are_set_win_over_discovery(site: World, oidc: OidcServer) -> None:
    oidc.discovery = {"token_endpoint": "http://127.0.0.1:1/unreachable"}
    change(site, "OidcTokenEndpoint", f"{oidc.url}/token")
    assert came_back(site.visitor(), oidc).content["id"] == 5


def test_the_issuer_alone_is_enough(site: World, oidc: OidcServer) -> None:
    change(site, "OidcWellKnown", f"{oidc.url}/")
    assert came_back(site.visitor(), oidc).content["id"] == 5


def test_what_is_missing_is_named(site: World, oidc: OidcServer) -> None:
    change(site, "OidcWellKnown", "")
    reply = site.visitor().post("/api/oauth/state", {"provider": "oidc"})
    assert "OidcWellKnown" in reply.refusal


def test_a_code_is_good_once(site: World, oidc: OidcServer) -> None:
    first, second = site.visitor(), site.visitor()
    query, other = sent_to(first), sent_to(second)
    code = oidc.agree(query)
    first.get(f"/api/oauth/oidc?code={code}&state={query['state']}")
    reply = second.get(f"/api/oauth/oidc?code={code}&state={other['state']}")
    assert reply.json["success"] is False


def test_a_code_of_another_browser_is_refused_by_pkce(site: World, oidc: OidcServer) -> None:
    """Mallory gets hold of Jane's code and brings it back with a state of her own."""
    jane, mallory = site.visitor(), site.visitor()
    code = oidc.agree(sent_to(jane))
    own = sent_to(mallory)
    reply = mallory.get(f"/api/oauth/oidc?code={code}&state={own['state']}")
    assert reply.json["success"] is False
    assert len(site.rows(users)) == 4


@pytest.mark.parametrize(
    "field", ["issuer", "jwks_uri", "authorization_endpoint", "token_endpoint"]
)
def test_a_provider_that_does_not_say_enough_is_refused(
    site: World, oidc: OidcServer, field: str
) -> None:
    oidc.discovery = {field: None}
    reply = site.visitor().post("/api/oauth/state", {"provider": "oidc"})
    assert reply.json["code"] == "provider_refused"


@pytest.mark.parametrize("answer", [html_answer(200), html_answer(502), json_answer([1])])
def test_a_provider_that_answers_html_is_named(world: World, answer: Any) -> None:
    server = OidcServer()
    with server.serving() as fake:
        for key, value in {
            "OidcEnabled": "true",
            "OidcClientId": CLIENT,
            "OidcWellKnown": server.url,
        }.items():
            world.add(options, key=key, value=value)
        fake.script(answer)
        reply = world.visitor().post("/api/oauth/state", {"provider": "oidc"})
    assert (reply.json["code"], "127.0.0.1" in reply.refusal) == ("provider_refused", True)


def test_one_apis_pages_sign_in_without_a_nonce(site: World, oidc: OidcServer) -> None:
    visitor = site.visitor()
    state = visitor.get("/api/oauth/state").content
    code = oidc.agree({"state": state})
    assert visitor.get(f"/api/oauth/oidc?code={code}&state={state}").content["id"] == 5


def test_a_token_with_a_nonce_is_not_taken_by_a_sign_in_without(
    site: World, oidc: OidcServer
) -> None:
    visitor = site.visitor()
    state = visitor.get("/api/oauth/state").content
    code = oidc.agree({"state": state, "nonce": "another sign-in's"})
    reply = visitor.get(f"/api/oauth/oidc?code={code}&state={state}")
    assert reply.json["code"] == "provider_refused"


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_what_the_provider_names_leads_nowhere_inside(
    site: World, oidc: OidcServer, name: str
) -> None:
    oidc.person.pop("name")  # so that userinfo is asked
    with FakeVendor.in_thread() as inner:
        oidc.discovery = {name: f"{inner.url}/secrets"}
        came_back(site.visitor(), oidc)
        assert inner.connections == 0


def test_an_endpoint_that_root_has_entered_leads_anywhere(site: World, oidc: OidcServer) -> None:
    with FakeVendor.in_thread() as inner:
        oidc.discovery = {"token_endpoint": f"{inner.url}/token"}
        change(site, "OidcTokenEndpoint", f"{inner.url}/token")
        came_back(site.visitor(), oidc)
        assert inner.connections == 1
