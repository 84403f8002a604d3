"""Small statements that several resources need: searching as One API does, and inserting."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Insert


def begins_with(column: Column[Any], keyword: str) -> ColumnElement[bool]:
    """Match a prefix, whose `%` and `_` stand for themselves."""
    return column.startswith(keyword, autoescape=True)


def is_row(column: Column[Any], keyword: str) -> list[ColumnElement[bool]]:
    """Match a number that was searched for; nothing when the keyword is not one."""
    return (
        [column == int(keyword)]
        if keyword.isascii() and keyword.isdigit() and len(keyword) < 19
        else []
    )


def inserted_id(connection: Connection, statement: Insert) -> int:
    """Insert one row and return its number."""
    key = connection.execute(statement).inserted_primary_key
    assert key is not None  # a single row was inserted
    return int(key[0])
