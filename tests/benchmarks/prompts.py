"""Letters as a shop's customers write them: 300 to 1,000 characters, invented persons, each one different."""

import random
from collections.abc import Iterator

_FIRST = [
    "Maria",
    "Jonas",
    "Aisha",
    "Pedro",
    "Ingrid",
    "Samuel",
    "Chloe",
    "Viktor",
    "Amara",
    "Daniel",
    "Yuki",
    "Elena",
    "Tomas",
    "Priya",
    "Oliver",
    "Nadia",
]
_LAST = [
    "Keller",
    "Okafor",
    "Lindqvist",
    "Moreau",
    "Castellano",
    "Brandt",
    "Novak",
    "Ferreira",
    "Haugen",
    "Osei",
    "Tanaka",
    "Whitfield",
]
_STREETS = ("Alder Street", "Mill Lane", "Station Road", "Harbour View", "Chestnut Avenue")
_GOODS = (
    "kettle",
    "desk lamp",
    "pair of boots",
    "coffee grinder",
    "garden hose",
    "winter jacket",
    "bookshelf",
)
_FAULTS = (
    "arrived with a cracked handle and no receipt in the box",
    "stopped working after four days of ordinary use",
    "came in the wrong colour although the order said dark green",
    "has been lost by the carrier for more than two weeks now",
)
_EXTRAS = (
    "I have already written to the shop twice and nobody has answered me so far.",
    "The parcel was left in the rain, although I had asked for it to be handed to a neighbour.",
    "The same thing happened last spring, and at that time a replacement was sent within three days.",
    "I would rather have the money back than another one of the same make, for I no longer trust it.",
    "Please tell me as well whether the guarantee is two years or three, the leaflet and the site disagree.",
    "My neighbour bought the very same article in your branch by the station and is perfectly happy with it.",
)


def letters(seed: int) -> Iterator[str]:
    """Endless letters; the same seed gives the same ones, another seed gives others."""
    draw = random.Random(seed)  # noqa: S311 - sample text, not a secret
    while True:
        yield _letter(draw)


def _letter(draw: random.Random) -> str:
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    number = draw.randrange(10**9)
    extras = " ".join(draw.sample(_EXTRAS, draw.randint(0, 5)))
    payment = (
        f"I paid with my card {_card(draw)}."
        if draw.random() < 0.5
        else f"Refund it to {_iban(draw)}, please."
    )
    return (
        f"Sort this letter by topic and urgency, and draft a short, kind answer.\n\nDear Sir or Madam,\n"
        f"my order {number:09d} of a {draw.choice(_GOODS)} {draw.choice(_FAULTS)}. {extras}\n{payment} "
        f"You can reach me at {first.lower()}.{last.lower()}{number % 10_000}@example.com or on "
        f"(415) 555-01{draw.randrange(100):02d}. The address is {draw.randint(1, 250)} "
        f"{draw.choice(_STREETS)}, Springfield.\nKind regards,\n{first} {last}"
    )


def _card(draw: random.Random) -> str:
    """A number that passes Luhn's check."""
    body = "4111" + "".join(str(draw.randrange(10)) for _ in range(11))
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(body))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return body + str(-total % 10)


def _iban(draw: random.Random) -> str:
    """A German IBAN whose check digits are right (ISO 13616)."""
    account = "".join(str(draw.randrange(10)) for _ in range(18))
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"
