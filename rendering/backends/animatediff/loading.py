"""Loading: from a recipe to models on a device, the first time from their sources and then from fused weights on the local disk.

Building a UNetMotionModel from a 2D UNet and a motion adapter takes 25 s for SD 1.5; loading the fused one takes under a second.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from episodes.errors import BadInput, StoryWorldError, Unavailable
from rendering.backends.animatediff.libraries import Part, quieten
from rendering.backends.animatediff.likeness import with_ip_adapter
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.motion_file import motion_adapter_of
from rendering.backends.animatediff.recipes import Recipe, Weights
from rendering.backends.animatediff.tiny import RANDOM_WEIGHTS

quieten()
import diffusers  # noqa: E402  after it was told to be quiet
import transformers  # noqa: E402
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled  # noqa: E402

log = logging.getLogger("storyworld.animatediff")

_ORIGIN = "origin.json"
"""The last file that is written into a folder of fused weights: without it the folder is not whole."""
_PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def load_models(recipe: Recipe, device: torch.device, kept: Path | None = None) -> Models:
    """Everything that the recipe needs, on the device. `kept`: folder of fused weights, looked into first and added to.

    Raises BadInput for what is missing or is no such model, Unavailable when the hub cannot be reached.
    """
    dtype = torch.float32 if device.type == "cpu" else getattr(torch, recipe.dtype)
    began_s = time.monotonic()
    folder = kept / fused_name(recipe, dtype) if kept is not None else None
    is_kept = folder is not None and (folder / _ORIGIN).exists()
    if folder is not None and is_kept:
        parts = _load_fused(folder, dtype)
    else:
        parts = _build(recipe, dtype)
        if folder is not None:
            _keep(parts, folder, recipe)
    models = _onto(device, parts, recipe, dtype)
    if recipe.ip_adapter is not None:
        with _reading(recipe.ip_adapter, "IP-Adapter"):
            models = with_ip_adapter(models, recipe.ip_adapter, recipe.ip_adapter_scale)
    seconds = round(time.monotonic() - began_s, 2)
    log.info(
        "animatediff.loaded", extra={"tier": recipe.tier, "model": recipe.base.label, "from_kept": is_kept, "seconds": seconds}
    )
    return models


def fused_name(recipe: Recipe, dtype: torch.dtype) -> str:
    """The folder of a recipe's fused weights: another for whatever changes them. Local sources count by their files' sizes and times."""
    sources = [recipe.base, recipe.motion, *(lora.weights for lora in recipe.loras)]
    told = {
        "weights": [[weights.label, weights.variant, _files_of(weights)] for weights in sources],
        "scales": [lora.scale for lora in recipe.loras],
        "tiny_vae": [recipe.tiny_vae.label, _files_of(recipe.tiny_vae)] if recipe.tiny_vae else None,
        "scheduler": recipe.scheduler.class_name,
        "dtype": str(dtype),
        "diffusers": diffusers.__version__,
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
    return f"{recipe.tier}-{digest}"


@dataclass(kw_only=True, slots=True)
class _Parts:
    unet: Part
    vae: Part
    text_encoder: Part
    tokenizer: Part
    scheduler: Part
    """The base model's own; the recipe's options come on top."""
    are_random: bool


# --- from the sources ---


def _build(recipe: Recipe, dtype: torch.dtype) -> _Parts:
    base = recipe.base
    unet = _read(_unet_class(base), base, "unet", dtype)
    vae = _vae(recipe, dtype)
    text_encoder = _text_encoder(base, dtype)
    with _reading(base, "tokenizer"):
        tokenizer = transformers.CLIPTokenizer.from_pretrained(base.repository, subfolder="tokenizer", revision=base.revision)
    with _reading(base, "scheduler"):
        scheduler = getattr(diffusers, recipe.scheduler.class_name).from_pretrained(
            base.repository, subfolder="scheduler", revision=base.revision
        )
    if not isinstance(unet, diffusers.UNetMotionModel):
        unet = _with_motion(unet, recipe, dtype)
    parts = _Parts(
        unet=unet,
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        scheduler=scheduler,
        are_random=(Path(base.repository) / RANDOM_WEIGHTS).exists(),
    )
    _fuse_loras(parts, recipe)
    return parts


def _unet_class(base: Weights) -> Part:
    """UNet2DConditionModel, or the UNetMotionModel of a model that was saved with its motion modules."""
    with _reading(base, "UNet"):
        config = diffusers.UNetMotionModel.load_config(base.repository, subfolder="unet", revision=base.revision)
    name = config.get("_class_name")
    if name not in ("UNet2DConditionModel", "UNetMotionModel"):
        raise BadInput(f"The model {base.label!r} is no SD 1.5 model: its UNet is a {name}.", _HINT, where="options.model")
    return getattr(diffusers, name)


def _with_motion(unet: Part, recipe: Recipe, dtype: torch.dtype) -> Part:
    motion = recipe.motion
    with _reading(motion, "motion adapter"):
        if motion.file is not None:
            return diffusers.UNetMotionModel.from_unet2d(unet, motion_adapter_of(_local_file(motion), unet).to(dtype))
        return diffusers.UNetMotionModel.from_unet2d(unet, _read(diffusers.MotionAdapter, motion, None, dtype))


def _vae(recipe: Recipe, dtype: torch.dtype) -> Part:
    if recipe.tiny_vae is not None:
        return _read(diffusers.AutoencoderTiny, recipe.tiny_vae, None, dtype)
    return _read(diffusers.AutoencoderKL, recipe.base, "vae", dtype)


def _read(cls: Part, weights: Weights, subfolder: str | None, dtype: torch.dtype) -> Part:
    with _reading(weights, subfolder or cls.__name__):
        model, told = cls.from_pretrained(
            weights.repository,
            subfolder=subfolder,
            revision=weights.revision,
            variant=weights.variant,
            torch_dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
        )
        if absent := [*told["missing_keys"], *told["mismatched_keys"]]:  # they would stay empty without a word
            raise ValueError(f"its weights have no {absent[0]} for a {cls.__name__}.")
        return model


def _text_encoder(base: Weights, dtype: torch.dtype) -> Part:
    with _reading(base, "text encoder"):
        model, told = transformers.CLIPTextModel.from_pretrained(
            base.repository,
            subfolder="text_encoder",
            revision=base.revision,
            variant=base.variant,
            dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
        )
        if absent := sorted(told["missing_keys"]):
            raise ValueError(f"its weights have no {absent[0]} for a CLIPTextModel.")
        return model


def _fuse_loras(parts: _Parts, recipe: Recipe) -> None:
    """One after the other, each with its own scale, into the weights themselves."""
    if not recipe.loras:
        return
    pipeline = diffusers.AnimateDiffPipeline(
        vae=parts.vae,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        unet=parts.unet,
        motion_adapter=None,
        scheduler=parts.scheduler,
    )
    for lora in recipe.loras:
        with _reading(lora.weights, "LoRA"):
            pipeline.load_lora_weights(
                lora.weights.repository, revision=lora.weights.revision, weight_name=lora.weights.file, use_safetensors=True
            )
        pipeline.fuse_lora(lora_scale=lora.scale)
        pipeline.unload_lora_weights()


def _local_file(weights: Weights) -> Path:
    folder = Path(weights.repository)
    if folder.exists() or folder.is_absolute():
        return folder / str(weights.file)
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(weights.repository, weights.file, revision=weights.revision))


# --- fused weights on the local disk ---


def _keep(parts: _Parts, folder: Path, recipe: Recipe) -> None:
    """Whole or not at all, so that two renderers that start at once do not read each other's halves."""
    arriving = folder.with_name(f"arriving-{uuid.uuid4().hex}")
    try:
        for name in _PARTS:
            getattr(parts, name).save_pretrained(arriving / name)
        if parts.are_random:
            (arriving / RANDOM_WEIGHTS).touch()
        (arriving / _ORIGIN).write_text(json.dumps(asdict(recipe), indent=1))
        if folder.exists() and not (folder / _ORIGIN).exists():  # somebody took a part of it away
            shutil.rmtree(folder)
        if not folder.exists():
            arriving.rename(folder)
    except OSError as error:
        if (folder / _ORIGIN).exists():  # another renderer was first
            return
        log.warning("animatediff.not_kept", extra={"folder": str(folder), "reason": str(error)})
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def _load_fused(folder: Path, dtype: torch.dtype) -> _Parts:
    vae_class = json.loads((folder / "vae" / "config.json").read_text())["_class_name"]
    scheduler_class = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())["_class_name"]
    weights = Weights(repository=str(folder))
    return _Parts(
        unet=_read(diffusers.UNetMotionModel, weights, "unet", dtype),
        vae=_read(getattr(diffusers, vae_class), weights, "vae", dtype),
        text_encoder=_text_encoder(weights, dtype),
        tokenizer=transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        scheduler=getattr(diffusers, scheduler_class).from_pretrained(folder / "scheduler"),
        are_random=(folder / RANDOM_WEIGHTS).exists(),
    )


def _files_of(weights: Weights) -> list[list[object]]:
    """Of a local source: what changes when somebody puts other weights there. The hub's are known by their revision."""
    folder = Path(weights.repository)
    if not folder.is_dir():
        return []
    files = [folder / weights.file] if weights.file else sorted(folder.rglob("*.safetensors"))
    return [[str(f.relative_to(folder)), f.stat().st_size, f.stat().st_mtime_ns] for f in files if f.exists()]


def _onto(device: torch.device, parts: _Parts, recipe: Recipe, dtype: torch.dtype) -> Models:
    for module in (parts.unet, parts.vae, parts.text_encoder):
        module.to(device=device, dtype=dtype).eval().requires_grad_(False)
    scheduler_class = getattr(diffusers, recipe.scheduler.class_name)
    return Models(
        unet=parts.unet,
        vae=parts.vae,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        scheduler=scheduler_class.from_config(parts.scheduler.config, **dict(recipe.scheduler.options)),
        device=device,
        dtype=dtype,
        are_random=parts.are_random,
    )


# --- what goes wrong, in a sentence ---

_HINT = "Give a hub id or a folder of an SD 1.5 model as `save_pretrained` writes it, with safetensors."


@contextmanager
def _reading(weights: Weights, what: str) -> Iterator[None]:
    try:
        yield
    except StoryWorldError:
        raise
    except Exception as error:
        raise _plainly(error, weights, what) from error


def _plainly(error: Exception, weights: Weights, what: str) -> StoryWorldError:
    """Their libraries report all of this as OSError, ValueError or KeyError, with the cause below."""
    causes = [error, *_causes(error)]
    if any(isinstance(c, (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError, TimeoutError)) for c in causes):
        return Unavailable(f"The hub cannot be reached for {weights.label!r}.", "Give a folder, or run `warm` where it can be.")
    refused = next((c for c in causes if isinstance(c, HfHubHTTPError)), None)
    if refused is not None:
        return BadInput(f"The hub does not give out {weights.label!r}: {_first_line(refused)}", _HINT, where="options")
    folder = Path(weights.repository)
    if folder.is_absolute() and not folder.exists():
        return BadInput(f"There is no folder {weights.repository!r} to load the {what} from.", _HINT, where="options")
    return BadInput(f"The {what} of {weights.label!r} cannot be loaded: {_first_line(error)}", _HINT, where="options")


def _causes(error: BaseException) -> list[BaseException]:
    below = error.__cause__ or error.__context__
    return [] if below is None else [below, *_causes(below)]


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
