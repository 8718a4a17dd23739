"""Casting: which characters play whom; whoever the world does not know is improvised, the same way every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from episodes.world import Character, World
from planning.names import comparable, identifier, is_numbered
from planning.offline.dice import Dice
from planning.offline.mentions import Mention, kind_of
from planning.offline.places import KIND_OF
from planning.offline.words import BEINGS, NOBODY, SIZES, THINGS, TIME_WORDS, WEATHER, word_set

_GIANT: Final = 2.0
MAX_COPIES = 4
"""Of one mention in a picture: "hundreds of robots" are four that can be told apart."""

_PALETTES: Final = (
    "3a2a20 c2452d 2b3a67", "e8c07a 2f7f79 3d3550", "221c1c 6b4fa0 d0a03a", "8a4b2a e3e0d5 3f5d7d",
    "1f2a44 e07a5f 3d405b", "c9b18a 5a7d4a 4a3b2f", "5b2a3c d98ca0 2f2f3f", "303030 4f8fc0 e2dccb",
)  # fmt: skip
_KIND_PALETTES: Final = {
    "monster beast demon creature ogre troll goblin kaiju titan alien hydra": (
        "4d2f66 7a4fa3 a9c46c",
        "2f4a2c 5f8f3f b0c060",
        "5a2430 a33b3b d99a4a",
    ),
    "dragon dinosaur dino godzilla crocodile": ("2c5a3c 3f8f57 d9c36a", "6a1f1f b53030 e0a040"),
    "robot android cyborg": ("c8d0d6 7f93a3 3c4b57", "e0d6c0 c98b3a 4a4a52", "a9c7c2 4f8f8a 2f4048"),
    "cat dog fox lion tiger kitten puppy": ("d98b3f f0c88a 8a4f22", "55504c 8d8781 d9d3cb"),
    "ghost spirit angel": ("eef2f7 d5dfec b5c3d9",),
    "wolf bear horse mouse rabbit elephant whale": ("5a4a3f 8a7462 c4b09a", "4a5560 7a8894 c2ccd4"),
}
_PALETTES_OF_KIND: Final = {kind: palettes for kinds, palettes in _KIND_PALETTES.items() for kind in kinds.split()}
_SPEECHLESS: Final = word_set(
    "cat dog fox puppy kitten goose eagle owl swan turtle raccoon mouse rat bird rabbit bunny hamster squirrel crow raven chicken duck "
    "frog fish butterfly bee hedgehog pigeon sparrow crab wolf deer pig sheep goat pony monkey dolphin seal lamb horse bear elephant "
    "lion tiger gorilla dino dinosaur camel shark whale beast creature monster kaiju godzilla zombie baby toddler dragon hydra kraken leviathan "
    "cow bull ox buffalo bison moose rhino giraffe zebra panther leopard cheetah donkey hyena coyote boar kangaroo reindeer ape snake "
    "spider lizard snail worm moth octopus squid beetle lobster jellyfish"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Player:
    """A character with what the intent says of its size."""

    character: Character
    scale: float
    feeling: str = ""
    """What its face shows, where that was said; else it follows from what it does."""
    gesture: str = ""
    """What it shows, where no family of deeds says it."""
    is_foe: bool = False
    """Somebody is saved from it."""

    @property
    def speaks(self) -> bool:
        return kind_of(self.character) not in _SPEECHLESS


@dataclass(frozen=True, kw_only=True)
class Casting:
    """Remembers who plays whom within one episode."""

    world: World
    dice: Dice
    _cast: dict[str, tuple[Player, ...]] = field(default_factory=dict)

    def players(self, mention: Mention) -> tuple[Player, ...]:
        """Nobody for things and places; several for "two robots"."""
        if mention.again not in self._cast:
            self._cast[mention.again] = self._choose(mention)
        return self._cast[mention.again]

    def players_of(self, mentions: Sequence[Mention]) -> tuple[Player, ...]:
        return tuple(player for mention in mentions for player in self.players(mention))

    def _choose(self, mention: Mention) -> tuple[Player, ...]:
        if mention.among:
            group = self.players_of(mention.among)
            return group[-mention.number :]
        is_told_of = mention.head not in NOBODY if mention.is_pronoun else mention.phrase.partition(" ")[0].casefold() != "no"
        if not is_told_of:
            return ()
        if mention.character is None and (mention.place_index is not None or mention.head in THINGS or mention.head in KIND_OF):
            return ()
        if mention.character is None and not mention.is_proper and mention.head in WEATHER.keys() | TIME_WORDS:
            return ()
        original = mention.character or self._improvised(mention)
        scale = _scale(mention, original)
        count = min(mention.number, MAX_COPIES)
        meant = self._numbered_like(original)[:count] if count > 1 else ()
        copies = (_copy(original, n, self.dice) for n in range(len(meant), count))
        return tuple(Player(character=one, scale=scale) for one in (*meant, *copies))

    def _numbered_like(self, original: Character) -> tuple[Character, ...]:
        """ "Two robots" where the world has Robot 1 and Robot 2: these."""
        if not is_numbered(original.name):
            return ()
        return tuple(one for one in self.world.characters if comparable(one.name) == comparable(original.name))

    def _improvised(self, mention: Mention) -> Character:
        core = "lone figure" if mention.is_pronoun else mention.core
        name = mention.phrase if mention.is_pronoun else mention.name
        kind = mention.head
        palettes = _PALETTES_OF_KIND.get(kind, _PALETTES)
        colours = self.dice.pick(palettes, "palette", core.casefold())
        return Character(
            character_id=identifier(name, "figure"),
            name=(name if mention.is_proper else name.title())[:80].strip(),
            description=("" if mention.is_proper else _article(core, is_plural=mention.is_plural))[:2000],
            palette=tuple(f"#{c}" for c in colours.split()),
        )


def protagonist(world: World, taken: Sequence[str], dice: Dice) -> Mention:
    """Who acts where the intent names nobody: "Fight the dragon!"."""
    alive = [c for c in world.characters if world.state_of(c.character_id).is_alive]
    free = [c for c in alive if c.name not in taken and kind_of(c) not in _SPEECHLESS]
    if not free:
        return Mention(phrase="a lone hero", again="the hero", core="lone hero", head="hero")
    chosen = dice.pick(free, "protagonist")
    return Mention(phrase=chosen.name, again=chosen.name, core=chosen.name, head=kind_of(chosen), character=chosen)


def natural_height(character: Character) -> float:
    """As its name and its description tell it, relative to a grown person."""
    named = Mention(
        phrase=character.name, again=character.name, core=character.name, head=kind_of(character), character=character
    )
    return _scale(named, character)


def _scale(mention: Mention, character: Character) -> float:
    words = f"{mention.name} {character.name if mention.character else ''}".casefold().split()
    told = [SIZES[word] for word in words if word in SIZES]
    if not told and mention.character is not None:
        told = [SIZES[w] for w in character.description.casefold().replace(",", " ").split()[:3] if SIZES.get(w, 1) >= _GIANT]
    kind = BEINGS.get(kind_of(character) or mention.head, 1.0)
    if told and told[0] >= _GIANT:
        return max(told[0], kind) if kind >= 0.8 else 2.2
    return round(min(10.0, kind * (told[0] if told else 1.0)), 2)


def _copy(original: Character, number: int, dice: Dice) -> Character:
    """The second and third of "three robots": the same being under an id of its own, its colours turned round."""
    if number == 0:
        return original
    palette = (
        original.palette[number % len(original.palette) :] + original.palette[: number % len(original.palette)]
        if original.palette
        else ()
    )
    return original.model_copy(
        update={
            "character_id": f"{original.character_id[:60]}-{number + 1}",
            "name": f"{original.name[:76]} {number + 1}",
            "palette": palette,
        }
    )


def _article(core: str, *, is_plural: bool) -> str:
    if is_plural:
        return core
    return f"{'an' if core[:1].casefold() in tuple('aeiou') else 'a'} {core}"
