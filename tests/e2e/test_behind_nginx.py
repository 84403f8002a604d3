"""The first day of an installation behind nginx, as the README and people's tutorials go it: from `123456` to a top-up.

nginx runs with `deploy/nginx.conf` but for its certificate: streams are not buffered, and a map turns the Basic credentials
of a program that knows no keys into a key.
"""

import base64
import http.client
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeVendor, Gate, chat_events, stream_answer, wait_until
from tests.gateway import ROOT_KEY, Answer, Gateway, chat_request, free_port
from tests.nginx import nginx

ROOT = Path(__file__).parents[2]
BASIC = base64.b64encode(b"old program:its password").decode()
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    {ours}
}}
"""


def configuration(folder: Path, gateway: int, port: int) -> str:
    """`deploy/nginx.conf` for a port without TLS, with one entry in its map."""
    ours = (ROOT / "deploy/nginx.conf").read_text()
    ours = ours.replace("127.0.0.1:3000", f"127.0.0.1:{gateway}")
    ours = re.sub(r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};", ours)
    ours = re.sub(r"ssl_certificate\S*\s+\S+;", "", ours)
    ours, entries = re.subn(
        r'# "Basic \S+" "Bearer \S+";', f'"Basic {BASIC}" "Bearer sk-{ROOT_KEY}";', ours
    )
    assert entries == 1
    return AROUND.format(folder=folder, ours=ours)


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A new database's gateway, with One API's own limits."""
    with Gateway(
        tmp_path / "data", env={"GLOBAL_API_RATE_LIMIT": "480", "INITIAL_ROOT_ACCESS_TOKEN": ""}
    ) as gateway:
        yield gateway


@pytest.fixture
def site(gateway: Gateway, tmp_path: Path) -> Iterator[int]:
    """The port of nginx in front of the gateway."""
    port = free_port()
    with nginx(configuration(tmp_path, gateway.port, port), port, tmp_path):
        yield port


class Person:
    """Somebody's browser: keeps its cookie, and says JSON."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie = ""

    def ask(self, method: str, path: str, document: Any = None, **headers: str) -> Answer:
        told = {"Content-Type": "application/json", **headers}
        if self._cookie:
            told["Cookie"] = self._cookie
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, told)
        response = connection.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
        connection.close()
        if "set-cookie" in answer.headers:
            self._cookie = answer.headers["set-cookie"].split(";")[0]
        return answer

    def api(self, method: str, path: str, document: Any = None) -> Any:
        """Return what a successful answer holds."""
        reply = self.ask(method, path, document).json()
        assert reply["success"], (path, reply)
        return reply.get("data")

    def chat(self, key: str, **fields: Any) -> Answer:
        return self.ask(
            "POST", "/v1/chat/completions", chat_request(**fields), Authorization=f"Bearer {key}"
        )


def readme_lines() -> list[str]:
    """The curl commands of the README, in their order."""
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith("    curl ")]


def curl(line: str, folder: Path, **replaced: str) -> Any:
    """Run a line with some of its words replaced, and return the JSON that it printed."""
    for said, meant in replaced.items():
        line = line.replace(WORDS[said], meant)
    words = shlex.split(line)
    done = subprocess.run(
        [*words[:1], "-sS", *words[1:]], cwd=folder, capture_output=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


WORDS = {"site": "localhost:3000", "vendor": '"type":1,', "key": "sk-…"}


def until_it_serves(person: Person, key: str) -> None:
    """Wait until the relay has heard of the channel and of the key."""
    wait_until(lambda: person.chat(key).status == 200)


def test_the_lines_of_the_readme_work(site: int, vendor: FakeVendor, tmp_path: Path) -> None:
    vendors = f'"type":1,"base_url":"{vendor.url}",'
    key = "no key yet"
    replies: list[Any] = []
    for line in readme_lines():
        replies.append(curl(line, tmp_path, site=f"127.0.0.1:{site}", vendor=vendors, key=key))
        if "/api/token" in line:
            key = "sk-" + replies[-1]["data"]["key"]
            until_it_serves(Person(site), key)
    *managed, chatted = replies
    assert len(managed) == 5
    assert [reply["success"] for reply in managed] == [True] * 5
    assert chatted["choices"][0]["message"]["content"] == "Hello!"


def test_the_tutorials_walk(site: int, gateway: Gateway, vendor: FakeVendor) -> None:
    root, customer = Person(site), Person(site)
    opened(root)
    channel = serving(root, vendor)
    assert root.api("POST", f"/api/channel/{channel}/test", {})["answer"] == "Hello!"
    key = (
        "sk-"
        + root.api(
            "POST", "/api/token/", {"name": "mine", "unlimited_quota": True, "expired_time": -1}
        )["key"]
    )
    until_it_serves(root, key)
    # a code, which a customer redeems; and a top-up, as a shop does it
    (code,) = root.api("POST", "/api/redemption/", {"name": "spring", "quota": 100_000, "count": 1})
    customer.api("POST", "/api/user/register", {"username": "carol", "password": "carols password"})
    carol = customer.api(
        "POST", "/api/user/login", {"username": "carol", "password": "carols password"}
    )
    assert customer.api("POST", "/api/user/topup", {"key": code}) == 100_000
    assert customer.ask("POST", "/api/user/topup", {"key": code}).json()["code"] == "used_code"
    root.api("POST", "/api/topup", {"user_id": carol["id"], "quota": 50_000})
    assert customer.api("GET", "/api/user/self")["quota"] == 150_000
    # the customer's own key, a stream through nginx, and what is written of it
    made = customer.api(
        "POST", "/api/token/", {"name": "hers", "remain_quota": 10_000, "expired_time": -1}
    )
    until_it_serves(customer, "sk-" + made["key"])
    comes_piece_by_piece(site, vendor, "sk-" + made["key"])
    wait_until(lambda: len(charges(customer)) == 2)
    spent = sum(row["quota"] for row in charges(customer))
    assert spent > 0
    assert {(row["model_name"], row["token_name"]) for row in charges(customer)} == {
        ("gpt-4o-mini", "hers")
    }
    assert customer.api("GET", "/api/user/self")["quota"] == 150_000 - spent
    assert customer.api("GET", f"/api/token/{made['id']}")["remain_quota"] == 10_000 - spent
    assert customer.ask("GET", "/api/log/").json()["code"] == "not_allowed"


def opened(root: Person) -> None:
    """Sign in with the default password, which opens nothing but the form for another one."""
    root.api("POST", "/api/user/login", {"username": "root", "password": "123456"})
    assert root.ask("GET", "/api/channel/").json()["code"] == "default_password_first"
    root.api("PUT", "/api/user/self", {"password": "a-better-one"})
    assert (
        root.ask("POST", "/api/user/login", {"username": "root", "password": "123456"}).json()[
            "code"
        ]
        == "login_failed"
    )
    root.api("POST", "/api/user/login", {"username": "root", "password": "a-better-one"})
    (session,) = [one for one in root.api("GET", "/api/user/sessions") if one["is_current"]]
    assert session["address"] == "127.0.0.1"


def serving(root: Person, vendor: FakeVendor) -> int:
    fields = {
        "type": 1,
        "name": "vendor",
        "key": "sk-vendor",
        "models": "gpt-4o-mini",
        "group": "default",
    }
    root.api("POST", "/api/channel/", fields | {"base_url": vendor.url})
    (channel,) = root.api("GET", "/api/channel/?p=0")
    return int(channel["id"])


def charges(person: Person) -> list[dict[str, Any]]:
    return list(person.api("GET", "/api/log/self?type=2"))


def comes_piece_by_piece(port: int, vendor: FakeVendor, key: str) -> None:
    """The vendor says the second word only when the client has read the first one: a buffer would wait for ever."""
    role, first, *others = chat_events(["one", " two"])
    gate = Gate()
    vendor.script(stream_answer(role, first, gate, *others))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(chat_request(stream=True)), headers
    )
    response = connection.getresponse()
    read = b""
    while b'"one"' not in read:
        piece = response.read1(1 << 16)
        assert piece, read
        read += piece
    assert not gate.is_open
    gate.open()
    assert response.read().endswith(b"data: [DONE]\n\n")
    connection.close()


def test_a_program_with_basic_credentials_gets_the_key_of_the_map(
    site: int, vendor: FakeVendor
) -> None:
    root = Person(site)
    opened(root)
    serving(root, vendor)
    program = Person(site)

    def asked(credentials: str) -> Answer:
        return program.ask(
            "POST", "/v1/chat/completions", chat_request(), Authorization=f"Basic {credentials}"
        )

    wait_until(lambda: asked(BASIC).status == 200)
    assert asked(base64.b64encode(b"old program:wrong").decode()).status == 401
    assert root.chat(f"sk-{ROOT_KEY}").status == 200
