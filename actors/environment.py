"""What Ray's own processes inherit. Ray reads most of it when it is imported, so this comes first and imports no Ray."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from episodes.errors import BadInput


def refuse_open_mesh() -> None:
    """Whoever reaches the ports of a Ray without a token can run any code. Raises BadInput when the environment asks for such a Ray."""
    mode = os.environ.get("RAY_AUTH_MODE", "token")
    if mode != "token":
        raise BadInput(
            f"RAY_AUTH_MODE is {mode}, but StoryWorld starts Ray only with a token.", "Unset it, or set it to token."
        )


def refuse_ray_without_token() -> None:
    """Raises BadInput when the Ray that this process belongs to, whoever started it, lets everybody in."""
    from ray._private.authentication.authentication_utils import is_token_auth_enabled

    if not is_token_auth_enabled():
        raise BadInput(
            "The Ray that StoryWorld was put on asks for no token, and whoever reaches its ports can run any code.",
            "export RAY_AUTH_MODE=token before `ray start`, on every node, and start it again.",
        )


def refuse_kept_state() -> None:
    """A Ray that `serve` starts ends with it, so nothing is left that could come back. Raises BadInput when it is to keep its state."""
    kept = os.environ.get("STORYWORLD_GCS") or "memory"
    if kept != "memory" and "RAY_ADDRESS" not in os.environ:
        raise BadInput(
            "STORYWORLD_GCS says where a head keeps its state, but the Ray that `serve` starts ends with it.",
            "Unset it, or start a head that starts its Ray again: `python -m cluster.entrypoint`.",
        )


def prepare_environment(home: Path) -> None:
    """Jobs find the same home and the same Python, a token guards the cluster, and nothing is reported to anybody."""
    os.environ["STORYWORLD_HOME"] = str(home)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # within 5 s, as Serve has it, a busy machine does not get its proxy started, and then the whole start fails
    os.environ.setdefault("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")
    # without it, actors that reserve no GPU see all of them since Ray 2.56
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "1")


def keep_compiled(home: Path) -> None:
    """What torch and Triton compile is kept beside the weights: the next renderer finds it, on a volume also the next pod.

    Both look when they first compile. Who chose another place keeps it.
    """
    folder = home / "models" / "compiled"
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "inductor"))
    os.environ.setdefault("TRITON_CACHE_DIR", str(folder / "triton"))
