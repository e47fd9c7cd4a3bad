"""What the environment may say, and how it's told when it can't be used."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from coverage.domain.allowance import Policy
from coverage.settings import BadSetting, Settings
from tests.conftest import ROOT, RULES


class TestSettings:
    def test_run_a_private_installation_from_an_empty_environment(self) -> None:
        settings = Settings.read({})
        assert settings.data == Path.cwd() / ".data"
        assert settings.rules == RULES
        assert settings.templates == ROOT / "policy_templates"
        assert (settings.port, settings.pool_size) == (8000, 20)
        assert (settings.pool_wait_ms, settings.statement_timeout_ms, settings.lock_timeout_ms) == (
            5_000,
            15_000,
            5_000,
        )
        assert not settings.behind_pooler
        assert (settings.database_url, settings.owner_url, settings.master_key) == (None, None, None)

    def test_send_members_to_pay_at_stripe_and_at_a_stand_in_that_is_named(self) -> None:
        stand_in = {"STRIPE_TEST_KEY": "sk_test_x", "STRIPE_API_BASE": "http://127.0.0.1:8420"}
        assert Settings.read({}).checkout_origins == ("https://checkout.stripe.com",)
        assert Settings.read(stand_in).checkout_origins == ("https://checkout.stripe.com", "http://127.0.0.1:8420")

    def test_take_what_is_set_to_nothing_as_not_set(self) -> None:
        names = ["DATABASE_URL", "DATABASE_OWNER_URL", "SHARECOVER_DATA", "SHARECOVER_RULES", "SHARECOVER_TEMPLATES"]
        names += ["SHARECOVER_MASTER_KEY", "PORT", "SHARECOVER_POOL_SIZE", "SHARECOVER_POOL_WAIT", "SHARECOVER_POOLER"]
        names += ["SHARECOVER_STATEMENT_TIMEOUT", "SHARECOVER_LOCK_TIMEOUT"]
        assert Settings.read(dict.fromkeys(names, "")) == Settings.read({})

    def test_prefer_the_command_line(self, tmp_path: Path) -> None:
        environment = {"PORT": "8100", "SHARECOVER_DATA": "/elsewhere", "SHARECOVER_RULES": "/nowhere"}
        settings = Settings.read(environment, port=8200, data=tmp_path, rules=tmp_path)
        assert (settings.port, settings.data, settings.rules) == (8200, tmp_path, tmp_path)

    def test_do_not_follow_a_later_change_of_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "rules").mkdir()
        settings = Settings.read({"SHARECOVER_RULES": "rules", "SHARECOVER_DATA": "data"})
        assert (settings.rules, settings.data) == (tmp_path / "rules", tmp_path / "data")

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "80.0", "1e3", " 80", "٨٠", "8" * 5000])
    def test_refuse_what_is_no_port(self, text: str) -> None:
        with pytest.raises(BadSetting, match=r"PORT is .* expected a whole number from 1 to 65535") as refused:
            Settings.read({"PORT": text})
        assert len(str(refused.value)) < 120

    @pytest.mark.parametrize(("text", "milliseconds"), [("500ms", 500), ("12s", 12_000), ("2 min", 120_000)])
    def test_read_times_with_their_unit(self, text: str, milliseconds: int) -> None:
        assert Settings.read({"SHARECOVER_STATEMENT_TIMEOUT": text}).statement_timeout_ms == milliseconds

    @pytest.mark.parametrize(
        "text", ["15", "0s", "-1s", "1.5s", "15 s ", "15h", "99ms", "11min", "٨s", "9" * 5000 + "s"]
    )
    def test_refuse_what_is_no_time(self, text: str) -> None:
        expected = r"SHARECOVER_STATEMENT_TIMEOUT is .* a time such as 500ms or 15s, from 100ms to 10min"
        with pytest.raises(BadSetting, match=expected) as refused:
            Settings.read({"SHARECOVER_STATEMENT_TIMEOUT": text})
        assert len(str(refused.value)) < 150

    def test_keep_the_wait_for_a_lock_below_the_statements_time(self) -> None:
        assert Settings.read({"SHARECOVER_STATEMENT_TIMEOUT": "2s"}).lock_timeout_ms == 1_000
        with pytest.raises(BadSetting, match="SHARECOVER_LOCK_TIMEOUT isn't below"):
            Settings.read({"SHARECOVER_LOCK_TIMEOUT": "15s"})

    @pytest.mark.parametrize("text", ["session", "statement", "yes"])
    def test_refuse_another_way_of_pooling(self, text: str) -> None:
        with pytest.raises(BadSetting, match=r"SHARECOVER_POOLER is .* expected `transaction`"):
            Settings.read({"SHARECOVER_POOLER": text})

    def test_read_secrets_from_files(self, tmp_path: Path) -> None:
        kept = tmp_path / "key"
        kept.write_text("sk_test_x\n")
        assert Settings.read({"STRIPE_TEST_KEY_FILE": str(kept)}).card_keys == {"test": "sk_test_x"}
        # A child is given both by its parent.
        assert Settings.read({"STRIPE_TEST_KEY_FILE": str(kept), "STRIPE_TEST_KEY": "sk_test_x"}).card_keys
        with pytest.raises(BadSetting, match="STRIPE_TEST_KEY and STRIPE_TEST_KEY_FILE say different") as refused:
            Settings.read({"STRIPE_TEST_KEY_FILE": str(kept), "STRIPE_TEST_KEY": "sk_test_y"})
        assert "sk_test" not in str(refused.value)

    @pytest.mark.parametrize(
        ("content", "said"), [(None, "No such file"), (b"\n", "is empty"), (b"\xff", "is no text")]
    )
    def test_say_which_secret_can_not_be_read(self, tmp_path: Path, content: bytes | None, said: str) -> None:
        kept = tmp_path / "key"
        if content is not None:
            kept.write_bytes(content)
        with pytest.raises(BadSetting, match=f"DATABASE_URL_FILE: .*{said}"):
            Settings.read({"DATABASE_URL_FILE": str(kept)})

    def test_write_the_log_as_text_or_json(self) -> None:
        assert [Settings.read(env).logs for env in ({}, {"SHARECOVER_LOGS": "json"})] == ["text", "json"]
        with pytest.raises(BadSetting, match="SHARECOVER_LOGS is 'yaml'; expected json or text"):
            Settings.read({"SHARECOVER_LOGS": "yaml"})

    def test_tell_metrics_where_it_is_asked_for(self) -> None:
        assert Settings.read({}).metrics is None
        assert Settings.read({"SHARECOVER_METRICS": "127.0.0.1:9464"}).metrics == ("127.0.0.1", 9464)
        assert Settings.read({"SHARECOVER_METRICS": "[::1]:9464"}).metrics == ("::1", 9464)

    def test_send_traces_where_there_is_somebody_to_take_them(self) -> None:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
        assert [Settings.read(env).traces for env in ({}, endpoint, endpoint | {"OTEL_SDK_DISABLED": "true"})] == [
            False, True, False,
        ]  # fmt: skip
        with pytest.raises(BadSetting, match="OTEL_EXPORTER_OTLP_ENDPOINT is no address"):
            Settings.read({"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4317"})

    @pytest.mark.parametrize("text", ["9464", ":9464", "127.0.0.1", "host:0", "host:65535", "a b:1", "h:" + "9" * 5000])
    def test_refuse_metrics_without_address_and_port(self, text: str) -> None:
        with pytest.raises(BadSetting, match=r"SHARECOVER_METRICS is .* expected an address and a port"):
            Settings.read({"SHARECOVER_METRICS": text})

    @pytest.mark.parametrize("name", ["SHARECOVER_RULES", "SHARECOVER_TEMPLATES"])
    def test_refuse_a_folder_that_is_not_there(self, name: str) -> None:
        with pytest.raises(BadSetting, match=name):
            Settings.read({name: "/nowhere"})

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("postgres://u:p%40ss@h:5433/d", "postgresql+psycopg://u:p%40ss@h:5433/d"),
            ("postgresql://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
            ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
            ("postgresql://[::1]:5432/d", "postgresql+psycopg://[::1]:5432/d"),
        ],
    )
    def test_read_a_database_address_however_it_is_written(self, written: str, read: str) -> None:
        assert Settings.read({"DATABASE_URL": written}).database_url == read

    @pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
    @pytest.mark.parametrize(
        "text", ["sharecover", "mysql://u:secret@h/d", "sqlite:///secret", "postgresql+psycopg2://u:secret@h/d",
                 "postgresql://u:secret@h:port/d", "postgresql://u:secret@h1:1,h2:2/d"],
    )  # fmt: skip
    def test_refuse_another_database_without_quoting_it(self, name: str, text: str) -> None:
        with pytest.raises(BadSetting, match=f"{name} isn't an address of PostgreSQL") as refused:
            Settings.read({name: text})
        assert "secret" not in str(refused.value)

    def test_show_no_secret_and_never_change(self) -> None:
        settings = Settings.read({"DATABASE_URL": "postgresql://u:secret@h/d", "SHARECOVER_MASTER_KEY": "secret"})
        assert "secret" not in repr(settings)
        with pytest.raises(FrozenInstanceError):
            settings.port = 1  # type: ignore[misc]


class TestHowOften:
    def test_is_a_hundred_a_second_unless_something_else_is_set(self) -> None:
        assert Settings.read({}).rates == {"test": Policy(100, 1), "live": Policy(100, 1)}
        settings = Settings.read({"SHARECOVER_RATE_TEST": "off", "SHARECOVER_RATE_LIVE": "6000/minute"})
        assert settings.rates == {"test": None, "live": Policy(6_000, 60)}

    @pytest.mark.parametrize("name", ["SHARECOVER_RATE_TEST", "SHARECOVER_RATE_LIVE"])
    @pytest.mark.parametrize("text", ["100", "100/s", "0/second", "none"])
    def test_is_refused_where_it_can_not_be_read(self, name: str, text: str) -> None:
        expected = rf"^{name} is '{text}'; expected a number up to .* such as 100/second; or `off`$"
        with pytest.raises(BadSetting, match=expected):
            Settings.read({name: text})


class TestRedis:
    @pytest.mark.parametrize(
        "address",
        [
            "redis://127.0.0.1",
            "redis://:word@redis:6379/0",
            "rediss://user:word@redis.example:6380",
            "unix:///run/redis.sock",
        ],
    )
    def test_is_where_its_address_says(self, address: str) -> None:
        settings = Settings.read({"SHARECOVER_REDIS_URL": address})
        assert settings.redis_url == address
        assert "word" not in repr(settings)
        assert Settings.read({}).redis_url is None

    @pytest.mark.parametrize("address", ["hidden:6379", "redis://", "http://hidden", "memory://", "unix://hidden"])
    def test_is_refused_without_telling_the_address(self, address: str) -> None:
        with pytest.raises(
            BadSetting, match=r"^SHARECOVER_REDIS_URL is no address of Redis; expected redis://"
        ) as told:
            Settings.read({"SHARECOVER_REDIS_URL": address})
        assert "hidden" not in str(told.value)


class TestProxies:
    def test_are_on_this_machine_unless_others_are_named(self) -> None:
        assert Settings.read({}).proxies == ("127.0.0.1/32", "::ffff:127.0.0.1/128", "::1/128")
        named = Settings.read({"SHARECOVER_PROXIES": "10.0.0.0/8, 2001:db8::/32"})
        assert named.proxies == ("10.0.0.0/8", "::ffff:10.0.0.0/104", "2001:db8::/32")
        assert Settings.read({"SHARECOVER_PROXIES": "none"}).proxies == ()

    @pytest.mark.parametrize("text", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.1,,", "0.0.0.0/0", "::/0", "unix:"])
    def test_are_refused_where_they_can_not_be_told_apart(self, text: str) -> None:
        with pytest.raises(BadSetting, match=r"^SHARECOVER_PROXIES has .* expected "):
            Settings.read({"SHARECOVER_PROXIES": text})
