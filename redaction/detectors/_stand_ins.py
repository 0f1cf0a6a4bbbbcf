"""Telling a secret from what only stands where one would: a placeholder, a variable, a word."""

import math
import re
from collections import Counter
from itertools import pairwise

_LEAST_BITS = 2.1  # of entropy a character: below it a value is the same thing over and over
_RANDOM_BITS = 3.6  # what is nothing but long must be as mixed as this
_BEGINNINGS = (
    "example", "changeme", "change_me", "change-me", "your_", "your-", "your.", "my_", "<", "$", "{", "%", "&", "#{",
    "xxx", "***", "...", "•", "none", "null", "true", "false", "undefined", "placeholder", "redacted", "replace",
    "insert", "todo", "dummy", "fake_", "sample", "test_", "process.env", "os.environ", "env.", "env[", "env(",
    "getenv", "system.getenv", "self.", "this.", "config.", "config[", "settings.", "props.", "state.", "req.",
    "request.", "params", "args.", "options.", "input(", "vault:", "secret:", "ref+", "arn:", "!vault", "!ref", "/",
    "./", "../", "~/", "http://", "https://", "file:", "sha256-", "sha512-", "sha1-", "data:", "c:\\",
)  # fmt: skip
_ENDINGS = (
    "(",
    ")",
    "()",
    "];",
    ");",
    "{",
    "}}",
    "_here",
    "-here",
    ">",
    "...",
    ".pem",
    ".key",
    ".txt",
    ".json",
    ".crt",
)
_WORDS = frozenset(
    [
        "password",
        "passwd",
        "secret",
        "token",
        "string",
        "required",
        "hidden",
        "optional",
        "bearer",
        "basic",
        "default",
        "admin",
        "user",
        "username",
        "email",
        "passwort",
        "contraseña",
        "contrasena",
        "motdepasse",
        "senha",
        "wachtwoord",
        "haslo",
        "hasło",
        "parola",
        "geheim",
        "value",
        "text",
        "input",
        "button",
        "submit",
        "integer",
        "varchar",
        "boolean",
        "unknown",
        "missing",
        "invalid",
        "expired",
        "disabled",
        "enabled",
        "redacted",
        "masked",
        "encrypted",
    ]
)
_HEX = frozenset("0123456789abcdef")
_HANDBOOK = frozenset(("pass", "pwd", "pw", "changeme", "mypassword", "secretpassword", "p"))
_LEAST_SCRAMBLED, _LEAST_CHANGES = 10, 5
_PRONOUNCED = re.compile("[a-z]{5}")


def is_stand_in(value: str) -> bool:
    """Whether it is what handbooks write where a password goes."""
    plain = value.strip("<>[](){}*").lower()
    return not plain or plain in _WORDS or plain in _HANDBOOK or plain.startswith(("your", "my_", "xxx", "$"))


def scrambled(value: str) -> bool:
    """Whether letters change their case as no word and no name of code does."""
    changes = sum(one.islower() != other.islower() for one, other in pairwise(value))
    return len(value) >= _LEAST_SCRAMBLED and changes >= _LEAST_CHANGES and not _PRONOUNCED.search(value)


def assigned(value: str) -> bool | None:
    """False for what a careful reader would not take for a secret though it is assigned to a name like one."""
    plain = value.strip("\"'`,;").lower()
    if plain.startswith(_BEGINNINGS) or plain.endswith(_ENDINGS) or plain.strip("*x•._-#0") == "":
        return False
    if plain in _WORDS or "example" in plain[-8:] or ("(" in plain[:-1] and plain.endswith(")")):
        return False
    if bits(value) < min(_LEAST_BITS, math.log2(len(value)) * 0.7):
        return False
    return None if _is_mixed(value) else False


def said(value: str) -> bool | None:
    """The same where a person says it in a sentence, in which a plain word is only a word."""
    plain = value.isalpha() and not scrambled(value)
    return False if plain or value.lower() in _WORDS else assigned(value)


def random(value: str) -> bool | None:
    """False for what is not as mixed as a key: words, paths, digests of commits and files."""
    plain = value.rstrip("=")
    kinds = any(map(str.isdigit, plain)) + any(map(str.isupper, plain)) + any(map(str.islower, plain))
    if set(plain.lower()) <= _HEX or "/" in plain[:1] or kinds < 3:
        return False
    return None if bits(plain) >= _RANDOM_BITS else False


def bits(value: str) -> float:
    """Shannon entropy of the characters, in bits each."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def _is_mixed(value: str) -> bool:
    """Whether it is more than a word, a dotted name or a number of a few digits."""
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    if not letters:
        return (len(value) >= 6 and not value.replace(".", "").isdigit()) or (
            value.isdigit() and len(value) >= 6
        )
    if digits or any(char in "!@#$%^&*+=~?|" for char in value):
        return True
    inner = value[1:]
    return len(value) >= 16 and not ("_" in value or "-" in value or "." in value) and inner != inner.lower()
