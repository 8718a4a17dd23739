"""Keeps finished files: in a folder, in S3 (R2, any compatible server) or in memory, behind one lazy door."""

from __future__ import annotations

from typing import assert_never

from episodes.crash_points import is_watched
from episodes.errors import BadInput
from episodes.ports import ArtifactStore
from storage.artifacts.crash_points import CrashPoints
from storage.artifacts.recipes import ArtifactRecipe, FolderRecipe, S3Credentials, S3Recipe

__all__ = ["ArtifactRecipe", "FolderRecipe", "S3Credentials", "S3Recipe", "open_artifact_store"]


def open_artifact_store(recipe: ArtifactRecipe, credentials: S3Credentials | None = None) -> ArtifactStore:
    """Build the store that a recipe names, in the process that uses it. boto3 is imported only for an S3 recipe.

    Opening S3 asks the server nothing. Raises BadInput for S3 without credentials, Unavailable for a folder that cannot be used.
    """
    store = _open(recipe, credentials)
    return CrashPoints(store) if is_watched() else store


def _open(recipe: ArtifactRecipe, credentials: S3Credentials | None) -> ArtifactStore:
    match recipe:
        case FolderRecipe():
            from storage.artifacts.folder import FolderArtifacts

            return FolderArtifacts(recipe.root)
        case S3Recipe():
            if credentials is None:
                raise BadInput("The artifact store in S3 needs S3_ACCESS_KEY and S3_SECRET_KEY.", where="S3_ACCESS_KEY")
            from storage.artifacts.s3 import S3Artifacts

            return S3Artifacts(recipe, credentials)
        case _:
            assert_never(recipe)
