"""Whose word a channel's address is: root's leads anywhere, everybody else's to the open internet (decision 36)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from oneapi.control.answers import bad_field
from oneapi.control.identity import Person
from oneapi.providers import registry
from oneapi.providers.targets import strings
from oneapi.providers.urls import filled
from oneapi.store.enums import Role
from oneapi.store.settings import load
from oneapi.upstream.egress import Guard

ADDRESS: Final = ("base_url", "other", "config")  # the columns that an address is made of
_STRICT: Final = Guard()


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
    """Return what a column says of the address; of `config` it is the texts: what a channel does to requests is none.

    A base URL that is not said is the vendor's; where that leads to this machine, whoever leaves it out has said that.
    """
    text = (row.get(name) or "").strip()
    if name == "base_url" and not text:
        address = _address(row)
        return address if _STRICT.refuses_at_sight(urlsplit(address).hostname or "") else ""
    return strings(text) if name == "config" else text


def _address(row: Mapping[str, Any]) -> str:
    """Return where a channel leads, the vendor's own address and the config's values included."""
    return filled(row.get("base_url") or "", _own_address(row), strings(row.get("config")))


def _own_address(row: Mapping[str, Any]) -> str:
    provider = registry.provider(int(row.get("type") or 0))
    return "" if provider is None else provider.base_url


def check_address(connection: Connection, row: Mapping[str, Any]) -> None:
    """Refuse an address that the guard would not let through, as far as it can be told without asking anybody."""
    if not row["guarded"]:
        return
    guard = Guard(load(connection).names("EgressAllowedNetworks"))
    if guard.refuses_at_sight(urlsplit(_address(row)).hostname or ""):
        raise _refused("base_url")
    if guard.refuses_at_sight(urlsplit(strings(row["config"]).get("proxy", "")).hostname or ""):
        raise _refused("config")


def check_key_is_known(
    person: Person, before: Mapping[str, Any], columns: Mapping[str, Any]
) -> None:
    """Refuse that anybody but root has a stored key sent elsewhere without saying it: keys are shown to nobody.

    A vendor's own address is no such place.
    """
    if person.role >= Role.ROOT or columns.get("key") or not before["key"]:
        return
    receivers = _receivers({**before, **columns})
    if receivers not in (_receivers(before), (_own_address({**before, **columns}), "")):
        raise bad_field("key", "must be entered again: the channel's address has changed")


def _receivers(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return who gets to see a channel's key: its address, and the proxy, where that can read what passes."""
    address = _address(row)
    is_hidden = address.lower().startswith("https://")
    return address, "" if is_hidden else strings(row.get("config")).get("proxy", "")


def _refused(field: str) -> Exception:
    return bad_field(
        field, "is an inner address: only root may enter one, or allow it (`EgressAllowedNetworks`)"
    )
