"""The management plane as one FastAPI application. Import it lazily: FastAPI costs a worker some 20 MB.

Here are the routers, the door in front of them, and the one place where errors become answers.
"""

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from oneapi.control import reference
from oneapi.control.answers import Answer, Refused, in_language, refused, sentence
from oneapi.control.api_keys import of_users as users_keys, routes as api_keys
from oneapi.control.audit import routes as audit
from oneapi.control.channels import routes as channels, testing
from oneapi.control.context import Services
from oneapi.control.dashboard import days, recent, routes as dashboard
from oneapi.control.description import describe
from oneapi.control.gate import REQUEST_ID_HEADER, Gate, too_many
from oneapi.control.jobs import routes as jobs
from oneapi.control.limits import TooManyRequests
from oneapi.control.logs import routes as logs
from oneapi.control.oauth import email, routes as oauth
from oneapi.control.redemptions import routes as redemptions
from oneapi.control.settings import own_prices, routes as settings
from oneapi.control.sign_in import mailing, registration, routes as sign_in
from oneapi.control.sign_in.session import end_session
from oneapi.control.status import overview, prices, routes as status, schedule
from oneapi.control.users import own, routes as users, sessions
from oneapi.errors import GatewayError
from oneapi.providers.operations import OperationError
from oneapi.store.database import DatabaseAway
from oneapi.store.failures import is_full
from oneapi.store.rate_limit import RateLimiter

_GZIP_FROM = 1000  # bytes
_RETRY_AFTER = "2"  # seconds


_RESOURCES: Final = (
    audit,
    status,
    schedule,
    overview,
    prices,
    sign_in,
    mailing,
    registration,
    oauth,
    email,
    own,
    sessions,
    users,
    users_keys,
    api_keys,
    channels,
    testing,
    redemptions,
    logs,
    dashboard,
    days,
    recent,
    jobs,
    settings,
    own_prices,
)


def create_app(services: Services) -> FastAPI:
    """Return the application; it owns nothing that must be closed."""
    app = FastAPI(
        title="One API",
        version=services.version,
        redirect_slashes=False,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        # FastAPI traces every request, and sends it away when an environment variable says so.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.services = services
    limits, clock, debts = services.rate_limits, services.clock, services.debts
    app.state.critical = RateLimiter(limits.critical, clock, debts, "critical ")
    app.state.accounts = RateLimiter(limits.account, clock, debts, "account ")
    for resource in (*_RESOURCES, reference):
        app.router.routes.extend(resource.router.routes)  # `include_router` would copy each: 5 MB
    describe(app)
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_FROM)
    app.add_middleware(Gate, services=services)
    app.add_exception_handler(GatewayError, _told)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_exception_handler(IntegrityError, _conflicting)
    app.add_exception_handler(DataError, _unfit)
    app.add_exception_handler(DatabaseAway, _database_away)
    app.add_exception_handler(Exception, _crashed)
    return app


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


async def _told(request: Request, error: Exception) -> Response:
    """Answer what the code refused: One API's business errors are HTTP 200."""
    if isinstance(error, TooManyRequests):
        return too_many(error.wait_seconds)
    if isinstance(error, Refused):
        language = _language(request)
        values = dict(error.values)
        field, reason = str(values.get("field", "")), str(values.get("reason", ""))
        reason = values["reason"] = in_language(reason, language)
        message = sentence(error.key, language, **values)
        answer = refused(message, error.status, code=error.key, field=field, reason=reason)
        if error.key == "banned":
            end_session(answer)
        if error.status == 503:
            answer.headers["Retry-After"] = _RETRY_AFTER
        return answer
    assert isinstance(error, GatewayError)
    status = error.status if error.status >= 500 else 200
    answer = refused(error.message, status, code=error.code or "", field=error.param or "")
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return answer


async def _misread(request: Request, error: Exception) -> Response:
    """Name the field that is wrong."""
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    path = request.url.path
    if first["type"] == "json_invalid":
        return _not_json(request)
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    reason = str(first["msg"]).removeprefix("Value error, ")
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, OperationError):  # somewhere inside a text of JSON
        field, reason = f"{field}.{cause.place}", cause.reason
    reason = in_language(reason, _language(request))
    if path == "/api/user/self":
        message = sentence("self_input", _language(request), detail=f"`{field}`: {reason}")
    else:
        message = sentence("bad_field", _language(request), field=field, reason=reason)
    return refused(message, code="bad_field", field=field, reason=reason)


def _not_json(request: Request) -> Response:
    message = sentence("invalid_parameter", _language(request))
    return refused(message, 400 if request.url.path == "/api/option" else 200, code="not_json")


async def _not_routed(request: Request, error: Exception) -> Response:
    """Answer an unknown path or method of `/api` as One API does, in OpenAI's shape."""
    path = request.state.asked_path
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # the body is no text at all
        return _not_json(request)
    if error.status_code not in (404, 405):
        return refused(str(error.detail), error.status_code)
    said = {
        "message": f"Invalid URL ({request.method} {path})",
        "type": "invalid_request_error",
        "param": "",
        "code": "",
    }
    return Answer({"error": said}, status_code=404)


async def _conflicting(request: Request, _: Exception) -> Response:
    return refused(sentence("conflict", _language(request)), code="conflict")


async def _unfit(request: Request, _: Exception) -> Response:
    """Answer what a column cannot hold: adopted ones may be narrower than ours, or know fewer characters."""
    return refused(sentence("unfit", _language(request)), code="unfit")


async def _database_away(request: Request, error: Exception) -> Response:
    if is_full(error):
        answer = refused(sentence("disk_full", _language(request)), 503, code="disk_full")
    else:
        answer = refused(sentence("database_away", _language(request)), 503, code="database_away")
    answer.headers["Retry-After"] = _RETRY_AFTER
    return answer


async def _crashed(request: Request, _: Exception) -> Response:
    """Answer a mistake of ours; the server logs it with its trace."""
    marked = request.state.request_id
    message = sentence("crashed", _language(request), request_id=marked)
    answer = refused(message, 500, code="crashed")
    answer.headers[REQUEST_ID_HEADER] = marked
    return answer
