"""`/api/channel`: administrators keep the accounts at vendors."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends

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
)
from oneapi.control.channels.documents import ChannelDocument
from oneapi.control.channels.form import ChannelFormView, channel_form
from oneapi.control.channels.queries import (
    CHANNELS,
    change_channel,
    channel_by_id,
    delete_channel,
    delete_disabled,
    insert_channels,
    matching_channels,
    page_of_channels,
)
from oneapi.control.channels.views import ChannelView, channel_view, channel_views
from oneapi.control.fields import FoundPage, Paged, QueryText, RowId
from oneapi.control.identity import Admin, Language, Role, Surroundings, at_least, by_script
from oneapi.control.jobs.kinds import TEST_CHANNELS, UPDATE_BALANCES
from oneapi.control.jobs.routes import BalancesToUpdate, ChannelsToTest, begin
from oneapi.control.lists import Wanted, listed, slice_of, wanted_of
from oneapi.control.status.models import ModelList, model_list

router = APIRouter(
    prefix="/api/channel", tags=["channels"], dependencies=[Depends(at_least(Role.ADMIN))]
)


@router.get("", response_model=Rows[ChannelView] | Refusal)
def channels(
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(CHANNELS))],
    services: Surroundings,
) -> Answer:
    """List channels, the latest first."""
    with services.database.connect() as connection:
        if wanted is not None:
            found_rows = slice_of(connection, CHANNELS, wanted)
            return listed(found_rows, channel_views(services, connection, found_rows.rows))
        return found(channel_views(services, connection, page_of_channels(connection, page)))


@router.get("/search", response_model=Rows[ChannelView] | Refusal)
def search(page: FoundPage, services: Surroundings, keyword: QueryText = "") -> Answer:
    """Find channels by id or the beginning of the name."""
    with services.database.connect() as connection:
        rows = matching_channels(connection, page, keyword)
        return found(channel_views(services, connection, rows))


@router.get("/form", response_model=Found[ChannelFormView] | Refusal)
def form(language: Language) -> Answer:
    """Describe what a channel does to requests, answers and statuses, as far as it is the same for all vendors."""
    return found(channel_form(language))


@router.get("/models", response_model=ModelList | Refusal)
def models() -> Answer:
    """List all known models in OpenAI's format."""
    return Answer({"object": "list", "data": model_list()})


@router.get("/test", response_model=Done | Refusal, dependencies=[Depends(by_script)])
def begin_tests(person: Admin, services: Surroundings, scope: QueryText = "all") -> Answer:
    """Begin to test all channels, or with `scope=disabled` those that are disabled, as One API's scripts ask for it."""
    wanted = ChannelsToTest(
        scope="disabled" if scope == "disabled" else "all", includes_disabled=True
    )
    begin(services, person, TEST_CHANNELS, wanted)
    return done()


@router.get("/update_balance", response_model=Done | Refusal, dependencies=[Depends(by_script)])
def begin_balances(person: Admin, services: Surroundings) -> Answer:
    """Begin to update all balances, as One API's scripts ask for it; nothing more happens while that goes on."""
    with suppress(Refused):
        begin(services, person, UPDATE_BALANCES, BalancesToUpdate())
    return done()


@router.get("/{channel_id:int}", response_model=Found[ChannelView] | Refusal)
def channel(channel_id: RowId, services: Surroundings) -> Answer:
    """Show one channel."""
    with services.database.connect() as connection:
        return found(channel_view(services, connection, channel_by_id(connection, channel_id)))


@router.post("", response_model=Done | Refusal)
def create(document: ChannelDocument, person: Admin, services: Surroundings) -> Answer:
    """Make a channel for every line of `key`."""
    if not document.type:
        raise bad_field("type", "must be a channel type")
    keys = [line for line in (document.key or "").split("\n") if line]
    if not keys:
        raise Refused("no_channel_keys", field="key")
    with services.writing() as connection:
        insert_channels(connection, document.columns(), keys, person, services.now())
    return done()


@router.put("", response_model=Found[ChannelView] | Refusal)
def change(document: ChannelDocument, person: Admin, services: Surroundings) -> Answer:
    """Change the fields that were sent; answers the channel, its key blank."""
    columns = document.columns()
    if "\n" in columns.get("key", ""):
        raise bad_field("key", "must be one line: a channel has one key")
    with services.writing() as connection:
        row = change_channel(connection, document.id, columns, person, services.now())
        view = channel_view(services, connection, row)
    return found(view)


@router.delete("/disabled", response_model=Found[int] | Refusal)
def remove_disabled(person: Admin, services: Surroundings) -> Answer:
    """Delete all channels that are switched off; answers how many."""
    with services.writing() as connection:
        return found(delete_disabled(connection, person, services.now()))


@router.delete("/{channel_id:int}", response_model=Done | Refusal)
def remove(channel_id: RowId, person: Admin, services: Surroundings) -> Answer:
    """Delete a channel."""
    with services.writing() as connection:
        delete_channel(connection, channel_id, person, services.now())
    return done()
