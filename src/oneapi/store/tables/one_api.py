"""One API's seven tables: its names, columns, types, defaults and indexes, as gorm makes them.

Ours is only: `logs.detail`, `channels.guarded`, wider `channels.group` and `channels.model_mapping`, and MySQL columns
that tell "gpt-4" from "GPT-4". Source: github.com/songquanpeng/one-api, `model/*.go` at 8df4a267
(read 2026-11-21), and the statements that its AutoMigrate issues on the three engines.
"""

from sqlalchemy import Column, Index, Table, UniqueConstraint, false

from oneapi.store.tables.columns import (
    BIGINT,
    EXACT_STRING,
    GROUP,
    GROUP_LIST,
    LONG_TEXT,
    MAPPING,
    MONEY_OF_VENDOR,
    STRING,
    TEXT,
    FixedString,
    Flag,
    identity,
    metadata,
    number,
    string,
)

users = Table(
    "users",
    metadata,
    identity(),
    string("username"),
    Column("password", LONG_TEXT, nullable=False, default=""),  # bcrypt; '' for OAuth accounts
    string("display_name"),
    number("role", 1),
    number("status", 1),
    string("email"),
    string("github_id"),
    string("wechat_id"),
    string("lark_id"),
    string("oidc_id"),
    Column("access_token", FixedString(32)),
    number("quota", 0),
    number("used_quota", 0),
    number("request_count", 0),
    string("group", GROUP, "default"),
    Column("aff_code", GROUP),
    number("inviter_id"),
    UniqueConstraint("username", name="uni_users_username"),
    Index("idx_users_username", "username"),
    Index("idx_users_display_name", "display_name"),
    Index("idx_users_email", "email"),
    Index("idx_users_git_hub_id", "github_id"),
    Index("idx_users_we_chat_id", "wechat_id"),
    Index("idx_users_lark_id", "lark_id"),
    Index("idx_users_oidc_id", "oidc_id"),
    Index("idx_users_access_token", "access_token", unique=True),
    Index("idx_users_aff_code", "aff_code", unique=True),
    Index("idx_users_inviter_id", "inviter_id"),
)

tokens = Table(
    "tokens",
    metadata,
    identity(),
    number("user_id"),
    Column("key", FixedString(48)),  # without "sk-"
    number("status", 1),
    string("name"),
    number("created_time"),
    number("accessed_time"),
    number("expired_time", -1),
    number("remain_quota", 0),
    Column("unlimited_quota", Flag(), server_default=false()),
    number("used_quota", 0),
    string("models", TEXT, nullable_value=True),
    string("subnet", STRING, ""),
    Index("idx_tokens_key", "key", unique=True),
    Index("idx_tokens_name", "name"),
)

channels = Table(
    "channels",
    metadata,
    identity(),
    number("type", 0),
    string("key", TEXT),
    number("status", 1),
    string("name"),
    number("weight", 0),
    number("created_time"),
    number("test_time"),
    number("response_time"),  # milliseconds
    string("base_url", STRING, ""),
    string("other", LONG_TEXT, nullable_value=True),
    Column("balance", MONEY_OF_VENDOR, default=0.0),  # the vendor's, in its currency
    number("balance_updated_time"),
    string("models", LONG_TEXT),
    string("group", GROUP_LIST, "default"),
    number("used_quota", 0),
    string("model_mapping", MAPPING),
    number("priority", 0),
    string("config", LONG_TEXT),
    string("system_prompt", TEXT, nullable_value=True),
    # Ours: its address is somebody else's word than root's.
    Column("guarded", Flag(), server_default=false()),
    Index("idx_channels_name", "name"),
)

abilities = Table(
    "abilities",
    metadata,
    Column("group", GROUP, primary_key=True),
    Column("model", EXACT_STRING, primary_key=True),
    Column("channel_id", BIGINT, primary_key=True, autoincrement=False),
    Column("enabled", Flag(), default=False),
    number("priority", 0),
    Index("idx_abilities_channel_id", "channel_id"),
    Index("idx_abilities_priority", "priority"),
)

redemptions = Table(
    "redemptions",
    metadata,
    identity(),
    number("user_id"),  # who made the code
    Column("key", FixedString(32)),
    number("status", 1),
    string("name"),
    number("quota", 100),
    number("created_time"),
    number("redeemed_time"),
    Index("idx_redemptions_key", "key", unique=True),
    Index("idx_redemptions_name", "name"),
)

options = Table(
    "options",
    metadata,
    Column("key", EXACT_STRING, primary_key=True),
    string("value", LONG_TEXT),
)

logs = Table(
    "logs",
    metadata,
    identity(),
    number("user_id"),
    number("created_at"),
    number("type"),
    string("content", LONG_TEXT),
    string("username", STRING, ""),
    string("token_name", STRING, ""),
    string("model_name", STRING, ""),
    number("quota", 0),
    number("prompt_tokens", 0),
    number("completion_tokens", 0),
    number("channel_id"),
    string("request_id", STRING, ""),
    number("elapsed_time", 0),  # milliseconds
    Column("is_stream", Flag(), server_default=false()),
    Column("system_prompt_reset", Flag(), server_default=false()),
    string("detail", TEXT, nullable_value=True),  # ours: JSON, how the quota came about
    Index("idx_created_at_type", "created_at", "type"),
    Index("index_username_model_name", "model_name", "username"),
    Index("idx_logs_user_id", "user_id"),
    Index("idx_logs_channel_id", "channel_id"),
    Index("idx_logs_model_name", "model_name"),
    Index("idx_logs_token_name", "token_name"),
)
