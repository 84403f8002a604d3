"""People who sign in while the relay is measured: each from an address of their own, at a fixed rate."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

from bench.contenders import GateError
from bench.processes import http

PASSWORD = "bench-password"
_BODY = json.dumps({"username": "root", "password": PASSWORD}).encode()


@contextmanager
def signing_in(port: int, per_second: int) -> Generator[None, None, None]:
    """Sign in as root so often until the block ends; raise `GateError` if one was refused or they came too late."""
    over = threading.Event()
    answers: list[bool] = []
    began = time.monotonic()

    def sign_in(number: int) -> None:
        address = f"198.51.{number // 250 % 250}.{1 + number % 250}"
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        status, body = http("POST", port, "/api/user/login", _BODY, headers)
        answers.append(status == 200 and json.loads(body).get("success") is True)

    def go_on() -> None:
        number = 0
        while not over.wait(max(0.0, began + number / per_second - time.monotonic())):
            sign_in(number)
            number += 1

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    wanted = (time.monotonic() - began) * per_second
    if not all(answers) or len(answers) < wanted * 0.8 - 1:
        raise GateError(
            f"{sum(answers)} of {wanted:.0f} sign-ins were answered, {answers.count(False)} refused"
        )
