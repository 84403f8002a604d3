"""What one worker serves with: databases, ledger, relay, management plane, and the tasks beside them."""

import asyncio
import contextlib
import random
import resource
import secrets
import string
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from oneapi.app import metrics
from oneapi.app.databases import CannotStart, Databases, sentence
from oneapi.app.preparation import node_id, session_secret
from oneapi.app.proxies import trusted_networks
from oneapi.config import VERSION, Config
from oneapi.control.context import RateLimits, Services
from oneapi.control.jobs.queue import prune as prune_jobs
from oneapi.control.jobs.runner import Runner
from oneapi.control.jobs.schedule import Environment, begin_due
from oneapi.ledger import Condition, Ledger, Seat, Terms, backfill, delete_failed, take_fallen
from oneapi.relay import BodyRoom, Evidence, Limits, Relay, RelayServices
from oneapi.relay.lane import LaneProtocol, make_lane
from oneapi.relay.request_ids import RequestIds
from oneapi.store.backup import checkpoint
from oneapi.store.bootstrap import has_first_password
from oneapi.store.bus import Bus
from oneapi.store.changes import Change, ChangeReader, prune
from oneapi.store.database import DatabaseAway, is_away
from oneapi.store.expiry import prune_audit, prune_expired
from oneapi.store.outages import Outage
from oneapi.store.rate_limit import Limit, shared_debts
from oneapi.store.settings import Settings, load as load_settings
from oneapi.store.switching import take_untold
from oneapi.store.usage_days import DayMender
from oneapi.upstream import UpstreamClient
from oneapi.upstream.asking import asking
from oneapi.upstream.egress import Guard
from oneapi.upstream.mail import Mailer, MailServer
from oneapi.web.policy import policy_of
from oneapi.wire.client_address import ProxyTrust

if TYPE_CHECKING:
    from fastapi import FastAPI

    from oneapi.control.jobs.runner import Work
    from oneapi.web.site import Site

POLL_SECONDS = 0.5
CHECKPOINT_SECONDS = 3.0
JOBS_SECONDS = 1.0  # between looks for a job to run
SCHEDULE_SECONDS = 5.0  # between looks for what is due
ALARM_SECONDS = 10.0  # what is switched within is told together
LOW_BALANCE_SECONDS = 30.0
PRUNE_SECONDS = 600.0
METRICS_SECONDS = 1.0  # how old the figures of other workers are at most
BACKFILL_SECONDS = 0.5  # between slices of old log rows
MOST_DESCRIPTORS = 1 << 20
THREADS = 4  # for what blocks: the change feed, unknown keys, snapshots
API_WINDOW_SECONDS = 180
CRITICAL = Limit(20, 1200)
LETTERS = string.ascii_letters + string.digits
T = TypeVar("T")

log = structlog.get_logger()


def _digits() -> Callable[[int], int]:
    """Return a quick source of bits for names; seeded anew in every process."""
    return random.Random(secrets.randbits(128)).getrandbits  # noqa: S311 - a name, no secret


def _limits(config: Config) -> Limits:
    """Return what clients may take up; the descriptors are those that the process has by now."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if descriptors == resource.RLIM_INFINITY:
        descriptors = MOST_DESCRIPTORS
    return Limits(
        body=config.max_body_mb << 20,
        client_seconds=config.client_timeout_seconds,
        room=BodyRoom(
            max(config.body_memory_mb, 2 * config.max_body_mb) << 20, config.body_spool_mb << 20
        ),
        # The rest is for vendors, files and databases.
        connections=descriptors * 3 // 5,
        unproven=descriptors // 4,
        per_address=config.max_connections_per_address,
    )


class Application:
    """What one worker serves with. All of it belongs to the event loop that starts it."""

    def __init__(
        self, config: Config, slot: int, *, keeps_house: bool, on_broken: Callable[[], None]
    ) -> None:
        self._config = config
        self._slot = slot
        self._keeps_house = keeps_house
        self._on_broken = on_broken
        self._threads = ThreadPoolExecutor(THREADS, "work")
        self._stack = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._poll_now = asyncio.Event()
        self._logs_consumption = True
        self._failed_days = 0
        self._audit_days = 0
        self._remind_threshold = 0
        self._has_old_rows = True
        self._policy = b""
        self._mail_server: MailServer | None = None
        self._guard = Guard()
        self.metrics_token = ""
        self._meter: metrics.Meter | None = None
        self._proxies = ProxyTrust(trusted_networks(config.trusted_proxies))
        self._is_serving = False
        self._started_at = int(time.time())
        self._schedule = Environment(
            {
                "test_channels": config.channel_test_minutes,
                "update_balances": config.channel_balance_minutes,
            },
            self._started_at,
        )

    @property
    def is_ready(self) -> bool:
        """Whether requests are welcome."""
        return self._is_serving

    @property
    def condition(self) -> Condition:
        """What is the matter with the place where charges are kept."""
        return self._ledger.condition

    async def start(self) -> None:
        """Open everything, in order; raises `CannotStart`. Call `aclose` whatever happened."""
        try:
            await self._open()
        except (DatabaseAway, SQLAlchemyError, RuntimeError, OSError) as error:
            raise CannotStart(sentence(error), cause=error) from error

    async def _open(self) -> None:
        config, stack = self._config, self._stack
        self._loop = asyncio.get_running_loop()
        stack.callback(self._threads.shutdown)
        self._databases = databases = Databases(config)
        stack.callback(databases.close)
        if await self._run(databases.stale):
            raise CannotStart("the tables are not this version's: run `one-api migrate`")
        self._reader = ChangeReader(databases.main, time.time)
        await self._run(self._reader.start)
        await self._run(self._read_settings)
        self._bus = Bus(config.state_dir, self._slot, self._heard)
        self._bus.start()
        stack.callback(self._bus.close)
        self._upstream = upstream = UpstreamClient(
            proxy=config.relay_proxy or None, guard=self._guard
        )
        stack.push_async_callback(upstream.aclose)
        self._ledger = ledger = self._make_ledger()
        stack.callback(self._keep_last_figures)
        ledger.on_broken = self._on_broken
        ledger.failure_rows.wanted = lambda: self._failed_days > 0
        await ledger.start()
        stack.push_async_callback(ledger.aclose)
        self._relay = self._make_relay(ledger, upstream)
        meter = metrics.Meter(config.state_dir, self._slot, ledger, self._relay.error_answers)
        await self._run(meter.begin)
        self._meter = meter
        await self._relay.start()
        stack.push_async_callback(self._relay.aclose)
        self._mailer = Mailer(lambda: self._mail_server)
        self._runner = Runner(
            databases.main,
            self._run,
            time.time,
            (node_id(config), secrets.token_hex(4)),
            self._work,
        )
        stack.push_async_callback(self._runner.aclose)
        self._begin_tasks()
        self._is_serving = True

    def _make_ledger(self) -> Ledger:
        config = self._config
        return Ledger(
            self._databases.main,
            Seat(node_id(config), self._slot, config.state_dir / "journal"),
            time.time,
            log_database=self._databases.separate_logs,
            terms=Terms(
                flush_seconds=config.flush_interval_ms / 1000,
                sync_seconds=config.journal_sync_ms / 1000,
                lease_ttl=config.lease_ttl_seconds,
            ),
            logs_consumption=lambda: self._logs_consumption,
        )

    def _make_relay(self, ledger: Ledger, upstream: UpstreamClient) -> Relay:
        config = self._config
        evidence = None
        if config.metric_enabled:
            evidence = Evidence(
                samples=config.metric_queue_size, success_rate=config.metric_success_rate
            )
        return Relay(
            RelayServices(
                database=self._databases.main,
                ledger=ledger,
                upstream=upstream,
                run=self._run,
                clock=time.time,
                monotonic=time.monotonic,
                new_request_id=RequestIds(time.time_ns, _digits()),
                tell=self._tell,
                limits=_limits(config),
                proxies=self._proxies,
                relay_timeout_seconds=config.relay_timeout_seconds,
                evidence=evidence,
                log_database=self._databases.logs,
            )
        )

    def lane(self) -> type[LaneProtocol]:
        """Return the protocol class of the server's connections."""
        return make_lane(self._relay)

    def control(self) -> "FastAPI":
        """Build the management plane; imports FastAPI, so call it in a thread."""
        from oneapi.control.app import create_app

        return create_app(self._services())

    def _services(self) -> Services:
        config = self._config
        limits = RateLimits(Limit(config.global_api_rate_limit, API_WINDOW_SECONDS), CRITICAL)
        if config.is_debug:
            limits = RateLimits(Limit(0, API_WINDOW_SECONDS), Limit(0, 1), Limit(0, 1))
        return Services(
            database=self._databases.main,
            log_database=self._databases.logs,
            clock=time.time,
            new_id=lambda: secrets.token_hex(16),
            random_text=lambda size: "".join(secrets.choice(LETTERS) for _ in range(size)),
            session_secret=session_secret(config),
            version=VERSION,
            started_at=self._started_at,
            nudge=self._nudge,
            ask=asking(self._upstream),
            rate_limits=limits,
            debts=shared_debts(config.state_dir, config.workers),
            proxies=self._proxies,
            cooldowns=self._relay.resting,
            backlogs=lambda: metrics.backlogs(config.state_dir, node_id(config)),
            test_prompt=config.test_prompt,
            schedule=self._schedule,
            test_pause_seconds=config.test_pause_seconds,
            post_mail=self._mailer.post,
        )

    async def figures(self) -> tuple[str, bytes]:
        """Return content type and text of what Prometheus gets, for all workers of the node."""
        relay, meter = self._relay, self._present_meter
        is_ready = self._is_serving and self.condition.is_ready
        known = metrics.Known(is_ready, relay.channels(), relay.resting())
        own = meter.reading(self._loop.time())
        main, node = self._databases.main, node_id(self._config)
        return await self._run(metrics.page, meter, own, known, main, node)

    @property
    def _present_meter(self) -> metrics.Meter:
        assert self._meter is not None, "requests come after start()"
        return self._meter

    def _keep_last_figures(self) -> None:
        if self._meter is not None:
            with contextlib.suppress(OSError):
                self._meter.write(self._meter.reading(self._loop.time()))

    async def _keep_figures(self) -> None:
        meter = self._present_meter
        await self._run(meter.write, meter.reading(self._loop.time()))

    def site(self) -> "Site":
        """Return what serves the page."""
        from oneapi.web.site import Site, Surroundings

        config = self._config
        return Site(
            Surroundings(
                policy=lambda: self._policy,
                trusts=self._proxies.trusts,
                base_path=config.base_path,
                redirect_to=config.frontend_base_url if config.is_slave else "",
            )
        )

    def drain(self) -> None:
        """Say that no more requests are welcome."""
        self._is_serving = False

    async def aclose(self) -> None:
        """Finish in the opposite order: answers are settled, charges flushed, leases returned."""
        self._is_serving = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def _run(self, work: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        return self._loop.run_in_executor(self._threads, work, *arguments)

    def _begin_tasks(self) -> None:
        self._own(self._follow_changes())
        self._own(self._mailer.run())
        every = self._every
        self._own(every("refresh", self._config.sync_frequency_seconds, self._refresh))
        self._own(every("metrics", METRICS_SECONDS, self._keep_figures))
        if self._keeps_house:
            main = self._databases.main
            days = DayMender(main, time.time)
            self._own(every("checkpoint", CHECKPOINT_SECONDS, lambda: self._run(checkpoint, main)))
            self._own(every("schedule", SCHEDULE_SECONDS, self._keep_schedule))
            self._own(every("alarms", ALARM_SECONDS, self._tell_alarms))
            self._own(every("low balances", LOW_BALANCE_SECONDS, self._tell_low_balances))
            self._own(every("jobs", JOBS_SECONDS, self._runner.look))
            self._own(every("prune", PRUNE_SECONDS, lambda: self._run(self._prune)))
            self._own(every("old rows", BACKFILL_SECONDS, self._backfill))
            self._own(every("days", PRUNE_SECONDS, lambda: self._run(days.mend)))
            self._own(every("failed rows", PRUNE_SECONDS, lambda: self._run(self._delete_failed)))
            self._own(_tried(Outage("first password"), self._look_at_password))

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background_task_broken", exc_info=error)
            self._on_broken()

    async def _every(self, name: str, seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
        outage = Outage(name)
        while True:
            await asyncio.sleep(outage.pause(seconds))
            await _tried(outage, work)

    async def _follow_changes(self) -> None:
        outage = Outage("changes")
        waiting: list[Change] = []  # seen, and not in force yet

        async def follow() -> None:
            waiting.extend(await self._run(self._reader.poll))
            if waiting:
                await self._apply(waiting)
                waiting.clear()

        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poll_now.wait(), outage.pause(POLL_SECONDS))
            self._poll_now.clear()
            await _tried(outage, follow)

    async def _apply(self, changes: list[Change]) -> None:
        topics = {change.topic for change in changes}
        if topics & {"settings", "everything"}:
            await self._run(self._read_settings)
        if "everything" in topics:
            await self._relay.refresh()
        else:
            await self._relay.changed(changes)

    async def _refresh(self) -> None:
        await self._run(self._read_settings)  # while the database is away, memory is kept
        await self._relay.refresh()

    def _read_settings(self) -> None:
        with self._databases.main.connect() as connection:
            settings = load_settings(connection)
        self._logs_consumption = settings.flag("LogConsumeEnabled")
        self._failed_days = settings.whole("FailedLogDays")
        self._audit_days = settings.whole("AuditDays")
        self._remind_threshold = settings.whole("QuotaRemindThreshold")
        self._policy = policy_of(settings)
        self.metrics_token = settings.text("MetricsToken")
        self._guard.allow(settings.names("EgressAllowedNetworks"))
        self._mail_server = _mail_server(settings)

    async def _look_at_password(self) -> None:
        """Say how to begin, as long as the published password opens the door."""
        if await self._run(has_first_password, self._databases.main):
            address = f"http://localhost:{self._config.port}"
            how = (
                f"sign in at {address} as root with the password 123456, and change it: it is still the default one,"
                " accepted from anywhere in the first hour of a new database, from private addresses after that"
            )
            log.warning(how)

    def _prune(self) -> None:
        with self._databases.main.begin() as connection:
            prune(connection, time.time())
        with self._databases.main.begin() as connection:
            prune_expired(connection, time.time())
        prune_jobs(self._databases.main, int(time.time()))
        prune_audit(self._databases.main, int(time.time()), self._audit_days)

    async def _keep_schedule(self) -> None:
        await self._run(begin_due, self._databases.main, self._schedule, int(time.time()))

    async def _tell_alarms(self) -> None:
        switched = await self._run(take_untold, self._databases.main)
        if switched:
            from oneapi.control import alarms  # heavy, and seldom needed

            settings, addresses = await self._run(alarms.whom, self._databases.main)
            ask = asking(self._upstream, alarms.MAX_BYTES, alarms.TIMEOUTS)
            ways = alarms.Ways(ask, self._mailer.post)
            await alarms.tell(ways, settings, addresses, alarms.Told(switched, int(time.time())))

    async def _tell_low_balances(self) -> None:
        threshold = self._remind_threshold
        if not threshold or self._mail_server is None:
            return
        fallen = await self._run(take_fallen, self._databases.main, threshold)
        if fallen:
            from oneapi.control import alarms, low_balances

            settings, _ = await self._run(alarms.whom, self._databases.main)
            low_balances.tell(self._mailer.post, settings, fallen)

    async def _work(self) -> "Mapping[str, Work]":
        """Load what does jobs; heavy, as it is the management plane's."""

        def load() -> "Mapping[str, Work]":
            from oneapi.control.jobs.kinds import kinds

            return kinds(self._services())

        return await self._run(load)

    async def _backfill(self) -> None:
        if self._has_old_rows:
            databases = self._databases
            self._has_old_rows = await self._run(backfill, databases.main, databases.logs)

    def _delete_failed(self) -> None:
        databases = self._databases
        delete_failed(databases.main, databases.logs, int(time.time()), self._failed_days)

    def _nudge(self) -> None:
        """Have every worker of this node look at the change feed; called from any thread."""
        self._loop.call_soon_threadsafe(self._poll_now.set)
        self._loop.call_soon_threadsafe(self._bus.publish, "poll")

    def _tell(self, topic: str, news: dict[str, Any]) -> None:
        self._bus.publish(topic, msgspec.json.encode(news))

    def _heard(self, topic: str, payload: bytes) -> None:
        if topic == "poll":
            self._poll_now.set()
        else:
            self._relay.heard(topic, msgspec.json.decode(payload))


def _mail_server(settings: Settings) -> MailServer | None:
    """Return where mail goes; None until the operator has said it."""
    host = settings.text("SMTPServer").strip()
    if not host:
        return None
    return MailServer(
        host=host,
        port=settings.whole("SMTPPort"),
        account=settings.text("SMTPAccount").strip(),
        password=settings.text("SMTPToken"),
        sender=settings.text("SMTPFrom").strip(),
        name=settings.text("SystemName"),
    )


async def _tried(outage: Outage, work: Callable[[], Awaitable[Any]]) -> None:
    """Do it; a database that is away or a disk that is full is waited for, a mistake of ours is raised."""
    try:
        await work()
    except (DatabaseAway, SQLAlchemyError, OSError) as error:
        if not is_away(error):
            raise
        outage.failed(error)
    else:
        outage.succeeded()
