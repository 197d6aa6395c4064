"""Secrets from AWS Secrets Manager: the only module that asks it."""

from pydantic import SecretStr

from extract.errors import ConfigurationError
from extract.settings import SECRET_VARIABLES, SecretNames, Secrets, as_secret


def complete(secrets: Secrets, names: SecretNames) -> Secrets:
    """Look up the secrets that have a name and no value yet; where none has, nothing is asked.

    Raises:
        ConfigurationError: a secret is not there, is no text, or may not be read; the message names it.
    """
    wanting = {
        field: name for field in SECRET_VARIABLES if (name := getattr(names, field)) and getattr(secrets, field) is None
    }
    return secrets.model_copy(update={field: _look_up(field, name) for field, name in wanting.items()})


def _look_up(field: str, name: str) -> SecretStr:
    import boto3  # loaded only where a secret has a name: it takes longer than the rest of a short command
    from botocore.exceptions import BotoCoreError, ClientError

    where = f"secrets.{field}: {name}"
    try:
        answer = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    except ClientError as error:
        reason = error.response.get("Error", {}).get("Code", "no reason told")
        raise ConfigurationError(
            f"{where}: Secrets Manager refuses it ({reason}). Nothing was touched; the name must be of this account "
            "and region, and the identity needs secretsmanager:GetSecretValue on it"
        ) from None
    except BotoCoreError as error:
        raise ConfigurationError(
            f"{where}: Secrets Manager cannot be asked ({type(error).__name__}). Nothing was touched; region and "
            "credentials are found as every AWS tool finds them"
        ) from None
    found = as_secret(answer.get("SecretString"))
    if found is None:
        raise ConfigurationError(f"{where}: the secret holds no text; store the value itself, as plain text")
    return found
