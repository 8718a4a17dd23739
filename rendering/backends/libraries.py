"""The libraries' own voices: what they print at import and while they load has no place in an actor's JSON log."""

from __future__ import annotations

from typing import Any

Part = Any
"""A model, tokenizer, scheduler or pipeline of diffusers or transformers: their annotations say little, and reading them takes mypy a minute."""


def quieten() -> None:
    """Errors only, and no progress bars. Before anything else of theirs is imported."""
    from transformers.utils import logging as transformers_log

    transformers_log.set_verbosity_error()
    transformers_log.disable_progress_bar()
    from diffusers.utils import logging as diffusers_log

    diffusers_log.set_verbosity_error()
    diffusers_log.disable_progress_bar()
