"""Reading and changing channels, with the routing index (`abilities`) in the same transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, or_, select, update

from oneapi.control.answers import Refused, bad_field
from oneapi.control.audit.trail import Deed, record
from oneapi.control.channels.addresses import (
    ADDRESS,
    check_address,
    check_key_is_known,
    is_guarded,
)
from oneapi.control.channels.keys import check_key
from oneapi.control.fields import Page, comma_list
from oneapi.control.identity import Person
from oneapi.control.lists import Listing, among, contains, equal
from oneapi.control.rows import begins_with, inserted_id, is_row
from oneapi.providers.targets import with_secrets
from oneapi.store import changes
from oneapi.store.enums import ChannelStatus
from oneapi.store.tables import abilities, channel_watch, channels

DEFAULT_GROUP = "default"
_MADE_OF = (
    *("type", "key", "status", "name", "weight", "base_url", "other", "models", "group"),
    *("model_mapping", "priority", "config", "system_prompt"),
)


def _searched(keyword: str) -> list[ColumnElement[bool]]:
    named = contains(channels.c.name, channels.c.base_url, channels.c.models)
    return [*is_row(channels.c.id, keyword), *named(keyword)]


CHANNELS = Listing(
    channels,
    sorts=(
        "id",
        "name",
        "type",
        "status",
        "priority",
        "weight",
        "used_quota",
        "response_time",
        "balance",
        "created_time",
        "test_time",
    ),
    filters={
        "status": equal(channels.c.status),
        "type": equal(channels.c.type),
        "group": among(channels.c.group),
        "model": among(channels.c.models),
    },
    search=_searched,
)


def page_of_channels(connection: Connection, page: Page) -> list[RowMapping]:
    """Return channels, the latest first."""
    query = select(channels).order_by(channels.c.id.desc())
    return list(connection.execute(page.of(query)).mappings())


def matching_channels(connection: Connection, page: Page, keyword: str) -> list[RowMapping]:
    """Return channels with that id or whose name begins so."""
    query = (
        select(channels)
        .where(or_(*is_row(channels.c.id, keyword), begins_with(channels.c.name, keyword)))
        .order_by(channels.c.id.desc())
    )
    return list(connection.execute(page.of(query)).mappings())


def channel_by_id(connection: Connection, channel_id: int) -> RowMapping:
    """Return a channel's row, or refuse."""
    query = select(channels).where(channels.c.id == channel_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused("channel_missing")
    return row


def insert_channels(
    connection: Connection, columns: dict[str, Any], keys: Iterable[str], person: Person, now: int
) -> None:
    """Create one channel per key, alike but for the key."""
    common = {
        "group": DEFAULT_GROUP,
        "status": ChannelStatus.ENABLED,
        **columns,
        "created_time": now,
    }
    common["guarded"] = is_guarded(person, {}, common)
    common = revealed(common, {"config": None})
    check_address(connection, {**dict.fromkeys(ADDRESS), **common})
    for key in keys:
        check_key(common | {"key": key})
        channel_id = inserted_id(connection, insert(channels).values({**common, "key": key}))
        _rebuild(connection, channel_id, now)
        made = common | {"key": key}
        deed = Deed("channel", "create", channel_id, columns.get("name") or "", after=made)
        record(connection, person, now, deed)


def change_channel(
    connection: Connection, channel_id: int, columns: dict[str, Any], person: Person, now: int
) -> RowMapping:
    """Write the named columns, rebuild the routing index, and return the row as it is now."""
    before = dict(channel_by_id(connection, channel_id))
    columns = revealed(columns, before)
    if columns:
        after = before | columns
        columns = columns | {"guarded": is_guarded(person, before, after)}
        if any(after[name] != before[name] for name in (*ADDRESS, "type")):
            check_address(connection, after | columns)
            check_key_is_known(person, before, columns)
        if any(after[name] != before[name] for name in ("type", "key")):
            check_key(after)
        connection.execute(update(channels).where(channels.c.id == channel_id).values(columns))
    deed = Deed("channel", "change", channel_id, before["name"] or "", before, columns)
    record(connection, person, now, deed)
    return _rebuild(connection, channel_id, now)


def revealed(columns: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns that are to be written, with the secrets of a config that was shown; refuse stars of nothing."""
    if not columns.get("config"):
        return columns
    try:
        return columns | {"config": with_secrets(columns["config"], before["config"])}
    except ValueError as error:
        raise bad_field("config", str(error)) from error


def _rebuild(connection: Connection, channel_id: int, now: int) -> RowMapping:
    row = channel_by_id(connection, channel_id)
    connection.execute(delete(abilities).where(abilities.c.channel_id == channel_id))
    rows = [
        {
            "group": group,
            "model": model,
            "channel_id": channel_id,
            "enabled": row["status"] == ChannelStatus.ENABLED,
            "priority": row["priority"] or 0,
        }
        for group in comma_list(row["group"] or DEFAULT_GROUP)
        for model in comma_list(row["models"] or "")
    ]
    if rows:
        connection.execute(insert(abilities), rows)
    changes.publish(connection, "channels", str(channel_id), now)
    return row


def delete_channel(connection: Connection, channel_id: int, person: Person, now: int) -> None:
    """Delete a channel, its routes, and what watching it has shown."""
    query = select(channels).where(channels.c.id == channel_id)
    row = connection.execute(query).mappings().first()
    if row is not None:
        deed = Deed("channel", "delete", channel_id, row["name"] or "", before=_kept(row))
        record(connection, person, now, deed)
    connection.execute(delete(channel_watch).where(channel_watch.c.channel_id == channel_id))
    connection.execute(delete(abilities).where(abilities.c.channel_id == channel_id))
    connection.execute(delete(channels).where(channels.c.id == channel_id))
    changes.publish(connection, "channels", str(channel_id), now)


def _kept(row: RowMapping) -> dict[str, Any]:
    """Return what a channel was made of."""
    return {name: row[name] for name in _MADE_OF if row[name]}


def delete_disabled(connection: Connection, person: Person, now: int) -> int:
    """Delete all channels that a person or the gateway has switched off; return how many."""
    off = (ChannelStatus.DISABLED, ChannelStatus.AUTO_DISABLED)
    ids = list(
        connection.execute(select(channels.c.id).where(channels.c.status.in_(off))).scalars()
    )
    for channel_id in ids:
        delete_channel(connection, channel_id, person, now)
    return len(ids)
