"""`/api/user/register` and `/api/user/reset`: how an account begins, and how its owner gets back into it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.context import Services
from oneapi.control.fields import Document, Text
from oneapi.control.identity import Surroundings
from oneapi.control.limits import critical
from oneapi.control.sign_in.codes import Purpose, check, is_good, subject_of, use
from oneapi.control.sign_in.mailing import check_domain, owners_of
from oneapi.control.sign_in.passwords import ChangedPassword, NewPassword, hashed
from oneapi.control.sign_in.turnstile import turnstile
from oneapi.control.users.documents import Username
from oneapi.control.users.opening import inviter_of, open_account
from oneapi.control.users.queries import change_user, check_new_name
from oneapi.store.settings import load

router = APIRouter(prefix="/api/user", tags=["sign in"])

RANDOM_PASSWORD_LENGTH = 16


class Registration(Document):
    """Who wants an account; `email` and its code only where the operator asks for them."""

    username: Annotated[Username, Field(min_length=1)]
    password: NewPassword
    email: Text = ""
    verification_code: Text = ""
    aff_code: Text = ""


class PasswordReset(Document):
    """What the mailed link holds, and the password that its owner chose; without one, one is made up."""

    email: Text = ""
    link_secret: Annotated[Text, Field(alias="token")] = ""
    password: ChangedPassword = ""


@router.post(
    "/register",
    dependencies=[Depends(critical), Depends(turnstile)],
    response_model=Done | Refusal,
)
def register(document: Registration, services: Surroundings) -> Answer:
    """Open an account; does not sign in."""
    email = _email_to_prove(document, services)
    check_new_name(None, document.username)
    code = document.verification_code.strip()
    if email:
        wrong = Refused("bad_email_code", field="verification_code")
        check(services, Purpose.EMAIL, subject_of(email), code, wrong)
    password_hash = hashed(document.password)
    try:
        with services.crediting() as connections:
            connection = connections[0]
            if email:
                use_code(connection, services, email, code)
            inviter_id = inviter_of(connection, document.aff_code.strip())
            open_account(
                connections,
                services,
                document.username,
                password_hash,
                email=email,
                inviter_id=inviter_id,
            )
    except IntegrityError as error:
        raise Refused("user_exists", field="username") from error
    return done()


def _email_to_prove(document: Registration, services: Services) -> str:
    """Return the address that the new account needs; empty where none is asked for, as at One API."""
    with services.database.connect() as connection:
        settings = load(connection)
    if not settings.flag("RegisterEnabled"):
        raise Refused("registration_off")
    if not settings.flag("PasswordRegisterEnabled"):
        raise Refused("password_registration_off")
    if not settings.flag("EmailVerificationEnabled"):
        return ""
    email = document.email.strip().lower()
    if not email or not document.verification_code.strip():
        raise Refused("email_code_needed", field="verification_code" if email else "email")
    check_domain(email, settings)
    return email


def use_code(connection: Connection, services: Services, email: str, code: str) -> None:
    """Use the code of an address up, unless somebody was quicker with it or with the address."""
    is_used = use(connection, services, Purpose.EMAIL, subject_of(email), code)
    if not is_used or owners_of(connection, email):
        raise Refused("bad_email_code", field="verification_code")


@router.post("/reset", dependencies=[Depends(critical)], response_model=Found[str] | Refusal)
def reset(document: PasswordReset, services: Surroundings) -> Answer:
    """Set a new password with a mailed link; answers it, if it was made up, as One API does. All sessions end."""
    email, secret = document.email.strip(), document.link_secret.strip()
    with services.database.connect() as connection:
        subject = _subject(connection, services, email, secret)
    password = document.password or services.random_text(RANDOM_PASSWORD_LENGTH)
    password_hash = hashed(password)
    with services.writing() as connection:
        if not use(connection, services, Purpose.RESET, subject, secret):
            raise Refused("bad_reset_link", field="token")
        change_user(connection, int(subject), {"password": password_hash}, services.now())
    return found("" if document.password else password)


def _subject(connection: Connection, services: Services, email: str, secret: str) -> str:
    """Return the account that a link is for; refuse a link that is wrong, used or too old."""
    for owner in owners_of(connection, email) if email and secret else ():
        if is_good(connection, services, Purpose.RESET, str(owner.id), secret):
            return str(owner.id)
    raise Refused("bad_reset_link", field="token")
