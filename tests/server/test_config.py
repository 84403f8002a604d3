"""What the environment, `.env` and the flags may say, and what happens when they may not."""

from pathlib import Path

import pytest

from oneapi.config import Config, ConfigError, Flags, environment, read

NO_FLAGS = Flags()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "70000", "a whole number from 0 to 65535"),
        ("PORT", "http", "a whole number from 0 to 65535"),
        ("PORT", "３０００", "a whole number from 0 to 65535"),
        ("WORKERS", "0", "a whole number from 1 to 256"),
        ("MAX_BODY_MB", "1.5", "a whole number from 1 to 4096"),
        ("SHUTDOWN_TIMEOUT", "-1", "a number from 0 to 3600"),
        ("RELAY_TIMEOUT", "nan", "a number from 0 to 86400"),
        ("METRIC_SUCCESS_RATE_THRESHOLD", "80", "a number from 0 to 1"),
        ("ENABLE_METRIC", "maybe", "true or false"),
        ("NODE_TYPE", "follower", "master or slave"),
        ("LOG_FORMAT", "xml", "text or json"),
        (
            "TRUSTED_PROXIES",
            "10.0.0.0/99",
            "addresses or networks such as 10.0.0.0/8, loopback, gateway, private, or none",
        ),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read({name: value}, NO_FLAGS)
    assert str(refusal.value) == f"{name} must be {allowed}, not {value!r}"


@pytest.mark.parametrize("name", ["INITIAL_ROOT_TOKEN", "INITIAL_ROOT_ACCESS_TOKEN", "RELAY_PROXY"])
def test_a_wrong_secret_is_refused_without_being_shown(name: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read({name: "my very own secret, which is rather long"}, NO_FLAGS)
    assert str(refusal.value).startswith(f"{name} must be ")
    assert str(refusal.value).endswith(", not (value not shown)")


def test_a_configuration_can_be_printed_without_its_secrets() -> None:
    config = read({"SQL_DSN": "u:hunter2@tcp(h)/d", "SESSION_SECRET": "hunter2"}, NO_FLAGS)
    assert "hunter2" not in repr(config)
    assert "port=3000" in repr(config)


def test_nothing_said_means_the_defaults() -> None:
    config = read({}, NO_FLAGS)
    assert config.workers >= 1
    assert config == Config(workers=config.workers)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read({"PORT": "", "SQL_DSN": "  "}, NO_FLAGS) == read({}, NO_FLAGS)


def test_the_port_of_the_environment_wins_over_the_flag_as_in_one_api() -> None:
    assert read({"PORT": "4000"}, Flags(port="5000")).port == 4000
    assert read({}, Flags(port="5000")).port == 5000


def test_other_flags_win_over_their_variables() -> None:
    config = read({"WORKERS": "2", "HOST": "127.0.0.1"}, Flags(workers="3", host="::1"))
    assert (config.workers, config.host) == (3, "::1")


def test_a_wrong_flag_is_named_as_such() -> None:
    with pytest.raises(ConfigError, match=r"^--workers must be a whole number from 1 to 256"):
        read({}, Flags(workers="many"))


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "on"])
def test_booleans_may_be_said_in_several_ways(text: str) -> None:
    assert read({"DEBUG": text}, NO_FLAGS).is_debug
    assert not read({"DEBUG": "off"}, NO_FLAGS).is_debug


def test_the_placeholder_of_one_apis_documents_is_no_secret() -> None:
    config = read({"SESSION_SECRET": "random_string"}, NO_FLAGS)
    assert config.session_secret == ""
    assert config.notices[0].startswith("SESSION_SECRET is the example value")


def test_a_variable_without_effect_is_said_once() -> None:
    config = read({"MEMORY_CACHE_ENABLED": "true"}, NO_FLAGS)
    assert config.notices == (
        "MEMORY_CACHE_ENABLED has no effect: the relay always works from memory",
    )


def test_networks_are_read_and_may_be_none() -> None:
    assert read({"TRUSTED_PROXIES": "10.1.2.3/8, ::1"}, NO_FLAGS).trusted_proxies == (
        "10.0.0.0/8",
        "::1/128",
    )
    assert read({"TRUSTED_PROXIES": "none"}, NO_FLAGS).trusted_proxies == ()


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "."),
        ({"SQLITE_PATH": "/var/one/api.db?_busy_timeout=1"}, "/var/one"),
        ({"SQL_DSN": "u:p@tcp(h)/d"}, "data"),
        ({"SQL_DSN": "u:p@tcp(h)/d", "DATA_DIR": "/srv/one"}, "/srv/one"),
    ],
)
def test_state_lives_beside_the_sqlite_file_unless_told_otherwise(
    environ: dict[str, str], folder: str
) -> None:
    assert read(environ, NO_FLAGS).state_dir == Path(folder)


def test_a_root_key_may_be_given_as_clients_send_it() -> None:
    assert read({"INITIAL_ROOT_TOKEN": "sk-abc123"}, NO_FLAGS).initial_root_key == "abc123"


def test_the_dotenv_file_completes_the_environment_and_never_overrides_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("PORT=4000\nexport WORKERS=2 # two\n")
    assert environment({"PORT": "5000"}, str(path)) == {"PORT": "5000", "WORKERS": "2"}


def test_without_a_dotenv_file_the_environment_is_all(tmp_path: Path) -> None:
    assert environment({"PORT": "5000"}, str(tmp_path / ".env")) == {"PORT": "5000"}
