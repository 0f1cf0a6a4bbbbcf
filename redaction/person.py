"""A person's name and its parts: what of it names the person alone, and how else it may be written."""

import re
from collections.abc import Iterator

_SHORTEST = 3  # letters; "Al" and "Bo" stand in too many other words' places
_TITLES_WORDS = """
mr mrs ms miss mx dr prof professor doctor sir dame lord lady madam herr herrn frau fräulein
monsieur madame mademoiselle mme mlle señor señora señorita sr sra srta signor signora signorina
sig dott dhr mevrouw meneer senhor senhora dom dona pan pani jr ii iii phd msc ing mag dipl
"""
_TITLES = frozenset(_TITLES_WORDS.split())
# Names that are words as well, and words that detectors take for names: alone, and with a capital, they may
# open a sentence, so they are no sign of the person.
_ORDINARY_WORDS = """
abbey ace amber angel april archer art ash aurora autumn bailey baker barber bay bear berry best
bill bird bishop bliss block bloom blossom blue bond booth brand brandy brook brooks brown buck
bush butler carpenter case cash chance chandler charity chase chip church clay cliff cloud cole
cook cooper crystal daisy dale dawn day dean dee destiny dick dolly drake drew duke earl early
east eden ember eve faith fay field finch fisher flora flower ford forest fox frank free french
frost gale gardener gene genesis ginger glass glen gold good grace grant gray green grey guy hall
harmony harper hart haven hazel heath heather heaven henna hill holly home honey hope hunt hunter
iris ivy jade jan jasmine jersey jet jewel joker joy judge july june justice key king kit knight
lake lane large laurel lee liberty lily lincoln little long love luck lucky mark marsh mason max
may melody mercy merit miles mill misty moon moor moss myrtle noble north nova ocean olive opal
page paris park pat patience peace pearl penny pepper piper pierce poppy porter price prince
prudence queen rain ray read reed reef rich ridge river robin rock rocky rod rose rosemary rowan
ruby rush rusty sage sandy savage scarlet scout serenity sharp sherry shore short sky sparrow
spring star stark stone storm summer sun sunny swan swift tailor taylor temple tiger tray treasure
trinity true unity vale verity victoria violet wade walker wall ward warden water west white wild
will willow winter wise wolf wood woods worth wren wright york young
ernst bauer koch richter klein groß lang jung kurz kaiser könig herzog engel sommer berg stein
weiß schwarz braun grün mai blume fleur marin blanc blanche noir petit legrand lebrun roi aimé
désiré constant cruz rosa luz paz reyes rey flores ríos blanco dolores pilar mercedes consuelo
socorro domingo ángel ángeles gallo fiore serena stella gioia bianca viola luna pinto lima bento
jong groot bos mały
about account address after again all also always amount and another answer any are article ask
attached back bank because been before both bring business but call can card care change chat
check choose city claim code come company contact could country customer date dear delivery
department did does done each email end english even every example fax first follow for form from
full german get give great had has have head hello help her here him his how however into invoice
its just keep know last later leave let letter like line list live look made mail make many
message month more most much name need never new next not note now number off office one only open
order other our out over own paid part pay payment person phone place plan please point post
problem product question quick reach receive refund regards reply report request right same say
see seen send service she should show sign since some soon start state still street such support
sure system take team tell text than thank thanks that the their them then there these they thing
this those through time today too took total town two under until update use user very visit wait
want was way week well were what when where which while who why wish with word work would write
year yes you your monday tuesday wednesday thursday friday saturday sunday january february march
august september october november december
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
_SPACES = re.compile(r"\s+")


def is_ordinary(word: str) -> bool:
    """Whether a word says nothing about a person when it stands alone."""
    low = word.casefold().strip(".,'\u2019")
    return low in _ORDINARY or low in _TITLES


def words(name: str) -> list[str]:
    """The words of a name, without titles, initials and particles."""
    return [
        word
        for word in _SPACES.split(name.strip(" .,;:"))
        if word[:1].isupper() and len(word.strip(".")) > 1 and word.casefold().strip(".") not in _TITLES
    ]


def names(name: str) -> list[str]:
    """Given name and family name, the latter with its particles; fewer where it is not such a name."""
    spoken = words(name)
    if len(spoken) < 2:  # noqa: PLR2004  a given name and a family name
        return spoken
    rest = name[name.find(spoken[0]) + len(spoken[0]) :]
    middle = [word for word in rest.split() if word in spoken[1:-1]]
    after = rest[rest.rfind(middle[-1]) + len(middle[-1]) :] if middle else rest
    family = [word for word in after.strip(" ,.;:").split() if len(word.strip(".")) > 1]
    return [spoken[0], " ".join(family)]


def telling_parts(name: str) -> Iterator[str]:
    """The words of a name of several that stand for the person alone."""
    if len(_SPACES.split(name.strip())) > 1:
        for word in words(name):
            part = word.strip(".,")
            if sum(map(str.isalpha, part)) >= _SHORTEST and not is_ordinary(part):
                yield part


def spellings(name: str) -> Iterator[str]:
    """The name in other cases, and as several languages put it in the genitive.

    Small letters only where one part is telling: "mark may" is a sentence.
    """
    parts = list(telling_parts(name))
    yield name.upper()
    if parts:
        yield name.lower()
        yield name.title()
    if not name.endswith(("s", "S")) and (parts or not is_ordinary(name)):
        yield f"{name}s"
    for part in parts:
        yield part
        yield part.upper()
        yield part.title()
        if not part.endswith(("s", "S")):
            yield f"{part}s"
