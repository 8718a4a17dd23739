"""Recipes: everything that decides what AnimateDiff makes, as data. A tier is a recipe; a new model is a new one, and no code.

The numbers of the tiers are those of the models' own pages: AnimateDiff-Lightning (arXiv 2403.12706) wants Euler steps with trailing
spacing, linear betas and no guidance; the undistilled motion adapter wants DDIM with linear betas and guidance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from episodes.errors import BadInput
from rendering.backends.opening import OpeningSource
from rendering.backends.weights import Lora, Weights


class Tier(StrEnum):
    DRAFT = "draft"
    """Few steps and a tiny decoder: to see what happens."""
    STANDARD = "standard"
    """Few steps and the full decoder."""
    MASTER = "master"
    """25 steps with guidance, so that negative prompts count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SchedulerSpec:
    class_name: str
    """In diffusers."""
    options: tuple[tuple[str, str | int | float | bool], ...]
    """On top of the base model's own scheduler configuration."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameRule:
    """16 frames are what motion modules were trained on; longer beats are windows of 16 that overlap by 4: 16 + 12k."""

    window: int = 16
    stride: int = 12

    def at_least(self, num_frames: int) -> int:
        """The smallest legal number of frames that is not below this."""
        return self.window + max(0, -(-(num_frames - self.window) // self.stride)) * self.stride


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeRule:
    """Frames are made near the side that the model was trained on, then cropped and scaled to the clip's size."""

    multiple: int = 64
    """Of pixels: the VAE divides by 8, the UNet by 8 again."""
    most_native_areas: float = 1.5
    """Beyond it SD 1.5 paints everything twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryPlan:
    """How much the device is given at once; without room for it, the sampler takes less and gets the same frames."""

    windows_at_once: int = 4
    """Of a long beat, in one UNet call."""
    decode_chunk: int = 16
    """Frames in one VAE call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CompilePlan:
    """What is made ready on a GPU; on a CPU nothing is. Nothing goes through torch.compile, which takes two minutes and is slower here."""

    unet: bool = True
    """Recorded as a CUDA graph for each shape: one launch for a thousand kernels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """One way to make frames with AnimateDiff."""

    tier: Tier
    base: Weights
    """An SD 1.5 model as diffusers saves it: unet, vae, text_encoder, tokenizer, scheduler."""
    motion: Weights
    """A MotionAdapter, as a folder or as one file. Not read where the base's UNet has motion modules already."""
    tiny_vae: Weights | None
    """An AutoencoderTiny that decodes instead of the base's VAE."""
    ip_adapter: Weights | None = None
    """Characters' reference pictures go in through it; None: they are not looked at."""
    ip_adapter_scale: float = 0.6
    sparse_control: Weights | None = None
    """A SparseCtrl network for pictures: beats begin with their opening; None: each begins afresh."""
    sparse_control_scale: float = 1.0
    openings: tuple[OpeningSource, ...] = (OpeningSource.PREVIOUS,)
    """Where a beat's opening comes from, first come; a beat that has none begins afresh."""
    loras: tuple[Lora, ...] = ()
    scheduler: SchedulerSpec
    num_steps: int
    guidance: float
    """1 or less: none, and the negative prompt is not looked at."""
    dtype: Literal["bfloat16", "float16", "float32"] = "float16"
    """Of the weights; a CPU computes in float32 with them. As SD 1.5's are published: as fast as bfloat16 and eight times as exact."""
    native_fps: int = 8
    frames: FrameRule = FrameRule()
    size: SizeRule = SizeRule()
    memory: MemoryPlan = MemoryPlan()
    compile: CompilePlan = field(default_factory=CompilePlan)

    @property
    def has_guidance(self) -> bool:
        return self.guidance > 1

    @property
    def licences(self) -> tuple[str, ...]:
        """Of everything that it loads, each once."""
        extras = self.tiny_vae, self.ip_adapter, self.sparse_control
        parts = (self.base, self.motion, *extras, *(lora.weights for lora in self.loras))
        return tuple(sorted({part.licence for part in parts if part is not None and part.licence}))


def recipe_of(tier: str) -> Recipe:
    """The built-in recipe of a tier. Raises BadInput for one that does not exist."""
    try:
        return RECIPES[Tier(tier)]
    except ValueError:
        known = ", ".join(RECIPES)
        raise BadInput(f"AnimateDiff has no tier {tier!r}.", f"Its tiers are: {known}.", where="options.tier") from None


_SD15 = Weights(
    repository="stable-diffusion-v1-5/stable-diffusion-v1-5",
    revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",  # pragma: allowlist secret
    variant="fp16",
    licence="CreativeML Open RAIL-M",
)
_LIGHTNING = Weights(
    repository="ByteDance/AnimateDiff-Lightning",
    file="animatediff_lightning_4step_diffusers.safetensors",
    licence="CreativeML Open RAIL-M",
)
_MOTION_3 = Weights(  # its page names no licence; that of the code and of what others made of these weights is Apache-2.0
    repository="guoyww/animatediff-motion-adapter-v1-5-3", licence="Apache-2.0 (of AnimateDiff's code)"
)
_TAESD = Weights(repository="madebyollin/taesd", licence="MIT")

_EULER_TRAILING = SchedulerSpec(
    class_name="EulerDiscreteScheduler",
    options=(("timestep_spacing", "trailing"), ("beta_schedule", "linear")),
)
_DDIM = SchedulerSpec(
    class_name="DDIMScheduler",
    options=(("clip_sample", False), ("timestep_spacing", "linspace"), ("beta_schedule", "linear"), ("steps_offset", 1)),
)

_STANDARD = Recipe(
    tier=Tier.STANDARD,
    base=_SD15,
    motion=_LIGHTNING,
    tiny_vae=None,
    scheduler=_EULER_TRAILING,
    num_steps=4,
    guidance=1.0,
)
_DRAFT = Recipe(
    tier=Tier.DRAFT,
    base=_SD15,
    motion=_LIGHTNING,
    tiny_vae=_TAESD,
    scheduler=_EULER_TRAILING,
    num_steps=4,
    guidance=1.0,
)
_MASTER = Recipe(
    tier=Tier.MASTER,
    base=_SD15,
    motion=_MOTION_3,
    tiny_vae=None,
    scheduler=_DDIM,
    num_steps=25,
    guidance=7.5,
)

RECIPES: MappingProxyType[Tier, Recipe] = MappingProxyType({recipe.tier: recipe for recipe in (_DRAFT, _STANDARD, _MASTER)})
