"""Where secrets stand besides assignments: sentences in eight languages, pairs, URLs, cookies, files of tools."""

import re

from redaction.detectors._stand_ins import assigned, bits, random, said, scrambled
from redaction.detectors._words import any_of
from redaction.rules import Rule

# Said before the value, or, as in "the password for the server is", some words before it.
_SAYS = r"(?:'s|is|was|are|equals|ist|war|lautet|heißt|est|es|è|é|era|to|jest|auf|naar|na|=|:)"
_OPEN, _CLOSE = "\"'`“«„‘‹", "\"'`”»“’›"
_SIGNATURES = any_of([
    "x-amz-signature", "x-amz-security-token", "x-goog-signature", "sig", "signature", "token", "access_token",
    "refresh_token", "id_token", "auth_token", "apikey", "api_key", "api-key", "key", "secret", "client_secret", "code",
    "auth", "jwt", "session", "sessionid", "sid", "ticket", "otp", "hash", "hmac", "state", "invite", "pwd", "password",
])  # fmt: skip
_CREDENTIALS = any_of([
    "credentials", "creds", "login", "log-in", "zugangsdaten", "anmeldedaten", "zugang", "identifiants", "accès",
    "credenciales", "acceso", "credenziali", "accesso", "inloggegevens", "toegang", "credenciais", "acesso", "dane logowania",
    "dostęp",
])  # fmt: skip
# SHA-256, Windows 11, 12-character, 3.11: what stands before a password in no sentence.
_NUMBERED = re.compile(
    r"[A-Z]{1,6}-?\d{1,4}|(?i:sha|utf|base|iso|md|argon|pbkdf|oauth|tls|ssl|http|ipv|rfc|web|v|version|windows|python|java|"
    r"level|step|page|chapter|section|line|row|field|option)-?\d{1,4}|\d{1,4}-[A-Za-z]+|[\d.,:/\-]+"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEAST_STRONG, _LEAST_SIGNED = 8, 16
_SIGNED_BITS = 3.0


def places(password: str, name: str) -> list[Rule]:
    """The rules; ``password`` and ``name`` are patterns of what passwords, and secrets at all, are called."""
    return [
        Rule("PASSWORD", rf"{password}\w{{0,2}} ?[:=]? ?[{_OPEN}] ?(?P<value>[^\s{_OPEN}{_CLOSE}]{{4,100}}[^\s{_OPEN}{_CLOSE}=]) ?[{_CLOSE}]", 0.6, confirm=said),
        Rule("PASSWORD", rf"{password} (?:\d )?(?P<value>[^\s\"'`“”«»,<>(\[{{][^\s\"'`“”«»,<>]{{6,99}}[^\s\"'`”»,.;:?<>])(?=\s|$|[,.;?])", 0.6, confirm=strong),
        Rule("PASSWORD", rf"{password}(?: [\w\-./]{{1,24}}){{1,6}} ?{_SAYS} {{1,2}}[{_OPEN}]?(?P<value>[^\s\"'`“”«»,<>]{{7,100}}[^\s\"'`”»,.;:?<>])", 0.6, confirm=strong),
        Rule("PASSWORD", rf"(?<!\w){_CREDENTIALS}[^\n:=]{{0,24}}[:=] ?[\w.@\-]{{2,64}} ?[/|] ?(?P<value>[^\s\"'`<>]{{6,100}})", 0.6, confirm=strong),
        Rule("PASSWORD", rf"[\"'][\w.\-]{{0,40}}{name}\w{{0,12}}[\"'],\s{{0,3}}[\"'](?P<value>[^\"'\s]{{6,200}})[\"']", 0.6, confirm=_paired),
        Rule("PASSWORD", rf"=\s?[\"'][\w.\-:]{{0,60}}{name}[\"']\s?/?>(?P<value>[^<\s]{{4,200}})</", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"variable\s\"[\w\-]{{0,40}}{name}\w{{0,20}}\"\s{{0,3}}\{{[^{{}}]{{0,200}}?default\s{{0,9}}=\s{{0,3}}\"(?P<value>[^\"\s]{{4,200}})\"", 0.6, confirm=assigned),
        Rule("PASSWORD", r"(?-i:SET PASSWORD)[^\n;=]{0,80}=\s{0,3}(?:PASSWORD\()?'(?P<value>[^'\s]{4,100})'", 0.8),
        Rule("PASSWORD", r"(?<![\w:/])[a-z*][\w.\-]{0,80}:(?:\d{4,5}|\*):[\w*\-]{1,60}:[a-z_][\w\-]{0,60}:(?P<value>[^\s:]{6,80})(?=\s|$)", 0.6, confirm=strong),
        Rule("PASSWORD", r"(?<!\w)net use [^\n]{1,120} (?P<value>[^\s/*\"]{4,60}) /user:", 0.8),
        Rule("PASSWORD", r"(?<!\w)snmp-server community (?P<value>\S{6,60}) R[OW]", 0.8),
        Rule("API_KEY", rf"(?<!\w)(?:key|token|secret|schlüssel|clé|clave|chiave|sleutel|chave|klucz)(?: [\w\-]{{1,24}}){{1,6}}? ?{_SAYS} {{1,2}}[{_OPEN}]?(?P<value>[A-Za-z0-9_\-]{{20,200}})(?![\w\-/@]|\.\w)", 0.6, confirm=_keyed),
        Rule("API_KEY", rf"{name} ?[{_OPEN}]?(?<= |[{_OPEN}])(?P<value>[A-Za-z0-9_\-+/.]{{20,200}}=?)(?![\w\-/@]|\.\w)", 0.6, confirm=_keyed),
        Rule("PASSWORD", rf"{name}\w{{0,12}}\(\s?[\"'](?P<value>[^\"'\s]{{6,200}})[\"']", 0.6, confirm=strong),
        Rule("API_KEY", rf"(?<!\w)(?:key|token|schlüssel|clé|clave|chiave|sleutel|chave|klucz) [{_OPEN}]?(?P<value>[A-Za-z0-9_\-]{{24,200}})(?![\w\-/@]|\.\w)", 0.6, confirm=random),
        Rule("PASSWORD", rf"(?<!\S)[{_OPEN}]?(?P<value>[^\s\"'`,<>]{{7,100}})[{_CLOSE}]? (?:as|als|comme|como|come|jako) (?:[\w']{{1,8}} ){{0,2}}{password}", 0.6, confirm=strong),
        *_commands(),
        Rule("PASSWORD_HASH", r"(?-i:\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22})(?![./A-Za-z0-9])", 0.9),
        Rule("QUERY_SECRET", rf"[?&;]{_SIGNATURES}=(?P<value>[\w%\-.~+/=]{{16,2000}})", 0.6, confirm=_signed),
        Rule("SESSION_COOKIE", r"(?<!\w)(?:set-)?cookie[\"']?\s?[:=,]\s?[\"']?(?:[\w\-.]{1,60}=[^\s;\"']{0,400};\s?){0,12}?[\w\-.]{0,40}(?:sess|sid|auth|token|jwt|remember|login)[\w\-.]{0,40}=(?P<value>[^\s;\"']{16,2000})", 0.6),
    ]  # fmt: skip


def _commands() -> list[Rule]:
    """What is given to tools of the shell, and a user's name with a password given to a call."""
    value = r"[\"']?(?P<value>[^\s\"'$<\-][^\s\"'<>|]{4,100})"
    return [
        Rule("PASSWORD", rf"(?<!\w)--(?:auth|login|credentials?|userpass)[ =][\"']?[\w.\-@\\]{{1,64}}:{value}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"ConvertTo-SecureString (?:-String )?{value}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"(?<!\S)/p(?:ass|assword)?:{value}", 0.6, confirm=strong),
        Rule("PASSWORD", rf"(?<!\w)ssh-keygen(?!\w)[^\n]{{0,120}}? -[NP] {value}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"(?<![\w\-])--?[a-z.]{{0,24}}pass(?:word|wd|phrase|in|out)?[ =](?:pass:)?{value}", 0.6, confirm=assigned),
        Rule("API_KEY", r"(?<!\w)(?:wandb|huggingface-cli|hf|doppler|snyk|infracost|vault|flyctl|netlify|vercel|heroku|npm|codecov|netrc)(?: auth)? (?:login|token)(?: --?\w{1,20})?[ =](?P<value>[A-Za-z0-9_\-.]{20,200})(?![\w./])", 0.6, confirm=_keyed),
        Rule("PASSWORD", rf"(?<!\w)(?:requirepass|masterauth|masteruserpassword|chpasswd|user-?add) {value}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"(?<!\w)(?:ldap(?:search|modify|add|delete|passwd|whoami)|zip|unzip|7za?|7zr|rar|unrar|sqlcmd|bcp|isql)(?!\w)[^\n]{{0,120}}? -(?:w ?|p ?){value}", 0.6, confirm=strong),
        Rule("PASSWORD", rf"(?<!\w)(?:smbclient|rpcclient|smbmap|winexe|net)(?!\w)[^\n]{{0,120}}? -U ?[\"']?[\w\\.\-]{{1,64}}%{value}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"(?<!\w)(?:rabbitmqctl (?:add_user|change_password) \S{{1,64}}|htpasswd -[a-zA-Z]{{0,4}}b[a-zA-Z]{{0,4}} \S{{1,120}} \S{{1,64}}) {value}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"(?<!\w)(?:echo|printf) {value}[\"']? ?\| ?(?:sudo|su)(?!\w)", 0.6, confirm=assigned),
        Rule("PASSWORD", r"(?<!\w)(?:echo|printf) [\"']?[\w.\-]{1,64}:(?P<value>[^\s\"'|$]{4,100})[\"']? ?\| ?chpasswd", 0.6, confirm=assigned),
        Rule("PASSWORD", r"(?:auth|credentials?|login|authenticate|signin|sign_in|log_in|connect|connection|sequelize|mysqli|pdo|client)\w{0,12}(?:\s?=\s?)?\(\s{0,3}(?:[\"'][\w.@\-\\:/;=]{1,80}[\"'],\s{0,3}){1,2}[\"'](?P<value>[^\"'\s]{6,100})[\"']\s{0,3}[,)]", 0.6, confirm=strong),
    ]  # fmt: skip


def strong(value: str) -> bool | None:
    """False for what would not be a password where nothing but a word before it says so."""
    plain = value.strip("\"'`“”«»„")
    letters = any(map(str.isalpha, plain))
    mixed = any(char.isdigit() or char in "!@#$%^&*+=~?" for char in plain[:-1]) or scrambled(plain)
    if not (letters and mixed) or len(plain) < _LEAST_STRONG or _NUMBERED.fullmatch(plain):
        return False
    return assigned(plain)


def _paired(value: str) -> bool | None:
    """False for what stands beside a name in a list of names."""
    return assigned(value) if scrambled(value) or not value.isalpha() else False


def _keyed(value: str) -> bool | None:
    """False for words, numbers and identifiers of things (UUIDs)."""
    return False if _UUID.fullmatch(value) else _signed(value)


def _signed(value: str) -> bool | None:
    """False for words, slugs and plain numbers in a query."""
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return None if mixed and len(value) >= _LEAST_SIGNED and bits(value) >= _SIGNED_BITS else False
