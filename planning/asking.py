"""Asking: a model's answer of a given shape; what is wrong with it is sent back to it, a bounded number of times."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

from pydantic import BaseModel

from episodes.errors import PlannerFailed, PlannerTrouble
from episodes.writing import Writing
from planning.models import ModelAccess, open_model

if TYPE_CHECKING:
    from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput

T = TypeVar("T", bound=BaseModel)

Shape = Literal["tool", "schema", "prompt"]
"""How the answer's shape is asked for: as a tool's arguments, as the server's own `json_schema`, or in words."""

_REPEATS: Final = 3
"""How often a request is sent again to a server that is busy or fails for a moment, after as long as it wants."""
_MOST_WRONG: Final = 12
"""Mistakes that are named at once: a model that made more mends these first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question(Generic[T]):
    """What is asked, and what a good answer is."""

    instructions: str
    """The same for everybody."""
    brief: str
    """What it is about: data."""
    answer: type[T]
    name: str
    """What the answer is, in one word: "plan"."""
    mistakes_in: Callable[[T], Sequence[str]]
    """What is wrong with an answer of the right shape, in sentences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How a model is asked."""

    access: ModelAccess
    shape: Shape = "tool"
    max_repairs: int = 2
    """How often an answer is sent back with what was wrong."""
    price_in: float | None = None
    """Of a million input tokens; None: not declared."""
    price_out: float | None = None


def ask(terms: Terms, question: Question[T]) -> tuple[T, Writing]:
    """The answer, and what it took. Blocks for up to `access.timeout_s`, in a thread in which no event loop runs.

    Raises PlannerFailed.
    """
    return asyncio.run(_Conversation(terms, question).held())


class _Conversation(Generic[T]):
    """One question, until it is answered or given up."""

    def __init__(self, terms: Terms, question: Question[T]) -> None:
        from pydantic_ai.usage import RunUsage

        self._terms = terms
        self._question = question
        self._usage = RunUsage()
        self._mistakes: Sequence[str] = ()
        """In the newest answer of the right shape."""

    async def held(self) -> tuple[T, Writing]:
        from pydantic_ai.exceptions import AgentRunError

        # importing the libraries takes seconds the first time, which are not the model's
        agent = self._agent()
        try:
            async with asyncio.timeout(self._terms.access.timeout_s), agent:
                result = await agent.run(self._question.brief, usage=self._usage)
        except TimeoutError as error:
            raise self._too_slow() from error
        except AgentRunError as error:
            raise self._failed(error) from error
        return result.output, self._writing()

    def _agent(self) -> Agent[None, T]:
        from pydantic_ai import Agent, ModelRetry
        from pydantic_ai.settings import ModelSettings

        agent = Agent(
            open_model(self._terms.access),
            output_type=self._output(),
            instructions=self._question.instructions,
            retries=self._terms.max_repairs,
            model_settings=ModelSettings(timeout=self._terms.access.timeout_s, max_retries=_REPEATS),
        )

        @agent.output_validator
        def check(answer: T) -> T:
            self._mistakes = self._question.mistakes_in(answer)
            if self._mistakes:
                raise ModelRetry("\n".join(["Mend this and answer with the whole again:", *self._mistakes[:_MOST_WRONG]]))
            return answer

        return agent

    def _output(self) -> ToolOutput[T] | NativeOutput[T] | PromptedOutput[T]:
        from pydantic_ai import NativeOutput, PromptedOutput, ToolOutput

        match self._terms.shape:
            case "tool":
                return ToolOutput(self._question.answer, name=self._question.name)
            case "schema":
                return NativeOutput(self._question.answer, name=self._question.name)
            case "prompt":
                return PromptedOutput(self._question.answer, name=self._question.name)

    def _writing(self) -> Writing:
        usage, terms = self._usage, self._terms
        cost = None
        if terms.price_in is not None and terms.price_out is not None:
            # so many per million tokens are as many millionths for each
            cost = math.ceil(usage.input_tokens * terms.price_in + usage.output_tokens * terms.price_out)
        return Writing(
            model=terms.access.name,
            num_calls=usage.requests,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_micros=cost,
        )

    def _too_slow(self) -> PlannerFailed:
        waited_s = f"{self._terms.access.timeout_s:g} s"
        hint = "Try again, give it more time with LLM_TIMEOUT_S, or name another planner behind it in PLANNER."
        return self._no_plan(f"did not finish within {waited_s}.", PlannerTrouble.TOO_SLOW, hint)

    def _failed(self, error: Exception) -> PlannerFailed:
        """By what the library calls it. Its own words are left out: they may hold what was sent."""
        from pydantic_ai import exceptions as e

        match error:
            case e.ModelTimeoutError() | e.ModelRequestTimeout():
                return self._too_slow()
            case e.ModelRateLimitError():
                after_s = max(1, math.ceil(error.retry_after or 30))
                hint = "Try again later, or name another planner behind it in PLANNER."
                return self._no_plan("has too many requests.", PlannerTrouble.BUSY, hint, after_s)
            case e.ModelConnectionError() | e.ModelUnavailableError() | e.ModelServerError():
                told = f" ({error.status_code})" if isinstance(error, e.ModelHTTPError) else ""
                hint = "Look whether its server runs at LLM_BASE_URL, or name another planner behind it in PLANNER."
                return self._no_plan(f"cannot be reached, or its server fails{told}.", PlannerTrouble.UNREACHABLE, hint)
            case e.ModelAPIError():
                told = f" ({error.status_code})" if isinstance(error, e.ModelHTTPError) else ""
                hint = "Check LLM_API_KEY, LLM_MODEL, LLM_BASE_URL and what is left on the account."
                return self._no_plan(f"was not let in, or is not there{told}.", PlannerTrouble.DENIED, hint)
            case e.ContentFilterError():
                return self._no_plan("refuses to write this.", PlannerTrouble.REFUSED, "Tell the story in other words.")
            case e.OutputTokenLimitExceeded():
                hint = "Ask for fewer beats, or for a model that may answer at greater length."
                return self._no_plan("was cut off in the middle of its answer.", PlannerTrouble.UNUSABLE, hint)
            case _:
                wrong = f" Last: {self._mistakes[0]}" if self._mistakes else ""
                hint = "Try again, choose a stronger model in LLM_MODEL, or allow more repairs with LLM_MAX_REPAIRS."
                return self._no_plan(
                    f"gave no usable {self._question.name} in {self._usage.requests} answers.{wrong}",
                    PlannerTrouble.UNUSABLE,
                    hint,
                )

    def _no_plan(self, what: str, trouble: PlannerTrouble, hint: str, retry_after_s: int = 30) -> PlannerFailed:
        return PlannerFailed(
            f"The language model {self._terms.access.name} {what}", trouble, hint, retry_after_s, self._writing()
        )
