"""AnimateDiff at its full size with random weights, made on the GPU: speed needs the architecture and not what it has learnt."""

from __future__ import annotations

import copy

import torch

from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.libraries import Part, quieten

quieten()
import diffusers  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer  # noqa: E402

_SD15_BETAS = {"beta_start": 0.00085, "beta_end": 0.012}


def full_size(device: torch.device, dtype: torch.dtype) -> Models:
    """SD 1.5, a motion adapter without a middle block (v1.5.3, Lightning), and CLIP ViT-L's text encoder, 1.5 billion numbers."""
    torch.manual_seed(0)
    with device:
        unet = diffusers.UNetMotionModel(
            sample_size=64,
            cross_attention_dim=768,
            num_attention_heads=8,
            motion_num_attention_heads=8,
            use_motion_mid_block=False,
        )
        vae = diffusers.AutoencoderKL(
            sample_size=512,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
        )
        text = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=514,
                hidden_size=768,
                intermediate_size=3072,
                num_hidden_layers=12,
                num_attention_heads=12,
                bos_token_id=512,
                eos_token_id=513,
            )
        )
    for model in (unet, vae, text):
        _fill(model)
        model.requires_grad_(False).eval().to(device, dtype)
    return Models(
        unet=unet,
        vae=vae,
        text_encoder=text,
        tokenizer=_tokenizer(),
        scheduler=None,
        device=device,
        dtype=dtype,
        are_random=True,
    )


def tiny_decoder(device: torch.device, dtype: torch.dtype) -> Part:
    """TAESD's architecture."""
    with device:
        vae = diffusers.AutoencoderTiny()
    _fill(vae)
    return vae.requires_grad_(False).eval().to(device, dtype)


def scheduler_of(recipe: Recipe) -> Part:
    return getattr(diffusers, recipe.scheduler.class_name)(**_SD15_BETAS, **dict(recipe.scheduler.options))


def stock_pipeline(models: Models, recipe: Recipe) -> Part:
    """diffusers' own, as its documentation puts it together. It shares no module with ours: ours lay weights another way."""
    pipe = diffusers.AnimateDiffPipeline(
        vae=copy.deepcopy(models.vae),
        text_encoder=models.text_encoder,
        tokenizer=models.tokenizer,
        unet=copy.deepcopy(models.unet),
        motion_adapter=None,
        scheduler=scheduler_of(recipe),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _fill(model: Part) -> None:
    """Weights that keep a signal's strength: unlike PyTorch's defaults they leave a prediction of the size that a trained model makes."""
    for weight in model.parameters():
        if weight.ndim > 1:
            weight.data.normal_(0, weight[0].numel() ** -0.5)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d) and module.bias is not None:
            module.bias.data.normal_(0, 0.02)


def _tokenizer() -> CLIPTokenizer:
    """CLIP's own class with letters for words: the vocabulary is no part of the speed."""
    letters = [chr(code) for code in range(256, 512)]
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = [chr(code) for code in printable] + letters[: 256 - len(printable)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: number for number, word in enumerate(words)}, merges=[], model_max_length=77)
