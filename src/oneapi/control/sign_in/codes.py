"""Codes and links that are mailed: short-lived, used once, with few attempts, and few mails to one address.

Rows of `verifications`, so that every worker and node knows them. They hold hashes: who reads the table gets in nowhere.
"""

import hmac
from enum import StrEnum
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, select, update

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.limits import TooManyRequests
from oneapi.store.tables import verifications

LIFE_SECONDS: Final = 600
ATTEMPTS_MAX: Final = 5
MAILS_AT_ONCE: Final = 3  # to one address; then one every `MAIL_EVERY_SECONDS`
MAIL_EVERY_SECONDS: Final = 300
_DIGITS: Final = 6


class Purpose(StrEnum):
    """What a secret is good for; `MAIL` rows count mails, and expire when nothing is owed any more.

    `OAUTH` rows are ways to an identity provider that were begun (`oauth.state`), `TURN` rows are there to be locked.
    """

    EMAIL = "email"
    RESET = "reset"
    MAIL = "mail"
    OAUTH = "oauth"
    TURN = "turn"


def subject_of(email: str) -> str:
    """Return what an address is kept as: all its spellings are one."""
    return sha256(email.lower().encode()).hexdigest()


def new_code(services: Services) -> str:
    """Return six digits."""
    return f"{int(services.new_id(), 16) % 10**_DIGITS:0{_DIGITS}d}"


def count_mail(connection: Connection, services: Services, email: str) -> None:
    """Count a mail that somebody asked for; raises `TooManyRequests`, whoever the address belongs to."""
    now, subject = services.now(), subject_of(email)
    of_mail = (verifications.c.purpose == Purpose.MAIL) & (verifications.c.subject == subject)
    free_at = connection.scalar(select(verifications.c.expires_at).where(of_mail))
    due = max(free_at or now, now) + MAIL_EVERY_SECONDS
    if due - now > MAILS_AT_ONCE * MAIL_EVERY_SECONDS:
        raise TooManyRequests(due - now - MAILS_AT_ONCE * MAIL_EVERY_SECONDS)
    if free_at is None:
        written = connection.execute(
            services.database.insert_ignore(verifications), _row(Purpose.MAIL, subject, "", due)
        )
    else:
        still = of_mail & (verifications.c.expires_at == free_at)
        written = connection.execute(update(verifications).where(still).values(expires_at=due))
    if written.rowcount != 1:  # another request was quicker
        raise TooManyRequests(MAIL_EVERY_SECONDS)


def issue(
    connection: Connection, services: Services, purpose: Purpose, subject: str, secret: str
) -> None:
    """Let `secret` be good for `subject`, instead of what was before."""
    secret_hash = _hash(services, purpose, subject, secret)
    row = _row(purpose, subject, secret_hash, services.now() + LIFE_SECONDS)
    keys, rest = ("purpose", "subject"), ("secret_hash", "attempts", "expires_at")
    connection.execute(services.database.upsert(verifications, keys, rest), row)


def check(
    services: Services, purpose: Purpose, subject: str, secret: str, refusal: Refused
) -> None:
    """Count an attempt, in a transaction of its own, and raise `refusal` for what is wrong, used up or too old."""
    at = (verifications.c.purpose == purpose) & (verifications.c.subject == subject)
    open_still = (verifications.c.attempts < ATTEMPTS_MAX) & (
        verifications.c.expires_at > services.now()
    )
    counted = update(verifications).where(at, open_still)
    with services.database.begin() as connection:
        changed = connection.execute(counted.values(attempts=verifications.c.attempts + 1))
        stored = connection.scalar(select(verifications.c.secret_hash).where(at)) or ""
        known = _hash(services, purpose, subject, secret)
        is_right = changed.rowcount == 1 and hmac.compare_digest(stored, known)
        if is_right:
            back = update(verifications).where(at, verifications.c.secret_hash == stored)
            connection.execute(back.values(attempts=verifications.c.attempts - 1))
    if not is_right:
        raise refusal


def take_turns(connection: Connection, services: Services, what: str) -> None:
    """Wait for every other transaction that is about the same."""
    row = _row(Purpose.TURN, sha256(what.encode()).hexdigest(), "", services.now())
    keys, rest = ("purpose", "subject"), ("expires_at",)
    connection.execute(services.database.upsert(verifications, keys, rest), row)


def is_good(
    connection: Connection, services: Services, purpose: Purpose, subject: str, secret: str
) -> bool:
    """Say whether a secret that is too long to guess could be used."""
    query = select(verifications.c.purpose).where(*_of(services, purpose, subject, secret))
    return connection.execute(query).first() is not None


def use(
    connection: Connection, services: Services, purpose: Purpose, subject: str, secret: str
) -> bool:
    """Use a secret up, in the caller's transaction: of several requests at once, one hears true."""
    used = delete(verifications).where(*_of(services, purpose, subject, secret))
    return connection.execute(used).rowcount == 1


def _of(
    services: Services, purpose: Purpose, subject: str, secret: str
) -> tuple[ColumnElement[bool], ...]:
    return (
        verifications.c.purpose == purpose,
        verifications.c.subject == subject,
        verifications.c.secret_hash == _hash(services, purpose, subject, secret),
        verifications.c.attempts < ATTEMPTS_MAX,
        verifications.c.expires_at > services.now(),
    )


def _hash(services: Services, purpose: Purpose, subject: str, secret: str) -> str:
    said = f"{purpose}\n{subject}\n{secret}".encode()
    return hmac.new(services.session_secret.encode(), said, sha256).hexdigest()


def _row(purpose: Purpose, subject: str, secret_hash: str, expires_at: int) -> dict[str, str | int]:
    return {
        "purpose": purpose.value,
        "subject": subject,
        "secret_hash": secret_hash,
        "attempts": 0,
        "expires_at": expires_at,
    }
