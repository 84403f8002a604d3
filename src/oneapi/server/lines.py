"""One log line, the same from every process: its look, its file, and what is never in it.

Light enough for the supervisor; the workers' structlog (`server.logs`) renders through it.
"""

import contextlib
import errno
import os
import re
import sys
import time
from collections.abc import Mapping
from typing import Final

from oneapi.config import Config, ConfigError

SECRET_FIELDS: Final = frozenset(
    {"api_key", "password", "secret", "authorization", "cookie", "dsn", "access_token", "proxy"}
)
_SECRETS: Final = (
    (re.compile(r"\bsk-[\w-]{4,}"), "sk-***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.+/=~-]{4,}"), r"\1 ***"),
    (re.compile(r"(?<=:)[^:@/\s]+(?=@(?:tcp|unix)?\(|@[\w.\[-]+)"), "***"),
)
# Controls but for tab and line feed, invisible marks, and what Unicode takes for the end of a line.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
# What only a person can change; whatever else keeps a folder from being made, a full disk, passes.
_MISTAKES: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST})


def _visible(text: str) -> str:
    """Return the text with what moves a cursor, turns a line around or ends one for some readers written as a number."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def redacted(text: str) -> str:
    """Return the text without keys, credential headers and passwords in addresses."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class Lines:
    """Renders lines as text or JSON, to standard output and to the log file (of the day).

    `directory` is None for standard output only. Each line is one `write` to a file
    opened for appending, so that several processes share one file. Raises `ConfigError`.
    """

    def __init__(self, *, as_json: bool, directory: str | None, one_file: bool) -> None:
        self._as_json = as_json
        self._directory = directory
        self._one_file = one_file
        self._path = ""
        self._fd = -1
        self._lost = 0  # lines that the file did not take
        if directory is not None:
            try:
                os.makedirs(directory, exist_ok=True)  # noqa: PTH103 - pathlib is a megabyte here
            except OSError as error:
                if error.errno in _MISTAKES:
                    reason = f"--log-dir {directory!r} cannot be written: {error.strerror}"
                    raise ConfigError(reason) from error

    def line(
        self, moment: float, level: str, request_id: str, event: str, fields: Mapping[str, object]
    ) -> str:
        """Return one line without its end; secrets are replaced."""
        visible = {key: "***" if key in SECRET_FIELDS else value for key, value in fields.items()}
        if self._as_json:
            return redacted(self._json(moment, level, request_id, event, visible))
        stamp = time.strftime("%Y/%m/%d - %H:%M:%S", time.localtime(moment))
        rest = "".join(f" {key}={value}" for key, value in visible.items())
        flat = _visible(f"{event}{rest}".replace("\r\n", "\n")).replace("\n", "\n    ")
        return redacted(f"[{level.upper()}] {stamp} | {request_id or '-'} | {flat}")

    @staticmethod
    def _json(
        moment: float, level: str, request_id: str, event: str, fields: Mapping[str, object]
    ) -> str:
        import json  # here, because the supervisor of a text log does not need it

        stamp = (
            time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
            + f".{int(moment % 1 * 1000):03d}Z"
        )
        entry: dict[str, object] = {"time": stamp, "level": level, "event": event}
        if request_id:
            entry["request_id"] = request_id
        return _visible(json.dumps(entry | dict(fields), ensure_ascii=False, default=str))

    def write(self, moment: float, line: str) -> None:
        """Write a rendered line; a full disk or a closed terminal stops nothing."""
        encoded = (line + "\n").encode("utf-8", "replace")
        # Past Python's buffer, which would keep what a full disk does not take, and fail at the end.
        with contextlib.suppress(OSError, ValueError):
            os.write(sys.stdout.fileno(), encoded)
        if self._directory is not None:
            self._write_to_file(moment, encoded)

    def _write_to_file(self, moment: float, encoded: bytes) -> None:
        if self._lost:
            missing = self.line(moment, "warning", "", "log_lines_lost", {"count": self._lost})
            encoded = f"\n{missing}\n".encode() + encoded  # the last line may be half there
        try:
            written = os.write(self._file(moment), encoded)
        except OSError:
            self._path = ""
            written = 0
        self._lost = 0 if written == len(encoded) else self._lost + 1

    def _file(self, moment: float) -> int:
        day = time.strftime("-%Y%m%d", time.localtime(moment))
        path = f"{self._directory}/oneapi{'' if self._one_file else day}.log"
        if path != self._path or self._was_moved(path):
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = -1
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - as above
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            self._path = path
        return self._fd

    def _was_moved(self, path: str) -> bool:
        try:
            return os.stat(path).st_ino != os.fstat(self._fd).st_ino  # noqa: PTH116 - as above
        except OSError:
            return True


def lines_of(config: Config) -> Lines:
    """Return the lines that a configuration asks for."""
    return Lines(
        as_json=config.log_format == "json",
        directory=config.log_dir,
        one_file=config.is_one_log_file,
    )
