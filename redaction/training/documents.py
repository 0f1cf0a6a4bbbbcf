"""Forms, tables, JSON, logs and code with invented persons in them, and the same with nothing in them."""

import json
import random
import string
from collections.abc import Callable, Sequence

from redaction.training.examples import Example
from redaction.training.fill import Filler

_KEYS = {
    "person": ("name", "fullName", "customer_name", "user", "owner", "author", "assignee", "contact", "patient"),
    "first": ("first_name", "firstName", "given_name", "vorname", "prenom", "nombre"),
    "last": ("last_name", "lastName", "surname", "family_name", "nachname", "apellido"),
    "org": ("company", "employer", "organisation", "org", "vendor", "firma"),
    "city": ("city", "town", "birthPlace", "ort", "ville", "ciudad"),
    "country": ("country", "nationality_country", "land", "pays"),
    "street": ("street", "address_line1", "addressLine", "strasse", "rue"),
    "address": ("address", "billing_address", "shippingAddress", "location"),
    "zip": ("zip", "postal_code", "postcode", "plz"),
    "date": ("date", "dob", "birth_date", "dateOfBirth", "signed_on", "due"),
    "datetime": ("created_at", "updatedAt", "timestamp", "time"),
    "id": ("passport_no", "ssn", "customerId", "employee_id", "national_id", "mrn", "license_number", "tax_id"),
    "phone": ("phone", "mobile", "telephone", "phoneNumber"),
    "email": ("email", "mail", "contactEmail"),
}  # fmt: skip
_PLAIN_KEYS = (
    "status",
    "type",
    "count",
    "enabled",
    "version",
    "priority",
    "level",
    "retries",
    "size",
    "color",
    "unit",
    "page",
)
_LEVELS = ("INFO", "DEBUG", "WARN", "ERROR", "info", "error")
_EVENTS = (
    "login by {person} accepted", "user {person} changed the address to {street}", "mail sent to {email} ({person})",
    "could not find customer {id}", "payment of {amount} by {person} refused", "session of {first} {last} expired",
    "export for {org} finished", "deliver parcel to {address}", "call from {phone} missed", "patient {id} merged: {person}",
)  # fmt: skip
_QUIET_EVENTS = (
    "request finished in 32 ms with status 200", "cache miss, reading from disk", "retry 3 of 5 after timeout",
    "worker started, 4 threads, queue size 128", "connection pool exhausted (max=20)", "GET /v1/models 404 in 2.1 ms",
    "loaded configuration in 0.4 s", "disk usage at 83%", "schema migration 0042 applied", "heartbeat ok, lag 17 ms",
)  # fmt: skip
_CODE = (
    'user = User(name="{person}", email="{email}")', "INSERT INTO customers (name, city, phone) VALUES ('{person}', '{city}', '{phone}');",
    "UPDATE users SET address = '{street}', city = '{city}' WHERE name = '{person}';", "# Author: {person} <{email}>, {date}",
    'const contact = { name: "{person}", company: "{org}" };', "<td>{person}</td><td>{city}</td><td>{date}</td>",
    "/* asked for by {person} of {org} on {date} */", 'print("Hello {first}")', "<person><name>{person}</name><born>{date}</born></person>",
    'patient.name = "{last}, {first}"; patient.dob = "{date}"', "git commit --author='{person} <{email}>'", "name: {person}\\ncity: {city}\\nid: {id}",
    'assert greet("{first}") == "Hello, {first}!"', "VALUES ('{id}', '{last}', '{first}', '{date}')",
)  # fmt: skip


class Documents:
    """Makes structured texts in the language of its filler."""

    def __init__(self, filler: Filler) -> None:
        self._filler = filler
        self._draw: random.Random = filler.draw
        self._makers: tuple[Callable[[], Example], ...] = (
            self.form, self.form, self.form, self.table, self.table, self.json, self.json, self.log, self.code, self.code, self.names,
        )  # fmt: skip

    def any(self) -> Example:
        """One of all kinds."""
        return self._draw.choice(self._makers)()

    def _fields(self, least: int, most: int) -> list[tuple[str, str]]:
        listed = [(label, kind) for label, kind in self._filler._words["fields"]]  # noqa: SLF001 - the filler's own word list
        chosen = self._draw.sample(listed, self._draw.randint(least, min(most, len(listed))))
        return chosen if self._draw.random() < 0.5 else sorted(chosen, key=listed.index)

    def form(self) -> Example:
        """Lines of a label and a value."""
        joint = self._draw.choice((": ", ": ", ":", " : ", ":\t", ":  ", " = ", " - ", ":\n", "\t", " "))
        end = self._draw.choice(("\n", "\n", "\n", "\n\n", "; ", ", ", ".\n", " | ", " "))
        upper = self._draw.random() < 0.15
        lines = (
            (label.upper() if upper else label) + joint + f"{{{kind}}}" for label, kind in self._fields(2, 9)
        )
        return self._filler.filled(end.join(lines))

    def table(self) -> Example:
        """Rows of values under a head line, apart by one of the usual signs."""
        fields = self._fields(3, 6)
        apart = self._draw.choice((",", ", ", ";", "\t", " | ", "|", "  "))
        rows = [apart.join(f"{{{kind}}}" for _, kind in fields) for _ in range(self._draw.randint(1, 5))]
        head = [apart.join(label for label, _ in fields)] if self._draw.random() < 0.7 else []
        return self._filler.filled("\n".join((*head, *rows)))

    def json(self) -> Example:
        """An object with keys as programmers write them."""
        kinds = self._draw.sample(sorted(_KEYS), self._draw.randint(2, 6))
        pairs = [f'"{self._draw.choice(_KEYS[kind])}": "{{{kind}}}"' for kind in kinds]
        pairs += [
            f'"{self._draw.choice(_PLAIN_KEYS)}": {self._draw.choice(("3", "true", "null", "42", chr(34) + "ok" + chr(34)))}'
            for _ in range(2)
        ]
        self._draw.shuffle(pairs)
        joint = self._draw.choice((", ", ",", ",\n  "))
        return self._filler.filled("{" + joint.join(pairs) + "}")

    def log(self) -> Example:
        """Lines of a log, some of which name somebody."""
        lines = [
            f"{{datetime}} {self._draw.choice(_LEVELS)} {self._draw.choice(_EVENTS if self._draw.random() < 0.6 else _QUIET_EVENTS)}"
            for _ in range(self._draw.randint(1, 4))
        ]
        return self._filler.filled("\n".join(lines))

    def code(self) -> Example:
        """Lines of code or markup that name somebody."""
        return self._filler.filled("\n".join(self._draw.sample(_CODE, self._draw.randint(1, 3))))

    def names(self) -> Example:
        """A bare list of persons, places or firms."""
        kind = self._draw.choice(("person", "person", "city", "org", "first"))
        joint = self._draw.choice((", ", "\n", " & ", " / ", "; "))
        return self._filler.filled(joint.join([f"{{{kind}}}"] * self._draw.randint(1, 6)))

    def quiet(self) -> Example:
        """Structured text with nothing in it."""
        make = self._draw.choice((self._quiet_log, self._quiet_json, self._quiet_numbers, self._quiet_form))
        return Example(make(), (), language=self._filler.language, source="quiet")

    def _quiet_log(self) -> str:
        return "\n".join(
            f"{self._draw.choice(_LEVELS)} {self._draw.choice(_QUIET_EVENTS)}"
            for _ in range(self._draw.randint(1, 5))
        )

    def _quiet_json(self) -> str:
        made = {
            key: self._draw.choice((1, 0.5, True, None, "ok", "auto", "dark", [1, 2, 3]))
            for key in self._draw.sample(_PLAIN_KEYS, 5)
        }
        return json.dumps(made, indent=self._draw.choice((None, 2)))

    def _quiet_numbers(self) -> str:
        forms = (
            "{} x {} mm",
            "{}%",
            "v{}.{}.1",
            "{} kg",
            "p. {}",
            "{}:{}",
            "{} + {} = 12",
            "[{}, {}]",
            "#{}",
            "{}/{}",
            "x = {}; y = {}",
            "{} €",
            "${}",
            "{} °C",
            "section {}.{}",
        )
        return self._sentence(forms)

    def _sentence(self, forms: Sequence[str]) -> str:
        made = (
            self._draw.choice(forms).format(self._draw.randint(0, 300), self._draw.randint(0, 99))
            for _ in range(self._draw.randint(2, 8))
        )
        return self._draw.choice((", ", "\n", "; ", " ")).join(made)

    def _quiet_form(self) -> str:
        plain = list(self._filler._words["fields"])  # noqa: SLF001 - the filler's own word list
        lines = (
            f"{label}: {self._draw.choice(('', '____', '...', self._filler.value('plain')))}"
            for label, kind in self._draw.sample(plain, 5)
            if kind in ("plain", "number") or self._draw.random() < 0.5
        )
        return "\n".join(lines) or "-"


def mistyped(word: str, draw: random.Random) -> str:
    """A word with one slip of the finger."""
    if len(word) < 4:
        return word
    at = draw.randrange(1, len(word) - 1)
    slip = draw.randrange(4)
    if slip == 0:
        return word[:at] + word[at + 1 :]
    if slip == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if slip == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + draw.choice(string.ascii_lowercase) + word[at + 1 :]
