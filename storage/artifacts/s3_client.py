"""The way to an S3 server: settings that work with Amazon, R2 and rclone, and its troubles in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

from episodes.errors import Unavailable
from storage.artifacts.recipes import S3Credentials, S3Recipe

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    signature_version="s3v4",  # links signed in the older way are refused by R2
    s3={"addressing_style": "path"},  # a server on a bare address has no sub-domains for buckets
    request_checksum_calculation="when_required",  # otherwise trailing checksums, which R2 and rclone do not take; all take Content-MD5
    response_checksum_validation="when_required",  # rclone's ranged answers carry the whole file's checksum
    connect_timeout=2,  # with one retry and its pause, a server that is not there shows within 6 s
    read_timeout=10,  # seconds of silence, not of transfer
    retries={"total_max_attempts": 2, "mode": "standard"},  # whoever calls backs off by himself
    max_pool_connections=32,  # as many as a busy publisher's or API's threads
)

_NO_PROFILE = {"profile": (None, None, None, None), "config_file": (None, None, None, None)}
"""The recipe says it all: an AWS profile or configuration that this machine has for other work must not bend it."""

_HINTS = {
    "NoSuchBucket": "Set S3_BUCKET to a bucket that exists there, or create it.",
    "InvalidAccessKeyId": "Check S3_ACCESS_KEY, and that it belongs to S3_ENDPOINT.",
    "SignatureDoesNotMatch": "Check S3_SECRET_KEY.",
    "RequestTimeTooSkewed": "Set the clock of this machine.",
    "AuthorizationHeaderMalformed": "Check S3_REGION.",
    "PermanentRedirect": "Check S3_REGION: the bucket lies elsewhere.",
    "301": "Check S3_REGION: the bucket lies elsewhere.",
}
_REFUSED = "Check S3_ACCESS_KEY and S3_SECRET_KEY; they must be allowed to read, write and list the bucket S3_BUCKET names."
_NO_ANSWER = "Check S3_ENDPOINT and the network; the same call works later."


def open_client(recipe: S3Recipe, credentials: S3Credentials) -> S3Client:
    """Safe for many threads. Asks the server nothing yet."""
    session = boto3.Session(
        botocore_session=botocore.session.Session(session_vars=_NO_PROFILE),
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        region_name=recipe.region,
    )
    return session.client("s3", endpoint_url=recipe.endpoint, config=_CONFIG)


@contextmanager
def answering(recipe: S3Recipe) -> Iterator[None]:
    """Whatever goes wrong between us and the server becomes Unavailable, with the setting to look at."""
    server = recipe.endpoint or f"Amazon S3 in {recipe.region}"
    try:
        yield
    except ClientError as error:
        raise Unavailable(
            f"{server} refused {error.operation_name} in the bucket {recipe.bucket!r} ({_said(error)}).", _hint(error)
        ) from error
    except (NoConnection, HTTPClientError, IncompleteReadError) as error:
        raise Unavailable(f"{server} does not answer ({type(error).__name__}).", _NO_ANSWER) from error
    except ResponseParserError as error:
        raise Unavailable(f"{server} does not answer like an S3 server.", "Check S3_ENDPOINT.") from error


def code_of(error: ClientError) -> str:
    """S3's word for what went wrong; to a HEAD, which has no body, only the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _said(error: ClientError) -> str:
    """`404 NoSuchBucket`, or `403` alone."""
    return " ".join(dict.fromkeys((str(_status_of(error)), code_of(error))))


def _hint(error: ClientError) -> str:
    if hint := _HINTS.get(code_of(error)):
        return hint
    return _REFUSED if _status_of(error) in (401, 403) else "The same call works later, unless the server says the same again."
