"""What the form of a channel asks for beside the columns: fields of `config` that all vendors' channels have."""

from functools import cache

from typing_extensions import TypedDict

from oneapi.control.answers import sentence, speaks_chinese
from oneapi.control.status.providers import FieldView
from oneapi.providers.adjusting import COST_FACTOR, OPERATIONS, REASONING
from oneapi.providers.operations import BODY, HEADER, VERBS, WITH_TARGET, WITH_VALUE
from oneapi.providers.statuses import ACTIONS, STATUS_MAPPING
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.reasoning import FORMS


class VerbView(TypedDict):
    """What an operation may do, and what it needs for that: a value, or another name."""

    name: str
    has_value: bool
    has_target: bool


class ChannelFormView(TypedDict):
    """The fields of all channels' `config`, and of what an operation is made: where, what, and for which endpoints.

    Kinds of fields beside a vendor's: `statuses`, an object of statuses and what is done about them (`options`, or another
    status); `operations`, a list of them.
    """

    fields: list[FieldView]
    places: list[str]
    verbs: list[VerbView]
    endpoints: list[str]


def channel_form(accept_language: str) -> ChannelFormView:
    """Return the form in the reader's language."""
    return _form("zh" if speaks_chinese(accept_language) else "en")


def _field(name: str, kind: str, texts: tuple[str, str], *options: str) -> FieldView:
    label, help = texts
    return {
        "name": name,
        "label": label,
        "kind": kind,
        "required": False,
        "help": help,
        "default": "",
        "options": list(options),
    }


def _fields(language: str) -> list[FieldView]:
    reasoning = (
        sentence("channel_reasoning", language),
        sentence("channel_reasoning_help", language),
    )
    cost = (
        sentence("channel_cost_factor", language),
        sentence("channel_cost_factor_help", language),
    )
    statuses = (
        sentence("channel_status_mapping", language),
        sentence("channel_status_mapping_help", language),
    )
    operations = (
        sentence("channel_operations", language),
        sentence("channel_operations_help", language),
    )
    return [
        _field(REASONING, "choice", reasoning, *FORMS),
        _field(COST_FACTOR, "number", cost),
        _field(STATUS_MAPPING, "statuses", statuses, *ACTIONS),
        _field(OPERATIONS, "operations", operations),
    ]


@cache
def _form(language: str) -> ChannelFormView:
    return {
        "fields": _fields(language),
        "places": [BODY, HEADER],
        "verbs": [
            {"name": verb, "has_value": verb in WITH_VALUE, "has_target": verb in WITH_TARGET}
            for verb in VERBS
        ],
        "endpoints": [endpoint.value for endpoint in Endpoint],
    }
