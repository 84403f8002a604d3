"""`/api/user/dashboard`: what one used in the last seven days, by day and model, as One API's clients draw it."""

import time
from typing import Final

from fastapi import APIRouter
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, found
from oneapi.control.context import Services
from oneapi.control.dashboard.queries import Span, Use
from oneapi.control.identity import Surroundings, User
from oneapi.store.calendar import day_before

router = APIRouter(prefix="/api/user", tags=["statistics"])

DAYS: Final = 7
_COUNTED: Final = ("requests", "failed", "quota", "input_tokens", "output_tokens")


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
    first = day_before(now, DAYS - 1)
    days: dict[tuple[int, str], list[int]] = {}
    with services.database.connect() as connection:
        use = Use(connection, Span(first, now + 1, user_id))
        for day, model, *numbers in use.steps(_COUNTED):
            sums = days.setdefault((day, model), [0] * len(_COUNTED))
            for index, number in enumerate(numbers):
                sums[index] += number
    # What failed is counted as a request, too, and stands in no row of One API's.
    return [
        _view(time.strftime("%Y-%m-%d", time.localtime(day)), model, requests - failed, *numbers)
        for (day, model), (requests, failed, *numbers) in sorted(days.items())
        if requests > failed
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
