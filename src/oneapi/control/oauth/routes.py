"""`/api/oauth/{provider}`: signing in with it, binding it to one's account, and taking that back.

A provider sends the browser to our page at `/oauth/{provider}`, which asks the GET here. What it may do was settled when the
state was made: signing somebody in, or binding the account that the browser was signed in to.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.context import Services
from oneapi.control.fields import Document, QueryText, Text
from oneapi.control.identity import NotByGet, Surroundings, User, demand, signed_in
from oneapi.control.limits import critical
from oneapi.control.oauth import accounts
from oneapi.control.oauth.github import GITHUB
from oneapi.control.oauth.lark import LARK
from oneapi.control.oauth.oidc import OIDC
from oneapi.control.oauth.provider import Identity, Provider, Visit
from oneapi.control.oauth.state import Begun, begin, end, remember
from oneapi.control.oauth.wechat import WECHAT
from oneapi.control.sign_in.routes import SignedInUser, welcome
from oneapi.store.enums import Role
from oneapi.store.settings import Settings, load

router = APIRouter(prefix="/api/oauth", tags=["sign in"])

PROVIDERS: Final = {provider.key: provider for provider in (GITHUB, OIDC, LARK, WECHAT)}

Key = Annotated[str, Path(max_length=16)]


class Beginning(Document):
    """What is to be done at which provider; `bind`: for one's own account. `aff_code`: of whoever invited a new user."""

    provider: Text = ""
    bind: bool = False
    aff_code: Annotated[Text, Field(max_length=32)] = ""


class BeginningView(TypedDict):
    """The state, and where the browser goes with it."""

    state: str
    url: str


_BAD_STATE: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Refusal, "description": "The state is missing, used up or another browser's."}
}


@router.get("/state", dependencies=[Depends(critical)], response_model=Found[str] | Refusal)
def state_for_script(_: NotByGet, request: Request, services: Surroundings) -> Answer:
    """Make a state for whatever provider, as One API does; a page that knows which one uses POST, and gets PKCE."""
    begun, browser = begin(request, services, "", 0, "")
    answer = found(begun.state)
    remember(answer, request, browser)
    return answer


@router.post(
    "/state", dependencies=[Depends(critical)], response_model=Found[BeginningView] | Refusal
)
async def begin_visit(document: Beginning, request: Request, services: Surroundings) -> Answer:
    """Begin: answer the address of the provider's page, with state and PKCE challenge."""
    visit, browser = await run_in_threadpool(_begin, document, request, services)
    url = await PROVIDERS[document.provider].authorization(visit)
    if url and not url.startswith(("https://", "http://")):  # `javascript:` of a provider's making
        raise Refused("provider_refused", host=document.provider)
    answer = found({"state": visit.begun.state, "url": url})
    remember(answer, request, browser)
    return answer


def _begin(document: Beginning, request: Request, services: Services) -> tuple[Visit, str]:
    settings = _settings(services)
    _open(document.provider, settings)
    user_id = demand(signed_in(request, services), Role.COMMON).id if document.bind else 0
    begun, browser = begin(request, services, document.provider, user_id, document.aff_code.strip())
    return Visit(services, settings, begun), browser


def _settings(services: Services) -> Settings:
    with services.database.connect() as connection:
        return load(connection)


def _open(key: str, settings: Settings) -> Provider:
    """Return a provider that the operator has opened."""
    provider = PROVIDERS.get(key)
    if provider is None:
        raise Refused("provider_unknown", field="provider")
    if not provider.is_on(settings):
        raise Refused("provider_off", name=provider.name)
    return provider


@router.get(
    "/{provider}",
    dependencies=[Depends(critical)],
    response_model=Found[SignedInUser] | Done | Refusal,
    responses=_BAD_STATE,
)
async def come_back(
    provider: Key,
    request: Request,
    services: Surroundings,
    code: QueryText = "",
    state: QueryText = "",
) -> Answer:
    """Come back from a provider: sign in, or bind (then the message is `bind`)."""
    return await _come_back(provider, code, state, request, services)


class Return(Document):
    """What the provider gave the browser."""

    code: Text = ""
    state: Text = ""


@router.post(
    "/{provider}",
    dependencies=[Depends(critical)],
    response_model=Found[SignedInUser] | Done | Refusal,
    responses=_BAD_STATE,
)
async def come_back_by_post(
    provider: Key, document: Return, request: Request, services: Surroundings
) -> Answer:
    """Like GET; this is what our page uses."""
    return await _come_back(provider, document.code, document.state, request, services)


@router.get("/wechat/bind", dependencies=[Depends(critical)], response_model=Done | Refusal)
async def bind_wechat_by_script(
    person: User, _: NotByGet, services: Surroundings, code: QueryText = ""
) -> Answer:
    """Bind one's own account to WeChat, as One API's clients do; sessions use POST, with a state."""
    settings = await run_in_threadpool(_settings, services)
    _open(WECHAT.key, settings)
    begun = Begun("", WECHAT.key, person.id, "", "", "")
    identity = await WECHAT.identity(Visit(services, settings, begun, code.strip()))
    await run_in_threadpool(accounts.bind, services, WECHAT, identity, person.id)
    return done()


@router.post(
    "/wechat/bind",
    dependencies=[Depends(critical)],
    response_model=Done | Refusal,
    responses=_BAD_STATE,
)
async def bind_wechat(
    document: Return, _: User, request: Request, services: Surroundings
) -> Answer:
    """Bind one's own account to WeChat, with a state that was made to bind."""
    visit = await run_in_threadpool(
        _end, WECHAT.key, document.code, document.state, request, services
    )
    if not visit.begun.user_id:
        raise Refused("bad_state", status=403)
    return await _identified(WECHAT, visit, request)


async def _come_back(
    key: str, code: str, state: str, request: Request, services: Services
) -> Answer:
    visit = await run_in_threadpool(_end, key, code, state, request, services)
    return await _identified(PROVIDERS[key], visit, request)


async def _identified(provider: Provider, visit: Visit, request: Request) -> Answer:
    identity = await provider.identity(visit)
    return await run_in_threadpool(_finish, provider, identity, visit.begun, request)


def _end(key: str, code: str, state: str, request: Request, services: Services) -> Visit:
    begun = end(request, services, key, state)
    settings = _settings(services)
    _open(key, settings)
    if begun.user_id:
        _check_owner(begun, request, services)
    if not code.strip():
        raise Refused("provider_denied", provider=key, reason="no code")
    return Visit(services, settings, begun, code.strip())


def _check_owner(begun: Begun, request: Request, services: Services) -> None:
    """Refuse to bind another account than the one that was signed in when it began."""
    if demand(signed_in(request, services), Role.COMMON).id != begun.user_id:
        raise Refused("bad_state", status=403)


def _finish(provider: Provider, identity: Identity, begun: Begun, request: Request) -> Answer:
    services: Services = request.app.state.services
    if begun.user_id:
        _check_owner(begun, request, services)
        accounts.bind(services, provider, identity, begun.user_id)
        return done("bind")
    account = accounts.sign_in(services, provider, identity, begun.aff_code)
    return welcome(request, account, by_default_password=False)


@router.delete("/{provider}", response_model=Done | Refusal)
def unbind(provider: Key, person: User, services: Surroundings) -> Answer:
    """Take the binding away, unless it is the last way to sign in."""
    known = PROVIDERS.get(provider)
    if known is None:
        raise Refused("provider_unknown", field="provider")
    settings = _settings(services)
    ways = [one for one in PROVIDERS.values() if one.is_on(settings)]
    accounts.unbind(services, known, ways, person.id)
    return done()
