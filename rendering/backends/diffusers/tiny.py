"""Tiny video models with random weights: the real classes, saved as the published ones are, for tests and for trying things out.

`python -m rendering.backends.diffusers.tiny FOLDER` writes them, each with a recipe beside it. What they paint is noise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from rendering.backends.diffusers.recipes import FrameRule, Recipe, SizeRule, built_in
from rendering.backends.libraries import Part, quieten
from rendering.backends.untrained import mark_as_random

_WIDTH = 32  # of what is known about words and pictures
_WORDS = (
    "a",
    "the",
    "and",
    "in",
    "on",
    "red",
    "blue",
    "fox",
    "girl",
    "roof",
    "coat",
    "looks",
    "around",
    "waits",
    "night",
    "city",
)
_SIDE = 64  # pixels
_FEWEST = 3  # frames of a model that always makes the same number


def make_tiny(kind: str, folder: Path) -> Path:
    """Write one of KINDS into `folder / kind`, if it is not there, and give the path of its recipe."""
    model, recipe = folder / kind, folder / f"{kind}.json"
    if not recipe.exists():
        quieten()
        import torch

        torch.manual_seed(0)
        _KINDS[kind]().save_pretrained(model, safe_serialization=True)
        mark_as_random(model)
        recipe.write_text(_recipe_of(kind, model).model_dump_json(indent=1))
    return recipe


def _recipe_of(kind: str, model: Path) -> Recipe:
    """The built-in one, with fewer pixels, frames and steps."""
    whole = built_in(kind)
    size = SizeRule(multiple=min(whole.size.multiple, _SIDE // 2), least_pixels=_SIDE**2, most_pixels=_SIDE**2)
    return whole.model_copy(
        update={
            "model": str(model),
            "variant": None,
            "licence": "",
            "call": {**whole.call, "num_inference_steps": 2, **({"max_sequence_length": 64} if whole.text_pipeline else {})},
            "frames": _fewer(whole.frames),
            "size": size,
        }
    )


def _fewer(rule: FrameRule) -> FrameRule:
    if rule.least == rule.most:
        return FrameRule(argument=rule.argument, base=_FEWEST, step=1, least=_FEWEST, most=_FEWEST)
    return rule.model_copy(update={"most": rule.base + 2 * rule.step})


def _wan() -> Part:
    """Like Wan 2.1: 8 × 8 pixels and 4 frames in a latent."""
    from diffusers import UniPCMultistepScheduler, WanPipeline

    return WanPipeline(
        tokenizer=_tokenizer(),
        text_encoder=_umt5(),
        vae=_wan_vae(z_dim=16),
        transformer=_wan_transformer(num_channels=16),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
    )


def _wan_5b() -> Part:
    """Like Wan 2.2 TI2V 5B: a picture goes in as the first latent, and each latent has a timestep of its own."""
    from diffusers import UniPCMultistepScheduler, WanPipeline

    return WanPipeline(
        tokenizer=_tokenizer(),
        text_encoder=_umt5(),
        vae=_wan_vae(z_dim=16),
        transformer=_wan_transformer(num_channels=16),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0),
        expand_timesteps=True,
    )


def _wan_vae(*, z_dim: int) -> Part:
    from diffusers import AutoencoderKLWan

    return AutoencoderKLWan(
        base_dim=3, z_dim=z_dim, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )


def _wan_transformer(*, num_channels: int) -> Part:
    from diffusers import WanTransformer3DModel

    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=num_channels,
        out_channels=num_channels,
        text_dim=_WIDTH,
        freq_dim=256,
        ffn_dim=32,
        num_layers=1,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
    )


def _ltx() -> Part:
    """Like LTX-Video 0.9.5: 32 × 32 pixels and 8 frames in a latent, and a decoder that denoises once more."""
    from diffusers import (
        AutoencoderKLLTXVideo,
        FlowMatchEulerDiscreteScheduler,
        LTXConditionPipeline,
        LTXVideoTransformer3DModel,
    )

    vae = AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, False),
        decoder_spatio_temporal_scaling=(True, True, True, False),
        decoder_inject_noise=(False, False, False, False, False),
        upsample_residual=(False, False, False, False),
        upsample_factor=(1, 1, 1, 1),
        timestep_conditioning=True,
        patch_size=4,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=4,
        attention_head_dim=8,
        cross_attention_dim=32,
        num_layers=1,
        caption_channels=_WIDTH,
    )
    return LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=_t5(),
        tokenizer=_tokenizer(),
        transformer=transformer,
    )


def _svd() -> Part:
    """Like Stable Video Diffusion: 8 × 8 pixels and one frame in a latent."""
    from diffusers import (
        AutoencoderKLTemporalDecoder,
        EulerDiscreteScheduler,
        StableVideoDiffusionPipeline,
        UNetSpatioTemporalConditionModel,
    )
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 32),
        layers_per_block=1,
        sample_size=_SIDE // 8,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=_WIDTH,
        num_attention_heads=4,
        projection_class_embeddings_input_dim=96,
        addition_time_embed_dim=32,
    )
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32, 32, 32), down_block_types=("DownEncoderBlock2D",) * 4, layers_per_block=1
    )
    scheduler = EulerDiscreteScheduler(
        beta_schedule="scaled_linear",
        interpolation_type="linear",
        prediction_type="v_prediction",
        sigma_max=700.0,
        sigma_min=0.002,
        steps_offset=1,
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
    )
    config = CLIPVisionConfig(
        hidden_size=_WIDTH,
        projection_dim=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=1,
        num_attention_heads=4,
        image_size=224,
        patch_size=56,
    )
    return StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=CLIPVisionModelWithProjection(config).eval(),
        unet=unet,
        scheduler=scheduler,
        feature_extractor=CLIPImageProcessor(size=224, crop_size=224),
    )


def _umt5() -> Part:
    from transformers import UMT5Config, UMT5EncoderModel

    return UMT5EncoderModel(UMT5Config(**_T5)).eval()


def _t5() -> Part:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(T5Config(**_T5)).eval()


_T5 = {
    "vocab_size": 3 + len(_WORDS) * 2 + 128,
    "d_model": _WIDTH,
    "d_kv": 8,
    "d_ff": 37,
    "num_layers": 1,
    "num_heads": 4,
    "feed_forward_proj": "gated-gelu",
    "tie_word_embeddings": False,
}


def _tokenizer() -> Part:
    """T5's own kind (SentencePiece's unigrams), of a few words and all ASCII letters."""
    from transformers import T5TokenizerFast

    letters = [chr(code) for code in range(32, 127)]
    pieces = dict.fromkeys(["<pad>", "</s>", "<unk>", *(f"▁{word}" for word in _WORDS), "▁", *letters])
    scores = [(piece, -1.0 if len(piece) > 2 else -10.0) for piece in pieces]
    return T5TokenizerFast(vocab=scores, extra_ids=0, model_max_length=128)


_KINDS: MappingProxyType[str, Callable[[], Part]] = MappingProxyType({"wan": _wan, "wan-5b": _wan_5b, "ltx": _ltx, "svd": _svd})
KINDS = tuple(_KINDS)

if __name__ == "__main__":
    for made in (make_tiny(kind, Path(sys.argv[1]).resolve()) for kind in KINDS):
        sys.stdout.write(f"A tiny model with RANDOM weights, which paints noise, and its recipe: {made}\n")
