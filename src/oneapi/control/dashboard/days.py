"""`/api/user/dashboard`: what one used in the last seven days, by day and model, as One API's clients draw it."""

import time
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import func, select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, found
from oneapi.control.context import Services
from oneapi.control.dashboard.queries import HOUR, Span, day_of
from oneapi.control.identity import Surroundings, User
from oneapi.store.tables import usage_hours

router = APIRouter(prefix="/api/user", tags=["statistics"])

DAYS: Final = 7


# One API writes these with capitals.
class DayOfModel(TypedDict):
    Day: str
    ModelName: str
    RequestCount: int
    Quota: int
    PromptTokens: int
    CompletionTokens: int


@router.get("/dashboard", response_model=Found[list[DayOfModel]] | Refusal)
def own_days(user: User, services: Surroundings) -> Answer:
    """Show one's use of the last seven days, today included, by day (of the site's time zone) and model."""
    return found(_days(services, user.id))


def _days(services: Services, user_id: int) -> list[DayOfModel]:
    now = services.now()
    # Noon: a day may have 23 or 25 hours.
    first = day_of(day_of(now) + 12 * HOUR - (DAYS - 1) * 24 * HOUR)
    hours = usage_hours.c
    # What failed is counted as a request, too, and stands in no row of One API's.
    counted = (
        func.sum(hours.requests - hours.failed),
        func.sum(hours.quota),
        func.sum(hours.input_tokens),
        func.sum(hours.output_tokens),
    )
    query = select(hours.hour, hours.model_name, *counted)
    query = query.where(*Span(first, now + 1, user_id).conditions())
    query = query.group_by(hours.hour, hours.model_name)
    with services.database.connect() as connection:
        rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    days: dict[tuple[str, str], list[int]] = {}
    for hour, model, *numbers in rows:
        day = days.setdefault((time.strftime("%Y-%m-%d", time.localtime(hour)), model), [0] * 4)
        for index, number in enumerate(numbers):
            day[index] += int(number or 0)
    return [
        _view(day, model, *numbers) for (day, model), numbers in sorted(days.items()) if numbers[0]
    ]


def _view(day: str, model: str, requests: int, quota: int, sent: int, made: int) -> DayOfModel:
    return {
        "Day": day,
        "ModelName": model,
        "RequestCount": requests,
        "Quota": quota,
        "PromptTokens": sent,
        "CompletionTokens": made,
    }
