"""AnimateDiff on this GPU, against diffusers' own pipeline in the same run: from a prompt to an MP4 on disk.

`python -m benchmarks.gpu_animatediff` on a machine with a GPU, torch, diffusers, transformers and ffmpeg (imageio-ffmpeg) takes under ten
minutes. The architecture has its full size and random weights: nothing is downloaded. Measures the GPU's own ceilings, then takes turns
between the stock pipeline and ours, so that both meet the same machine; medians are given. Writes `gpu_animatediff.json` and a table.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks import gpu_models
from benchmarks.gpu_queue import publishers, run_queue
from benchmarks.gpu_report import Ceilings, Result, Timing, table
from benchmarks.gpu_tools import ceilings, counted_tflop, gpu_ms, profile_of, relative
from episodes.plan import Format
from rendering.backend import Frames
from rendering.backends.animatediff import attending
from rendering.backends.animatediff.loop import Loop, Shot
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.recipes import RECIPES, Recipe, Tier
from rendering.backends.libraries import Part
from rendering.encoding import encode
from rendering.progress import Unwatched

OUT = Path(__file__).parent.parent / "outputs" / "benchmarks"
DEVICE = torch.device("cuda")
BOUND = 1e-2
"""Of our latents' distance from the stock pipeline's, over the latter's length."""
PROMPT = "a hero lands on a rooftop at night, rain, neon light, dramatic low angle, wind in the cape"
NEGATIVE = "blurry, low quality"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """One way to get from a prompt to a file."""

    name: str
    recipe: Recipe
    make: Callable[[int, Path], None]
    """Given a seed and the file to write."""
    rounds: int
    is_ours: bool = False


def main() -> None:
    options = _options()
    pool = publishers(options.workers)
    options.out.mkdir(parents=True, exist_ok=True)
    dtype = getattr(torch, options.dtype)
    torch.backends.cudnn.benchmark = True
    began_s = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began_s:6.1f} s] {text}", flush=True)

    found = ceilings()
    say(f"{found.card}: {found.matmul_tflops:.0f} TFLOP/s in an 8192³ product of halves, copies at {found.copy_tbs:.2f} TB/s")
    models = gpu_models.full_size(DEVICE, dtype)
    say("models made")
    loops = _loops(models)
    result = _looked_at(options, models, loops, found, say)
    result = replace(result, **_in_a_row(options, loops, pool))
    pool.shutdown()
    say("queues done")
    _tell(result, options.out)
    _tell(replace(result, timings=_compared(options, models, loops, result, say)), options.out)
    say("done")
    if too_far := [name for name, distance in result.equality.items() if name.endswith("latents") and not distance < BOUND]:
        sys.exit(f"Further from stock than {BOUND}: {', '.join(too_far)}. What is fast and wrong is no result.")


def _tell(result: Result, out: Path) -> None:
    (out / "gpu_animatediff.json").write_text(json.dumps(asdict(result), indent=1, default=str))
    text = table(result)
    (out / "gpu_animatediff.md").write_text(text)
    print(text, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--dtype", default="float16", choices=["float16", "bfloat16"])
    parser.add_argument("--beats", type=int, default=32)
    parser.add_argument("--workers", type=int, default=8, help="processes that fill up and encode")
    parser.add_argument("--quick", action="store_true", help="few rounds and a short queue")
    parser.add_argument(
        "--no-compile", action="store_true", help="without the compiled stock pipeline, which takes minutes to build"
    )
    parser.add_argument("--profile", action="store_true", help="write where a clip's time goes")
    return parser.parse_args()


def _loops(models: Models) -> dict[Tier, Loop]:
    tiny = replace(models, vae=gpu_models.tiny_decoder(DEVICE, models.dtype))
    loops = {tier: _loop(models, RECIPES[tier]) for tier in (Tier.STANDARD, Tier.MASTER)}
    return loops | {Tier.DRAFT: _loop(tiny, RECIPES[Tier.DRAFT])}


def _looked_at(
    options: argparse.Namespace, models: Models, loops: dict[Tier, Loop], found: Ceilings, say: Callable[[str], None]
) -> Result:
    """Equality with stock, and what the parts take by themselves."""
    work = counted_tflop(models)
    say(f"TFLOP: {', '.join(f'{name} {value:.2f}' for name, value in work.items())}")
    stock = gpu_models.stock_pipeline(models, RECIPES[Tier.STANDARD])
    for tier, loop in loops.items():
        loop.warm([_shot(0)])
        say(f"{tier} is warm")
    equality = _equality(stock, loops, models, say)
    parts = _parts(stock, loops, models)
    say("; ".join(f"{name} {value:.1f} ms" for name, value in parts.items()))
    if options.profile:
        _profile(loops[Tier.STANDARD], models, options.out)
    return Result(
        ceilings=found,
        dtype=str(models.dtype),
        torch=torch.__version__,
        work_tflop=work,
        equality=equality,
        parts_ms=parts,
        attention=attending.chosen(),
    )


def _in_a_row(options: argparse.Namespace, loops: dict[Tier, Loop], pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Parts of the result: short clips of each tier, and the queue of standard beats of five seconds."""
    clips = {Tier.STANDARD: 24, Tier.DRAFT: 24, Tier.MASTER: 3}
    rows = {
        tier.value: run_queue(loops[tier], [_shot(seed) for seed in range(num_clips)], options.out, pool, times=1)
        for tier, num_clips in clips.items()
    }
    beats = [_shot(seed, num_frames=40) for seed in range(6 if options.quick else options.beats)]
    return {"in_a_row": rows, "queue": run_queue(loops[Tier.STANDARD], beats, options.out, pool, times=3)}


def _compared(
    options: argparse.Namespace, models: Models, loops: dict[Tier, Loop], result: Result, say: Callable[[str], None]
) -> list[Timing]:
    """One clip at a time, prompt to file, in turns. Adds the compiled stock pipeline's parts to the result's."""
    standard, master, draft = (RECIPES[tier] for tier in (Tier.STANDARD, Tier.MASTER, Tier.DRAFT))
    stock = gpu_models.stock_pipeline(models, standard)
    contenders = [
        Contender(name="stock, 4 steps", recipe=standard, make=_by_stock(stock, standard), rounds=5),
        Contender(name="stock, 25 steps with guidance", recipe=master, make=_by_stock(stock, master), rounds=2),
        Contender(name="ours, standard", recipe=standard, make=_by_ours(loops[Tier.STANDARD]), rounds=12, is_ours=True),
        Contender(name="ours, draft", recipe=draft, make=_by_ours(loops[Tier.DRAFT]), rounds=12, is_ours=True),
        Contender(name="ours, master", recipe=master, make=_by_ours(loops[Tier.MASTER]), rounds=3, is_ours=True),
    ]
    if not options.no_compile:
        compiled = gpu_models.stock_pipeline(models, standard)
        began_s = time.monotonic()
        _compile(compiled)
        make = _by_stock(compiled, standard)
        make(0, options.out / "compiled.mp4")
        say(f"stock compiled in {time.monotonic() - began_s:.0f} s")
        result.parts_ms["stock compiled, UNet"] = gpu_ms(_unet_call(compiled, models))
        result.parts_ms["stock compiled, VAE"] = gpu_ms(_vae_call(compiled, models))
        contenders.append(Contender(name="stock compiled, 4 steps", recipe=standard, make=make, rounds=6))
    return _take_turns(contenders, options, say)


def _loop(models: Models, recipe: Recipe) -> Loop:
    return Loop(replace(models, scheduler=gpu_models.scheduler_of(recipe)), recipe)


def _shot(seed: int, num_frames: int = 16) -> Shot:
    return Shot(
        prompt=f"{PROMPT}, take {seed}", negative_prompt=NEGATIVE, seed=seed, num_frames=num_frames, height=512, width=512
    )


def _compile(pipe: Part) -> None:
    """As the documentation of diffusers has it."""
    pipe.unet.to(memory_format=torch.channels_last)
    pipe.vae.to(memory_format=torch.channels_last)
    pipe.unet = torch.compile(pipe.unet, fullgraph=True)
    pipe.vae.decode = torch.compile(pipe.vae.decode, fullgraph=True)


def _by_stock(pipe: Part, recipe: Recipe) -> Callable[[int, Path], None]:
    from diffusers.utils import export_to_video

    scheduler = gpu_models.scheduler_of(recipe)

    def make(seed: int, path: Path) -> None:
        pipe.scheduler = scheduler
        export_to_video(pipe(**_asked(recipe, seed)).frames[0], str(path), fps=8)

    return make


def _asked(recipe: Recipe, seed: int) -> dict[str, object]:
    return {
        "prompt": f"{PROMPT}, take {seed}",
        "negative_prompt": NEGATIVE,
        "num_frames": 16,
        "height": 512,
        "width": 512,
        "num_inference_steps": recipe.num_steps,
        "guidance_scale": recipe.guidance,
        "generator": torch.Generator().manual_seed(seed),
    }


def _by_ours(loop: Loop) -> Callable[[int, Path], None]:
    def make(seed: int, path: Path) -> None:
        [frames] = loop.render([_shot(seed)], Unwatched())
        write(frames, path)

    return make


def write(frames: Frames, path: Path) -> None:
    film_format = Format(width=frames.shape[2], height=frames.shape[1], fps=8)
    encode(frames, path, film_format=film_format, num_frames=len(frames), control=Unwatched())


def _equality(stock: Part, loops: dict[Tier, Loop], models: Models, say: Callable[[str], None]) -> dict[str, float]:
    """Distance of our latents from the stock pipeline's, over the latter's length; and what half precision alone does to a prediction."""
    found: dict[str, float] = {}
    for tier in (Tier.STANDARD, Tier.MASTER):
        recipe = RECIPES[tier]
        stock.scheduler = gpu_models.scheduler_of(recipe)
        reference = stock(**_asked(recipe, 1), output_type="latent").frames
        ours = loops[tier].latents([_shot(1)], Unwatched())
        found[f"{tier}, latents"] = relative(ours, reference)
        say(f"{tier}: latents differ by {found[f'{tier}, latents']:.2e}")
    stock.scheduler = gpu_models.scheduler_of(RECIPES[Tier.STANDARD])
    exact = copy.deepcopy(models.unet).float()
    call = _unet_call(stock, models)
    latents, _, words = _unet_inputs(models)
    reference = exact(latents.float(), torch.tensor(499.0, device=DEVICE), words.float().repeat_interleave(16, 0)).sample
    found["stock's prediction from float32"] = relative(call(), reference)
    predictor = loops[Tier.STANDARD]._predictor
    assert predictor is not None
    unet = predictor._unet
    ours = unet(latents, unet.times([499.0])[0], unet.context(words))
    found["our prediction from float32"] = relative(ours, reference)
    say("; ".join(f"{name} {value:.2e}" for name, value in found.items()))
    return found


def _unet_inputs(models: Models) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator(DEVICE).manual_seed(5)
    latents = torch.randn((1, 4, 16, 64, 64), generator=generator, device=DEVICE, dtype=models.dtype)
    words = torch.randn((1, 77, 768), generator=generator, device=DEVICE, dtype=models.dtype)
    return latents, torch.tensor(499.0, device=DEVICE), words


@torch.no_grad()
def _parts(stock: Part, loops: dict[Tier, Loop], models: Models) -> dict[str, float]:
    """Milliseconds on the GPU of one UNet call for 16 frames and of decoding them."""
    latents, _, words = _unet_inputs(models)
    predictor, decoder, tiny = loops[Tier.STANDARD]._predictor, loops[Tier.STANDARD]._decoder, loops[Tier.DRAFT]._decoder
    assert predictor is not None
    assert decoder is not None
    assert tiny is not None
    unet, replayer = predictor._unet, predictor._replayer
    times_C, context = unet.times([499.0])[0], unet.context(words)
    pictures = latents[0].transpose(0, 1).float()
    parts = {
        "stock, UNet": gpu_ms(_unet_call(stock, models)),
        "stock, VAE": gpu_ms(_vae_call(stock, models)),
        "ours, UNet": gpu_ms(lambda: unet(latents, times_C, context)),
        "ours, VAE": gpu_ms(lambda: decoder(pictures)),
        "ours, tiny VAE": gpu_ms(lambda: tiny(pictures)),
    }
    if replayer is not None:
        parts["ours, UNet replayed"] = gpu_ms(lambda: replayer(latents, times_C, context))
        three = latents.expand(3, -1, -1, -1, -1).contiguous()
        of_three = unet.context(words.expand(3, -1, -1))
        parts["ours, UNet of 3 windows replayed"] = gpu_ms(lambda: replayer(three, times_C, of_three))
    return parts


@torch.no_grad()
def _profile(loop: Loop, models: Models, out: Path) -> None:
    """Not replayed: what is replayed has no names."""
    latents, _, words = _unet_inputs(models)
    predictor, decoder = loop._predictor, loop._decoder
    assert predictor is not None
    assert decoder is not None
    unet, times_C = predictor._unet, predictor._times[0]
    profile_of(lambda: unet(latents, times_C, unet.context(words)), out / "profile_unet.txt")
    profile_of(lambda: decoder(latents[0].transpose(0, 1).float()), out / "profile_vae.txt")


def _unet_call(pipe: Part, models: Models) -> Callable[[], torch.Tensor]:
    latents, timestep, words = _unet_inputs(models)
    repeated = words.repeat_interleave(16, 0)

    @torch.no_grad()
    def call() -> torch.Tensor:
        predicted: torch.Tensor = pipe.unet(latents, timestep, encoder_hidden_states=repeated).sample
        return predicted

    return call


def _vae_call(pipe: Part, models: Models) -> Callable[[], torch.Tensor]:
    pictures = _unet_inputs(models)[0][0].transpose(0, 1).contiguous()

    @torch.no_grad()
    def call() -> torch.Tensor:
        decoded: torch.Tensor = pipe.vae.decode(pictures).sample
        return decoded

    return call


def _take_turns(contenders: list[Contender], options: argparse.Namespace, say: Callable[[str], None]) -> list[Timing]:
    """Each contender a few times in each of its rounds, spread over the whole run."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    contenders[0].make(0, options.out / "warm.mp4")  # the others' shapes were met before, and are warm
    rounds = 2 if options.quick else max(contender.rounds for contender in contenders)
    for number in range(rounds):
        for contender in contenders:
            wanted = min(contender.rounds, rounds)
            if number * wanted // rounds == (number + 1) * wanted // rounds:
                continue
            torch.cuda.synchronize()
            began_s = time.perf_counter()
            contender.make(number + 1, options.out / "clip.mp4")
            seconds[contender.name].append(time.perf_counter() - began_s)
    say("turns taken")
    return [
        Timing(
            name=contender.name,
            tier=contender.recipe.tier.value,
            is_ours=contender.is_ours,
            clip_ms=1000 * statistics.median(seconds[contender.name]),
            fastest_ms=1000 * min(seconds[contender.name]),
            slowest_ms=1000 * max(seconds[contender.name]),
            num_clips=len(seconds[contender.name]),
        )
        for contender in contenders
    ]


if __name__ == "__main__":
    main()
