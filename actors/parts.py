"""What each actor is made of, opened in its own process from its own settings: no client, session or secret ever crosses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import assert_never

from actors.environment import keep_compiled
from actors.plan import FleetPlan, PublisherPlan, RendererPlan, plan_kind
from episodes.errors import BadInput, Conflict
from episodes.fleet import Kind
from episodes.money import Tariff, micros_of
from episodes.ports import ArtifactStore, Planner
from planning.asking import Terms
from planning.continuity.script import Moves
from planning.fountain.planner import ScreenplayPlanner
from planning.models import ModelAccess, check_access
from planning.offline.planner import OfflinePlanner
from planning.succession import PlannerSuccession
from planning.turnstile import Turnstile
from planning.vision.asking import ModelEyes
from planning.vision.remembering import RememberingEyes
from planning.vision.sight import Eyes
from planning.writer.planner import LanguageModelPlanner
from relay.redis_queue import QueueNames, RedisQueue
from relay.remote import RemoteRenderer
from relay.slot import Slot
from relay.vigil import Limits
from rendering.backend import Keyframes
from rendering.backends import BackendRecipe, Purse, camera_moves, check_backend, known_backends, on_sale, open_backend
from rendering.film import Cutter
from rendering.pictures import StoredPictures
from rendering.publishing import Publisher
from rendering.reception import Reception
from rendering.renderer import Renderer
from rendering.spool import Spool
from settings import RendererSettings, Settings, load_settings
from storage.artifacts import FolderRecipe, S3Credentials, S3Recipe, open_artifact_store
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.worlds_sql import SqlWorldStore

MAX_SPOOLS = 64
"""Publishers that share one disk: the nodes of a cluster that a test runs on one machine."""

PICTURE_CACHE_BYTES = 2_000_000_000

_CODE = Path(__file__).resolve().parent.parent
_PACKAGES = ("episodes", "planning", "rendering", "storage", "api", "relay", "actors")
_PRICES = {"price_per_hour", "price_per_s"}
_CODE_SUFFIXES = (".py", ".json")  # a model's recipe is data, and decides what is rendered


def code_version() -> str:
    """Twelve hex digits that change with any of the code's files: actors of another version are replaced."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(path for path in (_CODE / package).rglob("*") if path.suffix in _CODE_SUFFIXES):
            digest.update(str(path.relative_to(_CODE)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def open_artifacts(settings: Settings) -> ArtifactStore:
    if settings.local_mode:
        return open_artifact_store(FolderRecipe(root=settings.outputs))
    recipe = S3Recipe(bucket=settings.s3_bucket or "", endpoint=settings.s3_endpoint, region=settings.s3_region)
    credentials = None
    if settings.s3_access_key is not None and settings.s3_secret_key is not None:
        credentials = S3Credentials(
            access_key=settings.s3_access_key.get_secret_value(), secret_key=settings.s3_secret_key.get_secret_value()
        )
    return open_artifact_store(recipe, credentials)


def open_stores(settings: Settings) -> tuple[SqlEpisodeStore, SqlWorldStore]:
    """The database, at its newest migration."""
    engine = open_database(settings.absolute_database_url)
    upgrade(engine)
    total = None if settings.budget_total is None else micros_of(settings.budget_total)
    return SqlEpisodeStore(engine, settings.cluster_id, total), SqlWorldStore(engine)


def open_eyes(settings: Settings, artifacts: ArtifactStore) -> Eyes | None:
    """Who tells what is in pictures; None: nobody is configured. Raises BadInput when it cannot work here."""
    if settings.vision_model is None:
        return None
    access = ModelAccess(
        provider=settings.vision_provider,
        model=settings.vision_model,
        base_url=settings.vision_base_url,
        api_key=settings.vision_api_key,
        timeout_s=settings.vision_timeout_s,
    )
    check_access(access, "VISION_MODEL")
    return RememberingEyes(ModelEyes(access), artifacts)


MAX_PLANS_AT_ONCE = 8
"""That wait for a language model: each holds one of the 40 threads in which the API answers."""


def open_planner(settings: Settings, kinds: Sequence[Kind]) -> Planner:
    """Those of PLANNER, in order; a screenplay is no matter of theirs. Raises BadInput when one cannot work here."""
    moves = {kind.name: kind.camera_moves for kind in kinds}
    planners: dict[str, Planner] = {}
    for name in settings.planner:
        match name:
            case "offline":
                planners[name] = OfflinePlanner(moves)
            case "llm":
                planners[name] = Turnstile(_language_model_planner(settings, moves), MAX_PLANS_AT_ONCE)
            case _:
                assert_never(name)
    return ScreenplayPlanner(PlannerSuccession(planners=planners), moves)


def _language_model_planner(settings: Settings, moves: Moves) -> LanguageModelPlanner:
    access = ModelAccess(
        provider=settings.llm_provider,
        model=settings.llm_model or "",
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key,
        timeout_s=settings.llm_timeout_s,
    )
    check_access(access, "PLANNER")
    return LanguageModelPlanner(
        terms=Terms(
            access=access,
            shape=settings.llm_shape,
            max_repairs=settings.llm_max_repairs,
            price_in=settings.llm_price_in,
            price_out=settings.llm_price_out,
        ),
        moves=moves,
    )


def check_settings(settings: Settings) -> None:
    """Find out now, in one sentence, what would otherwise fail in some actor later. Raises BadInput or Unavailable."""
    known = known_backends()
    for kind, of in settings.storyworld_fleet.items():
        backend = of.backend or kind
        if backend not in known:
            if of.queue:  # what workers of another make can open is theirs to know
                continue
            hint = f"Known are: {', '.join(known)}."
            raise BadInput(f"STORYWORLD_FLEET names the backend {backend!r}, which does not exist.", hint, "STORYWORLD_FLEET")
        try:
            check_backend(backend_recipe(settings, backend, of.options))
        except BadInput as error:
            raise BadInput(f"STORYWORLD_FLEET: {error.message}", error.hint, "STORYWORLD_FLEET") from error
    if any(of.queue for of in settings.storyworld_fleet.values()):
        open_queue(settings).close()
    open_planner(settings, plan_fleet(settings).all_kinds())
    open_eyes(settings, open_artifacts(settings))
    open_stores(settings)


def plan_fleet(settings: Settings) -> FleetPlan:
    version = settings.storyworld_version or code_version()
    kinds = (
        plan_kind(
            kind,
            **of.model_dump(exclude=_PRICES),
            tariff=tariff_of(settings, kind, of),
            camera_moves=camera_moves(backend_recipe(settings, of.backend or kind, of.options)),
            version=version,
        )
        for kind, of in settings.storyworld_fleet.items()
    )
    return FleetPlan(
        kinds=tuple(kinds),
        publisher=PublisherPlan(
            version=version, num_slots=settings.publisher_slots, spool_max_bytes=int(settings.spool_max_gb * 1e9)
        ),
        is_for_one_node=settings.is_for_one_node,
        version=version,
    )


def tariff_of(settings: Settings, kind: str, of: RendererSettings) -> Tariff:
    """What the kind costs: as its settings say, or as its backend knows. Raises BadInput where these do not fit."""
    per_hour, per_s = of.price_per_hour, of.price_per_s
    sold = on_sale(backend_recipe(settings, of.backend or kind, of.options))
    if sold is not None and per_hour is not None:
        raise BadInput(
            f"The clips of {kind!r} are bought.", "Give their price_per_s, not a price_per_hour.", "STORYWORLD_FLEET"
        )
    if sold is None and per_s is None:
        return Tariff(per_hour_micros=micros_of(per_hour or Decimal(0)))
    known = Decimal(str(sold.usd_per_s)) if sold is not None and sold.usd_per_s is not None else None
    price = per_s if per_s is not None else known
    return Tariff(
        sells_clips=True,
        per_s_micros=None if price is None else micros_of(price),
        lengths_s=sold.lengths_s if sold is not None else (),
    )


def backend_recipe(settings: Settings, name: str, options: Mapping[str, str]) -> BackendRecipe:
    return BackendRecipe(name=name, options=dict(options), home=settings.storyworld_home)


def open_purse(settings: Settings, orders: ArtifactStore) -> Purse:
    """What backends buy with, from this process's own environment."""
    path = settings.google_application_credentials
    return Purse(
        orders=orders,
        gemini_api_key=settings.gemini_api_key,
        google_credentials=path and settings.storyworld_home / path,
        openai_video_api_keys={url.rstrip("/"): key for url, key in settings.openai_video_api_keys.items()},
    )


def open_renderer(plan: RendererPlan) -> Renderer:
    """Ready to draw: weights loaded, shapes warm. The actor answers nobody before this has returned."""
    settings = load_settings()
    return renderer_of(settings, open_artifacts(settings), plan.backend, dict(plan.options))


def renderer_of(settings: Settings, artifacts: ArtifactStore, backend: str, options: Mapping[str, str]) -> Renderer:
    keep_compiled(settings.storyworld_home)
    opened = open_backend(backend_recipe(settings, backend, options), open_purse(settings, artifacts))
    pictures = StoredPictures(artifacts, settings.spool / "pictures", max_bytes=PICTURE_CACHE_BYTES)
    return Renderer(opened, pictures)


def open_queue(settings: Settings) -> RedisQueue:
    """Raises BadInput when there is none, or it lets nobody in, Unavailable when it does not answer."""
    if settings.redis_url is None:
        raise BadInput("REDIS_URL is not set.", "Name the Redis server through which workers are reached.", "REDIS_URL")
    ca_cert = settings.storyworld_home / settings.redis_ca_cert if settings.redis_ca_cert is not None else None
    names = QueueNames(jobs=settings.job_queue, results=settings.result_queue)
    queue = RedisQueue(settings.redis_url.get_secret_value(), names, ca_cert=ca_cert)
    queue.check()
    return queue


def open_slot(plan: RendererPlan) -> RemoteRenderer[Keyframes]:
    """A renderer that has others render."""
    settings = load_settings()
    limits = Limits(deadline_s=plan.slot_deadline_s) if plan.slot_deadline_s is not None else Limits()
    name = f"{settings.cluster_id}/{plan.name}"
    slot = Slot(open_queue(settings), name, backend=plan.backend, limits=limits)
    return RemoteRenderer(slot, Reception(open_artifacts(settings)))


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishingParts:
    publisher: Publisher
    cutter: Cutter


def open_publishing(plan: PublisherPlan, node: str, slots: AbstractContextManager[object]) -> PublishingParts:
    settings = load_settings()
    artifacts = open_artifacts(settings)
    spool = claim_spool(settings.spool, plan.spool_max_bytes)
    return PublishingParts(
        publisher=Publisher(artifacts, spool, node=node, slots=slots), cutter=Cutter(artifacts, spool, node=node)
    )


def claim_spool(root: Path, max_bytes: int) -> Spool:
    """The first spool that nobody works on: a restarted publisher finds its own again, whatever Ray calls its node now."""
    for index in range(MAX_SPOOLS - 1):
        try:
            return Spool(root / f"publisher-{index}", max_bytes=max_bytes)
        except Conflict:
            continue
    return Spool(root / f"publisher-{MAX_SPOOLS - 1}", max_bytes=max_bytes)
