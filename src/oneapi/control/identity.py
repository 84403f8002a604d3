"""Who is asking: a session cookie or an access token, and the level a route demands.

Role and status are read from the database at every request: what an administrator changes holds at once.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, select

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.sign_in.session import COOKIE, Session, is_from_elsewhere, read_session
from oneapi.store.enums import Role, UserStatus
from oneapi.store.tables import users


@dataclass(frozen=True, slots=True)
class Person:
    """The user behind a request, which comes from `address`; `must_change_password`: signed in with the default password."""

    id: int
    username: str
    role: int
    group: str
    session: Session | None
    must_change_password: bool
    address: str

    def outranks(self, role: int) -> bool:
        """Tell whether this person may manage somebody of that role; root may manage everybody."""
        return self.role >= Role.ROOT or self.role > role


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


Surroundings = Annotated[Services, Depends(_services)]
Language = Annotated[str, Depends(_language)]


async def by_script(request: Request) -> None:
    """Refuse a GET that changes something to browsers: with a session, or on another site's behalf. They use POST."""
    from_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if request.method == "GET" and (from_elsewhere or COOKIE in request.cookies):
        raise Refused("use_post")


async def own_page(request: Request) -> None:
    """Refuse another site's page: it would sign its visitors in to an account that is not theirs."""
    if is_from_elsewhere(request):
        raise Refused("use_own_page")


def signed_in(request: Request, services: Surroundings) -> Person:
    """Return who asks; refuse nobody in particular, disabled and deleted users."""
    session = read_session(request, services)
    address: str = request.state.client.address
    if session is not None:
        person = _person(services, address, users.c.id == session.user_id, session)
        if person is not None:
            return person
    header = request.headers.get("authorization", "").strip()
    if not header:
        raise Refused("not_signed_in", status=401)
    access_token = header.removeprefix("Bearer ").removeprefix("bearer ").strip()
    # Nobody's token is empty, and what cannot be printed is not fit for a statement.
    is_possible = bool(access_token) and access_token.isprintable()
    wanted = users.c.access_token == access_token
    person = _person(services, address, wanted) if is_possible else None
    if person is None:
        raise Refused("bad_access_token")
    return person


def _person(
    services: Services, address: str, who: ColumnElement[bool], session: Session | None = None
) -> Person | None:
    wanted = (users.c.id, users.c.username, users.c.role, users.c.status, users.c.group)
    with services.database.connect() as connection:
        row = connection.execute(select(*wanted, users.c.password).where(who)).first()
    if row is None or (session is not None and not session.belongs_to(row.password or "")):
        return None
    if row.status != UserStatus.ENABLED:
        raise Refused("banned")
    return Person(
        id=row.id,
        username=row.username,
        role=row.role,
        group=row.group or "default",
        session=session,
        must_change_password=session is not None and session.by_default_password,
        address=address,
    )


NotByGet = Annotated[None, Depends(by_script)]
SignedIn = Annotated[Person, Depends(signed_in)]


def demand(person: Person, role: Role) -> Person:
    """Refuse whoever has not a level, and a password of their own."""
    if person.must_change_password:
        raise Refused("default_password_first")
    if person.role < role:
        raise Refused("not_allowed")
    return person


@dataclass(frozen=True, slots=True)
class Demand:
    """A dependency that demands a level, and a password of one's own."""

    role: Role

    def __call__(self, person: SignedIn) -> Person:
        """Return who asks."""
        if person.must_change_password:
            raise Refused("default_password_first")
        if person.role < self.role:
            raise Refused("not_allowed")
        return person


def at_least(role: Role) -> Demand:
    """Return the dependency that demands a level."""
    return Demand(role)


User = Annotated[Person, Depends(at_least(Role.COMMON))]
Admin = Annotated[Person, Depends(at_least(Role.ADMIN))]
Root = Annotated[Person, Depends(at_least(Role.ROOT))]
