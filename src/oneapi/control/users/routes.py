"""`/api/user` and `/api/topup`: administrators keep the accounts of others, never of their equals or betters."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError
from typing_extensions import TypedDict

from oneapi.control.answers import (
    Answer,
    Done,
    Found,
    Refusal,
    Refused,
    Rows,
    bad_field,
    done,
    found,
    sentence,
)
from oneapi.control.audit.trail import Deed, record
from oneapi.control.context import Services
from oneapi.control.fields import QUOTA_MAX, FoundPage, Paged, QueryText, RowId
from oneapi.control.identity import Admin, Person, Surroundings
from oneapi.control.lists import Wanted, listed, slice_of, wanted_of
from oneapi.control.sign_in.passwords import hashed
from oneapi.control.sign_in.session import start_session
from oneapi.control.users.balance import recalled
from oneapi.control.users.documents import Management, NewUser, TopUp, UserChanges
from oneapi.control.users.opening import open_account
from oneapi.control.users.queries import (
    USERS,
    change_user,
    check_new_name,
    delete_user,
    matching_users,
    page_of_users,
    user_by_id,
    user_by_name,
)
from oneapi.control.users.views import UserView, user_view
from oneapi.ledger import Kind, Reason, credit, leased, set_quota, user_balance
from oneapi.store.changes import publish
from oneapi.store.enums import Role, UserStatus
from oneapi.store.tables import users

_STANDING = ("username", "role", "status")

router = APIRouter(prefix="/api", tags=["users"])


class Balance(TypedDict):
    """What a user has now, requests under way included."""

    quota: int


class Standing(TypedDict):
    """A user's role and status after an action."""

    role: int
    status: int


@router.get("/user", response_model=Rows[UserView] | Refusal)
def people(
    _: Admin,
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(USERS))],
    services: Surroundings,
    order: QueryText = "",
) -> Answer:
    """List users."""
    with services.database.connect() as connection:
        if wanted is not None:
            there = users.c.status != UserStatus.DELETED
            found_rows = slice_of(connection, USERS, wanted, there)
            return listed(found_rows, _views(connection, found_rows.rows))
        return found(_views(connection, page_of_users(connection, page, order)))


@router.get("/user/search", response_model=Rows[UserView] | Refusal)
def search(_: Admin, page: FoundPage, services: Surroundings, keyword: QueryText = "") -> Answer:
    """Find users by id, or the beginning of name or e-mail address."""
    with services.database.connect() as connection:
        return found(_views(connection, matching_users(connection, page, keyword)))


@router.get("/user/{user_id:int}", response_model=Found[UserView] | Refusal)
def user(user_id: RowId, admin: Admin, services: Surroundings) -> Answer:
    """Show one user."""
    with services.database.connect() as connection:
        row = user_by_id(connection, user_id)
        if not admin.outranks(row["role"]):
            raise Refused("user_level_hidden")
        return found(_views(connection, [row])[0])


@router.post("/user", response_model=Done | Refusal)
def create(document: NewUser, admin: Admin, services: Surroundings) -> Answer:
    """Make a common user, with the quota and the key that every new user gets."""
    if (document.role or 0) >= admin.role:
        raise Refused("role_too_high", field="role")
    check_new_name(None, document.username)
    password_hash = hashed(document.password)
    try:
        with services.crediting() as connections:
            name = document.display_name or document.username
            user_id = open_account(
                connections, services, document.username, password_hash, display_name=name
            )
            made = {"username": document.username, "display_name": name}
            deed = Deed("user", "create", user_id, document.username, after=made)
            record(connections[0], admin, services.now(), deed)
    except IntegrityError as error:
        raise Refused("user_exists", field="username") from error
    return done()


@router.put("/user", response_model=Found[Balance] | Done | Refusal)
def change(document: UserChanges, admin: Admin, request: Request, services: Surroundings) -> Answer:
    """Change the fields that were sent; the balance goes through the ledger, and the answer says what it is now.

    What requests under way hold of it cannot be taken back: then the message says that it is more than was asked for.
    """
    columns = document.columns()
    balance: int | None = None
    try:
        with services.crediting() as (connection, log_connection):
            row = user_by_id(connection, document.id)
            _check_change(admin, row, columns)
            change_user(connection, document.id, columns, services.now())
            before, after = dict(row), dict(columns)
            if document.quota is not None:
                balance = before["quota"] = user_balance(connection, document.id)
                if document.quota != balance:
                    if not 0 <= document.quota <= QUOTA_MAX:
                        raise bad_field("quota", f"must be 0 to {QUOTA_MAX}")
                    balance = set_quota(
                        connection,
                        document.id,
                        document.quota,
                        now=services.now(),
                        log_connection=log_connection,
                    )
                    publish(connection, "users", str(document.id), services.now())
                after["quota"] = balance
            deed = Deed("user", "change", document.id, row["username"], before, after)
            record(connection, admin, services.now(), deed)
    except IntegrityError as error:
        raise Refused("user_exists", field="username") from error
    answer = _changed(document, balance, request, services)
    if admin.session is not None and document.id == admin.id and "password" in columns:
        start_session(answer, request, admin.id, columns["password"], False)
    return answer


def _changed(
    document: UserChanges, balance: int | None, request: Request, services: Services
) -> Answer:
    asked = document.quota
    if asked is None or balance is None:
        return done()
    if balance > asked:
        balance = recalled(services, document.id, asked, balance)
    if balance <= asked:
        return found({"quota": balance})
    language = request.headers.get("accept-language", "")
    message = sentence("balance_on_hold", language, asked=asked, quota=balance)
    return found({"quota": balance}, message)


def _check_change(admin: Person, row: RowMapping, columns: dict[str, Any]) -> None:
    if not admin.outranks(row["role"]):
        raise Refused("user_level_protected")
    new_role = columns.get("role", row["role"])
    if new_role != row["role"] and not admin.outranks(new_role):
        raise Refused("role_too_high", field="role")
    if row["role"] >= Role.ROOT and (
        new_role < Role.ROOT or columns.get("status", UserStatus.ENABLED) != UserStatus.ENABLED
    ):
        raise Refused("root_protected")
    if columns.get("status") == UserStatus.DELETED != row["status"]:
        raise bad_field("status", "must be 1 or 2: to delete a user, use DELETE")
    check_new_name(row["username"], columns.get("username"))


@router.delete("/user/{user_id:int}", response_model=Done | Refusal)
def remove(user_id: RowId, admin: Admin, services: Surroundings) -> Answer:
    """Delete a user; the row stays, as One API's does."""
    with services.writing() as connection:
        row = user_by_id(connection, user_id)
        if row["role"] >= admin.role:
            raise Refused("user_level_protected")
        delete_user(connection, services, user_id)
        _record(connection, services, admin, row, "delete")
    return done()


@router.post("/user/manage", response_model=Found[Standing] | Refusal)
def manage(document: Management, admin: Admin, services: Surroundings) -> Answer:
    """Disable, enable, delete, promote or demote a user; answers role and status."""
    with services.writing() as connection:
        row = user_by_name(connection, document.username)
        if not admin.outranks(row["role"]):
            raise Refused("user_level_protected")
        if row["role"] >= Role.ROOT and document.action in ("disable", "delete", "demote"):
            raise Refused("root_protected")
        _manage(connection, services, admin, row, document.action)
        changed = _record(connection, services, admin, row, document.action)
    return found({"role": changed["role"], "status": changed["status"]})


def _record(
    connection: Connection, services: Services, admin: Person, row: RowMapping, action: str
) -> RowMapping:
    """Write down what became of a user; return the row as it is now."""
    changed = user_by_id(connection, row["id"])
    before, after = ({name: one[name] for name in _STANDING} for one in (row, changed))
    deed = Deed("user", action, row["id"], row["username"], before, after)
    record(connection, admin, services.now(), deed)
    return changed


def _manage(
    connection: Connection, services: Services, admin: Person, row: RowMapping, action: str
) -> None:
    columns: dict[str, Any]
    match action:
        case "delete":
            delete_user(connection, services, row["id"])
            return
        case "disable":
            columns = {"status": UserStatus.DISABLED}
        case "enable":
            columns = {"status": UserStatus.ENABLED}
        case "promote":
            if admin.role < Role.ROOT:
                raise Refused("only_root_promotes")
            columns = {"role": max(row["role"], Role.ADMIN)}
        case "demote":
            columns = {"role": Role.COMMON}
        case _:
            raise Refused("bad_action", action=action, field="action")
    change_user(connection, row["id"], columns, services.now())


@router.post("/topup", response_model=Done | Refusal)
def top_up(document: TopUp, admin: Admin, services: Surroundings) -> Answer:
    """Add quota to an account, as a shop does after a payment."""
    if document.quota < 0:
        raise Refused("negative_top_up", field="quota")
    with services.crediting() as (connection, log_connection):
        row = user_by_id(connection, document.user_id)
        credited = credit(
            connection,
            document.user_id,
            document.quota,
            Reason(Kind.TOP_UP, remark=document.remark),
            now=services.now(),
            log_connection=log_connection,
        )
        given = {"quota": credited, "remark": document.remark}
        deed = Deed("user", "top_up", document.user_id, row["username"], after=given)
        record(connection, admin, services.now(), deed)
    return done()


def _views(connection: Connection, rows: list[RowMapping]) -> list[UserView]:
    held = leased(connection, "user", [row["id"] for row in rows])
    return [user_view(row, held.get(row["id"], 0)) for row in rows]
