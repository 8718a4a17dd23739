"""The one reader of the environment: every setting, its default, and what is wrong with it in one sentence."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from episodes.errors import BadInput
from episodes.money import Dollars
from episodes.nouns import Id

PlannerName = Literal["offline", "llm"]

_CODE = Path(__file__).resolve().parent

_API_KEY = re.compile(r"[A-Za-z0-9._~+/-]{16,200}=*")  # what may stand behind `Bearer`, and in a cookie
_KEY_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,40}")


class RendererSettings(BaseModel):
    """A kind of renderer: what it opens, how many of it there are, and what each reserves; Ray places them by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: str | None = Field(default=None, min_length=1)
    """What it opens; none: what the kind is called."""
    count: int = Field(default=1, ge=0, le=1000)
    """The most there are."""
    min_count: int | None = Field(default=None, ge=0)
    """The fewest; none: as many as `count`, so that they are always there."""
    retire_after_s: float = Field(default=300.0, ge=1)
    """One above `min_count` that had nothing to do for so long is let go."""
    park_after_s: float | None = Field(default=None, ge=1)
    """One that had nothing to do for so long gives its GPU's memory back; none: never."""
    num_cpus: float = Field(default=0.5, ge=0)
    num_gpus: float = Field(default=0, ge=0)
    options: dict[str, str] = Field(default_factory=dict)
    """Handed to the backend."""
    queue: bool = False
    """They are no renderers but places in the queue, whose beats workers outside the cluster render."""
    deadline_s: float = Field(default=900.0, ge=1)
    """Of a place in the queue: for a worker to take its beat, and again for one that says nothing before it is done."""
    price_per_hour: Dollars | None = None
    """Of each at work, in US dollars; none: it costs nothing."""
    price_per_s: Dollars | None = None
    """Of the video of clips that are bought, in US dollars; none: what the backend knows of it."""

    @model_validator(mode="after")
    def _has_one_price(self) -> Self:
        if self.price_per_hour is not None and self.price_per_s is not None:
            raise ValueError("price_per_hour is for renderers and price_per_s for clips that are bought: give one of them")
        return self

    @model_validator(mode="after")
    def _the_fewest_are_not_more_than_the_most(self) -> Self:
        if self.min_count is not None and self.min_count > self.count:
            raise ValueError(f"min_count is {self.min_count}, but count, the most there may be, is {self.count}")
        return self


class Settings(BaseSettings):
    """Read from the environment, then from `.env` in STORYWORLD_HOME. Secrets are hidden in `repr`."""

    model_config = SettingsConfigDict(frozen=True, env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True)

    storyworld_home: Path = Field(
        default=_CODE, description="Folder on which all relative paths hang; default: where the code is."
    )
    cluster_id: str = Field(
        default="storyworld", pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="One database belongs to one."
    )
    database_url: SecretStr = Field(default=SecretStr("sqlite:///./local.db"), description="SQLite or postgresql://…")
    local_mode: bool = Field(default=True, description="Artifacts in ./outputs; false: in S3.")
    s3_endpoint: str | None = Field(default=None, description="https://…; none: Amazon's own.")
    s3_bucket: str | None = None
    s3_region: str = "auto"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(default=(), description="Comma-separated; none by default.")
    api_keys: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default={}, description="Who may call the API: keys, or `name:key` for the log; comma-separated."
    )
    storyworld_api_key: SecretStr | None = Field(default=None, description="Sent by the command line to the API at --url.")
    storyworld_fleet: dict[Id, RendererSettings] = Field(
        default={"animatic": RendererSettings()},
        description='JSON: kind → {"backend", "count", "min_count", "retire_after_s", "park_after_s", "num_cpus", "num_gpus", '
        '"options", "queue", "deadline_s", "price_per_hour", "price_per_s"}; the first that can work is taken for episodes that name none.',
    )
    budget_total: Dollars | None = Field(
        default=None, description="US dollars that all episodes together may cost; none: no limit."
    )
    planner: Annotated[tuple[PlannerName, ...], NoDecode] = Field(
        default=("offline",),
        min_length=1,
        description="offline, llm, or llm,offline: the next one plans what the one before could not, and the plan says so.",
    )
    llm_model: str | None = Field(default=None, min_length=1, description="Writes plans, where PLANNER has llm.")
    llm_provider: Literal["openai", "anthropic", "google"] = Field(
        default="openai", description="Whose protocol it speaks; openai: that of Ollama, vLLM and many others, too."
    )
    llm_base_url: str | None = Field(default=None, min_length=1, description="https://…/v1; none: the provider's own.")
    llm_api_key: SecretStr | None = None
    llm_shape: Literal["tool", "schema", "prompt"] = Field(
        default="tool", description="How a plan is asked for: as a tool's arguments, as the server's json_schema, or in words."
    )
    llm_timeout_s: float = Field(default=120.0, gt=0, le=3600, description="For one plan, repairs and repeats included.")
    llm_max_repairs: int = Field(
        default=2, ge=0, le=10, description="How often a plan with mistakes is sent back with what is wrong."
    )
    llm_price_in: float | None = Field(default=None, ge=0, description="Of a million input tokens, in your currency.")
    llm_price_out: float | None = Field(default=None, ge=0, description="Of a million output tokens.")
    gemini_api_key: SecretStr | None = Field(default=None, description="Google's key, for the veo backend's Omni models.")
    google_application_credentials: Path | None = Field(
        default=None,
        description="A service account's key file, for the veo backend's Veo models; none: what the machine itself is.",
    )
    openai_video_api_keys: dict[str, SecretStr] = Field(
        default={}, description="JSON: a server's base_url → its key, for the openai-video backend."
    )
    vision_model: str | None = Field(
        default=None, min_length=1, description="Tells what is in uploaded pictures; none: they are measured only."
    )
    vision_provider: Literal["openai", "anthropic", "google"] = Field(
        default="openai", description="Whose protocol it speaks; openai: that of Ollama, vLLM and many others, too."
    )
    vision_base_url: str | None = Field(default=None, min_length=1, description="https://…/v1; none: the provider's own.")
    vision_api_key: SecretStr | None = None
    vision_timeout_s: float = Field(default=60.0, gt=0, le=600, description="For one picture; its upload waits so long.")
    redis_url: SecretStr | None = Field(
        default=None, description="redis:// or rediss://: through it workers outside the cluster are reached."
    )
    redis_ca_cert: Path | None = Field(
        default=None, description="A file with the certificate of whoever signs the Redis server's; none: public authorities."
    )
    job_queue: str = Field(
        default="storyworld:gpu:jobs", min_length=1, validation_alias=AliasChoices("job_queue", "gpu_job_queue")
    )
    result_queue: str = Field(
        default="storyworld:gpu:results", min_length=1, validation_alias=AliasChoices("result_queue", "gpu_result_queue")
    )
    storyworld_version: str | None = Field(default=None, description="Of the deployed code; default: a hash of its files.")
    spool_max_gb: float = Field(default=4.0, gt=0, description="Finished clips that wait for the store, per node.")
    publisher_slots: int = Field(default=2, ge=1, le=64, description="Clips that a node publishes at once.")
    max_event_streams: int = Field(default=500, ge=1, le=10_000, description="Open GET …/events per replica.")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("planner", mode="before")
    @classmethod
    def _split_planners(cls, value: object) -> object:
        names = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        if isinstance(names, list) and len(set(names)) < len(names):
            raise ValueError("a planner stands twice")
        return names

    @field_validator("api_keys", mode="before")
    @classmethod
    def _name_the_keys(cls, value: object) -> object:
        return named_keys(value) if isinstance(value, str) else value

    @field_validator("storyworld_home")
    @classmethod
    def _is_a_folder(cls, value: Path) -> Path:
        home = value.expanduser().resolve()
        if not home.is_dir():
            raise ValueError(f"STORYWORLD_HOME is {home}, which is not a folder")
        return home

    @model_validator(mode="after")
    def _s3_is_whole(self) -> Self:
        if not self.local_mode and not self.s3_bucket:
            raise ValueError("LOCAL_MODE is false, but S3_BUCKET is not set")
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            raise ValueError("S3_ACCESS_KEY and S3_SECRET_KEY belong together: set both or none")
        return self

    @model_validator(mode="after")
    def _vision_is_whole(self) -> Self:
        if self.vision_model is None and (self.vision_base_url or self.vision_api_key):
            raise ValueError("VISION_BASE_URL or VISION_API_KEY is set, but VISION_MODEL is not")
        is_elsewhere = self.vision_provider == "openai" and self.vision_base_url is not None
        if self.vision_model is not None and self.vision_api_key is None and not is_elsewhere:
            raise ValueError(f"VISION_MODEL is set, but VISION_API_KEY, which {self.vision_provider} asks for, is not")
        return self

    @model_validator(mode="after")
    def _llm_is_whole(self) -> Self:
        if "llm" not in self.planner:
            return self
        if self.llm_model is None:
            raise ValueError("PLANNER has llm, but LLM_MODEL is not set")
        if self.llm_api_key is None and (self.llm_provider != "openai" or self.llm_base_url is None):
            raise ValueError(f"PLANNER has llm, but LLM_API_KEY, which {self.llm_provider} asks for, is not set")
        if (self.llm_price_in is None) != (self.llm_price_out is None):
            raise ValueError("LLM_PRICE_IN and LLM_PRICE_OUT belong together: set both or none")
        return self

    @cached_property
    def absolute_database_url(self) -> str:
        """With a relative SQLite path hung on the home. A secret: never log it."""
        url = self.database_url.get_secret_value()
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/") and url != prefix + ":memory:":
            return prefix + str((self.storyworld_home / url.removeprefix(prefix)).resolve())
        return url

    @property
    def is_for_one_node(self) -> bool:
        """SQLite and a local folder cannot be shared between machines."""
        return self.local_mode or self.absolute_database_url.startswith("sqlite")

    @property
    def own_api_key(self) -> SecretStr | None:
        """What opens the API of this very system: a command line beside it need not be told."""
        return self.storyworld_api_key or next(iter(self.api_keys.values()), None)

    @property
    def outputs(self) -> Path:
        return self.storyworld_home / "outputs"

    @property
    def spool(self) -> Path:
        return self.storyworld_home / "spool"


def named_keys(text: str) -> dict[str, str]:
    """`key, name:key` → name → key. Raises ValueError, which names the place of a wrong one and never the key."""
    found: dict[str, str] = {}
    for place, entry in enumerate((part.strip() for part in text.split(",") if part.strip()), 1):
        name, _, key = entry.rpartition(":")
        name = name.strip() or f"key-{place}"
        if not _API_KEY.fullmatch(key.strip()):
            raise ValueError(f"key {place} has to be 16 to 200 letters, digits or -._~+/; `openssl rand -hex 24` makes one")
        if not _KEY_NAME.fullmatch(name):
            raise ValueError(f"the name of key {place} has to be up to 40 letters, digits or -_.@")
        if name in found:
            raise ValueError(f"two keys are called {name}")
        found[name] = key.strip()
    return found


def crash_points() -> list[str]:
    """For tests, so no setting of anybody's: where a process is to die, as `arm` in episodes/crash_points.py has it."""
    return [point for point in os.environ.get("STORYWORLD_CRASH_POINTS", "").split(";") if point.strip()]


def variables_for_pods() -> dict[str, str]:
    """What the pods of a cluster may be handed: `.env` of the home, and above it the environment.

    Raises BadInput for API_KEYS that no API would start with.
    """
    home = Path(os.environ.get("STORYWORLD_HOME", _CODE)).expanduser()
    written = {name: value for name, value in dotenv_values(home / ".env").items() if value is not None}
    variables = {**written, **os.environ}
    try:
        named_keys(variables.get("API_KEYS", ""))
    except ValueError as error:
        raise BadInput(f"A setting is wrong: API_KEYS: {error}.", "Correct it in the environment or in .env.") from None
    return variables


def load_settings() -> Settings:
    """Read them. Raises BadInput with one clear sentence about what is missing or contradictory."""
    home = Path(os.environ.get("STORYWORLD_HOME", _CODE)).expanduser()
    if "STORYWORLD_HOME" not in os.environ and "runtime_resources" in _CODE.parts:
        raise BadInput(
            "This code runs from a copy that Ray made, where outputs would be lost.",
            "Set STORYWORLD_HOME to the folder that keeps the database and outputs.",
        )
    try:
        return Settings(_env_file=home / ".env")
    except SettingsError as error:  # a value that should be JSON and is not
        raise BadInput(f"A setting is wrong: {error}.", 'Write it as JSON, like {"animatic": {"count": 2}}.') from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"]).upper()
        message = str(first["msg"]).removeprefix("Value error, ")
        raise BadInput(
            f"A setting is wrong: {f'{name}: ' if name else ''}{message}.", "Correct it in the environment or in .env."
        ) from None
