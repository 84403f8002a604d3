"""What the web page and health checks ask before anybody signs in, and the lists that forms are made of."""

from typing import Annotated

from fastapi import APIRouter, Header
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, as_go, found
from oneapi.control.context import Services
from oneapi.control.identity import Admin, Surroundings, User
from oneapi.control.status.html import harmless
from oneapi.control.status.models import models_by_type
from oneapi.control.status.providers import ProviderView, provider_views
from oneapi.store.settings import Settings, load

router = APIRouter(prefix="/api", tags=["status"])


class StatusView(TypedDict):
    """What anybody may know of this installation; the last four are ours: what a visitor may do and see."""

    version: str
    start_time: int
    email_verification: bool
    github_oauth: bool
    github_client_id: str
    lark_client_id: str
    system_name: str
    logo: str
    footer_html: str
    wechat_qrcode: str
    wechat_login: bool
    server_address: str
    turnstile_check: bool
    turnstile_site_key: str
    top_up_link: str
    chat_link: str
    quota_per_unit: float
    display_in_currency: bool
    oidc: bool
    oidc_client_id: str
    oidc_well_known: str
    oidc_authorization_endpoint: str
    oidc_token_endpoint: str
    oidc_userinfo_endpoint: str
    password_login: bool
    password_registration: bool
    mail: bool
    public_prices: bool


@router.get("/status", response_model=Found[StatusView] | Refusal)
def status(services: Surroundings) -> Answer:
    """Tell what this installation is and how to sign in to it."""
    with services.database.connect() as connection:
        return found(_status(services, load(connection)))


def _status(services: Services, settings: Settings) -> StatusView:
    return {
        "version": services.version,
        "start_time": services.started_at,
        "email_verification": settings.flag("EmailVerificationEnabled"),
        "github_oauth": settings.flag("GitHubOAuthEnabled"),
        "github_client_id": settings.text("GitHubClientId"),
        "lark_client_id": settings.text("LarkClientId"),
        "system_name": settings.text("SystemName"),
        "logo": settings.text("Logo"),
        "footer_html": harmless(settings.text("Footer")),
        "wechat_qrcode": settings.text("WeChatAccountQRCodeImageURL"),
        "wechat_login": settings.flag("WeChatAuthEnabled"),
        "server_address": settings.text("ServerAddress"),
        "turnstile_check": settings.flag("TurnstileCheckEnabled"),
        "turnstile_site_key": settings.text("TurnstileSiteKey"),
        "top_up_link": settings.text("TopUpLink"),
        "chat_link": settings.text("ChatLink"),
        "quota_per_unit": as_go(settings.number("QuotaPerUnit")),
        "display_in_currency": settings.flag("DisplayInCurrencyEnabled"),
        "oidc": settings.flag("OidcEnabled"),
        "oidc_client_id": settings.text("OidcClientId"),
        "oidc_well_known": settings.text("OidcWellKnown"),
        "oidc_authorization_endpoint": settings.text("OidcAuthorizationEndpoint"),
        "oidc_token_endpoint": settings.text("OidcTokenEndpoint"),
        "oidc_userinfo_endpoint": settings.text("OidcUserinfoEndpoint"),
        "password_login": settings.flag("PasswordLoginEnabled"),
        "password_registration": settings.flag("RegisterEnabled")
        and settings.flag("PasswordRegisterEnabled"),
        "mail": bool(settings.text("SMTPServer")),
        "public_prices": settings.flag("PublicPricesEnabled"),
    }


@router.get("/notice", response_model=Found[str] | Refusal)
def notice(services: Surroundings) -> Answer:
    """Show the notice."""
    return _text(services, "Notice")


@router.get("/about", response_model=Found[str] | Refusal)
def about(services: Surroundings) -> Answer:
    """Show the page about this installation."""
    return _text(services, "About")


@router.get("/home_page_content", response_model=Found[str] | Refusal)
def home_page(services: Surroundings) -> Answer:
    """Show the home page."""
    return _text(services, "HomePageContent")


def _text(services: Services, name: str) -> Answer:
    with services.database.connect() as connection:
        return found(harmless(load(connection).text(name)))


@router.get("/models", response_model=Found[dict[str, list[str] | None]] | Refusal)
def models(_: User) -> Answer:
    """List the models that each channel type is known for."""
    return found(models_by_type())


@router.get("/providers", response_model=Found[list[ProviderView]] | Refusal)
def providers(
    _: Admin, accept_language: Annotated[str, Header(include_in_schema=False)] = ""
) -> Answer:
    """List the vendors that a channel can be made for."""
    return found(provider_views(accept_language))


@router.get("/group", response_model=Found[list[str]] | Refusal)
def groups(_: Admin, services: Surroundings) -> Answer:
    """List the groups: those that have a price factor."""
    with services.database.connect() as connection:
        ratios = load(connection)["GroupRatio"]
    return found(list(ratios) if isinstance(ratios, dict) else [])
