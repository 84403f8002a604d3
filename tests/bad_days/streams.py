"""Clients that stream, many at once, and remember what they got: the witnesses of the kill tests."""

import asyncio
import json
from dataclasses import dataclass, field

from tests.gateway import chat_request

TOKENS_PER_STREAM = 20


@dataclass
class Witness:
    """`delivered`: request ids of streams whose end the client has read. `begun`: of all that got a head."""

    delivered: set[str] = field(default_factory=set[str])
    begun: set[str] = field(default_factory=set[str])


async def stream(port: int, key: str, model: str, witness: Witness) -> None:
    """Stream one answer to its end, or until the connection breaks."""
    body = json.dumps(chat_request(model, stream=True, max_tokens=100)).encode()
    message = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        writer.write(message)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if not head.startswith("HTTP/1.1 200"):
            return
        request_id = fields["x-oneapi-request-id"]
        witness.begun.add(request_id)
        async for line in reader:
            if line.startswith(b"data: [DONE]"):
                witness.delivered.add(request_id)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def keep_streaming(
    port: int, key: str, models: list[str], parallel: int, stop: asyncio.Event, witness: Witness
) -> None:
    """Keep `parallel` streams going until told to stop; then let the open ones end."""

    async def one(number: int) -> None:
        while not stop.is_set():
            await stream(port, key, models[number % len(models)], witness)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(one(number) for number in range(parallel)))
