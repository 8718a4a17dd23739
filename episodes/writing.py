"""Writing: who wrote a plan, and what that took."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from episodes.nouns import Noun, Prose


class Writing(Noun):
    """Who wrote a plan, and what that took."""

    planner: Annotated[Prose, Field(max_length=80)] = ""
    """Empty: it did not say."""
    note: Prose = ""
    """Why those that should have written it did not, each with its name; empty when the first one did."""
    model: Annotated[Prose, Field(max_length=200)] = ""
    """Of a language model; empty: none was asked."""
    num_calls: int = Field(default=0, ge=0)
    """Answers that models gave for it, those that could not be used too."""
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_micros: int | None = Field(default=None, ge=0)
    """Millionths of the currency that the prices are declared in; None: no price is declared."""
