"""The one place that writes down what an administrator changes: a row in the transaction of the change.

Secrets are written as stars; that one has changed is seen from there being a row with its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert

from oneapi.control.identity import Person
from oneapi.providers.targets import STARS, without_secrets
from oneapi.store.settings import is_secret
from oneapi.store.tables import audit
from oneapi.store.tables.audit import NAME_LENGTH

TEXT_MAX: Final = 4000  # characters of one value
_SECRETS: Final = frozenset({"key", "password", "access_token", "verification_code"})
_NOTHING: Final[Mapping[str, Any]] = {}
_encoder = msgspec.json.Encoder(enc_hook=str)


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to what: `before` and `after` are its fields; of a change, those that are alike are left out."""

    kind: str
    action: str
    subject_id: int = 0
    subject: str = ""
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])
    after: Mapping[str, Any] = field(default_factory=dict[str, Any])


def record(connection: Connection, person: Person, now: int, deed: Deed) -> None:
    """Write it down."""
    before, after = _differing(deed.before, deed.after)
    row = {
        "at": now,
        "user_id": person.id,
        "username": person.username[:NAME_LENGTH],
        "address": person.address[:64],
        "means": "session" if person.session is not None else "access_token",
        "kind": deed.kind,
        "action": deed.action,
        "subject_id": deed.subject_id,
        "subject": deed.subject[:NAME_LENGTH],
        "before": _said(deed, before),
        "after": _said(deed, after),
    }
    connection.execute(insert(audit).values(row))


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if not before or not after:
        return before, after
    changed = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in changed}, {name: after[name] for name in changed}


def _said(deed: Deed, fields: Mapping[str, Any]) -> str:
    hides_value = deed.kind == "option" and is_secret(deed.subject)
    if deed.kind == "channel" and fields.get("config"):
        fields = {**fields, "config": without_secrets(fields["config"], every_header=True)}
    shown = {
        name: _shown(value, name in _SECRETS or (hides_value and name == "value"))
        for name, value in fields.items()
    }
    return _encoder.encode(shown).decode()


def _shown(value: Any, hides: bool) -> Any:
    if hides:
        return STARS if value else ""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return value if len(value) <= TEXT_MAX else value[:TEXT_MAX] + "…"
    return value
