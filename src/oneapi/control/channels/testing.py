"""`/api/channel/test` and its like: administrators ask a channel's vendor, and see what it says."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from oneapi.control.answers import Answer, Found, Refusal, Refused, as_go, bad_field, found
from oneapi.control.channels.addresses import check_key_is_known, is_guarded
from oneapi.control.channels.balances import update_balance
from oneapi.control.channels.documents import ChannelDocument
from oneapi.control.channels.probe import Probe, ProbeView, model_to_test, probe, vendor_models
from oneapi.control.channels.queries import channel_by_id, revealed
from oneapi.control.channels.trials import tested
from oneapi.control.context import Services
from oneapi.control.fields import Document, QueryText, RowId, Text
from oneapi.control.identity import Admin, Person, Role, Surroundings, at_least, by_script
from oneapi.errors import UpstreamError
from oneapi.store.tables import channels

router = APIRouter(
    prefix="/api/channel", tags=["channels"], dependencies=[Depends(at_least(Role.ADMIN))]
)


class ModelToTest(Document):
    """Which model to try; without one the channel's first."""

    model: Annotated[Text, Field(max_length=191)] = ""


class OneApiTest(BaseModel):
    """How a test went, as One API says it: `time` in seconds, 0 if it failed."""

    success: bool
    message: str
    time: float
    modelName: str  # noqa: N815 - on the wire


class Failed(Refusal):
    """The channel did not answer as it should, or the request was refused (then without `data`)."""

    data: ProbeView | None = None


class UnsavedChannel(ChannelDocument):
    """A channel as the form holds it, which need not be saved; with an `id`, what is blank is taken from there."""

    model: Annotated[Text, Field(max_length=191)] = ""


@router.get(
    "/test/{channel_id:int}", response_model=OneApiTest | Refusal, dependencies=[Depends(by_script)]
)
async def try_as_one_api(
    channel_id: RowId, services: Surroundings, model: QueryText = ""
) -> Answer:
    """Try a channel; answers One API's way: what the vendor said, or why it failed, is the message."""
    result = await tested(services, channel_id, model)
    seconds = as_go(result.time_ms / 1000) if result.passed else 0
    content = {
        "success": result.passed,
        "message": result.answer if result.passed else result.error,
        "time": seconds,
        "modelName": result.model,
    }
    return Answer(content)


class OneApiBalance(BaseModel):
    """A balance as One API says it."""

    success: Literal[True]
    message: str
    balance: float


class BalanceView(BaseModel):
    """A balance in the vendor's currency, and when it was asked for (unix seconds)."""

    balance: float
    balance_updated_time: int


@router.get(
    "/update_balance/{channel_id:int}",
    response_model=OneApiBalance | Refusal,
    dependencies=[Depends(by_script)],
)
async def balance_as_one_api(channel_id: RowId, services: Surroundings) -> Answer:
    """Ask the vendor what is left of a channel's account; answers One API's way."""
    balance = await update_balance(services, channel_id)
    return Answer({"success": True, "message": "", "balance": as_go(balance)})


@router.post("/{channel_id:int}/balance", response_model=Found[BalanceView] | Refusal)
async def balance(channel_id: RowId, services: Surroundings) -> Answer:
    """Ask the vendor what is left of a channel's account."""
    left = await update_balance(services, channel_id)
    return found({"balance": as_go(left), "balance_updated_time": services.now()})


@router.post("/{channel_id:int}/test", response_model=Found[ProbeView] | Failed)
async def try_saved(channel_id: RowId, document: ModelToTest, services: Surroundings) -> Answer:
    """Try a channel; answers what was asked, what the vendor said, and how long it took."""
    return _shown(await tested(services, channel_id, document.model))


@router.post("/test", response_model=Found[ProbeView] | Failed)
async def try_unsaved(document: UnsavedChannel, person: Admin, services: Surroundings) -> Answer:
    """Try a channel before it is saved; nothing is written."""
    row = await run_in_threadpool(_row_of, services, person, document)
    model = model_to_test(row, document.model)
    return _shown(await probe(services.ask, row, model, services.test_prompt, services.clock))


@router.post("/models", response_model=Found[list[str]] | Refusal)
async def models_of_vendor(
    document: UnsavedChannel, person: Admin, services: Surroundings
) -> Answer:
    """Ask the vendor which models it has, for a channel that need not be saved."""
    row = await run_in_threadpool(_row_of, services, person, document)
    try:
        return found(await vendor_models(services.ask, row))
    except UpstreamError as error:
        raise Refused("vendor_refused", reason=error.message) from error


def _shown(result: Probe) -> Answer:
    content: dict[str, Any] = {"success": True, "message": "", "data": result.view()}
    if not result.passed:
        content |= {"success": False, "message": result.error, "code": "test_failed"}
    return Answer(content)


def _row_of(services: Services, person: Person, document: UnsavedChannel) -> dict[str, Any]:
    """Return a channel's row as it would be saved; the first of several keys counts."""
    row: dict[str, Any] = {column.name: None for column in channels.c} | {"id": 0, "type": 0}
    if document.id:
        with services.database.connect() as connection:
            row |= channel_by_id(connection, document.id)
    columns = revealed(document.columns(), row)
    check_key_is_known(person, row, columns)
    row |= {"guarded": is_guarded(person, dict(row), row | columns)} | columns
    row["key"] = next((line for line in (row["key"] or "").split("\n") if line.strip()), "").strip()
    if not row["type"]:
        raise bad_field("type", "must be a channel type")
    if not row["key"]:
        raise bad_field("key", "must not be empty")
    return row
