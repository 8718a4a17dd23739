"""What can be refused before a system is started or an episode is made."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import ValidationError

from api.wording import in_words
from episodes.errors import BadInput

_WORDS = {"intent": "What happens", "screenplay": "The screenplay"}
_OPTIONS = {"world_id": "--world", "duration_s": "--duration", "fallbacks": "--fallback"}


def check_asked(**fields: object) -> None:
    """That an episode can be asked for with these fields, as far as can be known without a system. Raises BadInput."""
    from api.requests import NewEpisode  # FastAPI comes with it, which takes a second that other commands do without

    try:
        new = NewEpisode.model_validate_json(json.dumps({name: value for name, value in fields.items() if value is not None}))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        field = _WORDS.get(name) or _OPTIONS.get(name) or f"--{name.replace('_', '-')}"
        told = in_words(first)
        raise BadInput(f"{field}: {told}" if name else told, "`render --help` shows what there is.", name) from None
    if new.screenplay is not None:
        from planning.fountain.door import FountainScreenplays

        FountainScreenplays().about(new.screenplay)


def check_out(out: Path) -> None:
    """That a film can be written there, as far as anybody can know; a folder that is missing is made when it is. Raises BadInput."""
    if out.is_dir():
        raise BadInput(f"{out} is a folder.", f"Name a file for the film: {out / 'film.mp4'}.", "out")
    there = next(folder for folder in out.parents if folder.exists())
    if not there.is_dir():
        raise BadInput(f"{there} is no folder.", "Name a file for the film in one: outputs/film.mp4.", "out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(f"Nobody may write into {there}.", "Name a file for the film elsewhere.", "out")
