"""`/api/user/self` and its like: what people do with their own account."""

from fastapi import APIRouter, Request
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.context import Services
from oneapi.control.identity import NotByGet, Person, SignedIn, Surroundings, User
from oneapi.control.limits import count_guess, take_back_guess
from oneapi.control.sign_in.passwords import matches
from oneapi.control.sign_in.session import end_session, start_session
from oneapi.control.users.documents import CodeToRedeem, OwnChanges
from oneapi.control.users.queries import (
    brought_by_invitation,
    change_user,
    check_new_name,
    count_invited,
    delete_user,
    models_of_group,
    unused_aff_code,
    user_by_id,
)
from oneapi.control.users.views import OwnView, user_view
from oneapi.errors import InvalidRequest
from oneapi.ledger import redeem, user_balance
from oneapi.store.enums import Role
from oneapi.store.tables import users

router = APIRouter(prefix="/api/user", tags=["account"])


@router.get("/self", response_model=Found[OwnView] | Refusal)
def account(person: SignedIn, services: Surroundings) -> Answer:
    """Show one's own account."""
    with services.database.connect() as connection:
        row = user_by_id(connection, person.id)
        leased = user_balance(connection, person.id) - (row["quota"] or 0)
    own: OwnView = {
        **user_view(row, leased),
        "must_change_password": person.must_change_password,
        "has_password": bool(row["password"]),
    }
    return found(own)


@router.put("/self", response_model=Done | Refusal)
def change(
    changes: OwnChanges, person: SignedIn, request: Request, services: Surroundings
) -> Answer:
    """Change one's name or password; other sessions end with the old password, this one goes on."""
    if person.must_change_password and not changes.password:
        raise Refused("default_password_first")
    _check_original(changes, person, request)
    columns = changes.columns()
    try:
        with services.writing() as connection:
            check_new_name(person.username, columns.get("username"))
            change_user(connection, person.id, columns, services.now())
    except IntegrityError as error:
        raise Refused("user_exists", field="username") from error
    answer = done()
    if person.session is not None and "password" in columns:
        start_session(answer, request, person.id, columns["password"], False)
    return answer


@router.delete("/self", response_model=Done | Refusal)
def close(person: User, services: Surroundings) -> Answer:
    """Close one's own account; the row stays, as One API's does."""
    if person.role >= Role.ROOT:
        raise Refused("root_not_deletable")
    with services.writing() as connection:
        delete_user(connection, services, person.id)
    answer = done()
    end_session(answer)
    return answer


def _check_original(changes: OwnChanges, person: Person, request: Request) -> None:
    """Refuse a new password in a session whose old one was not told, but for the change that a first sign-in demands.

    What is tried counts as at the door: an open page is no place to guess.
    """
    if not changes.password or person.session is None or person.must_change_password:
        return
    services: Services = request.app.state.services
    with services.database.connect() as connection:
        stored = user_by_id(connection, person.id)["password"] or ""
    if not stored:
        return
    count_guess(request, person.username)
    if not matches(changes.original_password or "", stored):
        raise Refused("wrong_password", field="original_password")
    take_back_guess(request, person.username)


@router.post("/token", response_model=Found[str] | Refusal)
@router.get("/token", response_model=Found[str] | Refusal)
def access_token(person: User, _: NotByGet, services: Surroundings) -> Answer:
    """Make a new access token for `/api`; the old one stops working."""
    made = services.new_id()
    with services.writing() as connection:
        change_user(connection, person.id, {"access_token": made}, services.now())
    return found(made)


@router.post("/aff", response_model=Found[str] | Refusal)
@router.get("/aff", response_model=Found[str] | Refusal)
def invitation_code(person: User, _: NotByGet, services: Surroundings) -> Answer:
    """Show one's invitation code; the first time, make it."""
    with services.writing() as connection:
        code = user_by_id(connection, person.id)["aff_code"]
        if not code:
            code = unused_aff_code(connection, services.random_text)
            query = update(users).where(users.c.id == person.id).values(aff_code=code)
            connection.execute(query)
    return found(code)


class InvitedView(TypedDict):
    """How many one has invited, and the quota that it brought, as far back as the log goes."""

    people: int
    quota: int


@router.get("/invited", response_model=Found[InvitedView] | Refusal)
def invited(person: User, services: Surroundings) -> Answer:
    """Tell what one's invitation has brought."""
    with services.database.connect() as connection:
        people = count_invited(connection, person.id)
    with services.log_database.connect() as connection:
        return found({"people": people, "quota": brought_by_invitation(connection, person.id)})


@router.get("/available_models", response_model=Found[list[str]] | Refusal)
def available_models(person: User, services: Surroundings) -> Answer:
    """List the models that one's group may use."""
    with services.database.connect() as connection:
        return found(models_of_group(connection, person.group))


@router.post("/topup", response_model=Found[int] | Refusal)
def redeem_code(code: CodeToRedeem, person: User, services: Surroundings) -> Answer:
    """Redeem a code; answers the quota that it brought."""
    key = (code.key or "").strip()
    if not key:
        raise Refused("no_code", field="key")
    try:
        with services.crediting() as (connection, log_connection):
            quota = redeem(
                connection, person.id, key, services.now(), log_connection=log_connection
            )
    except InvalidRequest as error:
        if error.code == "redemption_used":
            raise Refused("used_code", field="key") from error
        if error.code == "redemption_unknown":
            raise Refused("bad_code", field="key") from error
        raise
    return found(quota)
