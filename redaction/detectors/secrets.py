"""Secrets: tokens of many issuers, private keys, connection strings, passwords in code, config and prose."""

from pydantic import BaseModel, ConfigDict, Field

from redaction.detectors._issuers import NAMES, forms
from redaction.detectors._secret_places import places
from redaction.detectors._stand_ins import assigned, is_stand_in, random, said, scrambled
from redaction.detectors._words import any_of
from redaction.rules import Rule, RuleDetector

# What passwords and keys are called in code and in eight languages.
_PASSWORDS = [
    "password",
    "passwd",
    "passwrd",
    "pwd",
    "pass_word",
    "passphrase",
    "passcode",
    "userpass",
    "dbpass",
    "db_pass",
    "secret_pass",
    "admin_pass",
    "kennwort",
    "passwort",
    "parole",
    "contraseña",
    "contrasena",
    "clave_acceso",
    "mot_de_passe",
    "motdepasse",
    "wachtwoord",
    "senha",
    "palavra-passe",
    "palavrapasse",
    "hasło",
    "haslo",
    "hasłem",
    "haslem",
    "clave de acceso",
    "mot de passe",
    "parola d'ordine",
    "parola",
    "parola_chiave",
]
_KEYS = [
    "secret",
    "secret_key",
    "secretkey",
    "secret-key",
    "api_key",
    "apikey",
    "api-key",
    "api_secret",
    "apisecret",
    "api-secret",
    "api_token",
    "apitoken",
    "api-token",
    "access_key",
    "accesskey",
    "access-key",
    "access_token",
    "accesstoken",
    "access-token",
    "auth_token",
    "authtoken",
    "auth-token",
    "auth_key",
    "authkey",
    "client_secret",
    "clientsecret",
    "client-secret",
    "consumer_secret",
    "consumer_key",
    "private_key",
    "privatekey",
    "private-key",
    "signing_key",
    "signingkey",
    "signing_secret",
    "encryption_key",
    "encryptionkey",
    "refresh_token",
    "refreshtoken",
    "bearer_token",
    "session_token",
    "session_secret",
    "sessiontoken",
    "id_token",
    "master_key",
    "masterkey",
    "account_key",
    "accountkey",
    "storage_key",
    "storagekey",
    "shared_key",
    "sharedkey",
    "sas_token",
    "sastoken",
    "webhook_secret",
    "app_secret",
    "appsecret",
    "app_key",
    "jwt_secret",
    "jwt_key",
    "jwt:key",
    "sessionid",
    "hmac_key",
    "hmac_secret",
    "aes_key",
    "cipher_key",
    "fernet_key",
    "fernet",
    "unseal key",
    "unseal_key",
    "recovery key",
    "salt",
    "deploy_key",
    "service_key",
    "license_key",
    "token",
    "credential",
    "credentials",
    "dsn",
    "schlüssel",
    "geheimnis",
    "chiave_segreta",
    "clave_secreta",
    "clé_secrète",
    "sleutel",
    "chave_secreta",
    "klucz",
]
_SHORT = r"(?<![a-z])(?:pass|psk|pw|mdp)(?![a-z])"
_NAME = rf"(?:{any_of([*_PASSWORDS, *_KEYS])}|{_SHORT})"
_PASSWORD = rf"(?:{any_of(_PASSWORDS)}|{_SHORT})"
_IS = r"[\"'`\])]{0,2}\s{0,3}(?::=|=>|->|==?|:(?!:))\s{0,3}"
_DECODING = (
    r"(?:bytes\.fromhex|(?:\w{1,20}\.)?(?:unhexlify|b64decode|from|decode|DecodeString|Fernet|SecretStr))"
)
_END = (
    r"(?:_(?!timeout|length|len|min|max|age|ttl|expir|size|count|limit|seconds|hash)[A-Za-z0-9]{1,12}){0,2}"
)
_TYPE = r"(?::\s?(?:str|string|String|&str)\s?=\s?)"


class Options(BaseModel):
    """How eagerly secrets are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignments: bool = Field(
        default=True, description="Whether values assigned to a name like `password` or `api_key` count."
    )


def build(options: Options) -> RuleDetector:
    """The detector over the rules below."""
    rules = [
        Rule(entity_type, pattern, 0.9, confirm=_CONFIRMED.get(entity_type))
        for entity_type, pattern in (*forms(), *_FORMS)
    ]
    return RuleDetector("secrets", rules + (_assignments() if options.assignments else []), category="secret")


_FORMS = (
    ("JWT", r"(?<!\w)(?-i:ey[JI])[0-9A-Za-z_\-]{10,2000}\.(?-i:ey[JI])[0-9A-Za-z_\-]{6,4000}\.[0-9A-Za-z_\-]{10,1000}"),
    ("PRIVATE_KEY", r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{1,8000}(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?)?"),
    ("PRIVATE_KEY", r"(?-i:PuTTY-User-Key-File-\d): [^\n]{1,60}\n(?:[^\n]{1,80}\n){1,60}"),
    ("CONNECTION_STRING", r"(?<!\w)[a-z][a-z0-9+]{1,20}://[^\s:/@\"'<>${}]{0,64}:(?!\$|<|\{|%\()[^\s@\"'<>/]{1,128}@[^\s\"'<>]{1,200}"),
    ("AZURE_STORAGE_KEY", r"(?:Account|SharedAccess)Key=(?P<value>[A-Za-z0-9+/]{40,88}={0,2})"),
    ("AZURE_SAS", r"[?&]sv=\d{4}-\d\d-\d\d&[^\s\"'<>]{10,300}sig=[A-Za-z0-9%+/=]{30,100}"),
    ("AWS_SECRET_KEY", r"aws[\w \-.]{0,20}(?:secret|access)?[\w \-.]{0,20}key[\w \-.]{0,12}[\"']?\s{0,3}(?:[:=]|=>|is)\s{0,3}[\"']?(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    ("SLACK_WEBHOOK", r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,80}"),
    ("DISCORD_WEBHOOK", r"https://(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/\d{16,20}/[\w\-]{60,80}"),
    ("TEAMS_WEBHOOK", r"https://[a-z0-9\-]{1,60}\.webhook\.office\.com/webhookb2/[^\s\"'<>]{80,260}"),
    ("GCP_SERVICE_ACCOUNT_KEY", r"\"private_key_id\":\s{0,3}\"(?P<value>[0-9a-f]{40})\""),
    ("BEARER_TOKEN", r"(?:authorization|x-api-key|x-auth-token|private-token|proxy-authorization)[\"']?\s{0,3}[:=,]\s{0,3}[\"']?(?:(?:bearer|basic|token|apikey|digest)\s{1,3})?(?P<value>(?=[^\s\"']{0,60}\d)[0-9A-Za-z_\-.=+/]{12,400})"),
    ("BEARER_TOKEN", r"(?<!\w)bearer (?P<value>(?=[^\s\"']{0,40}\d)[0-9A-Za-z_\-.=+/]{20,400})"),
    ("BASIC_CREDENTIALS", r"(?<!\w)(?-i:curl|wget|http|https)(?!:) [^\n]{0,200}?(?:-u|--user|--proxy-user) ?[\"']?(?P<value>[^\s:\"'$]{1,64}:[^\s\"'$]{1,100})"),
    ("DOCKER_CREDENTIALS", r"\"auth\":\s{0,3}\"(?P<value>[A-Za-z0-9+/]{12,200}={0,2})\""),
    ("NPM_CREDENTIALS", r"_(?:auth|authToken|password)\s?=\s?(?P<value>[A-Za-z0-9+/=_\-]{16,200})"),
    ("PASSWORD_HASH", r"\$(?:2[aby]|5|6|argon2(?:id|i|d)|y|apr1|pbkdf2-sha\d{3})\$[./A-Za-z0-9$=,+\-]{20,120}"),
)  # fmt: skip


def _is_login(url: str) -> bool | None:
    """False for the stand-ins of handbooks, `user:password@localhost`."""
    password = url.rpartition("@")[0].rpartition(":")[2]
    return False if is_stand_in(password) else None


_CONFIRMED = {"CONNECTION_STRING": _is_login}


def _assignments() -> list[Rule]:
    quoted = rf"(?:{_IS}|{_TYPE})(?P<value>(?<=[\"'`])[^\"'`\s]{{4,200}}(?=[\"'`]))"
    quoted = rf"{_END}(?:{_IS}|{_TYPE})(?:{_DECODING}\()?[rbfu@$]?[\"'`](?P<value>[^\"'`\s]{{4,200}})[\"'`]"
    bare = rf"{_END}{_IS}(?P<value>[^\s\"'`,;<>{{}}()\[\]&|]{{6,200}})(?![\w(\[])"
    return [
        Rule("PASSWORD", rf"{_NAME}{quoted}", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"{_PASSWORD}{_END}{_IS}[rbfu@$]?[\"](?P<value>[^\"\n]{{6,100}})\"", 0.2, ("db", "database", "login", "user"), assigned),
        # Behind a number and a colon it is a part of a name, as in `arn:aws:secretsmanager:eu:123:secret:db`.
        Rule("PASSWORD", rf"(?<!\d:){_NAME}{bare}", 0.6, confirm=_bare),
        Rule("PASSWORD", rf"{_PASSWORD} (?:is|was|are|ist|lautet|war|est|es|è|é|era|to|to:|=|jest|:)[: ]{{0,2}}[\"'`“«„]?(?P<value>[^\s\"'`“”«»,<>]{{4,100}}[^\s\"'`”»,.;?<>])", 0.6, confirm=said),
        Rule("PASSWORD", r"(?<!\w)(?:mot de passe|palavra-passe|palabra clave|parola d'ordine)\s?(?::|est|es|é|è|=)\s?[\"'`«]?(?P<value>[^\s\"'`«»,<>]{4,100}[^\s\"'`»,.;?<>])", 0.6, confirm=said),
        Rule("PASSWORD", rf"<(?:\w{{0,20}}[.:\-_])?{_NAME}[^>]{{0,60}}>(?P<value>[^<\s]{{4,200}})</", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"(?:key|name)=[\"'][\w.\-:]{{0,40}}{_NAME}[\"'] value=[\"'](?P<value>[^\"'\s]{{4,200}})[\"']", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"name:\s?[\"']?[\w.\-]{{0,40}}{_NAME}{_END}[\"']?\s{{0,40}}value:\s{{0,3}}[\"']?(?P<value>[^\"'\s]{{4,200}})", 0.6, confirm=assigned),
        Rule("PASSWORD", rf"--?{_NAME}[ =][\"']?(?P<value>[^\s\"'$<\-][^\s\"'<>]{{3,100}})", 0.6, confirm=assigned),
        Rule("PASSWORD", r"(?:IDENTIFIED (?:WITH \w{1,30} )?BY|(?:WITH )?(?:ENCRYPTED )?PASSWORD)\s{1,3}'(?P<value>[^'\s]{4,100})'", 0.6, confirm=_quoted),
        Rule("PASSWORD", r"(?<!\w)(?-i:mysql|mysqldump|mariadb|sshpass|smbclient|redis-cli)(?!\w)[^\n]{0,80}? -(?:p|a|pass(?:word)? ) ?['\"]?(?P<value>[^\s'\"$\-][^\s'\"]{4,60})", 0.6, confirm=assigned),
        Rule("PASSWORD", r"(?<!\w)(?:docker login|az login|vault login|npm login)[^\n]{0,120}? (?:-p|--password)[ =]['\"]?(?P<value>[^\s'\"$\-][^\s'\"]{4,100})", 0.6, confirm=assigned),
        *places(_PASSWORD, _NAME),
        Rule("PASSWORD", r"machine [\w.\-]{1,80}\s{1,5}login \S{1,60}\s{1,5}password (?P<value>\S{4,100})", 0.8),
        Rule("API_KEY", rf"(?<![a-z]){any_of(NAMES)}[\w .\-]{{0,24}}[\"'`]?{_IS}[\"'`]?(?P<value>[A-Za-z0-9][\w\-.~+/]{{14,98}}[\w=])(?![\w(])", 0.6, confirm=_key),
        Rule("API_KEY", r"(?<![\w/+.\-=])(?P<value>[A-Za-z0-9+/_\-]{32}[A-Za-z0-9+/_\-]{0,96}={0,2})(?![\w/+=])", 0.2, ("secret", "token", "api key", "api-key", "apikey", "api_key", "access key", "credential", "private key", "bearer", "schlüssel", "clé", "clave", "chiave", "sleutel", "chave", "klucz"), random),
    ]  # fmt: skip


def _bare(value: str) -> bool | None:
    """Without quotes, a name of code stands as often as a secret: what is none has something that names have not."""
    plain = value.replace("_", "").replace(".", "")
    if (plain.isalpha() and not scrambled(plain)) or value.startswith(("\\", "=")):
        return False
    return assigned(value)


def _quoted(value: str) -> bool | None:
    return False if value.startswith(("$", "<", "{", ":", "%", "?")) else None


def _key(value: str) -> bool | None:
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return (
        assigned(value)
        if mixed and "//" not in value and not value.endswith((".com", ".net", ".org"))
        else False
    )
