"""All rules of the model test together, and how they are run."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test

from tests.reliability.store_bench import THOROUGH, Tally
from tests.reliability.store_coordinators import Coordinators
from tests.reliability.store_edits import Edits
from tests.reliability.store_money import Money
from tests.reliability.store_people import People
from tests.reliability.store_subjects import Subject
from tests.reliability.store_takes import Takes
from tests.reliability.store_troubles import Troubles


class StoreMachine(People, Coordinators, Troubles):
    """As Hypothesis runs it."""


class PlansMachine(Edits, Coordinators):
    """Likewise, with plans that are changed step by step."""


class MoneyMachine(Money, Coordinators):
    """Likewise, with budgets that run short."""


class TakesMachine(Takes, Coordinators):
    """Likewise, with several clips of a beat to choose from."""


MACHINES = {"people": StoreMachine, "plans": PlansMachine, "money": MoneyMachine, "takes": TakesMachine}


def run_model(
    subjects: Sequence[Subject],
    tally: Tally,
    *,
    num_examples: int,
    num_steps: int,
    thorough: int = THOROUGH,
    random_seed: int | None = None,
    stop_at_once: bool = False,
    enough: float = math.inf,
    about: str = "people",
) -> None:
    """Raises AssertionError with the steps that led there when a store and the oracle differ; Noticed with `stop_at_once`.

    `about` names one of MACHINES. After `enough` calls, and the end of an example, it raises Enough.

    Without a seed it is the same run each time, and each example has all rules.
    """
    has_swarms = random_seed is not None
    limits = {"thorough": thorough, "stop_at_once": stop_at_once, "enough": enough}
    given = {"subjects": subjects, "tally": tally, "has_swarms": has_swarms, **limits}
    test = get_state_machine_test(
        type("Machine", (MACHINES[about],), given),
        settings=settings(
            max_examples=num_examples,
            stateful_step_count=num_steps,
            derandomize=random_seed is None,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    (test if random_seed is None else seed(random_seed)(test))()
