"""ModelEyes: a vision model looks at a picture and says what it sees, or why it did not."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from planning.extraction.decode import Decoded
from planning.models import ModelAccess, open_model
from planning.vision.prompts import INSTRUCTIONS, QUESTION
from planning.vision.sight import Seen, Sight, Unseen

if TYPE_CHECKING:
    from pydantic_ai import Agent

log = logging.getLogger(__name__)

_REPAIRS: Final = 1
"""How often an answer that is no Sight is sent back with what was wrong."""
_REPEATS: Final = 1
"""How often a server that is busy or fails for a moment is asked again, after as long as it wants."""
_MAX_TOKENS: Final = 1500


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused(Unseen):
    """The model was asked and would not say; it would not the next time either."""


class ModelEyes:
    """Asks the model anew each time. Safe to call from many threads; may take `access.timeout_s`."""

    def __init__(self, access: ModelAccess) -> None:
        self.access = access

    def look(self, picture: Decoded) -> Seen | Unseen:
        """In a thread of its own: none in which an event loop runs."""
        told = asyncio.run(self._look(picture))
        if isinstance(told, Unseen):
            log.warning("picture_unread", extra={"picture": picture.sha256, "model": self.access.name, "reason": told.reason})
        return told

    async def _look(self, picture: Decoded) -> Seen | Unseen:
        from pydantic_ai import BinaryContent
        from pydantic_ai.exceptions import (
            AgentRunError,
            ContentFilterError,
            ModelAuthenticationError,
            ModelConnectionError,
            ModelNotFoundError,
            ModelRateLimitError,
            UnexpectedModelBehavior,
        )

        who = f"The vision model {self.access.name}"
        # importing the libraries takes seconds the first time, which are not the model's
        agent = self._agent()
        try:
            async with asyncio.timeout(self.access.timeout_s), agent:
                answer = await agent.run([QUESTION, BinaryContent(data=picture.data, media_type=picture.media_type)])
            return Seen(sight=answer.output, model=self.access.name)
        except TimeoutError:
            return Unseen(reason=f"{who} did not answer within {self.access.timeout_s:g} s.")
        except ContentFilterError:
            return Refused(reason=f"{who} refused to describe this picture.")
        except UnexpectedModelBehavior:
            return Unseen(reason=f"{who} gave no answer of the shape that it was asked for, even when told what was wrong.")
        except ModelRateLimitError:
            return Unseen(reason=f"{who} has too much to do (429).")
        except ModelAuthenticationError:
            return Unseen(reason=f"{who} does not take the key in VISION_API_KEY.")
        except ModelNotFoundError:
            return Unseen(reason=f"{who} is not there: its server knows no such model.")
        except ModelConnectionError:
            return Unseen(reason=f"{who} cannot be reached.")
        except AgentRunError as error:
            # its own words may hold what was sent
            return Unseen(reason=f"{who} failed ({type(error).__name__.removeprefix('_')}).")

    def _agent(self) -> Agent[None, Sight]:
        from pydantic_ai import Agent, NativeOutput
        from pydantic_ai.settings import ModelSettings

        settings = ModelSettings(timeout=self.access.timeout_s, max_retries=_REPEATS, max_tokens=_MAX_TOKENS)
        return Agent(
            open_model(self.access),
            output_type=NativeOutput(Sight),
            instructions=INSTRUCTIONS,
            retries=_REPAIRS,
            model_settings=settings,
        )
