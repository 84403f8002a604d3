"""What the web page and health checks ask before anybody signs in, and the lists that forms are made of."""

from fastapi import APIRouter

from oneapi.control.answers import Answer, as_go, found
from oneapi.control.identity import Admin, Surroundings, User
from oneapi.control.services import Services
from oneapi.control.status.models import models_by_type
from oneapi.store.settings import Settings, load

router = APIRouter(prefix="/api", tags=["status"])


@router.get("/status")
def status(services: Surroundings) -> Answer:
    """Tell what this installation is and how to sign in to it."""
    with services.database.connect() as connection:
        return found(_status(services, load(connection)))


def _status(services: Services, settings: Settings) -> dict[str, object]:
    return {
        "version": services.version,
        "start_time": services.started_at,
        "email_verification": settings.flag("EmailVerificationEnabled"),
        "github_oauth": settings.flag("GitHubOAuthEnabled"),
        "github_client_id": settings.text("GitHubClientId"),
        "lark_client_id": settings.text("LarkClientId"),
        "system_name": settings.text("SystemName"),
        "logo": settings.text("Logo"),
        "footer_html": settings.text("Footer"),
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
    }


@router.get("/notice")
def notice(services: Surroundings) -> Answer:
    """Show the notice."""
    return _text(services, "Notice")


@router.get("/about")
def about(services: Surroundings) -> Answer:
    """Show the page about this installation."""
    return _text(services, "About")


@router.get("/home_page_content")
def home_page(services: Surroundings) -> Answer:
    """Show the home page."""
    return _text(services, "HomePageContent")


def _text(services: Services, name: str) -> Answer:
    with services.database.connect() as connection:
        return found(load(connection).text(name))


@router.get("/models")
def models(_: User) -> Answer:
    """List the models that each channel type is known for."""
    return found(models_by_type())


@router.get("/group")
def groups(_: Admin, services: Surroundings) -> Answer:
    """List the groups: those that have a price factor."""
    with services.database.connect() as connection:
        ratios = load(connection)["GroupRatio"]
    return found(list(ratios) if isinstance(ratios, dict) else [])
