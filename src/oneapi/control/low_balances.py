"""Mails to users whose balance is running low, in both languages: nobody knows which one they read."""

from collections.abc import Callable, Sequence
from typing import Final

from oneapi.control.mails import mail
from oneapi.ledger.low_balances import Low
from oneapi.store.money import money
from oneapi.store.settings import Settings
from oneapi.upstream.mail import Mail

_LANGUAGES: Final = ("zh", "en")


def tell(post_mail: Callable[[Mail], None], settings: Settings, fallen: Sequence[Low]) -> None:
    """Queue a mail to each of them."""
    for one in fallen:
        post_mail(_mail(settings, one))


def _mail(settings: Settings, low: Low) -> Mail:
    values = {
        "username": low.username,
        "balance": money(settings, low.balance),
        "threshold": money(settings, settings.whole("QuotaRemindThreshold")),
        "link": f"{settings.text('ServerAddress').strip().rstrip('/')}/topup",
    }
    name = "low_balance" if low.balance > 0 else "no_balance"
    chinese, english = (mail(name, low.email, settings, code, **values) for code in _LANGUAGES)
    return Mail(
        low.email,
        f"{chinese.subject} / {english.subject}",
        f"{chinese.text}\n{english.text}",
        f"{chinese.html}{english.html}",
    )
