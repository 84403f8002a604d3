"""Sessions are rows: seen and ended by their owner, and by nobody else."""

from sqlalchemy import update

from oneapi.control.sign_in.session import COOKIE
from oneapi.store.expiry import prune_expired
from oneapi.store.tables import sessions, users
from tests.control.browser import Browser
from tests.control.conftest import ALICE, NOW, PASSWORD, PASSWORD_HASH, World


def signed_in(world: World, name: str = "alice", address: str = "198.51.100.7") -> Browser:
    visitor = world.visitor(address, user_agent=f"{name}'s browser")
    visitor.post("/api/user/login", {"username": name, "password": PASSWORD})
    return visitor


def test_people_see_where_they_are_signed_in(everywhere: World) -> None:
    here, there = signed_in(everywhere), signed_in(everywhere, address="203.0.113.9")
    signed_in(everywhere, "bob")
    everywhere.clock.advance(301)
    there.get("/api/user/self")
    listed = here.get("/api/user/sessions").content
    assert [(one["address"], one["is_current"], one["seen_at"] - NOW) for one in listed] == [
        ("203.0.113.9", False, 301),
        ("198.51.100.7", True, 301),
    ]
    assert listed[0]["agent"] == "alice's browser"
    assert listed[0]["expires_at"] == NOW + 30 * 24 * 3600
    assert not any(name in str(listed) for name in ("hash", "fingerprint", "secret"))


def test_a_session_that_its_owner_ended_is_none(world: World) -> None:
    here, there = signed_in(world), signed_in(world)
    ended = next(one for one in here.get("/api/user/sessions").content if not one["is_current"])
    assert here.delete(f"/api/user/sessions/{ended['id']}").json["success"] is True
    assert there.get("/api/user/self").status == 401
    assert here.get("/api/user/self").status == 200


def test_all_others_end_at_once(world: World) -> None:
    here, there, bob = signed_in(world), signed_in(world), signed_in(world, "bob")
    here.delete("/api/user/sessions")
    statuses = [one.get("/api/user/self").status for one in (here, there, bob)]
    assert statuses == [200, 401, 200]


def test_nobody_ends_the_session_of_another(world: World) -> None:
    alice = signed_in(world)
    (session,) = world.rows(sessions)
    for other in (world.bob, world.admin, world.root):
        assert other.delete(f"/api/user/sessions/{session['id']}").json["code"] == "session_missing"
        assert other.get("/api/user/sessions").content == []
    assert alice.get("/api/user/self").status == 200


def test_signing_out_ends_the_session_wherever_its_cookie_is(world: World) -> None:
    visitor, thief = signed_in(world), world.visitor()
    thief.cookies = dict(visitor.cookies)
    visitor.post("/api/user/logout")
    assert thief.get("/api/user/self").status == 401
    assert world.rows(sessions) == []


def test_a_cookie_that_was_planted_never_becomes_the_victims(world: World) -> None:
    attacker = signed_in(world, "bob")
    victim = world.visitor()
    victim.cookies = dict(attacker.cookies)
    victim.post("/api/user/login", {"username": "alice", "password": PASSWORD})
    assert victim.cookies[COOKIE] != attacker.cookies[COOKIE]
    assert victim.get("/api/user/self").content["username"] == "alice"
    assert attacker.get("/api/user/self").status == 401


def test_who_reads_the_table_cannot_use_it(world: World) -> None:
    visitor = signed_in(world)
    (row,) = world.rows(sessions)
    for value in (row["secret_hash"], row["fingerprint"]):
        assert value not in visitor.cookies[COOKIE]
        assert world.visitor(cookie=f"{COOKIE}={value}").get("/api/user/self").status == 401


def test_a_password_that_another_program_changes_ends_sessions_too(world: World) -> None:
    visitor = signed_in(world)
    with world.database.begin() as connection:
        new = update(users).where(users.c.id == ALICE).values(password=PASSWORD_HASH[::-1])
        connection.execute(new)
    assert visitor.get("/api/user/self").status == 401


def test_old_rows_go(everywhere: World) -> None:
    signed_in(everywhere)
    everywhere.clock.advance(15 * 24 * 3600)
    signed_in(everywhere, "bob")
    with everywhere.database.begin() as connection:
        prune_expired(connection, NOW + 30 * 24 * 3600 + 1)
    assert [row["user_id"] for row in everywhere.rows(sessions)] == [ALICE + 1]
