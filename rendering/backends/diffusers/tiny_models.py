"""Tiny video models with random weights: the real classes of diffusers and transformers, put together as in the published models."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from rendering.backends.animatediff.tiny import byte_letters
from rendering.backends.libraries import Part

SIDE = 64  # pixels
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
        sample_size=SIDE // 8,
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


def _hunyuan_video() -> Part:
    """Like HunyuanVideo 1.5: 16 × 16 pixels and 4 frames in a latent, two text encoders, and guidance as a part of its own."""
    from diffusers import (
        AutoencoderKLHunyuanVideo15,
        ClassifierFreeGuidance,
        FlowMatchEulerDiscreteScheduler,
        HunyuanVideo15Pipeline,
        HunyuanVideo15Transformer3DModel,
    )
    from transformers import ByT5Tokenizer, T5Config, T5EncoderModel

    transformer = HunyuanVideo15Transformer3DModel(
        in_channels=2 * _LATENTS + 1,
        out_channels=_LATENTS,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=1,
        num_refiner_layers=1,
        mlp_ratio=2.0,
        text_embed_dim=16,
        text_embed_2_dim=16,
        image_embed_dim=12,
        rope_axes_dim=(2, 2, 4),
        task_type="t2v",
    )
    return HunyuanVideo15Pipeline(
        text_encoder=_qwen(),
        tokenizer=_qwen_tokenizer(),
        transformer=transformer,
        vae=AutoencoderKLHunyuanVideo15(latent_channels=_LATENTS, block_out_channels=(16,) * 5, layers_per_block=1),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
        text_encoder_2=T5EncoderModel(T5Config(vocab_size=384, d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)).eval(),
        tokenizer_2=ByT5Tokenizer(),
        guider=ClassifierFreeGuidance(guidance_scale=6.0),
    )


_LATENTS = 4  # channels


def _qwen() -> Part:
    from transformers import Qwen2_5_VLTextConfig, Qwen2_5_VLTextModel

    config = Qwen2_5_VLTextConfig(
        vocab_size=300,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=2,
        rope_parameters={"type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1_000_000.0},
        max_position_embeddings=2048,
    )
    return Qwen2_5_VLTextModel(config).eval()


def _qwen_tokenizer() -> Part:
    """Qwen's own kind (byte pairs), of single bytes, with a chat template that says who speaks."""
    from transformers import Qwen2Tokenizer

    end = "<|endoftext|>"
    vocab = {word: number for number, word in enumerate([*byte_letters().values(), end])}
    tokenizer = Qwen2Tokenizer(vocab=vocab, merges=[], unk_token=end, pad_token=end, eos_token=end)
    tokenizer.chat_template = "{% for one in messages %}{{ one['role'] }}: {{ one['content'] }}\n{% endfor %}"
    return tokenizer


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


MODELS: MappingProxyType[str, Callable[[], Part]] = MappingProxyType(
    {"hunyuan-video": _hunyuan_video, "ltx": _ltx, "svd": _svd, "wan": _wan, "wan-5b": _wan_5b}
)
"""A pipeline for each of the built-in recipes."""
