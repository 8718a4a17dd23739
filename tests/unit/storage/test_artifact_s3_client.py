from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError
from botocore.parsers import ResponseParserError

from episodes.errors import Unavailable
from storage.artifacts.recipes import S3Credentials, S3Recipe
from storage.artifacts.s3_client import answering, open_client

RECIPE = S3Recipe(bucket="films", endpoint="https://account.example")


def _refusal(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("NoSuchBucket", 404, "S3_BUCKET"),
        ("InvalidAccessKeyId", 403, "S3_ACCESS_KEY"),
        ("SignatureDoesNotMatch", 403, "S3_SECRET_KEY"),
        ("AccessDenied", 403, "must be allowed to read, write and list"),
        ("403", 403, "S3_ACCESS_KEY and S3_SECRET_KEY"),
        ("Unauthorized", 401, "S3_ACCESS_KEY and S3_SECRET_KEY"),
        ("RequestTimeTooSkewed", 403, "clock"),
        ("AuthorizationHeaderMalformed", 400, "S3_REGION"),
        ("PermanentRedirect", 301, "S3_REGION"),
        ("301", 301, "S3_REGION"),
        ("SlowDown", 503, "works later"),
        ("InternalError", 500, "works later"),
    ],
)
def test_a_refusal_names_server_bucket_and_what_to_look_at(code: str, status: int, said: str) -> None:
    with pytest.raises(Unavailable) as refused, answering(RECIPE):
        raise _refusal(code, status)

    assert "https://account.example refused PutObject in the bucket 'films'" in refused.value.message
    assert str(status) in refused.value.message
    assert said in refused.value.hint


def test_silence_names_the_endpoint() -> None:
    with pytest.raises(Unavailable, match=r"does not answer \(ConnectTimeoutError\).*S3_ENDPOINT"), answering(RECIPE):
        raise ConnectTimeoutError(endpoint_url="https://account.example")


def test_a_server_that_speaks_something_else_names_the_endpoint() -> None:
    with pytest.raises(Unavailable, match=r"does not answer like an S3 server.*S3_ENDPOINT"), answering(RECIPE):
        raise ResponseParserError("no XML")


def test_amazon_is_named_by_its_region() -> None:
    with (
        pytest.raises(Unavailable, match="Amazon S3 in eu-central-1"),
        answering(S3Recipe(bucket="films", region="eu-central-1")),
    ):
        raise _refusal("SlowDown", 503)


def test_a_fault_of_our_own_stays_a_fault() -> None:
    with pytest.raises(ParamValidationError), answering(RECIPE):
        raise ParamValidationError(report="bad")


@pytest.mark.slow
def test_an_aws_profile_of_this_machine_does_not_bend_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[default]\nendpoint_url = https://elsewhere.example\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    client = open_client(
        S3Recipe(bucket="films", region="eu-central-1"),
        S3Credentials(access_key="ACCESS", secret_key="SECRET"),  # pragma: allowlist secret
    )

    assert client.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"
