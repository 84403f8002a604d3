"""`/docs`: every route and every shape is on it, it loads nothing from elsewhere and runs nothing."""

import re
from html.parser import HTMLParser

import pytest
from tools.docs_openapi import described

from tests.control.conftest import World
from tests.control.matrix import CASES


class Page(HTMLParser):
    """The elements of a page: their names, ids, and what they point to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src"):
                self.links.append(str(value))


def read(world: World, path: str) -> tuple[str, Page]:
    reply = world.visitor().get(path)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return reply.body.decode(), Page(reply.body.decode())


def test_every_route_and_every_shape_is_there(world: World) -> None:
    text, page = read(world, "/docs")
    for route in CASES:
        method, path = route.split(" ")
        assert f"{method}</b> <code>{path}</code>" in text
    shapes = [
        name
        for name in described()["components"]["schemas"]
        if not name.startswith(("Found_", "Rows_"))
    ]
    assert set(shapes) <= set(page.ids)


def test_its_links_lead_somewhere(world: World) -> None:
    _, page = read(world, "/docs")
    inside = [link.removeprefix("#") for link in page.links if link.startswith("#")]
    assert set(inside) - set(page.ids) == set()
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize(
    ("path", "style", "document"),
    [
        ("/docs", "docs/style.css", "api/openapi.json"),
        ("/docs/", "style.css", "../api/openapi.json"),
    ],
)
def test_it_loads_what_is_here_and_runs_nothing(
    world: World, path: str, style: str, document: str
) -> None:
    _, page = read(world, path)
    assert sorted(link for link in page.links if not link.startswith("#")) == sorted(
        (style, document)
    )
    assert page.names.isdisjoint({"script", "iframe", "img", "object"})
    assert [name for name in page.attributes if name == "style" or name.startswith("on")] == []
    reply = world.visitor().get(path)
    assert "script-src" not in reply.headers["content-security-policy"]
    assert reply.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self';"
    )
    looks = world.visitor().get("/docs/style.css")
    assert (looks.status, looks.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert re.search(r"url\(|@import", looks.body.decode()) is None


def test_the_document_is_served_beside_it(world: World) -> None:
    served = world.visitor().get("/api/openapi.json").json
    assert served["paths"].keys() == described()["paths"].keys()
