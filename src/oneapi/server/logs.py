"""The workers' logs: structlog and the standard library's, rendered and written by a thread beside the path."""

import logging
import queue
import threading
import time
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from oneapi.config import Config
from oneapi.server.lines import lines_of

CLOSE_SECONDS = 2.0
_Entry = tuple[float, str, str, dict[str, Any]]
_Error = tuple[type[BaseException], BaseException, TracebackType | None]


class Logs:
    """Owns the writing thread; `close` writes what is still queued."""

    def __init__(self, config: Config, slot: int) -> None:
        self._lines = lines_of(config)
        self._slot = slot
        self._entries: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="logs", daemon=True)
        self._level = logging.DEBUG if config.is_debug else logging.INFO
        self._sql_level = logging.INFO if config.is_debug_sql else logging.WARNING

    def open(self) -> None:
        """Take over structlog and the root logger."""
        structlog.configure(
            processors=[structlog.contextvars.merge_contextvars, self._enqueue],
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            logger_factory=structlog.ReturnLoggerFactory(),
            cache_logger_on_first_use=True,
        )
        root = logging.getLogger()
        root.handlers[:] = [_Forward(self.put)]
        root.setLevel(self._level)
        quiet = (
            "uvicorn.error",
            "uvicorn.access",
            "asyncio",
            "alembic",
            "multipart",
            "python_multipart",
        )
        for name in quiet:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("sqlalchemy.engine").setLevel(self._sql_level)
        self._thread.start()

    def close(self) -> None:
        """Write what is queued, for a bounded time."""
        self._entries.put(None)
        self._thread.join(CLOSE_SECONDS)

    def put(self, level: str, event: str, fields: dict[str, Any]) -> None:
        """Queue one line."""
        self._entries.put((time.time(), level, event, fields))

    def _enqueue(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        text = str(event.pop("event", ""))
        level = "error" if method == "exception" else method
        self.put(level, text, dict(event))
        raise structlog.DropEvent

    def _write_all(self) -> None:
        while (entry := self._entries.get()) is not None:
            moment, level, event, fields = entry
            request_id = str(fields.pop("request_id", ""))
            error = _error(fields.pop("exc_info", None))
            if error is not None:
                event += "\n" + "".join(traceback.format_exception(*error)).rstrip()
            line = self._lines.line(moment, level, request_id, event, {"slot": self._slot} | fields)
            self._lines.write(moment, line)


def _error(given: Any) -> _Error | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple) and given and given[0] is not None:
        return given  # pyright: ignore[reportUnknownVariableType] - the shape of sys.exc_info()
    return None


class _Forward(logging.Handler):
    """Passes the standard library's records on."""

    def __init__(self, put: Any) -> None:
        super().__init__()
        self._put = put

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record."""
        fields: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        self._put(record.levelname.lower(), f"{record.name}: {record.getMessage()}", fields)
