"""Whose word a channel's address is: root's leads anywhere, everybody else's to the open internet (decision 36)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from oneapi.control.answers import bad_field
from oneapi.control.identity import Person
from oneapi.providers.targets import strings
from oneapi.store.enums import Role
from oneapi.store.settings import load
from oneapi.upstream.egress import Guard

ADDRESS: Final = ("base_url", "other", "config")  # the columns that an address is made of


def is_guarded(person: Person, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Say whether a channel is guarded that this person makes (`before` is empty) or changes.

    Whoever but root changes its address puts it under guard; root takes it from there by naming all of the address anew.
    """
    named = [name for name in ADDRESS if _said(after, name)]
    changed = [name for name in ADDRESS if _said(after, name) != _said(before, name)]
    if not named:
        return False
    if person.role >= Role.ROOT:
        return bool(before.get("guarded")) and not set(named) <= set(changed)
    return bool(before.get("guarded") or changed)


def _said(row: Mapping[str, Any], name: str) -> Any:
    """Return what a column says of the address; of `config` it is the texts: what a channel does to requests is none."""
    text = (row.get(name) or "").strip()
    return strings(text) if name == "config" else text


def check_address(connection: Connection, row: Mapping[str, Any]) -> None:
    """Refuse an address that the guard would not let through, as far as it can be told without asking anybody."""
    if not row["guarded"]:
        return
    guard = Guard(load(connection).names("EgressAllowedNetworks"))
    if guard.refuses_at_sight(urlsplit(row["base_url"] or "").hostname or ""):
        raise _refused("base_url")
    if guard.refuses_at_sight(urlsplit(strings(row["config"]).get("proxy", "")).hostname or ""):
        raise _refused("config")


def _refused(field: str) -> Exception:
    return bad_field(
        field, "is an inner address: only root may enter one, or allow it (`EgressAllowedNetworks`)"
    )
