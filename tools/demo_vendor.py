"""The vendor behind the demo's channels: it lists two models and always says the same."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

ANSWER: Final = (
    "Hello! This answer comes from the **demo vendor** on this machine. It speaks "
    "OpenAI's format and streams word by word.\n\n"
    "```python\ndef greet(name: str) -> str:\n    return f'hello {name}'\n```\n\n"
    "Formulas are drawn, too: \\(e^{i\\pi} + 1 = 0\\), and\n\n"
    "\\[\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}\\]\n"
)


def _call(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a call of the function, with an argument for each of its parameters."""
    function = tool["function"]
    named = function.get("parameters", {}).get("properties", {})
    given = {"name": function["name"], "arguments": json.dumps(dict.fromkeys(named, "Oslo"))}
    return {"index": 0, "id": "call_1", "type": "function", "function": given}


class Vendor(BaseHTTPRequestHandler):
    """A vendor that lists two models and always says the same."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """List the models."""
        listed = [
            {"id": name, "object": "model"} for name in ("demo-chat", "demo-thinking", "demo-new")
        ]
        self._send({"object": "list", "data": listed})

    def do_POST(self) -> None:
        """Answer a chat, whole or as a stream."""
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        usage = {"prompt_tokens": 24, "completion_tokens": 42, "total_tokens": 66}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": ANSWER}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._send(
                {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "model": asked["model"],
                    "choices": [choice],
                    "usage": usage,
                }
            )
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        if asked.get("tools") and asked["messages"][-1]["role"] != "tool":
            self._event(asked["model"], {"tool_calls": [_call(asked["tools"][0])]}, "tool_calls")
        else:
            for word in ANSWER.split(" "):
                self._event(asked["model"], {"content": word + " "})
                time.sleep(0.03)
            self._event(asked["model"], {}, "stop")
        self._event(asked["model"], {}, None, usage)
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(
        self, model: str, delta: dict[str, Any], finish: str | None = None, usage: Any = None
    ) -> None:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}] if usage is None else []
        event = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "model": model,
            "choices": choices,
        }
        self.wfile.write(
            b"data: " + json.dumps(event | ({"usage": usage} if usage else {})).encode() + b"\n\n"
        )
        self.wfile.flush()

    def _send(self, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True
    daemon_threads = True


def listening(port: int) -> ThreadingHTTPServer:
    """Return the vendor, listening on the port (0: a free one), beside others of its kind; it answers once it is served."""
    return _Server(("127.0.0.1", port), Vendor)
