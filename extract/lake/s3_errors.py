"""What goes wrong with S3, in words for whoever has to mend it. Pure.

Of an error only its code, its status and the bucket's region are read: the messages of the service quote key ids and
the names of people (Amazon S3 API Reference, "Error responses").
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from botocore import exceptions as botocore
from botocore.exceptions import ClientError

from extract.errors import ReelhouseError

Kind: TypeAlias = Literal["refused", "unreachable", "failing"]
"""refused: the same again unless somebody mends something; unreachable: no answer; failing: the storage itself."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request failed.

    Attributes:
        kind: who can do something about it; unless it is ``refused``, what became of the request is not known.
        code: S3's own code, or the name of the driver's error.
        status: of the HTTP answer; 0 where there was none.
        says: what happened and what to do.
    """

    kind: Kind
    code: str
    status: int
    says: str


class S3Refused(ReelhouseError):
    """S3 refused, failed, or did not answer, also when asked again."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


def understand(error: BaseException | None, right: str, endpoint_url: str) -> Trouble:
    """Say what an error of boto3 means.

    Args:
        error: as it was raised.
        right: the IAM action that the request needed.
        endpoint_url: where it was sent.
    """
    if isinstance(error, ClientError):
        return _answered(error, right)
    name = type(error).__name__
    if isinstance(error, _NO_CREDENTIALS):
        return Trouble("refused", name, 0, f"there are no AWS credentials that can be used ({name}); {_LOG_IN}")
    if isinstance(error, _CUT):
        says = f"answers of {endpoint_url} break off or arrive damaged ({name}); look at the network"
        return Trouble("unreachable", name, 0, says)
    if isinstance(error, _NO_ANSWER):
        says = f"{endpoint_url} does not answer ({name}); look at the network, or at s3.endpoint_url"
        return Trouble("unreachable", name, 0, says)
    return Trouble("refused", name, 0, f"the request could not be sent ({name}); look at the AWS configuration")


_LOG_IN = (
    "log in (aws sso login), name a profile in AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; on "
    "AWS give the job a role"
)
_NO_CREDENTIALS = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.MetadataRetrievalError,
    botocore.NoAuthTokenError,
    botocore.TokenRetrievalError,
    botocore.SSOError,
    # `aws login` came with botocore 1.41; Glue 5.1 has 1.40, where nobody logs in.
    getattr(botocore, "LoginError", botocore.NoAuthTokenError),
)
_CUT = (botocore.FlexibleChecksumError, botocore.IncompleteReadError, botocore.ResponseStreamingError)
_NO_ANSWER = (botocore.HTTPClientError, botocore.ConnectionError)
_EXPIRED = "the AWS credentials have expired; log in again or renew them"
_UNKNOWN_KEY = f"the AWS credentials are not accepted; {_LOG_IN}"
_SAYS = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "InvalidToken": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": _UNKNOWN_KEY,
    "RequestTimeTooSkewed": "the clock of this machine is wrong by more than 15 minutes; set it",
    "RequestExpired": "the clock of this machine is wrong by more than 15 minutes; set it",
    "NoSuchBucket": "there is no such bucket; create it, or correct lake:",
    "PreconditionFailed": "the object exists",
    "ConditionalRequestConflict": "other writers of the same object do not come to an end; wait for them",
}
_OTHER_REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
_DENIED = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "403"}
_FAILING = {"RequestTimeout", "SlowDown", "Throttling", "TooManyRequests", "TooManyRequestsException", "InternalError"}


def _answered(error: ClientError, right: str) -> Trouble:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _FAILING or status == 429 or status >= 500:
        return Trouble("failing", code, status, f"it answers {status} {code}, also when asked again; wait for it")
    if code in _OTHER_REGION:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = headers.get("x-amz-bucket-region", "its region")
        return Trouble("refused", code, status, f"the bucket lies in another region; set AWS_REGION to {region}")
    if code in _DENIED:
        return Trouble(
            "refused", code, status, f"access is denied ({code}); it needs {right}, and the key's use if encrypted"
        )
    return Trouble("refused", code, status, _SAYS.get(code, f"it was refused ({status} {code})"))
