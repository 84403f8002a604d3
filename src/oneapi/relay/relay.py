"""The front door of the `/v1` plane; `pipeline` is the walk of one request."""

import asyncio
from collections.abc import Coroutine
from math import ceil
from typing import Any, Final, Protocol

import structlog

from oneapi.errors import GatewayError, MethodNotAllowed, UpstreamError
from oneapi.relay import snapshot as snapshots
from oneapi.relay.admission import Admission
from oneapi.relay.attempts import Attempts
from oneapi.relay.balances import Balances
from oneapi.relay.connections import Connections
from oneapi.relay.counting import Counting
from oneapi.relay.directory import Directory
from oneapi.relay.disabling import Disabling
from oneapi.relay.endings import as_told, fail
from oneapi.relay.exchange import JSON, HeaderPairs, Request, Responder
from oneapi.relay.express import Express, Fail, GoOn, prepared
from oneapi.relay.health import Health
from oneapi.relay.intake import Intake
from oneapi.relay.job import Job
from oneapi.relay.parts import Parts
from oneapi.relay.pipeline import handle
from oneapi.relay.routes import Route, resolve, spoken_by
from oneapi.relay.routing import Balancer
from oneapi.relay.services import RelayServices
from oneapi.relay.snapshot import Channel
from oneapi.upstream import SpooledBody, Timeouts
from oneapi.wire.dialect import ClientDialect
from oneapi.wire.registry import client_dialect

TICK_SECONDS = 1.0
_OPENAI: Final = client_dialect("openai")
_ANTHROPIC: Final = client_dialect("anthropic")
PREFLIGHT: HeaderPairs = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"*, Authorization"),
    (b"access-control-max-age", b"86400"),
)

log = structlog.get_logger()


class Upload(Protocol):
    """A request whose body is still to come."""

    def wait(self, task: asyncio.Task[None]) -> None:
        """Take no more of the body until `task` has decided."""
        ...

    def go_on(self) -> None:
        """Take the body."""
        ...

    def refuse(self, error: GatewayError) -> None:
        """Answer before the body has come."""
        ...


class Change(Protocol):
    """A row of the change feed."""

    @property
    def topic(self) -> str: ...
    @property
    def ref(self) -> str: ...


class Relay:
    """Serves relay requests from whatever server stands in front; one per worker."""

    def __init__(self, services: RelayServices) -> None:
        self._services = services
        self.client_seconds: Final = services.limits.client_seconds
        self._directory = Directory(services.database, services.run, services.clock)
        self._balances = Balances(services.database, services.run, services.clock)
        self._health = Health(services.clock, self._tell_rest)
        self._balancer = Balancer(self._health)
        self._disabling = Disabling(
            services.database,
            services.run,
            services.clock,
            services.evidence,
            services.log_database,
        )
        self._attempts = Attempts(
            services.upstream, self._balancer, self._health, self._disabling, services.monotonic
        )
        self._counting = Counting(
            services.upstream, self._balancer, self._health, self._disabling, services.monotonic
        )
        self.error_answers: Final[dict[int, int]] = {}  # by status; they only grow
        self._parts: Parts | None = None
        self._ticking: asyncio.Task[None] | None = None
        # Bound once, not per request.
        self._goes_on: GoOn = self._go_on
        self._fails: Fail = self._job_failed
        self.connections: Final = Connections(
            services.limits.connections,
            services.limits.unproven,
            services.limits.per_address,
            services.proxies.trusts,
        )

    async def start(self) -> None:
        """Load the first snapshot and begin to tick."""
        services = self._services
        snapshot = await services.run(self._load)
        self._parts = Parts(
            snapshot=snapshot,
            admission=Admission(self._directory, services.clock, services.proxies),
            ledger=services.ledger,
            attempts=self._attempts,
            upstream=services.upstream,
            database=services.database,
            run=services.run,
            monotonic=services.monotonic,
            balances=self._balances,
            counting=self._counting,
        )
        self._apply(snapshot)
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def aclose(self) -> None:
        """Stop ticking; finish what is being written."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await self._disabling.aclose()
        await self._balances.aclose()

    def _load(self) -> snapshots.Snapshot:
        with self._services.database.connect() as connection:
            return snapshots.load(connection)

    def _apply(self, snapshot: snapshots.Snapshot) -> None:
        assert self._parts is not None, "start() has made the parts"
        settings = snapshot.settings
        snapshots.keep_observations(snapshot, self._parts.snapshot)
        self._parts.snapshot = snapshot
        for problem in settings.problems:
            log.warning("setting_unusable", reason=problem)
        self._balancer.forget()
        self._health.base_seconds = settings.number("CooldownBaseSeconds")
        self._health.max_seconds = settings.number("CooldownMaxSeconds")
        self._attempts.timeouts = Timeouts(
            connect=settings.number("ConnectTimeoutSeconds"),
            first_byte=settings.number("FirstByteTimeoutSeconds"),
            idle=settings.number("IdleTimeoutSeconds"),
            total=self._services.relay_timeout_seconds,
        )

    async def changed(self, changes: list[Any]) -> None:
        """Take news from the change feed; returns when they are in force, raises `DatabaseAway` if they cannot be."""
        reload = False
        edited: set[int] = set()
        for change in changes:
            match change.topic:
                case "tokens":
                    self._directory.forget_key(change.ref)
                case "users":
                    self._directory.forget_user(int(change.ref))
                    self._services.ledger.recall(int(change.ref))
                case "channels":
                    reload = True
                    if change.ref.isdecimal():
                        edited.add(int(change.ref))
                case _:
                    reload = True
        if reload:
            await self.reload()
            self._health.forget(edited)

    async def reload(self) -> None:
        """Read channels and settings anew; raises `DatabaseAway`, and then memory stays as it is."""
        self._apply(await self._services.run(self._load))

    async def refresh(self) -> None:
        """Read everything anew, keys included."""
        self._directory.forget_all()
        await self.reload()

    def _tell_rest(self, channel_id: int, model: str, until: float, asked_until: float) -> None:
        news = {"channel": channel_id, "model": model, "until": until, "asked": asked_until}
        self._services.tell("rest", news)

    def heard(self, topic: str, news: dict[str, Any]) -> None:
        """Take news of another worker from the local bus."""
        if topic == "rest":
            until, asked = float(news["until"]), float(news.get("asked", 0.0))
            self._health.heard(int(news["channel"]), str(news["model"]), until, asked)

    def channels(self) -> list[tuple[int, str, bool]]:
        """Return (channel id, name, whether enabled) of every channel."""
        assert self._parts is not None, "start() has made the parts"
        return [(one.id, one.name, one.enabled) for one in self._parts.snapshot.channels.values()]

    def resting(self) -> list[tuple[int, str, float]]:
        """Return (channel id, model, until unix seconds) of what rests, for the operator's view."""
        return self._health.resting()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = loop.time()
            for connection in self.connections:
                connection.sweep(now)
            assert self._parts is not None, "ticking begins after start()"
            interval = self._parts.snapshot.settings.number("KeepAliveIntervalSeconds")
            for delivery in tuple(self._attempts.deliveries):
                delivery.tick(TICK_SECONDS, interval)

    def intake(
        self,
        method: str,
        url: bytes,
        headers: dict[bytes, bytes],
        peer: tuple[str, int] | None,
        http_1_0: bool,
    ) -> Intake:
        """Begin a request whose head has arrived."""
        services = self._services
        intake = Intake(method, url, headers, services.new_request_id(), services.limits)
        intake.peer = peer[0] if peer else ""
        intake.http_1_0 = http_1_0
        intake.arrived = services.monotonic()
        return intake

    def begin(self, intake: Intake, responder: Responder) -> asyncio.Task[None] | None:
        """Answer a complete request; return the task that does it, `None` if it needs none.

        Cancelling the task is how a client's departure is said; it raises nothing but that.
        """
        parts = self._parts
        assert parts is not None, "requests come after start()"
        client: ClientDialect | None = None
        try:
            if intake.method == "OPTIONS":
                responder.send(204, JSON, b"", PREFLIGHT)
                responder.done()
                return None
            route = resolve(intake.method, intake.path)
            client = route.client
            if intake.is_raw:
                return self._spawn(self._bring_and_walk(parts, intake, responder, route))
            request = intake.request(self._services.clock)
            job = prepared(parts, request, responder, route)
        except Exception as error:  # noqa: BLE001 - every request gets an answer
            client = client or _client_of(intake.path)
            self._fail(intake.request_id, responder, client, error)
            intake.close()
            return None
        if job is None:
            return self._spawn(self._walk(parts, request, responder, route))
        express = Express(parts, job, self._goes_on, self._fails)
        try:
            if express.start():
                return None
        except UpstreamError as error:  # the channel cannot even be asked
            assert express.chosen is not None, "start() chooses before it asks"
            responder.attach(None)
            parts.attempts.failed(job, express.chosen, error)
            return self._spawn(self._carry(parts, job, error, None))
        except Exception as error:  # noqa: BLE001 - every request gets an answer
            if express.chosen is not None:
                parts.attempts.abandoned(job, express.chosen)
            self._job_failed(job, error)
            return None
        return self._spawn(self._carry(parts, job, None, express.chosen))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(work)

    async def _walk(
        self, parts: Parts, request: Request, responder: Responder, route: Route
    ) -> None:
        """Serve a request for which something has to be waited for."""
        try:
            await handle(parts, request, responder, route)
        except Exception as error:  # noqa: BLE001 - every request gets an answer
            client = spoken_by(request.headers, route)
            self._fail(request.request_id, responder, client, error)
        finally:
            responder.done()
            if isinstance(request.body, SpooledBody):
                request.body.close()

    async def _bring_and_walk(
        self, parts: Parts, intake: Intake, responder: Responder, route: Route
    ) -> None:
        """Serve a request whose body is in a file or compressed: the key first, then the work."""
        try:
            await parts.admission.admit(intake.bare_request())
            await intake.bring(self._services.run)
            request = intake.request(self._services.clock)
        except BaseException as error:
            if isinstance(error, Exception):
                self._fail(intake.request_id, responder, route.client, error)
            intake.close()
            responder.done()
            if not isinstance(error, Exception):
                raise
            return
        await self._walk(parts, request, responder, route)

    def admit(self, intake: Intake, upload: Upload) -> None:
        """Say whether more of a body is welcome: path and key are checked before it has come.

        They are checked again once the body is there: what a client may do can change meanwhile.
        """
        parts = self._parts
        assert parts is not None, "requests come after start()"
        try:
            if intake.method != "OPTIONS":
                resolve(intake.method, intake.path)
                request = intake.bare_request()
                if parts.admission.recall(request) is None:
                    upload.wait(self._spawn(self._look_up(parts, request, upload)))
                    return
        except GatewayError as error:
            upload.refuse(error)
        else:
            upload.go_on()

    async def _look_up(self, parts: Parts, request: Request, upload: Upload) -> None:
        try:
            await parts.admission.admit(request)
        except GatewayError as error:
            upload.refuse(error)
        else:
            upload.go_on()

    async def _carry(
        self, parts: Parts, job: Job, error: UpstreamError | None, channel: Channel | None
    ) -> None:
        """Serve a request whose quota is held."""
        try:
            await parts.attempts.run(job, error, channel)
        except Exception as failure:  # noqa: BLE001 - every request gets an answer
            self._job_failed(job, failure)
        finally:
            job.responder.done()
            fail(job, job.failure, self._services.monotonic())

    def _go_on(self, job: Job, error: UpstreamError | None, channel: Channel | None) -> None:
        assert self._parts is not None, "a job comes after start()"
        job.responder.carry(self._spawn(self._carry(self._parts, job, error, channel)))

    def _job_failed(self, job: Job, error: Exception) -> None:
        fail(job, error, self._services.monotonic())
        self._fail(job.request.request_id, job.responder, job.client, error)

    def _fail(
        self, request_id: str, responder: Responder, client: ClientDialect, error: Exception
    ) -> None:
        """Say what went wrong; what is no `GatewayError` is a mistake of ours and is logged."""
        if not isinstance(error, GatewayError):
            log.error("request_failed", request_id=request_id, exc_info=error)
        self._answer(request_id, responder, client, as_told(error))
        responder.done()

    def refuse(self, intake: Intake, responder: Responder, error: GatewayError) -> None:
        """Answer a request that is condemned by its head or its size."""
        self._answer(intake.request_id, responder, _client_of(intake.path), error)
        intake.close()

    def _answer(
        self, request_id: str, responder: Responder, client: ClientDialect, error: GatewayError
    ) -> None:
        status, body = client.error(error, request_id)
        self.error_answers[status] = self.error_answers.get(status, 0) + 1
        extra: HeaderPairs = ()
        if error.retry_after is not None:
            extra = ((b"retry-after", str(max(1, ceil(error.retry_after))).encode()),)
        if isinstance(error, MethodNotAllowed):
            extra = ((b"allow", ", ".join(error.allowed).encode()),)
        if isinstance(error, UpstreamError) and error.request_id:
            extra += (
                (b"x-oneapi-vendor-request-id", error.request_id.encode("latin-1", "replace")),
            )
        responder.send(status, JSON, body, extra)


def _client_of(path: str) -> ClientDialect:
    """Return the dialect in which errors are said on a path, also when it leads nowhere."""
    return _ANTHROPIC if path.startswith("/v1/messages") else _OPENAI
