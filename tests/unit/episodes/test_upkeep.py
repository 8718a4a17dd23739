from __future__ import annotations

from pathlib import Path

import pytest

from episodes.audit import Thing
from episodes.audited import ArtifactAudit
from episodes.errors import FailureClass, RenderFailed, Unavailable
from episodes.upkeep import Upkeep
from tests.unit.episodes.audit.told import Told


def torn(path: Path, artifact: ArtifactAudit) -> None:
    raise RenderFailed("The picture is torn.", FailureClass.OUTPUT)


class Aliens:
    def things(self) -> list[Thing]:
        return [Thing(where="actor alien", wrong="Nobody planned it.")]


@pytest.mark.slow
def test_videos_are_decoded_and_leftovers_looked_for_where_that_is_asked_for() -> None:
    told = Told()
    upkeep = Upkeep(told, told.artifacts, decode=torn, censuses=[Aliens()])

    def found(**how: str | bool) -> set[str]:
        return {violation.check for violation in upkeep.audit(**how).violations}  # type: ignore[arg-type]  # by name

    assert found() == {"decoding", "leftovers"}
    assert found(decode=False) == {"leftovers"}
    assert found(episode_id=told.ids["completed"]) == {"decoding"}
    assert found(decode=False, at_rest=True) == {"leftovers", "nothing-open"}
    assert Upkeep(told, told.artifacts).audit().violations == ()


@pytest.mark.slow
def test_one_audit_or_sweep_runs_at_a_time_and_the_next_one_after_it() -> None:
    told = Told()
    refused: list[Unavailable] = []

    class Curious:
        """Asks for more in the middle of an audit."""

        def things(self) -> list[Thing]:
            for ask in (upkeep.audit, upkeep.sweep):
                with pytest.raises(Unavailable) as caught:
                    ask()
                refused.append(caught.value)
            return []

    upkeep = Upkeep(told, told.artifacts, censuses=[Curious()])

    assert upkeep.audit().violations == ()
    assert len(refused) == 2
    assert len(upkeep.sweep(dry_run=True).orphans) == 10
    assert len(upkeep.sweep(episode_id=told.ids["revised"]).orphans) == 3
