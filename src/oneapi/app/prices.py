"""`one-api prices`: what an adopted database sells at and what our table asks, and how the operator takes that."""

import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from sqlalchemy import Connection, inspect, select

from oneapi.app.databases import CannotStart, databases_of
from oneapi.config import Config
from oneapi.ledger import adopted, catalogue
from oneapi.ledger.adopted import Difference, other_kinds, words
from oneapi.providers.targets import strings
from oneapi.store.changes import publish
from oneapi.store.tables import channels, options

Say = Callable[[str], None]
ALL = ("*",)


def prices(config: Config, say: Say, patterns: Sequence[str], *, apply: bool) -> int:
    """Say what differs, or take our table's prices; `patterns` are models, with `*` and `?`; none: all."""
    wanted = tuple(p for text in patterns for p in text.split(",") if p and p != "all") or ALL
    with databases_of(config) as databases:
        if databases.stale():
            raise CannotStart("the tables are not this version's: run `one-api migrate`")
        database = databases.main
        with database.begin() if apply else database.connect() as connection:
            texts = option_texts(connection)
            models, changed = _chosen(texts, wanted)
            sold = served(connection)
            found = adopted.differences(texts, changed, models, sold)
            for key, value in changed.items() if apply else ():
                row = database.upsert(options, ["key"], ["value"]).values(key=key, value=value)
                connection.execute(row)
                publish(connection, "settings", key, time.time())
    for line in report(found, set(sold)):
        say(line)
    if wanted == ALL and (own := adopted.own_names(texts)):
        say(f"{len(own)} prices are your own and stay (name one to take ours): {_some(own)}")
    if apply:
        say(f"taken for {len(models)} models" if changed else "nothing to take")
    elif found:
        say("`one-api prices --apply` takes all of them, `--apply MODEL…` some")
    return 0


def _chosen(texts: dict[str, str], wanted: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    own = adopted.own_names(texts)
    known = {*adopted.names(texts), *own}
    models = sorted(m for m in known if any(fnmatchcase(m, pattern) for pattern in wanted))
    for pattern in wanted:
        is_known = any(fnmatchcase(model, pattern) for model in known) or catalogue.entry(pattern)
        if pattern != "*" and not is_known:
            raise CannotStart(f"no model is called {pattern!r}")
    if wanted == ALL:
        models = [model for model in models if model not in own]
    exact = [model for model in models if model in wanted]
    changed = adopted.taking(texts, set(models), named=False)
    changed |= adopted.taking(texts | changed, set(exact), named=True)
    return models, changed


def report(found: Sequence[Difference], sold: set[str]) -> list[str]:
    """Return a line for each difference, those of models that channels serve first."""
    if not found:
        return ["no price differs from our table's"]
    lines = ["USD per million tokens, input / output, in force -> our table:"]
    ordered = sorted(found, key=lambda d: (d.model not in sold, d.model, d.channel_type))
    slips = catalogue.slips()
    for difference in ordered:
        model, kind, now, then = difference
        name = f"{model} ({kind})" if kind else model
        note = "".join(f"; {kind}" for kind in other_kinds(now, then))
        note += "; One API's is wrong by its unit" if model in slips else ""
        note += "" if model in sold else "; no channel serves it"
        lines.append(f"  {name}: {words(now)} -> {words(then)}{note}")
    return lines


def adoption_report(texts: dict[str, str], sold: dict[str, set[int]]) -> list[str]:
    """Return what an adopted database sells at another price than our table's, in full only what it sells."""
    models, changed = _chosen(texts, ALL)
    if not changed:
        return []
    found = adopted.differences(texts, changed, models, sold)
    shown = [difference for difference in found if difference.model in sold]
    lines = [
        "One API's prices stay in force until you take newer ones (`one-api prices --diff`, `--apply`)",
        *(report(shown, set(sold)) if shown else []),
    ]
    if len(found) > len(shown):
        lines.append(f"  {len(found) - len(shown)} more differ, of models that no channel serves")
    return lines


def _some(names: set[str]) -> str:
    shown = sorted(names)[:10]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")


def option_texts(connection: Connection) -> dict[str, str]:
    """Return every option as it is stored."""
    rows = connection.execute(select(options.c.key, options.c.value))
    return {row.key: row.value or "" for row in rows}


def served(connection: Connection) -> dict[str, set[int]]:
    """Return the models that channels serve, by the vendor's name, with the types of these channels."""
    present = {column["name"] for column in inspect(connection).get_columns("channels")}
    wanted = [channels.c[name] for name in ("type", "models", "model_mapping") if name in present]
    found: dict[str, set[int]] = {}
    for row in connection.execute(select(*wanted)).mappings():
        mapping = strings(row.get("model_mapping"))
        for name in (row["models"] or "").split(","):
            if name.strip():
                model = mapping.get(name.strip(), name.strip())
                found.setdefault(model, set()).add(int(row["type"] or 0))
    return found
