"""Arguments and options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

EpisodeId = Annotated[str, typer.Argument(metavar="EPISODE", help="Its id: `episodes` lists them.")]
EpisodeOrQueue = Annotated[str | None, typer.Argument(metavar="[EPISODE]", help="Its id; none: the whole queue.")]
EpisodeOrAll = Annotated[str | None, typer.Argument(metavar="[EPISODE]", help="Only this one; none: all.")]
BeatId = Annotated[str | None, typer.Argument(metavar="[BEAT]", help="Only this beat: b2.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Render even what was rendered before, instead of copying its clip.")]
Url = Annotated[str | None, typer.Option("--url", envvar="STORYWORLD_URL", help="Of a running system; default: found.")]

MAX_PORT = 65_535
MAX_PAGE = 200
"""Episodes that the API lists at once."""
MAX_CPUS = 4096
"""Ray believes whatever it is told; no machine has more, but a slip of the finger has."""
