"""Secrets from Secrets Manager, asked of moto's server."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from extract.errors import ConfigurationError
from extract.secrets_manager import complete
from extract.settings import SecretNames, as_secret
from extract.settings import Secrets as Values
from tests.storage import storage


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with storage() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.endpoint_url)
        yield boto3.client("secretsmanager")


def test_what_has_a_name_and_no_value_is_looked_up(manager: Any) -> None:
    manager.create_secret(Name="reelhouse/token", SecretString=" planted-token\n")
    manager.create_secret(Name="reelhouse/password", SecretString="planted-password")
    names = SecretNames(wistia_token="reelhouse/token", redshift_password="reelhouse/password")
    found = complete(Values(redshift_password=as_secret("of the environment")), names)
    assert found.wistia_token and found.wistia_token.get_secret_value() == "planted-token"
    assert found.redshift_password and found.redshift_password.get_secret_value() == "of the environment"
    assert found.privacy_key is None


def test_without_names_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", None)
    assert complete(Values(), SecretNames()) == Values()


def test_what_is_not_there_or_no_text_is_named(manager: Any) -> None:
    manager.create_secret(Name="reelhouse/bytes", SecretBinary=b"planted")
    with pytest.raises(ConfigurationError, match=r"secrets.privacy_key: nowhere: .*ResourceNotFoundException"):
        complete(Values(), SecretNames(privacy_key="nowhere"))
    with pytest.raises(ConfigurationError, match=r"secrets.privacy_key: reelhouse/bytes: the secret holds no text"):
        complete(Values(), SecretNames(privacy_key="reelhouse/bytes"))


def test_without_a_region_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(ConfigurationError, match=r"cannot be asked \(NoRegionError\)"):
        complete(Values(), SecretNames(wistia_token="reelhouse/token"))
