"""`/api/user/login` and `/api/user/logout`."""

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, RowMapping, select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.context import Services
from oneapi.control.fields import Document, Text
from oneapi.control.gate import client_of
from oneapi.control.identity import Surroundings, by_script, own_page
from oneapi.control.limits import count_guess, critical, take_back_guess
from oneapi.control.sign_in.passwords import DEFAULT_PASSWORD, NOBODY, matches
from oneapi.control.sign_in.session import close_session, end_session, start_session
from oneapi.store import settings
from oneapi.store.bootstrap import is_first_hour
from oneapi.store.enums import UserStatus
from oneapi.store.tables import users

router = APIRouter(prefix="/api/user", tags=["sign in"])


class SignedInUser(TypedDict):
    """Who has signed in."""

    id: int
    username: str
    display_name: str
    role: int
    status: int


class Credentials(Document):
    """A name (or e-mail address) and a password."""

    username: Text = ""
    password: Text = ""


@router.post(
    "/login",
    dependencies=[Depends(own_page), Depends(critical)],
    response_model=Found[SignedInUser] | Refusal,
)
def login(credentials: Credentials, request: Request, services: Surroundings) -> Answer:
    """Start a session.

    Every name has a limit of wrong passwords, whether there is such an account or not, and from wherever they come.
    """
    if not credentials.username or not credentials.password:
        raise Refused("invalid_parameter", field="password" if credentials.username else "username")
    count_guess(request, credentials.username)
    with services.database.connect() as connection:
        if not settings.load(connection).flag("PasswordLoginEnabled"):
            raise Refused("password_login_off")
        accounts = _accounts(connection, credentials.username)
    user = _whose(accounts, credentials.password)
    if user is None or user["status"] != UserStatus.ENABLED:
        raise Refused("login_failed")
    take_back_guess(request, credentials.username)
    is_default = credentials.password == DEFAULT_PASSWORD
    if is_default and not (client_of(request).is_private or _is_first_hour(services)):
        raise Refused("default_password_public")
    return welcome(request, user, by_default_password=is_default)


def welcome(request: Request, user: RowMapping, *, by_default_password: bool) -> Answer:
    """Begin a session of somebody who has proved to be this user, and say who that is."""
    answer = found(
        {
            "id": user["id"],
            "username": user["username"],
            "display_name": user["display_name"] or "",
            "role": user["role"],
            "status": user["status"],
        }
    )
    start_session(answer, request, user["id"], user["password"] or "", by_default_password)
    return answer


def _is_first_hour(services: Services) -> bool:
    with services.database.connect() as connection:
        return is_first_hour(connection, services.clock())


def _whose(accounts: list[RowMapping], password: str) -> RowMapping | None:
    """Return the account whose password it is. Compared also when there is none: the time taken must not tell."""
    if not accounts:
        matches(password, NOBODY)
    return next((one for one in accounts if matches(password, one["password"] or "")), None)


def _accounts(connection: Connection, name: str) -> list[RowMapping]:
    """Return the account of that name, and that with such an address: nobody's name keeps another one outside.

    Keyboards put a blank behind what they complete; accounts of One API may have some in their names.
    """
    columns = (
        users.c.id,
        users.c.username,
        users.c.password,
        users.c.display_name,
        users.c.role,
        users.c.status,
    )
    found: dict[int, RowMapping] = {}
    for column in (users.c.username, users.c.email):
        for said in dict.fromkeys((name, name.strip())):
            query = select(*columns).where(column == said).order_by(users.c.id)
            row = connection.execute(query).mappings().first()
            if row is not None:
                found.setdefault(row["id"], row)
    return list(found.values())


@router.post("/logout", response_model=Done | Refusal)
@router.get("/logout", response_model=Done | Refusal, dependencies=[Depends(by_script)])
def logout(request: Request, services: Surroundings) -> Answer:
    """End the session."""
    close_session(request, services)
    answer = done()
    end_session(answer)
    return answer
