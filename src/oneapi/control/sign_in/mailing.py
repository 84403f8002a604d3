"""`/api/verification`, `/api/reset_password`: mails that strangers may ask for.

Whether an address belongs to somebody is told to its owner only: the answer is the same, and comes before any mail is sent.
"""

import re
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from pydantic import AfterValidator
from sqlalchemy import Connection, Row, func, select

from oneapi.control.answers import Answer, Done, Refusal, Refused, done
from oneapi.control.context import Services
from oneapi.control.fields import Document, QueryText, Text
from oneapi.control.identity import Language, Surroundings, by_script
from oneapi.control.limits import critical
from oneapi.control.mails import mail
from oneapi.control.sign_in.codes import (
    LIFE_SECONDS,
    Purpose,
    count_mail,
    issue,
    new_code,
    subject_of,
)
from oneapi.control.sign_in.turnstile import turnstile
from oneapi.store.enums import UserStatus
from oneapi.store.settings import Settings, load
from oneapi.store.tables import users
from oneapi.upstream.mail import Mail

router = APIRouter(prefix="/api", tags=["sign in"])

EMAIL_MAX: Final = 50
_ADDRESS: Final = re.compile(
    r"[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
)
_ACCOUNTS_MAX: Final = 5  # with one address: One API let several share it
_MINUTES: Final = LIFE_SECONDS // 60


NO_ADDRESS: Final = "must be an e-mail address"


def is_address(text: str) -> bool:
    """Tell whether a text is an e-mail address that an account can have."""
    return len(text) <= EMAIL_MAX and _ADDRESS.fullmatch(text) is not None


def _address(text: str) -> str:
    text = text.strip()
    if not is_address(text):
        raise ValueError(NO_ADDRESS)
    return text


Email = Annotated[Text, AfterValidator(_address)]


class MailWanted(Document):
    """Where a mail shall go."""

    email: Text = ""


@router.post(
    "/verification",
    dependencies=[Depends(critical), Depends(turnstile)],
    response_model=Done | Refusal,
)
def mail_code(document: MailWanted, services: Surroundings, language: Language) -> Answer:
    """Mail a code that proves whose an address is: for registering, or for one's own account."""
    return _mail_code(document.email, services, language)


@router.get(
    "/verification",
    dependencies=[Depends(by_script), Depends(critical), Depends(turnstile)],
    response_model=Done | Refusal,
)
def mail_code_to_script(
    services: Surroundings, language: Language, email: QueryText = ""
) -> Answer:
    """Like POST, for scripts of One API's; refused for browsers with a session and for other sites' pages."""
    return _mail_code(email, services, language)


@router.post(
    "/reset_password",
    dependencies=[Depends(critical), Depends(turnstile)],
    response_model=Done | Refusal,
)
def mail_reset(document: MailWanted, services: Surroundings, language: Language) -> Answer:
    """Mail a link with which the owner of an address chooses a new password."""
    return _mail_reset(document.email, services, language)


@router.get(
    "/reset_password",
    dependencies=[Depends(by_script), Depends(critical), Depends(turnstile)],
    response_model=Done | Refusal,
)
def mail_reset_to_script(
    services: Surroundings, language: Language, email: QueryText = ""
) -> Answer:
    """Like POST, for scripts of One API's; refused for browsers with a session and for other sites' pages."""
    return _mail_reset(email, services, language)


def _mail_code(said: str, services: Services, language: str) -> Answer:
    email = _readable(said)
    code = new_code(services)
    with services.database.begin() as connection:
        settings = _mailing(connection)
        check_domain(email, settings)
        count_mail(connection, services, email)
        owners = owners_of(connection, email)
        # Written whoever the address belongs to; what was not mailed opens nothing.
        secret = services.new_id() if owners else code
        issue(connection, services, Purpose.EMAIL, subject_of(email), secret)
    if owners:
        link = f"{_site(settings)}/login"
        services.post_mail(mail("taken", email, settings, language, link=link))
    else:
        services.post_mail(mail("code", email, settings, language, code=code, minutes=_MINUTES))
    return done()


def _mail_reset(said: str, services: Services, language: str) -> Answer:
    email = _readable(said)
    mails: list[Mail] = []
    with services.database.begin() as connection:
        settings = _mailing(connection)
        count_mail(connection, services, email)
        for owner in owners_of(connection, email):
            secret = services.new_id()
            issue(connection, services, Purpose.RESET, str(owner.id), secret)
            query = urlencode({"email": email, "token": secret})
            link = f"{_site(settings)}/user/reset?{query}"
            values = {"username": owner.username, "link": link, "minutes": _MINUTES}
            # To the address as the account has it, which may be spelt otherwise.
            mails.append(mail("reset", owner.email, settings, language, **values))
    for one in mails:
        services.post_mail(one)
    return done()


def _readable(said: str) -> str:
    try:
        return _address(said)
    except ValueError as error:
        raise Refused("invalid_parameter", field="email", reason=str(error)) from error


def _mailing(connection: Connection) -> Settings:
    settings = load(connection)
    if not settings.text("SMTPServer"):
        raise Refused("mail_not_set_up")
    return settings


def check_domain(email: str, settings: Settings) -> None:
    """Refuse an address whose domain the operator does not take."""
    if not is_allowed(email, settings):
        raise Refused("email_domain", field="email")


def is_allowed(email: str, settings: Settings) -> bool:
    """Tell whether the operator takes addresses of this domain."""
    domain = email.rpartition("@")[2].lower()
    allowed = {name.lower() for name in settings.names("EmailDomainWhitelist")}
    return not settings.flag("EmailDomainRestrictionEnabled") or domain in allowed


def owners_of(connection: Connection, email: str) -> list[Row[int, str, str]]:
    """Return the accounts with an address, however it is spelt; several where One API let them share it."""
    query = select(users.c.id, users.c.username, users.c.email).where(
        func.lower(users.c.email) == email.lower(), users.c.status == UserStatus.ENABLED
    )
    return list(connection.execute(query.order_by(users.c.id).limit(_ACCOUNTS_MAX)))


def _site(settings: Settings) -> str:
    return settings.text("ServerAddress").rstrip("/")
