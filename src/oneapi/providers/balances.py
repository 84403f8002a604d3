"""Where vendors tell what is left of an account, as data: an address, and where in the JSON it stands.

Read 2026-11-26, unless One API's source (February 2025) is all there is: OpenAI's old billing (One API and its kin still
serve it), API2GPT, AIGC2D, CloseAI, OpenAI-SB, AI Proxy.
DeepSeek https://api-docs.deepseek.com/api/get-user-balance, Moonshot https://platform.moonshot.cn/docs/api/balance,
SiliconFlow https://docs.siliconflow.cn/cn/api-reference/userinfo/get-user-info, StepFun
https://platform.stepfun.com/docs/zh/api-reference/accounts/get, OpenRouter
https://openrouter.ai/docs/api/api-reference/credits/get-credits (needs a management key), Novita
https://novita.ai/docs/api-reference/basic-get-user-balance (ten-thousandths of a dollar).
"""

from datetime import date, timedelta
from math import isfinite
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

from oneapi.errors import UpstreamError
from oneapi.providers.balance_row import Balance, Figure
from oneapi.providers.base import Target, UpstreamRequest
from oneapi.providers.urls import trimmed

_DAYS_BACK: Final = 100


OLD_BILLING: Final = Balance(
    Figure("{base}/v1/dashboard/billing/subscription", ("hard_limit_usd",)),
    Figure(
        "{base}/v1/dashboard/billing/usage?start_date={start}&end_date={end}",
        ("total_usage",),
        0.01,
    ),
    monthly_if="has_payment_method",
)
_GRANTS: Final = "{base}/dashboard/billing/credit_grants"
AVAILABLE_GRANTS: Final = Balance(Figure(_GRANTS, ("total_available",)))
REMAINING_GRANTS: Final = Balance(Figure(_GRANTS, ("total_remaining",)))
OPENAI_SB: Final = Balance(
    Figure("{base}/sb-api/user/status?api_key={key}", ("data.credit",)), auth="none"
)
AI_PROXY: Final = Balance(
    Figure("https://aiproxy.io/api/report/getUserOverview", ("data.totalPoints",)), auth="api-key"
)
OPENROUTER: Final = Balance(
    Figure("{base}/v1/credits", ("data.total_credits",)),
    Figure("{base}/v1/credits", ("data.total_usage",)),
)
DEEPSEEK: Final = Balance(
    Figure(
        "{base}/user/balance",
        ("balance_infos.currency=CNY.total_balance", "balance_infos.0.total_balance"),
    )
)
SILICONFLOW: Final = Balance(
    Figure("{base}/v1/user/info", ("data.totalBalance",)), good=("code", 20000)
)
MOONSHOT: Final = Balance(
    Figure("{base}/v1/users/me/balance", ("data.available_balance",)), good=("code", 0)
)
STEPFUN: Final = Balance(Figure("{base}/v1/accounts", ("balance",)))
NOVITA: Final = Balance(
    Figure("{origin}/openapi/v1/billing/balance/detail", ("availableBalance",), 0.0001)
)


def question(
    target: Target, balance: Balance, figure: Figure, today: date, answer: Any = None
) -> UpstreamRequest:
    """Return the request for a figure; `answer` is that to the first one."""
    base = trimmed(target.base_url).removesuffix("/v1")
    parts = urlsplit(base)
    start = today - timedelta(days=_DAYS_BACK)
    if balance.monthly_if and found(answer, balance.monthly_if):
        start = today.replace(day=1)
    url = figure.url.format(
        base=base,
        origin=f"{parts.scheme}://{parts.netloc}",
        key=quote(target.key.reveal(), safe=""),
        start=start.isoformat(),
        end=today.isoformat(),
    )
    headers: tuple[tuple[str, str], ...] = (("accept", "application/json"),)
    if balance.auth == "bearer":
        headers = (*headers, ("authorization", f"Bearer {target.key.reveal()}"))
    elif balance.auth != "none":
        headers = (*headers, (balance.auth, target.key.reveal()))
    return UpstreamRequest("GET", url, headers)


def amount(answer: Any, balance: Balance, figure: Figure) -> float:
    """Return a figure of a vendor's answer; raise `UpstreamError` where there is none."""
    if balance.good is not None:
        path, value = balance.good
        if found(answer, path) != value:
            said = found(answer, "message") or f"`{path}` is {found(answer, path)!r}"
            raise UpstreamError(f"the vendor does not tell the balance: {said}")
    for path in figure.paths:
        number = _number(found(answer, path))
        if number is not None:
            return number * figure.scale
    raise UpstreamError(f"the vendor's answer has no `{figure.paths[0]}`")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


def found(answer: Any, path: str) -> Any:
    """Return what stands at a path, `None` where nothing does."""
    for name in path.split("."):
        if isinstance(answer, dict):
            answer = cast("dict[str, Any]", answer).get(name)
        elif isinstance(answer, list):
            answer = _entry(cast("list[Any]", answer), name)
        else:
            return None
    return answer


def _entry(entries: list[Any], name: str) -> Any:
    key, is_named, value = name.partition("=")
    if is_named:
        return next((entry for entry in entries if found(entry, key) == value), None)
    return entries[int(name)] if name.isdigit() and int(name) < len(entries) else None
