"""Opening an account: the row, its default key, and what new users, inviters and invitees are given."""

from sqlalchemy import Connection, select

from oneapi.control.context import Services
from oneapi.control.users.queries import insert_user
from oneapi.ledger import Kind, Reason, credit
from oneapi.store.enums import UserStatus
from oneapi.store.settings import load
from oneapi.store.tables import users


def open_account(
    connections: tuple[Connection, Connection | None],
    services: Services,
    username: str,
    password_hash: str,
    **more: str | int,
) -> int:
    """Open a common user's account, with its grants; return the id. `connections`: those of `Services.crediting`.

    `more` are columns such as `display_name`, `email`, `inviter_id`. Raises `IntegrityError` if the name is taken.
    """
    connection, log_connection = connections
    user_id = insert_user(connection, services, username, password_hash, **more)
    inviter_id = int(more.get("inviter_id", 0))
    settings = load(connection)
    grants = [(user_id, "QuotaForNewUser", Reason(Kind.REGISTRATION))]
    if inviter_id:
        grants += [
            (user_id, "QuotaForInvitee", Reason(Kind.INVITED, reference=str(inviter_id))),
            (inviter_id, "QuotaForInviter", Reason(Kind.INVITER, reference=str(user_id))),
        ]
    for receiver, name, reason in grants:
        amount = settings.whole(name)
        if amount > 0:
            credit(
                connection,
                receiver,
                amount,
                reason,
                now=services.now(),
                log_connection=log_connection,
            )
    return user_id


def inviter_of(connection: Connection, aff_code: str) -> int:
    """Return whose invitation code it is; 0 for nobody's, and for a disabled user's."""
    if not aff_code:
        return 0
    query = select(users.c.id).where(
        users.c.aff_code == aff_code, users.c.status == UserStatus.ENABLED
    )
    return connection.scalar(query) or 0
