"""WeChat, by a server of the operator's (songquanpeng/wechat-server): it answers whose code somebody was sent.

Nobody leaves our page: the person follows an account, asks it for a code, and types the code in.
Source: https://github.com/songquanpeng/wechat-server, `controller/wechat.go` (read 2026-11-26)
"""

from typing import Final
from urllib.parse import urlencode

from oneapi.control.answers import Refused
from oneapi.control.oauth.provider import ID_MAX, Identity, Provider, Visit
from oneapi.control.sign_in.outgoing import get_json
from oneapi.store.settings import Settings
from oneapi.store.tables import users


def _is_on(settings: Settings) -> bool:
    return settings.flag("WeChatAuthEnabled") and bool(settings.text("WeChatServerAddress"))


async def _authorization(_: Visit) -> str:
    return ""


async def _identity(visit: Visit) -> Identity:
    address = visit.settings.text("WeChatServerAddress").strip().rstrip("/")
    url = f"{address}/api/wechat/user?{urlencode({'code': visit.code})}"
    known = ("Authorization", visit.settings.text("WeChatServerToken"))
    said = await get_json(visit.services, url, known)
    wechat_id = said.get("data")
    if said.get("success") is not True or not isinstance(wechat_id, str) or not wechat_id.strip():
        raise Refused("bad_wechat_code", field="code")
    if len(wechat_id) > ID_MAX or not wechat_id.isprintable():
        raise Refused("provider_refused", host="WeChat")
    return Identity(id=wechat_id, display_name="WeChat User")


WECHAT: Final = Provider(
    key="wechat",
    name="微信",
    account="微信账号",
    column=users.c.wechat_id,
    is_on=_is_on,
    authorization=_authorization,
    identity=_identity,
)
