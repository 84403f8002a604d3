"""From a vendor's good answer to the client's: whole, streamed or binary; charged before its last byte goes out."""

from collections.abc import Callable
from functools import partial
from typing import Final

from oneapi.providers.base import Document, Endpoint, Reply
from oneapi.relay.delivery import BinaryDelivery, StreamDelivery
from oneapi.relay.exchange import JSON
from oneapi.relay.job import Attempt, Job
from oneapi.relay.translation import Translation, of_stream
from oneapi.upstream import UpstreamResponse
from oneapi.wire.canonical import as_chunks, text_of
from oneapi.wire.textmeter import estimate_text
from oneapi.wire.usage import Usage

MAX_ANSWER_BYTES: Final = 256 << 20
BINARY: Final = frozenset({Endpoint.SPEECH})


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
        if delivery is None:
            if job.endpoint in BINARY:
                await self._binary(job, attempt, response)
            else:
                body = await response.read(MAX_ANSWER_BYTES)
                self.whole(job, attempt, response.headers.get("content-type", ""), body)
        elif response.headers.get("content-type", "").startswith("application/json"):
            await self._unstreamed(job, attempt, response, delivery)
        else:
            translation = of_stream(job.client, attempt.dialect, attempt.call)
            settle = partial(self._settle_stream, job, attempt, translation)
            await delivery.run(response, translation, settle)

    def _settle(self, job: Job, attempt: Attempt, usage: Usage, ended: str = "complete") -> None:
        job.settle(attempt, usage, ended, self._monotonic())

    def _settle_stream(
        self, job: Job, attempt: Attempt, translation: Translation, ended: str, is_whole: bool
    ) -> None:
        usage = job.usage(translation.usage, lambda: translation.output_tokens, is_whole=is_whole)
        self._settle(job, attempt, usage, ended)

    def whole(self, job: Job, attempt: Attempt, content_type: str, body: bytes) -> None:
        """Charge and send an answer that is there; raise `UpstreamError` if it is none."""
        if attempt.passes_through:
            said = content_type.encode("latin-1") or JSON
            dialect, call = attempt.dialect, attempt.call
            usage = dialect.usage(call, body)
            if usage is None or not job.takes(usage):
                usage = job.usage(usage, partial(dialect.output_tokens, call, body), is_whole=True)
        else:
            said = JSON
            reply = attempt.dialect.response(attempt.call, body)
            usage = self._usage_of(job, reply)
            body = job.client.render(_with_usage(reply, usage), usage)
        job.settle(attempt, usage, "complete", self._monotonic())
        job.responder.send(200, said, body, job.extra_headers)

    async def _unstreamed(
        self, job: Job, attempt: Attempt, response: UpstreamResponse, delivery: StreamDelivery
    ) -> None:
        """The vendor answered a stream request with a whole document: an error, or an answer to be streamed."""
        reply = attempt.dialect.response(attempt.call, await response.read(MAX_ANSWER_BYTES))
        usage = self._usage_of(job, reply)
        encoder = job.client.stream(attempt.call)
        events = [encoder.feed(chunk) for chunk in as_chunks(_with_usage(reply, usage), usage)]
        events.append(encoder.finish())
        self._settle(job, attempt, usage)
        delivery.send_whole(b"".join(events))

    async def _binary(self, job: Job, attempt: Attempt, response: UpstreamResponse) -> None:
        """Pass on what is no document (speech): its usage is known from the request."""
        reported = attempt.dialect.usage(attempt.call, b"")
        usage = job.usage(reported, lambda: 0, is_whole=True)
        content_type = response.headers.get("content-type", "application/octet-stream")
        delivery = BinaryDelivery(
            job.responder,
            content_type.encode("latin-1"),
            partial(self._settle, job, attempt, usage),
        )
        await delivery.run(response)

    def _usage_of(self, job: Job, reply: Reply) -> Usage:
        return job.usage(reply.usage, lambda: estimate_text(text_of(reply.document)), is_whole=True)


def _with_usage(reply: Reply, usage: Usage) -> Document:
    """Return the reply's document, without a usage that is not the one that is charged."""
    return reply.document if usage is reply.usage else {**reply.document, "usage": None}
