"""The table of decision 20 as code: every cause of an end × what the vendor reports × client × shape × lane, and its charge.

`answer` is what the vendor does in a case, `charge` what the payer owes for it: an oracle that knows nothing of how the
product finds out.
"""

import json
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.fakes import (
    DONE,
    Answer,
    Ending,
    Gate,
    Step,
    chat_chunk,
    chat_document,
    event,
    head,
    stream_answer,
)

RATIO = 30  # One API's price of a token of a model that nobody knows
WORDS = ["abcd"] * 8  # a token each, in pieces and as a whole
HEARD = 4  # of them arrive before something happens
QUESTION = "what is it, then, that you can tell me? "  # 40 bytes: 10 tokens, and 7 around them
PROMPT = 17

CAUSES = (
    "normal end",
    "client gone before",
    "client gone amid",
    "client gone, no end",
    "vendor broke",
    "timeout",
    "cut",
    "incomplete",
)
USAGES = ("believable", "zero", "negative", "text", "absent", "cumulative", "above the hold")
COUNTS: dict[str, tuple[Any, Any]] = {
    "believable": (100, 50),
    "zero": (0, 0),
    "negative": (100, -1),
    "text": ("100", "50"),
    "cumulative": (100, 50),
    "above the hold": (5000, 9000),
}
BELIEVED = ("believable", "cumulative", "above the hold")
GONE = CAUSES[1:4]


@dataclass(frozen=True)
class Case:
    """One cell of the table; `model` names it on its way."""

    number: int
    cause: str
    usage: str
    client: str
    shape: str
    lane: str

    @property
    def model(self) -> str:
        return f"case-{self.number:03}"

    @property
    def vendor(self) -> str:
        """The dialect that the vendor speaks."""
        other = {"chat": "messages", "messages": "chat"}
        return self.client if self.lane == "pass-through" else other[self.client]

    def __str__(self) -> str:
        return "-".join([self.cause, self.usage, self.client, self.shape, self.lane])


CASES = [
    Case(number, *values)
    for number, values in enumerate(
        product(
            CAUSES,
            USAGES,
            ("chat", "messages"),
            ("whole", "stream"),
            ("pass-through", "converted"),
        )
    )
]


@dataclass(frozen=True)
class Charge:
    """What is owed: tokens, whose counts they are, and the rule that ended the answer."""

    read: int
    made: int
    source: str
    ended: str

    @property
    def quota(self) -> int:
        return (self.read + self.made) * RATIO


def charge(case: Case) -> Charge | None:
    """Return what is owed in a case, `None` for nothing."""
    if case.cause == "client gone before":
        return None
    if case.shape == "whole" and case.cause not in ("normal end", "client gone amid"):
        return None
    ended = "client_left" if case.cause in GONE else "upstream_broke"
    if case.cause in ("normal end", "client gone amid"):
        ended = "complete" if case.cause == "normal end" else ended
        if case.usage not in BELIEVED:
            return Charge(PROMPT, len(WORDS), "estimated", ended)
        return Charge(*COUNTS[case.usage], "reported", ended)
    if case.usage not in BELIEVED:
        return Charge(PROMPT, HEARD, "estimated", ended)
    read, made = COUNTS[case.usage]
    if case.vendor == "messages":  # which begins with the input, and says the output at the end
        return Charge(read, HEARD, "estimated", ended)
    return Charge(read, HEARD if case.usage == "cumulative" else made, "reported", ended)


def answer(case: Case, gate: Gate) -> Answer:
    """Return what the vendor does; where the client is to do something first, it waits at the gate."""
    if case.shape == "whole":
        return _whole(case, gate)
    return _Stream(case, gate).answer()


# -- whole -----------------------------------------------------------------------------------------------------


def _whole(case: Case, gate: Gate) -> Answer:
    body = json.dumps(_document(case)).encode()
    half = len(body) // 2
    begin = head(200, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    match case.cause:
        case "normal end":
            return Answer((begin + body,))
        case "client gone before":
            return Answer((gate, begin + body))
        case "client gone amid" | "client gone, no end":
            return Answer((begin + body[:half], gate, body[half:]))
        case "vendor broke":
            error = json.dumps({"error": {"message": "oops", "type": "server_error"}}).encode()
            fields = [("Content-Type", "application/json"), ("Content-Length", str(len(error)))]
            return Answer((head(500, fields) + error,))
        case "timeout":
            return Answer((begin + body[:half],), Ending.HANG)
        case "cut":
            return Answer((begin + body[:half],), Ending.CLOSE)
        case _:
            fields = [("Content-Type", "application/json"), ("Content-Length", str(half))]
            return Answer((head(200, fields) + body[:half],))


def _document(case: Case) -> dict[str, Any]:
    said = "".join(WORDS)
    if case.vendor == "chat":
        document = chat_document(said, model=case.model)
        del document["usage"]
    else:
        document = _message(case, [{"type": "text", "text": said}], "end_turn")
    if case.usage != "absent":
        document["usage"] = _usage(case, *COUNTS[case.usage])
    return document


def _usage(case: Case, read: Any, made: Any) -> dict[str, Any]:
    if case.vendor == "messages":
        return {"input_tokens": read, "output_tokens": made}
    return {"prompt_tokens": read, "completion_tokens": made}


def _message(case: Case, content: list[Any], reason: str | None) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": case.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
    }


# -- streams ---------------------------------------------------------------------------------------------------


class _Stream:
    """A stream in the vendor's dialect. What it reports early is what it would have said had it come to its end."""

    def __init__(self, case: Case, gate: Gate) -> None:
        self.case = case
        self.gate = gate
        self.is_chat = case.vendor == "chat"

    def answer(self) -> Answer:
        first, last = self.words(0, HEARD), self.words(HEARD, len(WORDS))
        match self.case.cause:
            case "normal end":
                return stream_answer(*self.begin(), *first, *last, *self.end())
            case "client gone before":
                return stream_answer(self.gate, *self.begin(), *first, *last, *self.end())
            case "client gone amid":
                return stream_answer(*self.begin(), *first, self.gate, *last, *self.end())
            case "client gone, no end":
                return stream_answer(*self.begin(early=True), *first, self.gate)
            case "vendor broke":
                return stream_answer(*self.begin(early=True), *first, self.error())
            case "timeout":
                return stream_answer(*self.begin(early=True), *first, ending=Ending.HANG)
            case "cut":
                return stream_answer(*self.begin(early=True), *first, ending=Ending.CLOSE)
            case _:
                return stream_answer(*self.begin(early=True), *first)

    def begin(self, *, early: bool = False) -> list[Step]:
        case = self.case
        if not self.is_chat:
            message = _message(case, [], None)
            if case.usage != "absent":
                read, made = COUNTS[case.usage]
                first = 1 if case.usage in BELIEVED else made
                message["usage"] = _usage(case, read, first)
            block = {"type": "text", "text": ""}
            return [
                _event("message_start", message=message),
                _event("content_block_start", index=0, content_block=block),
            ]
        begun: list[Step] = [event(chat_chunk({"role": "assistant", "content": ""}))]
        if early and case.usage not in ("absent", "cumulative"):
            begun.append(event({"choices": [], "usage": _usage(case, *COUNTS[case.usage])}))
        return begun

    def words(self, start: int, stop: int) -> list[Step]:
        case = self.case
        if not self.is_chat:
            deltas = [{"type": "text_delta", "text": word} for word in WORDS[start:stop]]
            return [_event("content_block_delta", index=0, delta=delta) for delta in deltas]
        chunks = [chat_chunk({"content": word}) for word in WORDS[start:stop]]
        if case.usage == "cumulative":
            for made, chunk in enumerate(chunks, start + 1):
                chunk["usage"] = _usage(case, 100, made)
        return [event(chunk) for chunk in chunks]

    def end(self) -> list[Step]:
        case = self.case
        reports = case.usage != "absent"
        if self.is_chat:
            last = [event(chat_chunk({}, "stop"))]
            if reports:
                usage = _usage(case, *COUNTS[case.usage])
                last.append(event({"choices": [], "usage": usage}))
            return [*last, DONE]
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        said = {"usage": {"output_tokens": COUNTS[case.usage][1]}} if reports else {}
        return [
            _event("content_block_stop", index=0),
            _event("message_delta", delta=delta, **said),
            _event("message_stop"),
        ]

    def error(self) -> bytes:
        error = {"type": "overloaded_error", "message": "too much"}
        return event({"error": error}) if self.is_chat else _event("error", error=error)


def _event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\n".encode() + event({"type": name, **fields})
