"""Where a stream begins and ends, whose error it is: the same in both lanes, whatever the framing and the cut."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.relay.translation import joined_answer
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.sse import EventParser
from oneapi.wire.usage import Usage
from tests.providers.exchanges import call_to
from tests.providers.relaying import Relayed, relayed, translation

DONE = b"data: [DONE]\n\n"


def event(document: Any, name: str = "") -> bytes:
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(document)}\n\n".encode()


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "c", "object": "chat.completion.chunk", "choices": [choice], **fields})


def said(text: str) -> bytes:
    return chunk({"content": text})


ROLE = chunk({"role": "assistant", "content": ""})
FIN = chunk({}, "stop")
COUNTS = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
USAGE = event({"choices": [], "usage": COUNTS})
PREAMBLE = event({"id": "", "model": "", "choices": [], "prompt_filter_results": [{}]})
ERROR = event({"error": {"message": "over quota", "type": "insufficient_quota"}})


def piece(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


START = piece("message_start", message={"id": "m", "content": [], "usage": {"input_tokens": 7}})
BLOCK = piece("content_block_start", index=0, content_block={"type": "text", "text": ""})
STOPPED = piece("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3})
STOP = piece("message_stop")
OVERLOADED = piece("error", error={"type": "overloaded_error", "message": "Overloaded"})


def spoken(text: str) -> bytes:
    return piece("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def chat(number: int = 8, shows_usage: bool = False) -> Call:
    return call_to(number, b'{"messages":[]}', stream=True, shows_usage=shows_usage)


LANES = [(8, "openai"), (8, "anthropic"), (14, "openai"), (14, "anthropic")]


@dataclass
class Heard:
    """What a client understands of a stream."""

    text: str = ""
    finished: bool = False
    ended: bool = False
    errors: list[str] = field(default_factory=list[str])


def heard(found: Relayed) -> Heard:
    result = Heard()
    for item in EventParser().feed(found.out):
        if item.data == b"[DONE]":
            result.ended = True
            continue
        document = json.loads(item.data)
        result.ended = result.ended or document.get("type") == "message_stop"
        for choice in document.get("choices", ()):
            result.text += choice["delta"].get("content") or ""
            result.finished = result.finished or bool(choice.get("finish_reason"))
        delta = document.get("delta", {})
        result.text += delta.get("text", "")
        result.finished = result.finished or bool(delta.get("stop_reason"))
    if found.failure is not None:
        result.errors.append(found.failure.message)
    return result


GOOD = {8: [ROLE, said("He"), said("llo"), FIN, USAGE, DONE], 14: [START, BLOCK, spoken("He")]}
GOOD[14] += [spoken("llo"), piece("content_block_stop", index=0), STOPPED, STOP]


@pytest.mark.parametrize(("number", "client"), LANES)
def test_a_good_stream_is_whole_in_every_lane(number: int, client: str) -> None:
    found = relayed(chat(number), *GOOD[number], client=client)
    assert heard(found) == Heard("Hello", finished=True, ended=True)
    assert found.usage is not None


@pytest.mark.fault("W6")
@pytest.mark.parametrize("tail", [b"", b"\n"])
@pytest.mark.parametrize(("number", "client"), LANES)
def test_events_that_one_line_feed_separates(number: int, client: str, tail: bytes) -> None:
    stream = b"".join(GOOD[number]).replace(b"\n\n", b"\n") + tail
    for size in (len(stream), 1, 7):
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        found = relayed(chat(number), *pieces, client=client)
        assert heard(found) == Heard("Hello", finished=True, ended=True)
        whole = relayed(chat(number), *GOOD[number], client=client)
        assert (found.out, found.usage) == (whole.out, whole.usage)


@pytest.mark.fault("W7")
@pytest.mark.parametrize("shows_usage", [True, False])
def test_a_chunk_without_choices_passes_only_with_the_usage_that_was_asked_for(
    shows_usage: bool,
) -> None:
    call = chat(3, shows_usage=shows_usage)
    nulls = [event({"choices": None, "usage": None}), event({"object": "x", "choices": []})]
    stream = [PREAMBLE, ROLE, *(said("a"),) * 9, *nulls, said("b"), *nulls, FIN, USAGE, DONE]
    for pieces in (stream, [b"".join(stream)]):
        found = relayed(call, *pieces)
        chunks = [json.loads(e.data) for e in EventParser().feed(found.out) if e.data[0] == 123]
        bare = [chunk for chunk in chunks if not chunk["choices"]]
        assert bare == ([{"choices": [], "usage": COUNTS}] if shows_usage else [])
        assert heard(found).text == "a" * 9 + "b"
        assert found.usage is not None


def test_a_usage_without_choices_has_them_for_the_client() -> None:
    found = relayed(chat(shows_usage=True), said("a"), FIN, event({"usage": COUNTS}), DONE)
    assert b'{"usage":{"prompt_tokens":1000' in found.out
    assert b',"choices":[]}' in found.out


BROKEN_OFF = ["error", "ERROR", "abort", "network_error", "insufficient_system_resource"]


@pytest.mark.fault("W9", "W12")
@pytest.mark.parametrize("word", BROKEN_OFF)
def test_a_vendor_that_fails_amid_its_answer_has_not_ended_it(word: str) -> None:
    found = relayed(chat(), said("He"), chunk({}, word), USAGE, DONE, client="anthropic")
    assert found.failure is not None
    assert repr(word) in found.failure.message
    assert (heard(found).text, heard(found).finished) == ("He", False)
    for client in ("openai", "anthropic"):
        found = relayed(chat(), ROLE, chunk({}, word), DONE, client=client)
        assert found.failure is not None, "nothing has been said: another channel may be asked"
        assert found.out == b""


@pytest.mark.fault("W9")
def test_a_chat_client_gets_the_vendors_own_word_for_it() -> None:
    found = relayed(chat(), said("He"), chunk({}, "error"), DONE)
    assert b'"finish_reason": "error"' in found.out


@pytest.mark.fault("W31")
@pytest.mark.parametrize(
    "content",
    [["He", "llo"], [{"type": "output_text", "text": "Hello"}], {"type": "text", "text": "Hello"}],
)
def test_a_text_in_parts_of_another_kind_is_said(content: Any) -> None:
    found = relayed(chat(), chunk({"content": content}), FIN, DONE, client="anthropic")
    assert heard(found).text == "Hello"


ODD = [
    *(b"data: \n\n", b"data:\n\n", b"data:   \n\n", b"data: hello\n\n", b"data: null\n\n"),
    *(b"data: 7\n\n", b'data: ["a"]\n\n', b"data: {\n\n", b": note\n\n", b"retry: 3\n\n"),
    *(b"\n", b"event: x\n\n"),
]


@pytest.mark.fault("W11", "W13")
@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(("number", "client"), LANES)
def test_an_event_that_says_nothing_is_passed_over(number: int, client: str, odd: bytes) -> None:
    good = GOOD[number]
    pieces = [odd]
    for item in good:
        pieces += [item, odd]
    for stream in (pieces, [b"".join(pieces)]):
        found = relayed(chat(number), *stream, client=client)
        assert found.out == relayed(chat(number), *good, client=client).out


@pytest.mark.fault("W11")
@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b"data:[DONE] \n\n", b"data: [DONE]"])
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_done_is_an_end_in_every_dialect(client: str, end: bytes) -> None:
    for number in (8, 14):
        good = b"".join(GOOD[number])
        expected = relayed(chat(number), good, client=client).out
        assert relayed(chat(number), good + end, client=client).out == expected
    unfinished = [START, BLOCK, spoken("Hi"), end]
    assert heard(relayed(chat(14), *unfinished, client=client)).ended
    assert heard(relayed(chat(8), said("Hi"), end, client=client)).ended


@pytest.mark.parametrize(("number", "client"), LANES)
def test_what_follows_the_end_is_not_looked_at(number: int, client: str) -> None:
    good = b"".join(GOOD[number])
    for more in (ERROR, said("x"), OVERLOADED, b"<html>", b"data: {"):
        assert relayed(chat(number), good + more, client=client) == relayed(
            chat(number), good, client=client
        )


ERRORS: list[tuple[bytes, str]] = [
    (ERROR, "over quota"),
    (OVERLOADED, "Overloaded"),
    (event({"error": "text"}), "text"),
    (event({"code": 500, "msg": "busy"}), "busy"),
    (event({"detail": "not here"}), "not here"),
    (event({"message": "nope"}), "nope"),
    (event([{"error": {"message": "listed"}}]), "listed"),
    (event({"message": "named"}, "error"), "named"),
    (b"event: error\ndata: plain words\n\n", "plain words"),
    (event({"error": {"message": "counted"}, "usage": COUNTS}), "counted"),
    (event({"type": "error", "message": "flat"}), "flat"),
]


@pytest.mark.fault("W12")
@pytest.mark.parametrize(("error", "message"), ERRORS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize(("number", "client"), LANES)
def test_the_vendors_error_wins_and_comes_after_what_was_said(
    number: int, client: str, error: bytes, message: str
) -> None:
    begun = GOOD[number][:3]
    for after in (b"", DONE, STOP, said("x"), b"data: {"):
        for pieces in ([*begun, error, after], [b"".join([*begun, error, after])]):
            found = relayed(chat(number), *pieces, client=client)
            assert heard(found) == Heard(
                heard(relayed(chat(number), *begun, client=client)).text, errors=[message]
            )


@pytest.mark.fault("W12")
@pytest.mark.parametrize(("error", "message"), ERRORS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize(("number", "client"), LANES)
def test_an_error_before_anything_was_said_delivers_nothing(
    number: int, client: str, error: bytes, message: str
) -> None:
    introduction = {8: [PREAMBLE, ROLE, b": wait\n\n"], 14: [START, BLOCK, piece("ping")]}[number]
    found = relayed(chat(number), *introduction, error, client=client)
    assert found.failure is not None
    assert (found.out, found.failure.message) == (b"", message)


def test_an_error_inside_a_choice_is_one() -> None:
    choice = {"index": 0, "delta": {"content": ""}, "error": {"message": "lost"}}
    for client in ("openai", "anthropic"):
        found = relayed(chat(), said("a"), event({"choices": [choice]}), client=client)
        assert heard(found) == Heard("a", errors=["lost"])


def test_usage_beside_an_error_is_noted() -> None:
    error = event({"error": {"message": "cut"}, "usage": COUNTS})
    for client in ("openai", "anthropic"):
        found = relayed(chat(), said("a"), error, client=client)
        assert found.usage is not None
        assert found.usage.output_tokens == 500


EMPTY: dict[int, list[list[bytes]]] = {
    8: [
        [],
        [DONE],
        [ROLE, DONE],
        [PREAMBLE, DONE],
        [USAGE, DONE],
        [b": x\n\n", DONE],
        [b"data:\n\n"],
    ],
    14: [[], [DONE], [STOP], [START, STOP], [START, BLOCK, STOP], [START, piece("ping"), DONE]],
}


@pytest.mark.fault("also: a stream of [DONE] only")
@pytest.mark.parametrize(("number", "client"), LANES)
def test_a_stream_that_says_nothing_is_no_answer(number: int, client: str) -> None:
    for stream in EMPTY[number]:
        found = relayed(chat(number), *stream, client=client)
        assert found.failure is not None, stream
        assert found.out == b""
        assert "holds no answer" in found.failure.message
        assert found.failure.retryable


@pytest.mark.parametrize(("number", "client"), LANES)
def test_a_stream_that_breaks_off_says_so_behind_what_it_said(number: int, client: str) -> None:
    begun = GOOD[number][:3]
    for tail in (b"", b'data: {"choices":[{"del', b"event: content_block_delta\nda"):
        found = relayed(chat(number), *begun, tail, client=client)
        assert found.failure is not None
        assert found.failure.code == "upstream_truncated"
        assert heard(found).text == heard(relayed(chat(number), *begun, client=client)).text != ""


@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_a_finish_without_a_text_is_an_answer(client: str) -> None:
    assert heard(relayed(chat(8), ROLE, FIN, client=client)) == Heard(finished=True, ended=True)
    stream = [START, STOPPED]
    assert heard(relayed(chat(14), *stream, client=client)) == Heard(finished=True, ended=True)


def test_what_introduces_an_answer_waits_for_it() -> None:
    running = translation(chat(8))
    assert running.feed(ROLE) == b""
    assert running.feed(said("a")) == ROLE + said("a")
    assert running.feed(said("b")) == said("b")


@pytest.mark.fault("W31")
def test_a_choice_with_a_message_or_without_a_delta_can_be_read() -> None:
    whole = {
        "index": 0,
        "message": {"role": "assistant", "content": "whole"},
        "finish_reason": "stop",
    }
    bare = {"index": 0, "finish_reason": "stop"}
    for client in ("openai", "anthropic"):
        assert heard(relayed(chat(), event({"choices": [whole]}), client=client)).text == "whole"
        found = relayed(chat(), said("a"), event({"choices": [bare]}), client=client)
        assert heard(found) == Heard("a", finished=True, ended=True)


def test_events_without_a_name_get_the_one_that_anthropics_clients_go_by() -> None:
    stream = b"".join(GOOD[14])
    unnamed = b"".join(line + b"\n" for line in stream.split(b"\n") if b"event:" not in line)
    assert relayed(chat(14), unnamed).out == relayed(chat(14), stream).out == stream


def test_pretty_printed_json_becomes_one_line() -> None:
    pretty = json.dumps(json.loads(said("a")[6:]), indent=1)
    stream = "".join(f"data: {line}\n" for line in pretty.split("\n")).encode() + b"\n"
    found = relayed(chat(), stream, FIN)
    assert heard(found).text == "a"
    assert found.out.count(b"\n") == 6


@pytest.mark.parametrize(
    "text", ["x", 'a "quoted" \\ text', "\n\t", "é你\U0001f600", '","', '":"', ""]
)
@pytest.mark.parametrize("count", [1, 2, 30])
def test_ordinary_events_pass_as_they_came_and_are_counted(text: str, count: int) -> None:
    for number, one, head, tail in (
        (8, said, [ROLE, said("He")], [FIN, DONE]),
        (14, spoken, [START, BLOCK, spoken("He")], [STOPPED, STOP]),
    ):
        stream = [*head, *(one(text),) * count, *tail]
        pieces = relayed(chat(number), *stream)
        at_once = relayed(chat(number), *head, b"".join(stream[len(head) :]))
        assert pieces.out == at_once.out == b"".join(stream)
        assert pieces.output_tokens == at_once.output_tokens
        decoded = relayed(chat(number), *stream, client="anthropic" if number == 8 else "openai")
        assert pieces.output_tokens == decoded.output_tokens


def test_an_event_that_only_begins_and_ends_like_the_others_is_looked_at() -> None:
    head = [ROLE, said("a"), said("b")]
    between = said("c")[:-2] + b"\n\n" + ERROR + said("d")
    found = relayed(chat(), *head, between)
    assert heard(found) == Heard("abc", errors=["over quota"])
    injected = said("c").replace(b'"c"', b'"c", "refusal": "no, not this"')
    assert (
        relayed(chat(), *head, injected, FIN).output_tokens
        > relayed(chat(), *head, said("c"), FIN).output_tokens
    )


OPENAI_EVENTS = [
    *(ROLE, said("He"), said("llo"), said('"'), PREAMBLE, USAGE, FIN, DONE, ERROR),
    *(chunk({"content": "x"}, usage=COUNTS), event({}), *ODD[:6], ERRORS[3][0]),
]
ANTHROPIC_EVENTS = [
    *(spoken("He"), spoken("llo"), piece("ping"), STOPPED, STOP, OVERLOADED, DONE, *ODD[:6]),
    piece("content_block_stop", index=0),
]
FRAMINGS = [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n", b"\n\n\n", b"\nid: 4\n\n", b"\n: note\n\n"]


@st.composite
def streams(draw: st.DrawFn) -> tuple[int, list[bytes], bytes, int]:
    number = draw(st.sampled_from([8, 14]))
    pool = OPENAI_EVENTS if number == 8 else ANTHROPIC_EVENTS
    begin = [] if number == 8 else [START, BLOCK]
    events = begin + draw(st.lists(st.sampled_from(pool), max_size=9))
    framing = draw(st.sampled_from(FRAMINGS))
    return number, events, framing, draw(st.integers(1, 60))


@settings(max_examples=300, deadline=None)
@given(streams())
def test_the_lanes_agree_whatever_the_framing(stream: tuple[int, list[bytes], bytes, int]) -> None:
    number, events, framing, size = stream
    plain = [item.removesuffix(b"\n\n") for item in events]
    line_end = framing[:2] if framing.startswith(b"\r\n") else framing[:1]
    framed = b"".join(item.replace(b"\n", line_end) + framing for item in plain)
    if framing == b"\n" and not all(map(_is_whole, plain)):
        framed = b"".join(item + b"\n\n" for item in plain)
    pieces = [framed[at : at + size] for at in range(0, len(framed), size)]
    expected = relayed(chat(number), *events)
    for client in ("openai", "anthropic"):
        found = relayed(chat(number), *pieces, client=client)
        passed, other = heard(found), heard(expected)
        if (client == "openai") is not (number == 8):
            other.finished = passed.finished  # said with the end, and always then
        assert passed == other
        assert found.usage == expected.usage
    assert relayed(chat(number), *pieces).out == expected.out


def _is_whole(item: bytes) -> bool:
    """Whether an event can do without its blank line."""
    _, _, value = item.rpartition(b"data:")
    return value.strip().startswith((b"{", b"[")) and value.strip().endswith((b"}", b"]"))


def test_other_endpoints_have_no_choices_to_miss() -> None:
    call = call_to(1, endpoint=Endpoint.IMAGES, stream=True)
    partial = piece("image_generation.partial_image", b64_json="AA")
    done = piece("image_generation.completed", b64_json="BB", usage={"input_tokens": 3})
    found = relayed(call, partial, done)
    assert (found.out, found.failure) == (partial + done, None)
    assert relayed(call, partial).failure is not None


@pytest.mark.fault("W12", "W31")
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_a_stream_of_several_answers_is_whole_when_each_has_ended(client: str) -> None:
    both = [chunk({"content": "a"}), event({"choices": [{"index": 1, "delta": {"content": "b"}}]})]
    other = event({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]})
    again = event({"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {}}]})
    cut = relayed(chat(), *both, FIN, client=client)
    assert cut.failure is not None
    assert cut.failure.code == "upstream_truncated"
    for end in ([other], [other, again], [DONE]):
        assert relayed(chat(), *both, FIN, *end, client=client).failure is None


@pytest.mark.fault("W10", "W12")
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_a_choice_without_a_number_is_the_first(client: str) -> None:
    said = event({"choices": [{"index": None, "delta": {"content": "a"}}]})
    found = relayed(chat(), said, FIN, client=client)
    assert (found.failure, heard(found).text) == (None, "a")


@pytest.mark.fault("W2", "W31")
def test_a_choice_that_is_read_again_is_counted_once() -> None:
    first = {"index": 0, "delta": {"content": "x" * 40}}
    both = event({"choices": [first, {"index": 1, "delta": None, "finish_reason": "stop"}]})
    assert relayed(chat(), both, FIN, DONE).output_tokens == 10


NO_ERRORS: list[Any] = [{}, {"message": "", "type": "", "code": None}, {"code": 0}, "", [], False]


@pytest.mark.fault("R3", "W12")
@pytest.mark.parametrize("nothing", NO_ERRORS, ids=str)
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_an_empty_error_is_none(client: str, nothing: Any) -> None:
    said = [chunk({"content": "He"}, error=nothing), chunk({"content": "llo"}, error=nothing)]
    found = relayed(chat(), *said, chunk({}, "stop", error=nothing), DONE, client=client)
    assert heard(found) == Heard("Hello", finished=True, ended=True)


@pytest.mark.fault("W2", "W31")
def test_what_a_block_says_at_its_beginning_is_delivered() -> None:
    whole = {"type": "tool_use", "id": "t", "name": "get", "input": {"a": "x" * 92}}
    for block in ({"type": "text", "text": "x" * 100}, whole):
        begun = piece("content_block_start", index=0, content_block=block)
        assert relayed(chat(14), START, begun, STOPPED, STOP).output_tokens >= 25


ZEROS: dict[str, Any] = {
    "role": "",
    "content": "",
    "refusal": "",
    "audio": {"id": "", "data": ""},
    "images": [],
}


@pytest.mark.fault("R3", "W8")
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_zero_values_say_nothing(client: str) -> None:
    nothing = relayed(chat(), chunk(ZEROS), chunk(ZEROS), DONE, client=client)
    assert nothing.failure is not None
    assert nothing.out == b""
    body = json.dumps({"choices": [{"text": "", "message": ZEROS, "finish_reason": ""}]}).encode()
    with pytest.raises(UpstreamError):
        registry.dialect("openai").response(call_to(8, document={"messages": []}), body)


@pytest.mark.fault("R3", "W31")
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_a_message_beside_an_empty_text_is_read(client: str) -> None:
    whole = {"index": 0, "text": "", "message": {"content": "Hello"}, "finish_reason": "stop"}
    found = relayed(chat(), event({"id": "c", "choices": [whole]}), DONE, client=client)
    assert heard(found) == Heard("Hello", finished=True, ended=True)


@pytest.mark.fault("R3")
def test_an_empty_error_beside_an_event_of_anthropics_is_none() -> None:
    empty = {"type": "", "message": ""}
    begun = piece("message_start", message={"id": "m", "content": []}, error=empty)
    ended = piece("message_delta", delta={"stop_reason": "end_turn"}, error=empty)
    found = relayed(chat(14), begun, BLOCK, spoken("hi"), ended, STOP)
    assert heard(found) == Heard("hi", finished=True, ended=True)
    assert b"message_start" in found.out


@pytest.mark.fault("W7")
@pytest.mark.parametrize("shows_usage", [True, False])
def test_a_moderation_that_was_asked_for_passes_without_choices(shows_usage: bool) -> None:
    judged = {"input": {"type": "error"}, "output": {"type": "error"}}
    last = event({"id": "c", "choices": [], "moderation": judged, "usage": None})
    found = relayed(chat(shows_usage=shows_usage), *GOOD[8][:4], last, *GOOD[8][4:])
    chunks = [json.loads(e.data) for e in EventParser().feed(found.out) if e.data[0] == 123]
    assert [c["moderation"] for c in chunks if c.get("moderation")] == [judged]
    assert heard(found) == Heard("Hello", finished=True, ended=True)


UNCOUNTED = [0, -1, "120", None]


@pytest.mark.fault("W5", "A6")
@pytest.mark.parametrize("last", UNCOUNTED, ids=str)
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_a_count_that_says_nothing_does_not_make_the_one_before_it_late(
    client: str, last: Any
) -> None:
    long = "x" * 400
    start = piece("message_start", message={"id": "m", "usage": {"input_tokens": 7, **ONE}})
    ended = piece("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": last})
    running = translation(chat(14), client)
    running.feed(b"".join([start, BLOCK, spoken(long), ended, STOP]))
    assert (running.usage, running.counted_at) == (Usage(7, 1), 0)

    early = chunk({"content": "x"}, usage={"prompt_tokens": 7, "completion_tokens": 1})
    counts: dict[str, Any] = {
        "choices": [],
        "usage": {"prompt_tokens": last, "completion_tokens": last},
    }
    running = translation(chat(), client)
    running.feed(b"".join([early, said(long), FIN, event(counts), DONE]))
    assert (running.usage, running.counted_at) == (Usage(7, 1), 1)


ONE = {"output_tokens": 1}


@pytest.mark.fault("W29")
def test_sound_that_comes_in_pieces_is_whole_for_whoever_asked_so() -> None:
    pieces: list[dict[str, Any]] = [
        {"id": "a", "transcript": "he"},
        {"data": "AAAA", "transcript": "llo"},
        {"data": "AQ=="},
        {"data": "Ag==", "expires_at": 5},
    ]
    stream = b"".join([*(chunk({"audio": piece}) for piece in pieces), FIN, DONE])
    reply = joined_answer(registry.dialect("openai"), chat(), stream)
    heard_in = reply.document["choices"][0]["message"]["audio"]
    assert heard_in == {"id": "a", "transcript": "hello", "data": "AAAAAQI=", "expires_at": 5}
