"""Models that are asked: any server that speaks OpenAI's protocol, Anthropic's or Google's."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal, assert_never

from pydantic import SecretStr

from episodes.errors import BadInput

if TYPE_CHECKING:
    from pydantic_ai.models import Model

Provider = Literal["openai", "anthropic", "google"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelAccess:
    """Which model, and how to reach it. Its `repr` hides the key."""

    provider: Provider
    model: str
    base_url: str | None = None
    """None: the provider's own."""
    api_key: SecretStr | None = None
    timeout_s: float = 60.0
    """For one answer, with everything that is asked again."""

    @property
    def name(self) -> str:
        return f"{self.provider}:{self.model}"


def check_access(access: ModelAccess, setting: str) -> None:
    """Raises BadInput, which points at the setting, when its libraries are not installed: nobody should learn that with the first answer."""
    library = {"openai": "openai", "anthropic": "anthropic", "google": "google.genai"}[access.provider]
    if not (_is_installed("pydantic_ai") and _is_installed(library)):
        extra = {"openai": "llm", "anthropic": "llm,anthropic", "google": "llm,google"}[access.provider]
        raise BadInput(
            f"The libraries for {access.name} are not installed.",
            f"pip install -c constraints.txt -e '.[{extra}]'",
            setting,
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


_OWN_URLS: Final[dict[Provider, str]] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}


def open_model(access: ModelAccess) -> Model:
    """Asks nobody yet. What it opens belongs to the event loop that it is used in."""
    # address and key are always told: the libraries would else look for them in the environment, which only settings.py reads
    base_url = access.base_url or _OWN_URLS[access.provider]
    key = access.api_key.get_secret_value() if access.api_key is not None else "none"  # a server at home wants none
    match access.provider:
        case "openai":
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai import OpenAIProvider

            return OpenAIChatModel(access.model, provider=OpenAIProvider(base_url=base_url, api_key=key))
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            return AnthropicModel(access.model, provider=AnthropicProvider(base_url=base_url, api_key=key))
        case "google":
            from pydantic_ai.models.google import GoogleModel
            from pydantic_ai.providers.google import GoogleProvider

            return GoogleModel(access.model, provider=GoogleProvider(base_url=base_url, api_key=key))
        case _:
            assert_never(access.provider)
