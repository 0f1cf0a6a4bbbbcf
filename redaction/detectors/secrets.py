"""Secrets: keys of clouds and services, tokens, private keys, connection strings, passwords in code."""

import math
from collections import Counter

from pydantic import BaseModel, ConfigDict, Field

from redaction.rules import Rule, RuleDetector

_KEY_WORDS = r"(?:password|passwd|pwd|passphrase|secret|api[_\-]?key|access[_\-]?key|auth[_\-]?token|client[_\-]?secret|private[_\-]?key|token|passwort|contraseña|mot de passe)"
_LEAST_BITS = 3.0  # of entropy a character: below it a value is a word, a path or a placeholder
_STAND_INS = (
    "example_",
    "changeme",
    "your_",
    "your-",
    "<",
    "${",
    "{{",
    "xxx",
    "***",
    "none",
    "null",
    "true",
    "false",
)


class Options(BaseModel):
    """How eagerly secrets are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignments: bool = Field(
        default=True, description="Whether values assigned to a name like `password` or `api_key` count."
    )


def build(options: Options) -> RuleDetector:
    """The detector over the rules below."""
    rules = [Rule(entity_type, pattern, 0.9) for entity_type, pattern in _TOKENS]
    if options.assignments:
        rules += [Rule("PASSWORD", pattern, 0.6, confirm=_no_stand_in) for pattern in _ASSIGNMENTS]
    return RuleDetector("secrets", rules, category="secret")


# Token formats are facts that their issuers publish; the name says whose.
_TOKENS = (
    ("AWS_ACCESS_KEY", r"(?<![A-Z0-9])(?-i:AKIA|ASIA|ABIA|ACCA)(?-i:[A-Z2-7]{16}|[A-Z0-9]{16})(?![A-Z0-9])"),
    ("AWS_SECRET_KEY", r"aws_?(?:secret_?)?(?:access_?)?key[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"),
    ("GCP_API_KEY", r"(?<!\w)(?-i:AIza)[0-9A-Za-z_\-]{35}(?![0-9A-Za-z_\-])"),
    ("AZURE_STORAGE_KEY", r"AccountKey=(?P<value>[A-Za-z0-9+/]{86}==)"),
    ("GITHUB_TOKEN", r"(?<!\w)(?-i:gh[pousr]_[0-9A-Za-z]{36,255}|github_pat_[0-9A-Za-z_]{82})(?!\w)"),
    ("GITLAB_TOKEN", r"(?<!\w)(?-i:gl(?:pat|ptt|dt|rt|cbt|oas)-)[0-9A-Za-z_\-]{20,64}(?![0-9A-Za-z_\-])"),
    ("SLACK_TOKEN", r"(?<!\w)(?-i:xox[abposr](?:-[0-9A-Za-z]{1,64}){2,6}|xapp-\d-[A-Z0-9]{8,16}-\d{6,20}-[a-z0-9]{32,80})"),
    ("SLACK_WEBHOOK", r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{40,64}"),
    ("STRIPE_KEY", r"(?<!\w)(?-i:[sr]k_(?:live|test|prod)_[0-9A-Za-z]{10,99})(?!\w)"),
    ("ANTHROPIC_KEY", r"(?<!\w)(?-i:sk-ant-[a-z]+\d{2}-[0-9A-Za-z_\-]{80,120})"),
    ("OPENAI_KEY", r"(?<!\w)(?-i:sk-(?:proj|svcacct|admin|None)-[0-9A-Za-z_\-]{40,200}|sk-[0-9A-Za-z]{48})(?![0-9A-Za-z_\-])"),
    ("CUSTODY_KEY", r"(?<!\w)(?-i:cus_[a-z]{1,8}_[0-9A-Za-z]{36})(?!\w)"),
    ("HUGGINGFACE_TOKEN", r"(?<!\w)(?-i:hf_[A-Za-z]{34})(?!\w)"),
    ("NPM_TOKEN", r"(?<!\w)(?-i:npm_[0-9A-Za-z]{36})(?!\w)"),
    ("PYPI_TOKEN", r"(?<!\w)(?-i:pypi-AgEI)[0-9A-Za-z_\-]{50,250}"),
    ("SENDGRID_KEY", r"(?<!\w)(?-i:SG)\.[0-9A-Za-z_\-]{22}\.[0-9A-Za-z_\-]{43}(?!\w)"),
    ("TWILIO_KEY", r"(?<!\w)(?-i:SK[0-9a-f]{32})(?!\w)"),
    ("TELEGRAM_TOKEN", r"(?<!\w)\d{8,10}:(?-i:AA)[0-9A-Za-z_\-]{33}(?![0-9A-Za-z_\-])"),
    ("DIGITALOCEAN_TOKEN", r"(?<!\w)(?-i:do[opr]_v1_[a-f0-9]{64})(?!\w)"),
    ("VAULT_TOKEN", r"(?<!\w)(?-i:hv[sbr]\.)[0-9A-Za-z_\-]{24,200}"),
    ("JWT", r"(?<!\w)(?-i:eyJ)[0-9A-Za-z_\-]{10,2000}\.(?-i:eyJ)[0-9A-Za-z_\-]{10,4000}\.[0-9A-Za-z_\-]{10,1000}"),
    ("PRIVATE_KEY", r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{1,8000}(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?)?"),
    ("CONNECTION_STRING", r"(?<!\w)[a-z][a-z0-9+]{2,20}://[^\s:/@\"'<>]{1,64}:[^\s@\"'<>]{1,128}@[^\s\"'<>]{1,200}"),
    ("BEARER_TOKEN", r"authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic|token)\s+(?P<value>[0-9A-Za-z_\-.=+/]{16,400})"),
)  # fmt: skip

_ASSIGNMENTS = (
    rf"{_KEY_WORDS}[\"']?\s{{0,3}}(?::=|=>|[:=])\s{{0,3}}[\"'](?P<value>[^\"'\s]{{6,200}})[\"']",
    rf"{_KEY_WORDS}\s{{0,3}}(?:=|:)\s{{0,3}}(?P<value>(?=[^\s\"']{{0,60}}\d)[^\s\"',;]{{8,200}})",
    rf"{_KEY_WORDS} (?:is|lautet|est|es) [\"'`]?(?P<value>(?=\S{{0,60}}[\d!@#$%^&*])[^\s\"'`,]{{6,100}}[^\s\"'`,.;])",
)


def _no_stand_in(value: str) -> bool | None:
    """False for what only stands where a secret would: a placeholder, a variable, a word said over and over."""
    low = value.lower()
    if (
        low.startswith(_STAND_INS)
        or low.endswith((")", "(", "]"))
        or _bits(value) < min(_LEAST_BITS, math.log2(len(value))) * 0.75
    ):
        return False
    return None


def _bits(value: str) -> float:
    """Shannon entropy of the characters, in bits each."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
