"""Generated code and configuration: with secrets in them, and with what only looks like one."""

import base64
import random
import string
import uuid
from collections.abc import Iterator

_HOLDS = (
    'password = "{p}"',
    "DB_PASSWORD={p}",
    "export MYSQL_PWD='{p}'",
    "spring.datasource.password={p}",
    '  "password": "{p}",',
    "  password: {p}",
    "  client_secret: '{k}'",
    '<add key="ApiSecret" value="{k}"/>',
    "<password>{p}</password>",
    "Server=db1;Database=crm;User Id=sa;Password={p};",
    "postgres://crm:{p}@db.example.com:5432/crm",
    "redis://:{p}@cache.example.com:6379/0",
    "mongodb+srv://app:{p}@cluster0.example.net/app?retryWrites=true",
    "ALTER USER 'crm'@'%' IDENTIFIED BY '{p}';",
    "curl -u deploy:{p} https://ci.example.com/job",
    'curl -H "Authorization: Bearer {k}" https://api.example.com/v1',
    "Authorization: Basic {b}",
    "const apiKey = '{k}';",
    'val accessToken: String = "{k}"',
    "aws_secret_access_key = {a}",
    "mysql -u root -p{p} crm < dump.sql",
    "docker login -u ci -p {p} registry.example.com",
    "env:\n  - name: DB_PASSWORD\n    value: {p}",
    "datadog_api_key: {h}",
    "token: ghp_{t}",
    "STRIPE_KEY=sk_live_{s}",
    "slack: xoxb-{d}-{d}-{s}",
    "-----BEGIN RSA PRIVATE KEY-----\n{m}\n-----END RSA PRIVATE KEY-----",
    "jwt = {j}",
    "Das Passwort lautet {p} und gilt bis morgen.",
    "le mot de passe est {p}",
    "La contraseña es {p}",
    "het wachtwoord is {p}",
    "hasło: {p}",
    "a senha é {p}",
    "--password={p}",
    "machine ftp.example.com login anna password {p}",
)
_HOLDS_NOTHING = (
    "password = os.environ['DB_PASSWORD']",
    'password: "${{DB_PASSWORD}}"',
    "api_key = '<your-api-key>'",
    "API_KEY=your_api_key_here",
    "def login(username: str, password: str) -> Token:",
    "const token = await getToken(user);",
    '"integrity": "sha512-{b64}==",',
    "integrity sha512-{b64}==",
    'password.label = "Enter your new password"',
    '"login.password.required": "login.password.required"',
    "commit {sha}",
    "FROM python:3.11@sha256:{sha}{sha24}",
    'id = "{uuid}"',
    '<img src="data:image/png;base64,{b64}{b64}"/>',
    "max_tokens: 4096",
    'tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")',
    "csrf_token = generate_csrf_token()",
    "hash = hashlib.sha256(password.encode()).hexdigest()",
    'passwordField.setPlaceholder("Password")',
    "if password == confirm_password:",
    "secretKeyRef:\n  name: db-credentials\n  key: password",
    '!function(e,t){{"object"==typeof exports?t(exports):t(e.x={{}})}}(this,function(e){{return e}});',
    "password: {{{{ vault_db_password }}}}",
    "PASSWORD=changeme",
    "the password must have at least 12 characters",
    "token_type: bearer",
    '    "lodash": {{"version": "4.17.21", "resolved": "https://registry.example.com/lodash-4.17.21.tgz"}}',
    "curl -H 'Authorization: Bearer $TOKEN' https://api.example.com",
    "postgres://${{USER}}:${{PASS}}@db/x",
    "md5 {md5}  archive.tar.gz",
    "private_key_path = /etc/ssl/private/server.key",
    "secret_name: projects/crm/secrets/db",
    "assert response.json()['access_token'] is not None",
)  # fmt: skip


def holding(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Texts with one secret each, and the secret."""
    draw = random.Random(seed)  # noqa: S311 - sample text, not a secret
    for _ in range(count):
        form = draw.choice(_HOLDS)
        name = next(each for each in "pkbahtsmj" if f"{{{each}}}" in form)
        values = _values(draw)
        yield form.format(**values), values[name]


def holding_nothing(seed: int, count: int) -> Iterator[str]:
    """Texts without a secret."""
    draw = random.Random(seed)  # noqa: S311 - sample text, not a secret
    for _ in range(count):
        yield draw.choice(_HOLDS_NOTHING).format(
            b64=_of(draw, string.ascii_letters + string.digits + "+/", 84),
            sha=_of(draw, "0123456789abcdef", 40),
            sha24=_of(draw, "0123456789abcdef", 24),
            md5=_of(draw, "0123456789abcdef", 32),
            uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
        )


def _values(draw: random.Random) -> dict[str, str]:
    letters = string.ascii_letters + string.digits
    word = draw.choice(["Sommer", "tiger", "Dragon", "blue_Sky", "monkey", "Winter", "Soleil", "qwerty"])
    password = draw.choice(
        [
            word + _of(draw, string.digits, 4),
            word + draw.choice("!#%&*") + _of(draw, letters, 5),
            _of(draw, letters + "!#%*-_", 11) + "7x",
        ]
    ).lstrip("!#%*-_&")
    claims = base64.urlsafe_b64encode(draw.randbytes(60)).decode().rstrip("=")
    return {
        "p": password,
        "k": _of(draw, letters, 30) + "4Zq",
        "b": base64.b64encode(f"anna:{password}".encode()).decode() + _of(draw, letters, 8) + "9",
        "a": _of(draw, letters + "/+", 37) + "7aB",
        "h": _of(draw, "0123456789abcdef", 30) + "a9",
        "t": _of(draw, letters, 36),
        "s": _of(draw, letters, 24),
        "d": _of(draw, string.digits, 12),
        "m": "\n".join(_of(draw, letters + "+/", 64) for _ in range(4)),
        "j": f"eyJhbGciOiJIUzI1NiJ9.eyJ{claims}.{_of(draw, letters + '-_', 43)}",
    }


def _of(draw: random.Random, alphabet: str, size: int) -> str:
    return "".join(draw.choices(alphabet, k=size))
