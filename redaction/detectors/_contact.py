"""How people are reached: addresses of mail, telephones, accounts."""

from functools import lru_cache

from redaction.rules import Rule

# A local part of any script, a domain of any script; not the `git@host:path` of a repository.
_ATOM = r"\w!#$%&'*+/=?^`{|}~\-"
_EMAIL = (
    rf"(?<![{_ATOM}])(?!git@)[\w!#$%&*+/=?^`{{|}}~\-][.{_ATOM}]{{0,63}}+"
    r"@(?P<domain>(?:[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9\-]{2,59}|\p{L}{2,24}))"
    r"(?![\w\-@])"
)
_QUOTED_EMAIL = r"\"[^\"\n@]{1,40}\"@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){0,4}\.[a-z]{2,24}(?!\w)"
_MAIL_TO_ADDRESS = r"[\w.+\-]{1,64}@\[(?:\d{1,3}\.){3}\d{1,3}\]"
# Endings of files that look like the end of a domain: `logo@2x.png`, `user@module.py`.
_FILES = frozenset(
    [
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "ico",
        "css",
        "js",
        "ts",
        "jsx",
        "tsx",
        "json",
        "yaml",
        "yml",
        "toml",
        "xml",
        "html",
        "md",
        "txt",
        "py",
        "rb",
        "rs",
        "go",
        "c",
        "h",
        "cpp",
        "java",
        "kt",
        "swift",
        "sh",
        "lock",
        "log",
        "csv",
        "tsv",
        "parquet",
        "zip",
        "gz",
        "tar",
        "exe",
        "dll",
        "so",
        "map",
    ]
) - frozenset(("py", "rs", "md", "sh", "so", "java"))

_CALLING = (
    "phone", "telephone", "tel", "tel.", "call", "mobile", "cell", "fax", "whatsapp", "ring", "contact", "text me",
    "telefon", "handy", "mobil", "anruf", "rückruf", "telefax", "téléphone", "appel", "portable", "joindre",
    "télécopie", "teléfono", "tfno", "tlf", "móvil", "llam", "telefono", "cellulare", "chiam", "telefoon", "bel ",
    "mobiel", "número", "telefone", "telemóvel", "celular", "liga", "telefonu", "komórk", "dzwoń", "numer",
)  # fmt: skip
_REGIONS = (
    "DE",
    "GB",
    "FR",
    "IT",
    "ES",
    "NL",
    "PT",
    "PL",
    "AT",
    "BE",
    "CH",
    "IE",
    "SE",
    "DK",
    "ZA",
    "AU",
    "IN",
    "BR",
)
_USER = (
    r"(?:user[_ \-]?name|user[_ \-]?id|login|log-?in name|screen[_ ]?name|handle|benutzer(?:name|kennung)|anmeldename|"
    r"nom d['’]utilisateur|identifiant|nombre de usuario|usuario|nome utente|gebruikersnaam|nome de usuário|"
    r"nome de utilizador|nazwa użytkownika)"
)
_EXT = r"(?: ?,? ?(?:x|ext\.?|extension|Durchwahl|poste) ?\d{1,6})?"


def rules() -> list[Rule]:
    """One rule for each way to write each."""
    return [
        Rule("EMAIL_ADDRESS", _EMAIL, 0.9, confirm=_no_file),
        Rule("EMAIL_ADDRESS", _QUOTED_EMAIL, 0.8),
        Rule("EMAIL_ADDRESS", _MAIL_TO_ADDRESS, 0.8),
        *_phones(),
        Rule("USERNAME", rf"(?<!\w){_USER}[\"']?\s{{0,2}}(?:[:=]|is|ist|est|es|è)\s{{0,2}}[\"'`]?(?P<value>[\w.\-@+]{{3,40}}\w)", 0.6, confirm=_no_word),
    ]  # fmt: skip


def _phones() -> list[Rule]:
    before, after = (
        r"(?<![\w+.,\-/€$£#])(?<!\d[ :])",
        r"(?![\w\-])(?![.,/:]\d)(?! ?(?:€|EUR|USD|\$|£|Euro|%|zł|CHF))",
    )
    return [
        Rule(
            "PHONE_NUMBER",
            rf"(?<![\w+])(?:\+ ?|00(?=[ .\-(])|00(?=[1-9]))[1-9]\d{{0,2}}[ .\-/]{{0,2}}(?:\(0?\d{{1,4}}\)[ .\-/]{{0,2}})?\d(?:[ .\-/]{{0,2}}\d){{5,12}}(?!\d){_EXT}",
            0.4,
            _CALLING,
            _international,
        ),
        Rule("PHONE_NUMBER", rf"{before}(?:\+?1[ .\-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .\-])\d{{3}}[ .\-]\d{{4}}{_EXT}{after}", 0.6),
        Rule("PHONE_NUMBER", rf"{before}\(0\d{{1,4}}\) ?\d(?:[ \-]?\d){{4,9}}{_EXT}{after}", 0.6),
        Rule("PHONE_NUMBER", rf"{before}0[1-9](?:(?P<j>[ .\-])\d\d)(?:(?P=j)\d\d){{3}}{after}".replace("(?P<j>", "(").replace("(?P=j)", r"\1"), 0.6),
        Rule("PHONE_NUMBER", rf"{before}0[1-9]\d{{0,4}} ?[ \-/] ?\d{{2,8}}(?:[ \-]?\d{{2,5}}){{0,4}}{_EXT}{after}", 0.4, _CALLING, _national),
        Rule("PHONE_NUMBER", rf"{before}0[1-9]\d{{8,9}}{after}", 0.4, _CALLING, _national),
        Rule("PHONE_NUMBER", rf"{before}[1-9]\d{{1,2}}(?:[ .\-]\d{{2,4}}){{2,3}}{after}", 0.4, _CALLING, _grouped),
        Rule("PHONE_NUMBER", rf"{before}3\d\d[ .\-/]?\d{{6,7}}{after}", 0.2, _CALLING, _national),
        Rule("PHONE_NUMBER", rf"{before}(?:\(?\d[ .\-/()]{{0,2}}){{6,14}}\d{_EXT}{after}", 0.2, _CALLING, _enough),
    ]  # fmt: skip


def _no_file(value: str) -> bool | None:
    return False if value.rpartition(".")[2].lower() in _FILES else None


def _no_word(value: str) -> bool | None:
    plain = value.lower()
    return False if plain in _NOBODY or value.startswith(("<", "{", "$")) else None


_NOBODY = frozenset(
    [
        "root",
        "admin",
        "user",
        "username",
        "none",
        "null",
        "true",
        "false",
        "string",
        "required",
        "optional",
        "your",
        "and",
        "the",
        "not",
        "field",
        "page",
        "name",
        "login",
        "self.username",
        "self.user",
        "request.user",
        "varchar",
        "text",
        "input",
        "value",
        "invalid",
        "incorrect",
        "empty",
        "missing",
        "unknown",
    ]
)


def _international(value: str) -> bool | None:
    return True if _possible(f"+{value[2:]}" if value.startswith("00") else value, None) else None


def _national(value: str) -> bool | None:
    size = sum(map(str.isdigit, value))
    return True if size >= 9 and any(_possible(value, region) for region in _REGIONS) else None


def _grouped(value: str) -> bool | None:
    size = sum(map(str.isdigit, value))
    if size != 9 or value.endswith("000"):
        return None if size >= 7 else False
    return True if any(_possible(value, region) for region in ("ES", "PT", "PL")) else None


def _enough(value: str) -> bool | None:
    return None if 6 <= sum(map(str.isdigit, value)) <= 15 else False


@lru_cache(maxsize=1)
def _numbers() -> "object":
    import phonenumbers  # noqa: PLC0415  loaded with the first number that has to be confirmed

    return phonenumbers


def _possible(value: str, region: str | None) -> bool:
    numbers = _numbers()
    try:
        return bool(numbers.is_valid_number(numbers.parse(value, region)))  # type: ignore[attr-defined]
    except numbers.NumberParseException:  # type: ignore[attr-defined]
        return False
