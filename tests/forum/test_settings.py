"""Settings: what stops a start, in one clear line."""

from pathlib import Path

import pytest

from forum.settings import Settings, SettingsError

PROVIDER = {"OIDC_ISSUER": "https://id.example.com/", "OIDC_CLIENT_ID": "site", "OIDC_CLIENT_SECRET": "hush"}


def read(tmp_path: Path, **given: str) -> Settings:
    return Settings.from_env(
        {"PORCHLIGHT_VAR": str(tmp_path / "var")} | {f"PORCHLIGHT_{k}": v for k, v in given.items()}
    )


def test_nothing_need_be_set_on_one_machine(tmp_path):
    settings = read(tmp_path)

    assert settings.database_url == f"sqlite:///{tmp_path}/var/porchlight.sqlite3"
    assert settings.allowed_hosts == ("127.0.0.1", "::1", "[::1]", "localhost")


def test_the_secret_is_made_once_and_kept_from_others(tmp_path):
    secret = read(tmp_path).secret

    assert read(tmp_path).secret == secret
    assert (tmp_path / "var" / "secret").stat().st_mode & 0o077 == 0
    assert secret not in repr(read(tmp_path))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"DATABASE_URL": "postgresql://db/porchlight"}, "PORCHLIGHT_SECRET: must be set"),
        ({"DATABASE_URL": "mysql://db/porchlight"}, "PORCHLIGHT_DATABASE_URL: only"),
        ({"SECRET": "short"}, "PORCHLIGHT_SECRET: needs at least 32"),
        ({"BASE_URL": "community.example.com"}, "PORCHLIGHT_BASE_URL: needs an address"),
        ({"BASE_URL": "https://example.com/forum"}, "PORCHLIGHT_BASE_URL: the site must stand at the root"),
        ({"BASE_URL": "https://example.com", "DEMO": "1"}, "PORCHLIGHT_BASE_URL: demo mode serves this machine only"),
        ({"ALLOWED_HOSTS": "localhost, example.com", "DEMO": "1"}, "PORCHLIGHT_ALLOWED_HOSTS: demo mode serves this"),
        ({"TRUSTED_PROXIES": "127.0.0.1", "DEMO": "1"}, "PORCHLIGHT_TRUSTED_PROXIES: demo mode serves this machine"),
        ({"LOG_FORMAT": "xml"}, "PORCHLIGHT_LOG_FORMAT: one of"),
        ({"BASE_ULR": "https://example.com"}, "PORCHLIGHT_BASE_ULR is not a setting"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8, proxy.example"}, "PORCHLIGHT_TRUSTED_PROXIES: 'proxy.example'"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "PORCHLIGHT_TRUSTED_PROXIES: '10.0.0.1/8' names a host"),
        ({"TRUSTED_PROXIES": "unix, unix:/run/x"}, "PORCHLIGHT_TRUSTED_PROXIES: 'unix:/run/x'"),
        ({"READ_DATABASE_URL": "postgresql://db/porchlight"}, "PORCHLIGHT_READ_DATABASE_URL: needs PostgreSQL"),
        ({"LISTEN_DATABASE_URL": "mysql://db/porchlight"}, "PORCHLIGHT_LISTEN_DATABASE_URL: only"),
        ({"SMTP_URL": "mail.example.com:25"}, "PORCHLIGHT_SMTP_URL: needs"),
        ({"MAIL_FROM": "nobody"}, "PORCHLIGHT_MAIL_FROM: needs"),
        ({"OIDC_NAME": "Example"}, "PORCHLIGHT_OIDC_ISSUER: is needed where PORCHLIGHT_OIDC_NAME is set"),
        ({**PROVIDER, "OIDC_CLIENT_SECRET": ""}, "PORCHLIGHT_OIDC_CLIENT_SECRET: is needed"),
        ({**PROVIDER, "OIDC_ISSUER": "http://id.example.com"}, "PORCHLIGHT_OIDC_ISSUER: needs an address"),
        ({**PROVIDER, "OIDC_ISSUER": "https://id.example.com?x=1"}, "PORCHLIGHT_OIDC_ISSUER: needs an address"),
        (
            {**PROVIDER, "OIDC_ISSUER": "https://id.example.com/.well-known/openid-configuration"},
            "PORCHLIGHT_OIDC_ISSUER: the provider's name alone",
        ),
        ({**PROVIDER, "OIDC_NAME": "x" * 31}, "PORCHLIGHT_OIDC_NAME: at most 30"),
        ({**PROVIDER, "OIDC_DOMAINS": "example.com, example"}, "PORCHLIGHT_OIDC_DOMAINS: 'example' is no domain"),
        ({**PROVIDER, "OIDC_TRUST_EMAIL": "yes"}, "PORCHLIGHT_OIDC_TRUST_EMAIL: one of"),
        (
            {**PROVIDER, "OIDC_TRUST_EMAIL": "never", "OIDC_DOMAINS": "example.com"},
            "PORCHLIGHT_OIDC_DOMAINS: means nothing",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_the_remedy(tmp_path, given, words):
    with pytest.raises(SettingsError, match=words.replace("(", r"\(")) as refusal:
        read(tmp_path, **given)

    assert "\n" not in str(refusal.value)


def test_a_provider_is_called_by_its_host_unless_it_has_a_name(tmp_path):
    settings = read(tmp_path, **PROVIDER, OIDC_DOMAINS="Example.com @example.org")

    assert settings.oidc_name == "id.example.com"
    assert settings.oidc_issuer == "https://id.example.com/"
    assert settings.oidc_domains == ("example.com", "example.org")
    assert "hush" not in repr(settings)
    assert read(tmp_path, **PROVIDER, OIDC_NAME="Example").oidc_name == "Example"


def test_a_provider_on_this_machine_needs_no_https(tmp_path):
    assert read(tmp_path, **{**PROVIDER, "OIDC_ISSUER": "http://127.0.0.1:9000"}).oidc_issuer


def test_a_provider_needs_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("forum.settings.find_spec", lambda _name: None)

    with pytest.raises(SettingsError, match=r"porchlight\[oidc\]"):
        read(tmp_path, **PROVIDER)


def test_looking_at_settings_makes_nothing(tmp_path):
    settings = Settings.from_env({"PORCHLIGHT_VAR": str(tmp_path / "var")}, make=False)

    assert settings.secret == ""
    assert list(tmp_path.iterdir()) == []
    made = read(tmp_path)
    assert Settings.from_env({"PORCHLIGHT_VAR": str(tmp_path / "var")}, make=False) == made


def test_a_plain_postgresql_address_gets_the_driver(tmp_path):
    settings = read(tmp_path, DATABASE_URL="postgresql://db/porchlight", SECRET="x" * 32)

    assert settings.database_url == "postgresql+psycopg://db/porchlight"


def test_who_waits_for_news_listens_where_the_data_is_unless_told_otherwise(tmp_path):
    given = {"DATABASE_URL": "postgresql://pooler/porchlight", "SECRET": "x" * 32}

    assert read(tmp_path, **given).listen_database_url == "postgresql+psycopg://pooler/porchlight"
    direct = read(tmp_path, **given, LISTEN_DATABASE_URL="postgresql://db/porchlight")
    assert direct.listen_database_url == "postgresql+psycopg://db/porchlight"
