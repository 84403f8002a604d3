"""What users are told whose balance is running low."""

from oneapi.control.low_balances import tell
from oneapi.ledger.low_balances import Low
from oneapi.store.settings import Settings
from oneapi.upstream.mail import Mail

TEXTS = {"ServerAddress": "https://api.example.com/", "SystemName": "Example"}


def told(balance: int, **texts: str) -> Mail:
    mails: list[Mail] = []
    low = Low(3, "alice <b>", "alice@example.com", balance)
    tell(mails.append, Settings(TEXTS | texts), [low])
    (mail,) = mails
    return mail


def test_a_mail_says_how_much_is_left_and_where_to_top_up_in_both_languages() -> None:
    mail = told(500_00)
    assert (mail.to, mail.subject) == (
        "alice@example.com",
        "额度提醒 / Example: your balance is low",
    )
    for text in (
        "即将用尽",
        "which is below",
        "$0.10 (50000 quota)",
        "https://api.example.com/topup",
    ):
        assert text in mail.text
    assert "alice &lt;b&gt;" in mail.html
    assert '<a href="https://api.example.com/topup">' in mail.html


def test_what_is_used_up_is_called_so() -> None:
    mail = told(-5, DisplayInCurrencyEnabled="false")
    assert "used up" in mail.subject
    assert "-5 quota" in mail.text
    assert "已用尽" in mail.text
