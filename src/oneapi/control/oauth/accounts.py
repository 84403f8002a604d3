"""Which account an identity belongs to: found, opened, bound, unbound.

An account is never found by its e-mail address: whoever says that an address is theirs would get it.
"""

from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.oauth.provider import Identity, Provider
from oneapi.control.sign_in.codes import take_turns
from oneapi.control.sign_in.mailing import is_address, is_allowed, owners_of
from oneapi.control.users.opening import inviter_of, open_account
from oneapi.control.users.queries import change_user
from oneapi.store import former_logins
from oneapi.store.enums import UserStatus
from oneapi.store.settings import Settings, load
from oneapi.store.tables import users

DISPLAY_NAME_MAX: Final = 20
_USERNAME_MAX: Final = 64
_TRIES: Final = 5

Account = RowMapping


def sign_in(services: Services, provider: Provider, identity: Identity, aff_code: str) -> Account:
    """Return the account of an identity, a new one if need be; refuse one that is not enabled."""
    with services.database.connect() as connection:
        account = _found(connection, provider, identity)
    if account is None or _binding(account, provider) != identity.id:
        account = _opened(services, provider, identity, aff_code)
    if account["status"] != UserStatus.ENABLED:
        raise Refused("banned")
    return account


def _opened(services: Services, provider: Provider, identity: Identity, aff_code: str) -> Account:
    """Open an account, or bind one that One API knew by `former_id` to what stays."""
    for attempt in range(_TRIES):
        try:
            with services.crediting() as connections:
                connection = connections[0]
                take_turns(connection, services, f"{provider.key} {identity.id}")
                account = _found(connection, provider, identity)
                if account is not None:
                    _bind(connection, services, provider, account["id"], identity.id)
                    return account
                settings = load(connection)
                if not settings.flag("RegisterEnabled"):
                    raise Refused("registration_off")
                open_account(
                    connections,
                    services,
                    _new_name(connection, provider, identity, attempt),
                    "",
                    display_name=_shown(identity.display_name),
                    email=_new_email(connection, identity.email, settings),
                    inviter_id=inviter_of(connection, aff_code.strip()),
                    **{provider.column.name: identity.id},
                )
                account = _found(connection, provider, identity)
                assert account is not None, "it was just opened"
                return account
        except IntegrityError:  # somebody has just taken the name
            continue
    raise Refused("conflict")


def bind(services: Services, provider: Provider, identity: Identity, user_id: int) -> None:
    """Bind an account to an identity; refuse one that is somebody else's."""
    with services.writing() as connection:
        take_turns(connection, services, f"{provider.key} {identity.id}")
        account = _found(connection, provider, identity)
        if account is not None and account["id"] != user_id:
            raise Refused("provider_taken", account=provider.account)
        _bind(connection, services, provider, user_id, identity.id)


def unbind(services: Services, provider: Provider, ways: list[Provider], user_id: int) -> None:
    """Forget an account's identity, unless nothing would be left to sign in with. `ways` are those that are open."""
    with services.writing() as connection:
        others: list[ColumnElement[bool]] = [
            func.coalesce(way.column, "") != "" for way in ways if way.key != provider.key
        ]
        if load(connection).flag("PasswordLoginEnabled"):
            others.append(users.c.password != "")
        left = or_(*others) if others else users.c.id < 0
        # One statement: of two at once the second one sees what the first has left.
        forgotten = update(users).where(users.c.id == user_id, left)
        changed = connection.execute(forgotten.values({provider.column: ""}))
        if changed.rowcount != 1:
            raise Refused("last_way_in")
        if provider.had_logins:
            former_logins.forget(connection, user_id)


def _found(connection: Connection, provider: Provider, identity: Identity) -> Account | None:
    """Return the account that is bound to an identity; one that only knows its `former_id` if there is no other."""
    same = or_(
        provider.column == identity.id, provider.column == (identity.former_id or identity.id)
    )
    accounts = connection.execute(select(users).where(same).order_by(users.c.id)).mappings().all()
    ids = [account["id"] for account in accounts] if provider.had_logins else []
    noted = former_logins.noted(connection, ids)
    for account in accounts:
        if _binding(account, provider) == identity.id and account["id"] not in noted:
            return account
    is_doubtful = former_logins.is_number(identity.former_id)
    for account in accounts:
        is_former = _binding(account, provider) == identity.former_id != ""
        if is_former and (account["id"] in noted or not is_doubtful):
            return account
    return None


def _binding(account: Account, provider: Provider) -> str:
    return str(account[provider.column.name] or "")


def _bind(
    connection: Connection, services: Services, provider: Provider, user_id: int, identity_id: str
) -> None:
    change_user(connection, user_id, {provider.column.name: identity_id}, services.now())
    if provider.had_logins:
        former_logins.forget(connection, user_id)


def _new_name(connection: Connection, provider: Provider, identity: Identity, attempt: int) -> str:
    """Return the name that was wished for, if nobody has it; else, as One API does, one with the next number."""
    wished = identity.username.partition("@")[0].strip()  # nobody's e-mail address becomes a name
    is_fit = bool(wished) and wished.isprintable() and len(wished) <= _USERNAME_MAX
    if attempt == 0 and is_fit:
        same = func.lower(users.c.username) == wished.lower()
        if connection.execute(select(users.c.id).where(same).limit(1)).first() is None:
            return wished
    number = (connection.scalar(select(func.max(users.c.id))) or 0) + 1 + attempt
    return f"{provider.key}_{number}"


def _shown(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()[:DISPLAY_NAME_MAX]


def _new_email(connection: Connection, email: str, settings: Settings) -> str:
    """Return an address that a new account may have: readable, allowed, and nobody's."""
    email = email.strip().lower()
    is_fit = is_address(email) and is_allowed(email, settings) and not owners_of(connection, email)
    return email if is_fit else ""
