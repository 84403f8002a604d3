"""From a vendor's good answer to the client's: whole, streamed or binary; charged before its last byte goes out."""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from oneapi.providers.answers import UnreadableAnswerError, is_transcript, no_sound, stream_in
from oneapi.providers.base import Reply
from oneapi.relay.delivery import BinaryDelivery, StreamDelivery, StreamEnd, WholeDelivery
from oneapi.relay.exchange import JSON
from oneapi.relay.hidden_reasoning import learn, owed
from oneapi.relay.job import Attempt, Job
from oneapi.relay.translation import (
    MAX_ANSWER_BYTES,
    Translation,
    joined_answer,
    rendered,
    translation_of,
    with_usage,
)
from oneapi.upstream import UpstreamResponse
from oneapi.wire.canonical import text_of
from oneapi.wire.endpoints import CHUNKED, Answer, answered_with
from oneapi.wire.served_tiers import served_tier
from oneapi.wire.textmeter import estimate_text
from oneapi.wire.usage import Usage

BINARY: Final = answered_with(Answer.SOUND)
_LONGEST_TOKEN: Final = 8  # tokens of an ordinary text: blanks and dashes come in longer ones


class Answering:
    """Answers one attempt's request; raises `UpstreamError` while another attempt may still follow."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic

    async def answer(
        self,
        job: Job,
        attempt: Attempt,
        response: UpstreamResponse,
        delivery: StreamDelivery | None,
    ) -> None:
        """Bring the vendor's answer to the client."""
        if delivery is not None:
            opening = partial(
                translation_of,
                job.client,
                attempt.offer,
                attempt.call,
                partial(self._usage_of, job),
            )
            await delivery.run(response, opening, partial(self._settle_stream, job, attempt))
        elif job.endpoint in BINARY:
            await self._binary(job, attempt, response)
        else:
            waiting = WholeDelivery(job.responder, job.snapshot.policy.drain_seconds)
            body = await waiting.read(response, MAX_ANSWER_BYTES)
            self.whole(job, attempt, response.headers.get("content-type", ""), body)

    def _settle(self, job: Job, attempt: Attempt, usage: Usage, ended: str = "complete") -> None:
        job.settle(attempt, usage, ended, self._monotonic())

    def _settle_stream(
        self, job: Job, attempt: Attempt, translation: Translation, end: StreamEnd
    ) -> None:
        reported, delivered = translation.usage, translation.output_tokens
        call = attempt.call
        observed = call.target.observed
        is_whole = end.is_whole and not _is_placeholder(reported, translation)
        if is_whole and reported is not None:
            learn(observed, call.model, reported, delivered, end.thinking_seconds)
        elif end.rule == "client_left":
            hides = attempt.offer.dialect.hides_reasoning(call)
            hidden = owed(observed, call.model, end.thinking_seconds, hides=hides)
            delivered = job.within_limit(delivered, hidden)
        usage = job.usage(reported, lambda: delivered, is_whole=is_whole)
        if not job.worst.is_common:
            attempt.tier = translation.tier
        job.settle(attempt, usage, end.rule, self._monotonic(), end.first_at)

    def whole(self, job: Job, attempt: Attempt, content_type: str, body: bytes) -> None:
        """Charge and send an answer that is there; raise `UpstreamError` if it is none."""
        said = JSON
        offer, call, answer = attempt.offer, attempt.call, body
        dialect = offer.dialect
        try:
            if offer.answer_passes:
                usage = dialect.usage(call, body)
                if usage is None or not job.takes(usage):
                    delivered = partial(dialect.output_tokens, call, body)
                    usage = job.usage(usage, delivered, is_whole=True)
                if not body.startswith(b'{"') and is_transcript(call.endpoint, body):
                    said = content_type.encode("latin-1") or JSON
            else:
                reply = dialect.response(call, body)
                usage = self._usage_of(job, reply)
                body = rendered(job.client, call, with_usage(reply, usage), usage)
        except UnreadableAnswerError:
            stream = stream_in(body)
            if stream is None:
                raise
            usage, body = self._joined(job, attempt, stream)
        if not job.worst.is_common:
            attempt.tier = served_tier(answer)
        ended = "client_left" if job.responder.left else "complete"
        job.settle(attempt, usage, ended, self._monotonic())
        job.responder.send(200, said, body, job.extra_headers)

    def _joined(self, job: Job, attempt: Attempt, stream: bytes) -> tuple[Usage, bytes]:
        """Return usage and body of an answer that came as a stream although nobody asked for one."""
        dialect, call = attempt.offer.dialect, attempt.call
        reply = joined_answer(dialect, call, stream)
        if job.endpoint in CHUNKED:
            usage = self._usage_of(job, reply)
            return usage, rendered(job.client, call, with_usage(reply, usage), usage)
        body = msgspec.json.encode(reply.document)
        delivered = partial(dialect.output_tokens, call, body)
        return job.usage(reply.usage, delivered, is_whole=True), body

    async def _binary(self, job: Job, attempt: Attempt, response: UpstreamResponse) -> None:
        """Pass on what is no document (speech): its usage is known from the request."""
        reported = attempt.offer.dialect.usage(attempt.call, b"")
        usage = job.usage(reported, lambda: 0, is_whole=True)
        content_type = response.headers.get("content-type", "application/octet-stream")
        delivery = BinaryDelivery(
            job.responder,
            content_type.encode("latin-1"),
            partial(self._settle, job, attempt, usage),
            judge=no_sound,
        )
        await delivery.run(response)

    def _usage_of(self, job: Job, reply: Reply) -> Usage:
        return job.usage(reply.usage, lambda: estimate_text(text_of(reply.document)), is_whole=True)


def _is_placeholder(reported: Usage | None, translation: Translation) -> bool:
    """Say whether an output was counted before its text, which is far beyond it: Anthropic's streams begin with a 1."""
    delivered = translation.output_tokens
    if reported is None or delivered <= translation.counted_at:
        return False
    return bool(reported.output_tokens * _LONGEST_TOKEN < delivered)
