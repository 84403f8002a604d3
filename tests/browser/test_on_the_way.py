"""The page under a path prefix, without a network, and after an upgrade."""

import http.client
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Route, expect

from tests.browser.conftest import Visits
from tests.gateway import Gateway


@contextmanager
def _prefixed(port: int, prefix: str) -> Generator[str]:
    """Run a proxy that serves the gateway under a path, strips it, and says so."""

    class Proxy(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {**dict(self.headers.items()), "X-Forwarded-Prefix": prefix}
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as upstream:
                upstream.request(self.command, self.path.removeprefix(prefix), body, headers)
                answer = upstream.getresponse()
                content = answer.read()
            with suppress(BrokenPipeError, ConnectionResetError):  # the browser has gone on
                self._pass_on(answer, content)

        def _pass_on(self, answer: http.client.HTTPResponse, content: bytes) -> None:
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_everything_stays_below_the_prefix_of_the_proxy(as_root: Visits, gateway: Gateway) -> None:
    with _prefixed(gateway.port, "/one-api") as address:
        page = as_root("/about")
        page.goto(f"{address}/login")
        page.evaluate("localStorage.setItem('signed-in', 'yes')")
        page.goto(f"{address}/channel?sort=name")
        expect(page.get_by_text("No channels yet")).to_be_visible()
        page.get_by_role("navigation").get_by_role("link", name="Keys").click()
        expect(page).to_have_url(f"{address}/token")
        page.reload()
        expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        page.context.close()


def test_without_a_network_it_says_so_and_goes_on_when_it_is_back(
    as_root: Visits, complaints: list[str]
) -> None:
    page = as_root("/token")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("There is no network")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("There is no network")).to_be_hidden()
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("This could not be loaded")).to_be_hidden()
    complaints.clear()  # of what was asked for while there was no network


def test_a_chunk_that_an_upgrade_took_away_loads_the_page_anew(
    as_root: Visits, complaints: list[str]
) -> None:
    page = as_root("/token")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    gone: list[str] = []

    def once(route: Route) -> None:
        if gone:
            route.continue_()
        else:
            gone.append(route.request.url)
            route.fulfill(status=404, body="")

    page.route("**/assets/Wallet-*.js", once)
    with page.expect_navigation():
        page.get_by_role("navigation").get_by_role("link", name="Wallet").click()
    page.get_by_role("navigation").get_by_role("link", name="Wallet").click()
    expect(page.get_by_role("heading", name="Redeem a code")).to_be_visible()
    assert gone
    complaints.clear()  # of the chunk that is gone
