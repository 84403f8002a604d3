"""A user as `/api` shows one: every field of One API's, secrets always blank."""

from sqlalchemy import RowMapping
from typing_extensions import TypedDict


class UserView(TypedDict):
    """A user; `password` and `access_token` are always blank, `quota` is the balance."""

    id: int
    username: str
    password: str
    display_name: str
    role: int
    status: int
    email: str
    github_id: str
    wechat_id: str
    lark_id: str
    oidc_id: str
    verification_code: str
    access_token: str
    quota: int
    used_quota: int
    request_count: int
    group: str
    aff_code: str
    inviter_id: int


class OwnView(UserView):
    """One's own account; nothing but a new password is possible while `must_change_password`.

    `has_password` is false for accounts that an identity provider opened, until they choose one.
    """

    must_change_password: bool
    has_password: bool


def user_view(row: RowMapping, leased: int) -> UserView:
    """Return the JSON of a user; `leased` is what workers hold of the balance at the moment."""
    return {
        "id": row["id"],
        "username": row["username"] or "",
        "password": "",
        "display_name": row["display_name"] or "",
        "role": row["role"] or 0,
        "status": row["status"] or 0,
        "email": row["email"] or "",
        "github_id": row["github_id"] or "",
        "wechat_id": row["wechat_id"] or "",
        "lark_id": row["lark_id"] or "",
        "oidc_id": row["oidc_id"] or "",
        "verification_code": "",
        "access_token": "",
        "quota": (row["quota"] or 0) + leased,
        "used_quota": row["used_quota"] or 0,
        "request_count": row["request_count"] or 0,
        "group": row["group"] or "default",
        "aff_code": row["aff_code"] or "",
        "inviter_id": row["inviter_id"] or 0,
    }
