"""A balance that is set lower than what workers hold of it on lease: they are asked to give it back."""

from typing import Final

from oneapi.control.context import Services
from oneapi.ledger import leased, set_quota

_TRIES: Final = 20
_PAUSE_SECONDS: Final = 0.1  # a worker returns what it was asked for with its next flush


def recalled(services: Services, user_id: int, asked: int, balance: int) -> int:
    """Set the balance again when what was on lease has come back; return what it is in the end.

    A change of the user was published, which is what makes workers return what no request under way needs.
    """
    on_lease = balance
    for _ in range(_TRIES):
        services.pause(_PAUSE_SECONDS)
        with services.database.connect() as connection:
            left = leased(connection, "user", [user_id]).get(user_id, 0)
        if left < on_lease:
            on_lease = left
            with services.crediting() as (connection, log_connection):
                balance = set_quota(
                    connection, user_id, asked, now=services.now(), log_connection=log_connection
                )
        if balance <= asked:
            break
    return balance
