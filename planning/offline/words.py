"""Words of a closed class that reading needs: little words, numbers, times, weather, sizes and kinds of beings."""

from __future__ import annotations

from typing import Final

from episodes.plan import TimeOfDay


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that read as text."""
    return frozenset(text.split())


ARTICLES: Final = word_set("a an the this that these those some any another each every no both all")
POSSESSIVES: Final = word_set("my your his her its our their whose")
PRONOUNS: Final = word_set(
    "i you he she it we they him them me us himself herself itself themselves each-other everyone somebody everybody someone nobody "
    "anybody anyone nothing something anything everything none"
) | {"no one"}
NOBODY: Final = word_set(
    "me us him her them himself herself itself themselves each-other nobody anybody anyone nothing something anything everything none"
) | {"no one"}
"""Pronouns that are no figure in the picture where nothing before says whom they mean."""
OBJECT_PRONOUNS: Final = word_set("it him her them this that")
SUBJECT_PRONOUNS: Final = word_set("he she it they")
AUXILIARIES: Final = word_set("is are was were be been being am has have had do does did will would shall gets get got")
BE: Final = word_set("is are was were be been being am gets get got")
MODALS: Final = word_set("can could must should may might cannot")
NEGATIONS: Final = word_set("not never neither hardly barely scarcely rarely seldom") | {"no longer"}
SEPARATORS: Final = word_set("and then but while until before after when as because so or nor where whereas")
RELATIVES: Final = word_set("who that which whose")
PLACE_PREPOSITIONS: Final = word_set(
    "on in at to through into under over across inside near beside by from behind along around above beneath toward "
    "towards past onto off outside within atop between beyond below up down out"
)
STATIC_PREPOSITIONS: Final = word_set(
    "on in at under inside near beside behind above beneath outside within atop between beyond below"
)
OTHER_PREPOSITIONS: Final = word_set(
    "with without for of against after before about like during until till via despite against upon"
)
PREPOSITIONS: Final = PLACE_PREPOSITIONS | OTHER_PREPOSITIONS
ADVERBS: Final = word_set(
    "away back together again alone home there here up down out off slowly quickly quietly suddenly happily sadly "
    "finally once always just also too very still soon now today forever everywhere apart around hard fast high "
    "low later secretly bravely angrily anxiously bitterly boldly calmly carefully cheerfully clumsily coldly desperately eagerly "
    "excitedly fiercely frantically furiously gently gladly gracefully hastily hungrily joyfully lazily loudly madly merrily nervously "
    "noisily patiently playfully politely proudly rapidly rudely seriously shyly silently softly sternly swiftly tenderly tiredly "
    "triumphantly warmly weakly wearily wildly yesterday tomorrow meanwhile afterwards eventually sometimes often usually"
)

NUMBERS: Final[dict[str, int]] = {
    **{word: n for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1)},
    **{str(n): n for n in range(2, 100)},
    "both": 2, "several": 3, "many": 4, "few": 3, "hundreds": 6, "thousands": 6, "dozens": 6, "some": 3, "couple": 2, "pair": 2,
}  # fmt: skip

TIMES: Final[dict[str, TimeOfDay]] = {
    **dict.fromkeys(word_set("dawn sunrise daybreak"), TimeOfDay.DAWN),
    **dict.fromkeys(
        ["day", "daytime", "noon", "midday", "afternoon", "daylight", "sunshine", "morning", "sunny"], TimeOfDay.DAY
    ),
    **dict.fromkeys(word_set("dusk sunset evening twilight sundown"), TimeOfDay.DUSK),
    **dict.fromkeys(
        ["night", "nighttime", "midnight", "tonight", "moonlight", "moonlit", "starlight", "nightfall", "moon", "stars"],
        TimeOfDay.NIGHT,
    ),
}
TIME_WORDS: Final = frozenset(TIMES) | word_set(
    "time moment day week year hour minute second while spring summer autumn winter "
    "monday tuesday wednesday thursday friday saturday sunday weekend christmas halloween easter"
)

WEATHER: Final[dict[str, str]] = {
    **dict.fromkeys(word_set("rain rainy raining downpour drizzle"), "rain"),
    **dict.fromkeys(word_set("snow snowy snowing blizzard snowfall"), "snow"),
    **dict.fromkeys(word_set("storm stormy thunder lightning thunderstorm hurricane"), "storm"),
    **dict.fromkeys(word_set("fog foggy mist misty"), "fog"),
    **dict.fromkeys(word_set("wind windy breeze"), "wind"),
}

# "in love", "in silence": they follow a preposition of place and are none
NO_PLACES: Final = word_set(
    "love silence fear anger joy peace war secret pieces half circles trouble time way speed air hand hands arms fire "
    "danger need purpose accident surprise front end beginning life death dream dreams mind heart head foot feet eyes "
    "eye tears total sight line row group team pair turn charge search help first last once least most all power "
    "strength music beat drum light dark darkness shadow shadows sun sunlight cold heat everything nothing something "
    "each other one another"
)

SIZES: Final[dict[str, float]] = {
    **dict.fromkeys(word_set("giant gigantic huge enormous towering titanic mighty"), 2.7),
    **dict.fromkeys(word_set("colossal monstrous immense kaiju titan giants"), 3.0),
    **dict.fromkeys(word_set("big large tall great"), 1.5),
    **dict.fromkeys(word_set("small little young baby short"), 0.65),
    **dict.fromkeys(word_set("tiny mini miniature"), 0.4),
}

_KINDS: Final[dict[float, str]] = {
    3.0: "kaiju titan godzilla leviathan kraken",
    2.6: "dragon giant ogre dinosaur whale troll golem hydra cyclops",
    1.5: "monster beast demon horse bear elephant lion tiger gorilla dino creature werewolf minotaur griffin unicorn camel shark "
    "cow bull ox buffalo bison moose rhino giraffe zebra panther leopard cheetah",
    1.0: "man woman person hero heroine knight king queen prince princess warrior samurai ninja wizard witch mage sorcerer robot android "
    "cyborg alien astronaut pilot captain pirate soldier guard detective thief villain teacher student chef cook doctor nurse farmer "
    "sailor hunter singer dancer musician artist painter writer scientist engineer mechanic driver rider traveller traveler stranger "
    "friend friends father mother brother sister son daughter uncle aunt husband wife boyfriend girlfriend lover lovers couple people "
    "crowd family team army ghost vampire zombie skeleton angel god goddess spirit mermaid elf clown spy boss mayor police policeman "
    "policewoman cop firefighter fisherman fishermen villager citizen neighbour neighbor enemy rival master apprentice monk priest "
    "boxer wrestler runner player champion swordsman men women mum mom dad keeper merchant shopkeeper baker barista superhero rebel "
    "assassin mercenary sheriff cowboy viking gladiator tourist customer passenger bride groom widow orphan beggar emperor empress "
    "duke lord lady butler maid servant slave human humans crew gang band chief leader explorer adventurer gardener librarian "
    "squire bartender waiter waitress barber butcher tailor carpenter plumber lawyer burglar robber killer prisoner surgeon dentist "
    "professor journalist reporter photographer actor actress babysitter nanny commander sergeant officer agent president minister "
    "senator secretary clerk cashier manager worker miner archer blacksmith bard peasant nobleman jester bishop nun shaman druid "
    "warlock sorceress hermit genie nymph intruder bandit hitman bodyguard hacker magician guest visitor bully niece nephew cousin",
    0.8: "girl boy child kid children kids teenager dwarf goblin penguin schoolgirl schoolboy twin twins",
    0.7: "grandmother grandfather grandma grandpa wolf deer pig sheep goat pony panda monkey dolphin seal "
    "donkey hyena coyote boar kangaroo reindeer ape",
    0.45: "cat dog fox puppy lamb toddler baby goose eagle owl swan turtle kitten raccoon",
    0.25: "mouse rat bird rabbit bunny hamster squirrel crow raven chicken duck frog fish fairy butterfly bee hedgehog parrot pigeon sparrow crab "
    "snake spider lizard snail worm moth octopus squid beetle lobster jellyfish",
}
BEINGS: Final[dict[str, float]] = {kind: scale for scale, kinds in _KINDS.items() for kind in kinds.split()}
"""Kind of being → height relative to a grown person."""

PLURALS: Final[dict[str, str]] = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "mice": "mouse", "geese": "goose", "wolves": "wolf",
    "thieves": "thief", "heroes": "hero", "fishermen": "fisherman", "dwarves": "dwarf", "elves": "elf", "kids": "kid", "fish": "fish",
    "feet": "foot", "knives": "knife", "leaves": "leaf", "lives": "life", "witches": "witch", "princesses": "princess", "foxes": "fox",
    "fairies": "fairy", "butterflies": "butterfly", "bunnies": "bunny", "puppies": "puppy", "spies": "spy", "bosses": "boss",
}  # fmt: skip


def singular(noun: str) -> str:
    """A noun's singular, or the word itself where it is one: heroes → hero, boss → boss."""
    if noun in PLURALS:
        return PLURALS[noun]
    if noun in BEINGS and not noun.endswith("s"):
        return noun
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("shes", "ches", "xes", "sses")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3:
        return noun[:-1]
    return noun


def is_plural_noun(noun: str) -> bool:
    return (noun in PLURALS and noun != PLURALS[noun]) or singular(noun) != noun


THINGS: Final = word_set(
    "ball car truck leaf sun moon star stars wind rain snow storm cloud clouds fire flame light shadow sword book "
    "letter key treasure gold map door window clock bell song story secret flower tree bomb rocket machine engine "
    "bicycle bike boat ship train plane kite hat coat ring crown phone camera painting picture cake bread soup "
    "noodles ramen pizza apple food meal tea coffee water wave waves river mountain house city village world earth "
    "planet night day dawn time love hope fear dream music war peace silence smoke dust ash ashes glass blood ice steam sand mud spark "
    "debris bullet arrow gun knife blade rope string wire chain stone rock paper curtain lamp candle lantern mirror table chair bed "
    "shelf box bag bottle cup plate radio television screen computer telephone siren alarm bell whistle laughter applause gunfire "
    "footstep voice scream echo thunder wall floor ceiling roof elevator stairs tv"
)
CLOTHES: Final = word_set(
    "coat suit dress hat cape mask costume armor armour uniform jacket boots gown kimono disguise pyjamas"
)
