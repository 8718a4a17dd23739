"""LanguageModelPlanner: a language model writes the draft, code checks it and makes the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from episodes.contradictions import errors_among
from episodes.plan import EpisodeRequest, Plan
from episodes.world import StoredWorld, World
from episodes.writing import Writing
from planning.asking import Question, Terms, ask
from planning.continuity.script import Moves
from planning.continuity.supervisor import contradictions_in
from planning.writer.checking import mistakes_in
from planning.writer.draft import Draft
from planning.writer.drafting import plan_of
from planning.writer.instructions import INSTRUCTIONS, brief_of


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageModelPlanner:
    """Implements Planner. Takes as long as the model does; safe to call from many threads, none of which runs an event loop."""

    terms: Terms
    name: str = "llm"
    moves: Moves = field(default_factory=dict)
    """Kind of renderer → the camera moves that it can make; None, or a kind that is not there: all of them."""

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        """Raises PlannerFailed when no plan came of it."""

        def wrong(draft: Draft) -> Sequence[str]:
            return mistakes_in(draft, request, world.world) or self._contradictions(draft, request, world.world)

        question = Question(
            instructions=INSTRUCTIONS,
            brief=brief_of(request, world.world, self.moves),
            answer=Draft,
            name="plan",
            mistakes_in=wrong,
        )
        draft, writing = ask(self.terms, question)
        return plan_of(draft, request, world.world, writing.model_copy(update={"planner": self.name}))

    def _contradictions(self, draft: Draft, request: EpisodeRequest, world: World) -> list[str]:
        plan = plan_of(draft, request, world, Writing())
        return [f"{one.what} {one.suggestion}" for one in errors_among(contradictions_in(plan, world, self.moves))]
