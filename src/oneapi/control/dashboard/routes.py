"""`/api/dashboard`: everybody sees their own use, administrators that of the whole site as well."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, Refused, bad_field, found
from oneapi.control.dashboard.queries import SHOWN, By, Span, Use
from oneapi.control.fields import QueryNumber
from oneapi.control.identity import Role, Surroundings, User
from oneapi.store.calendar import HOUR, LATEST, day_before

router = APIRouter(prefix="/api/dashboard", tags=["statistics"])

DAYS = 7
LONGEST_DAYS = 400


class Sums(TypedDict):
    """What was used: `quota` charged, `elapsed_ms` of all requests together; of these `failed` ended with an error.

    `cost`: what the operator paid, as far as channels say what they cost; `costed`: what was charged for just that, so that
    the margin is the difference. Only administrators are told.
    """

    requests: int
    quota: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    elapsed_ms: int
    failed: int
    cost: int | None
    costed: int | None


class Whole(Sums):
    """What a whole span adds up to; `first_token_ms`: the median of its streams, 0 if there were none."""

    first_token_ms: int


class Ranked(Sums):
    """One of those who used most: a model by its name, others by `key`, their id."""

    key: str
    name: str


class Point(TypedDict):
    """What one `key` used in the step that began `at`; the empty key stands for all that are not listed."""

    at: int
    key: str
    requests: int
    quota: int
    tokens: int


class Dashboard(TypedDict):
    """Use of a span, of the one before, and who used most; `step_seconds` of the series: 3 600 or 86 400."""

    start: int
    end: int
    step_seconds: int
    sums: Whole
    before: Whole
    by: str
    top: list[Ranked]
    series: list[Point]


@router.get("", response_model=Found[Dashboard] | Refusal)
def dashboard(
    user: User,
    services: Surroundings,
    start: QueryNumber = 0,
    end: QueryNumber = 0,
    by: Annotated[By, Query()] = "model",
    scope: Annotated[Literal["own", "site"], Query()] = "own",
) -> Answer:
    """Show use from `start` to `end` (unix seconds; without them today and the six days before)."""
    if user.role < Role.ADMIN and (scope == "site" or by in ("channel", "user")):
        raise Refused("not_allowed")
    span = _span(services.now(), start, end, None if scope == "site" else user.id)
    tells_costs = user.role >= Role.ADMIN
    with services.database.connect() as connection:
        use = Use(connection, span, by)
        top = [_told(entry, tells_costs) for entry in use.largest()]
        content = {
            "start": span.start,
            "end": span.end,
            "step_seconds": HOUR if span.in_hours else 24 * HOUR,
            "sums": _told(Use(connection, span).sums(), tells_costs),
            "before": _told(Use(connection, span.before()).sums(), tells_costs),
            "by": by,
            "top": top,
            "series": use.series([entry["key"] for entry in top[:SHOWN]]),
        }
    return found(content)


def _told(sums: dict[str, Any], tells_costs: bool) -> dict[str, Any]:
    """Return sums as they are shown to who may, or may not, know what the operator pays."""
    return sums if tells_costs else {**sums, "cost": None, "costed": None}


def _span(now: int, start: int, end: int, user_id: int | None) -> Span:
    end = min(end, LATEST) or now + 1
    start = start or day_before(now, DAYS - 1)
    if not 0 <= start < end:
        raise bad_field("start", "must lie before `end`")
    if end - start > LONGEST_DAYS * 24 * HOUR:
        raise bad_field("start", f"must not lie more than {LONGEST_DAYS} days before `end`")
    return Span(start, end, user_id)
