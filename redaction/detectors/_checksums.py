"""Check digits of national identifiers; each function takes the value as it was written."""

from collections.abc import Callable, Sequence
from datetime import date

Check = Callable[[str], bool]


def digits(value: str) -> list[int]:
    """The decimal digits of a value, of any script, in order."""
    return [int(char) for char in value if char.isdecimal()]


def weighted(weights: Sequence[int], modulus: int, *, ten: int | None = None) -> Check:
    """The weighted sum of all but the last digit, taken by ``modulus``, is the last; ``ten`` stands for 10."""

    def right(value: str) -> bool:
        numbers = digits(value)
        if len(numbers) != len(weights) + 1:
            return False
        rest = sum(w * n for w, n in zip(weights, numbers, strict=False)) % modulus
        return (ten if rest == 10 and ten is not None else rest) == numbers[-1]

    return right


def complement(weights: Sequence[int], modulus: int) -> Check:
    """The weighted sum and the last digit together make a multiple of ``modulus``; 10 and 11 stand for 0."""

    def right(value: str) -> bool:
        numbers = digits(value)
        if len(numbers) != len(weights) + 1:
            return False
        rest = -sum(w * n for w, n in zip(weights, numbers, strict=False)) % modulus
        return (0 if rest >= 10 else rest) == numbers[-1]

    return right


def luhn(value: str) -> bool:
    """Luhn's check (ISO/IEC 7812)."""
    total = 0
    for index, digit in enumerate(reversed(digits(value))):
        total += digit if index % 2 == 0 else sum(divmod(2 * digit, 10))
    return total % 10 == 0


def iso_11_10(value: str) -> bool:
    """ISO/IEC 7064 MOD 11,10: Croatian OIB, German tax numbers."""
    rest = 10
    numbers = digits(value)
    for digit in numbers[:-1]:
        rest = ((rest + digit) % 10 or 10) * 2 % 11
    return (11 - rest) % 10 == numbers[-1]


def belgian(value: str) -> bool:
    """97 less the first nine digits by 97; those born from 2000 put a 2 before them."""
    number, check = int("".join(map(str, digits(value)[:9]))), int("".join(map(str, digits(value)[9:])))
    return check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def french(value: str) -> bool:
    """97 less the first thirteen by 97; Corsica's departments 2A and 2B count as 19 and 18."""
    plain = "".join(value.split()).replace(".", "").upper().replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and len(plain) == 15 and 97 - int(plain[:13]) % 97 == int(plain[13:])


def dutch(value: str) -> bool:
    """The eleven test of the burgerservicenummer."""
    numbers = digits(value)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return any(numbers) and sum(w * n for w, n in zip(weights, numbers, strict=False)) % 11 == 0


def austrian(value: str) -> bool:
    """The fourth digit is the weighted sum of the others by 11, and a date of birth follows it."""
    numbers = digits(value)
    weights = (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)
    return sum(w * n for w, n in zip(weights, numbers, strict=True)) % 11 == numbers[3] and numbers[0] > 0


def baltic(value: str) -> bool:
    """Estonian and Lithuanian personal codes: two rounds of weights by 11."""
    numbers = digits(value)
    first = sum(w * n for w, n in zip((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), numbers, strict=False)) % 11
    second = sum(w * n for w, n in zip((3, 4, 5, 6, 7, 8, 9, 1, 2, 3), numbers, strict=False)) % 11
    rest = first if first < 10 else second % 10
    return rest == numbers[-1] and _a_day(numbers[1] * 10 + numbers[2], *_pairs(numbers[3:7]))


def czech(value: str) -> bool:
    """Rodné číslo: divisible by 11; months of women are 50 higher, 20 more when the numbers of a day ran out."""
    numbers = digits(value)
    month = numbers[2] * 10 + numbers[3]
    month = next((month - more for more in (70, 50, 20, 0) if 1 <= month - more <= 12), 0)
    return int("".join(map(str, numbers))) % 11 == 0 and _a_day(
        numbers[0] * 10 + numbers[1], month, numbers[4] * 10 + numbers[5]
    )


def danish(value: str) -> bool:
    """CPR: a date of birth; the check by 11 has not held for all since 2007."""
    numbers = digits(value)
    day, month, year = _pairs(numbers[:6])
    return _a_day(year, month, day)


def bulgarian(value: str) -> bool:
    """EGN: months are 20 or 40 higher for births before 1900 and from 2000."""
    numbers = digits(value)
    year, month, day = _pairs(numbers[:6])
    weights = (2, 4, 8, 5, 10, 9, 7, 3, 6)
    rest = sum(w * n for w, n in zip(weights, numbers, strict=False)) % 11 % 10
    return rest == numbers[-1] and _a_day(year, month % 20, day)


def romanian(value: str) -> bool:
    """CNP: sex and century, date of birth, county, and a weighted sum by 11."""
    numbers = digits(value)
    year, month, day = _pairs(numbers[1:7])
    weights = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)
    rest = sum(w * n for w, n in zip(weights, numbers, strict=False)) % 11
    return (1 if rest == 10 else rest) == numbers[-1] and _a_day(year, month, day)


def yugoslav(value: str) -> bool:
    """EMŠO and JMBG: day, month and three digits of the year, region, and a weighted sum by 11."""
    numbers = digits(value)
    day, month = _pairs(numbers[:4])
    weights = (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = 11 - sum(w * n for w, n in zip(weights, numbers, strict=False)) % 11
    return (0 if rest >= 10 else rest) == numbers[-1] and _a_day(numbers[5] * 10 + numbers[6], month, day)


def greek_amka(value: str) -> bool:
    """AMKA: a date of birth and Luhn's check."""
    day, month, year = _pairs(digits(value)[:6])
    return luhn(value) and _a_day(year, month, day)


def greek_afm(value: str) -> bool:
    """AFM: powers of two by 11."""
    numbers = digits(value)
    total = sum(n << (8 - place) for place, n in enumerate(numbers[:8]))
    return any(numbers) and total % 11 % 10 == numbers[-1]


def irish(value: str) -> bool:
    """PPS: weighted digits and a second letter by 23 give the first letter."""
    numbers, letters = digits(value), [char for char in value.upper() if char.isalpha()]
    total = sum(w * n for w, n in zip(range(8, 1, -1), numbers, strict=True))
    if len(letters) == 2 and letters[1] != "W":
        total += 9 * (ord(letters[1]) - 64)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == letters[0]


def luxembourgish(value: str) -> bool:
    """A date of birth, then Luhn's check over eleven digits and Verhoeff's over the same."""
    numbers = digits(value)
    month, day = _pairs(numbers[4:8])
    return _a_day(numbers[2] * 10 + numbers[3], month, day) and luhn("".join(map(str, numbers[:12])))


def norwegian(value: str) -> bool:
    """Fødselsnummer: two weighted sums by 11."""
    numbers = digits(value)
    first = sum(w * n for w, n in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), numbers, strict=False)) % 11
    second = sum(w * n for w, n in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), numbers, strict=True)) % 11
    return first == 0 and second == 0 and any(numbers)


def brazilian_cpf(value: str) -> bool:
    """CPF: two check digits by 11; eleven times the same digit is none."""
    numbers = digits(value)
    return len(set(numbers)) > 1 and all(
        _brazilian(numbers[:size], range(size + 1, 1, -1)) == numbers[size] for size in (9, 10)
    )


def chilean(value: str) -> bool:
    """RUT: a weighted sum by 11, whose 10 is K."""
    plain = [char for char in value.upper() if char.isalnum()]
    total = sum((2 + place % 6) * int(char) for place, char in enumerate(reversed(plain[:-1])))
    return "0K987654321"[total % 11] == plain[-1]


def vin(value: str) -> bool:
    """The ninth character of a vehicle's number as North America checks it (49 CFR 565)."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))  # fmt: skip
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(
        w * (int(char) if char.isdigit() else values.get(char, 0))
        for w, char in zip(weights, value.upper(), strict=False)
    )
    return "0123456789X"[total % 11] == value[8].upper()


def polish_card(value: str) -> bool:
    """Dowód osobisty: letters count from 10, and the fourth place checks the others."""
    plain = [char for char in value.upper() if char.isalnum()]
    values = [int(char, 36) for char in plain]
    weights = (7, 3, 1, 9, 7, 3, 1, 7, 3)
    return sum(w * n for w, n in zip(weights, values, strict=True)) % 10 == 0


def singaporean(value: str) -> bool:
    """NRIC and FIN: a weighted sum by 11 names the letter."""
    total = sum(w * n for w, n in zip((2, 7, 6, 5, 4, 3, 2), digits(value), strict=True))
    first = value[0].upper()
    total += {"T": 4, "G": 4, "M": 3}.get(first, 0)
    letters = "JZIHGFEDCBA" if first in "ST" else "XWUTRQPNMLK" if first in "FG" else "XWUTRQPNJLK"
    return letters[total % 11] == value[-1].upper()


def _brazilian(numbers: Sequence[int], weights: Sequence[int]) -> int:
    rest = 11 - sum(w * n for w, n in zip(weights, numbers, strict=True)) % 11
    return 0 if rest >= 10 else rest


def _pairs(numbers: Sequence[int]) -> list[int]:
    return [10 * tens + ones for tens, ones in zip(numbers[::2], numbers[1::2], strict=True)]


def _a_day(year: int, month: int, day: int) -> bool:
    # The century is not known; a leap year of it may be.
    try:
        date(2000 if year % 4 == 0 else 2001, month, day)
    except ValueError:
        return False
    return True
