"""What a worker has imported: each megabyte of it is paid as many times as there are workers."""

import subprocess
import sys

import pytest

START = "from oneapi.server.omissions import omit; omit(); import oneapi.server.worker"
MANAGEMENT = f"{START}; import oneapi.control.app"
OIDC = (
    f"{MANAGEMENT}\n"
    "from oneapi.control.oauth.id_token import BadIdToken, read_id_token\n"
    "try: read_id_token('no.id.token', {})\n"
    "except BadIdToken: pass\n"
)
NEVER = {
    "click",
    "uvicorn.supervisors",
    "pydantic.v1.main",
    "joserfc",
    "cryptography",
}
# Imported by what needs it, when it is needed.
SELDOM = {"alembic", "aiohttp", "pymysql", "psycopg", "nh3", "prometheus_client", "aiosmtplib"}
WITH_MANAGEMENT = {"fastapi", "pydantic", "starlette", "bcrypt"}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (START, NEVER | SELDOM | WITH_MANAGEMENT),
        (MANAGEMENT, NEVER | SELDOM),
        (OIDC, NEVER | SELDOM),
    ],
    ids=["at the start", "with the management plane", "after an OpenID Connect sign-in"],
)
def test_a_worker_has_not_imported(code: str, absent: set[str]) -> None:
    asking = f"{code}\nimport sys; print(sorted({absent!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", asking], capture_output=True, check=True, text=True)
    assert ran.stdout.strip() == "[]"
