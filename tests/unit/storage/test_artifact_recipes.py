from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from episodes.errors import BadInput
from storage.artifacts import ArtifactRecipe, FolderRecipe, S3Credentials, S3Recipe, open_artifact_store


@pytest.mark.parametrize(
    "recipe",
    [
        FolderRecipe(root=Path("/films")),
        S3Recipe(bucket="films", endpoint="https://account.r2.cloudflarestorage.com"),
        S3Recipe(bucket="films", region="eu-central-1"),
    ],
)
def test_a_recipe_travels_between_processes(recipe: ArtifactRecipe) -> None:
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert hash(recipe) == hash(pickle.loads(pickle.dumps(recipe)))


def test_credentials_never_show() -> None:
    credentials = S3Credentials(access_key="ACCESS", secret_key="SECRET")

    assert repr(credentials) == str(credentials) == "S3Credentials()"


@pytest.mark.parametrize(
    ("fields", "setting"),
    [
        ({"bucket": ""}, "S3_BUCKET"),
        ({"bucket": "https://films"}, "S3_BUCKET"),
        ({"bucket": "Films"}, "S3_BUCKET"),
        ({"bucket": "films/clips"}, "S3_BUCKET"),
        ({"endpoint": None}, "S3_REGION"),
        ({"endpoint": "account.example"}, "S3_ENDPOINT"),
        ({"endpoint": "s3://films"}, "S3_ENDPOINT"),
        ({"endpoint": "https://"}, "S3_ENDPOINT"),
        ({"endpoint": "https://account.example/films"}, "S3_ENDPOINT"),
        ({"endpoint": "https://ACCESS:SECRET@account.example"}, "S3_ENDPOINT"),  # pragma: allowlist secret
    ],
)
def test_a_bucket_that_can_never_work_names_its_setting(fields: dict[str, str | None], setting: str) -> None:
    with pytest.raises(BadInput) as refused:
        S3Recipe(**{"bucket": "films", "endpoint": "https://account.example", **fields})  # type: ignore[arg-type]

    assert refused.value.where == setting
    assert "SECRET" not in str(refused.value).replace("S3_SECRET_KEY", "")


def test_a_trailing_slash_after_the_server_is_fine() -> None:
    assert S3Recipe(bucket="films", endpoint="https://account.example/").endpoint == "https://account.example/"


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(BadInput, match="'outputs' is not absolute"):
        FolderRecipe(root=Path("outputs"))


def test_s3_without_credentials_is_refused() -> None:
    with pytest.raises(BadInput, match="S3_ACCESS_KEY and S3_SECRET_KEY"):
        open_artifact_store(S3Recipe(bucket="films", endpoint="https://account.example"))
