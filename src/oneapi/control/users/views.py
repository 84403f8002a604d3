"""A user as `/api` shows one: every field of One API's, secrets always blank."""

from typing import Any

from sqlalchemy import RowMapping


def user_view(row: RowMapping, leased: int) -> dict[str, Any]:
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
