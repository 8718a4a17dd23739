"""A motion adapter that comes as one file without its configuration, like AnimateDiff-Lightning's: the shape is read out of the weights."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file

from rendering.backends.libraries import Part


def motion_adapter_of(path: Path, unet: Part) -> Part:
    """The adapter for this UNet. Raises ValueError when it was made for another one, OSError when there is no such file."""
    from diffusers import MotionAdapter

    if path.suffix != ".safetensors":
        raise ValueError(f"{path.name} is no safetensors file.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    weights = load_file(path)
    tables = [value.shape[1] for name, value in weights.items() if name.endswith("pos_embed.pe")]
    adapter = MotionAdapter(
        block_out_channels=tuple(unet.config.block_out_channels),
        motion_layers_per_block=unet.config.layers_per_block,
        motion_norm_num_groups=unet.config.norm_num_groups,
        motion_max_seq_length=max(tables, default=32),
        use_motion_mid_block=any(name.startswith("mid_block.") for name in weights),
    )
    try:
        adapter.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"{path.name} holds no motion modules for this UNet.") from error
    return adapter
