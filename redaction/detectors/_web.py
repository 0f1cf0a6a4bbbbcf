"""Addresses of pages, what stands in them, and handles.

An address is masked whole where its host is not one that everybody knows, for such a host says whose it is: a
company's own net, somebody's own site. On hosts that everybody knows (and on names that are reserved for
examples) only what names a person is: profiles, and values of queries. A policy may keep ``URL`` and still lose
no secret: what is kept shelters nothing inside it.
"""

from urllib.parse import unquote_plus

from redaction.detectors._words import any_of
from redaction.rules import Rule

_HOST = r"(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_\-]{0,61}[\p{L}\p{N}_])?\.){1,8}(?:xn--[a-z0-9\-]{2,59}|\p{L}{2,24})"
_REST = r"(?::\d{2,5})?(?:[/?#][^\s\"'<>\\^`{|}]{0,1000})?"
# Hosts whose name tells nothing about who asks; what stands on them may.
_HOSTS = """
wikipedia.org wikimedia.org wiktionary.org wikidata.org github.com githubusercontent.com gitlab.com bitbucket.org
sourceforge.net stackoverflow.com stackexchange.com serverfault.com superuser.com askubuntu.com python.org pypi.org
readthedocs.io readthedocs.org npmjs.com npmjs.org nodejs.org yarnpkg.com mozilla.org w3.org w3schools.com schema.org
json-schema.org xmlsoap.org openxmlformats.org purl.org ietf.org rfc-editor.org iana.org iso.org ecma-international.org
apache.org kernel.org debian.org ubuntu.com fedoraproject.org redhat.com gnu.org fsf.org opensource.org spdx.org
creativecommons.org docker.com docker.io kubernetes.io k8s.io helm.sh terraform.io hashicorp.com ansible.com jenkins.io
microsoft.com visualstudio.com apple.com google.com googleapis.com gstatic.com youtube.com youtu.be amazon.com
aws.amazon.com cloudflare.com jsdelivr.net unpkg.com bootstrapcdn.com fontawesome.com facebook.com twitter.com x.com
instagram.com linkedin.com reddit.com medium.com dev.to huggingface.co arxiv.org doi.org orcid.org nature.com
springer.com sciencedirect.com ieee.org acm.org nih.gov who.int un.org europa.eu gov.uk bund.de service-public.fr
bbc.co.uk bbc.com cnn.com nytimes.com theguardian.com reuters.com lemonde.fr spiegel.de elpais.com openai.com
anthropic.com oracle.com java.com java.net mysql.com postgresql.org sqlite.org mongodb.com redis.io elastic.co
spring.io springframework.org hibernate.org jboss.org eclipse.org jetbrains.com android.com kotlinlang.org golang.org
go.dev rust-lang.org crates.io docs.rs ruby-lang.org rubygems.org rubyonrails.org php.net getcomposer.org
packagist.org jquery.com reactjs.org react.dev nextjs.org vuejs.org angular.io angular.dev svelte.dev
getbootstrap.com tailwindcss.com djangoproject.com palletsprojects.com fastapi.tiangolo.com pytorch.org
tensorflow.org numpy.org pandas.pydata.org scipy.org nuget.org maven.org mvnrepository.com gradle.org swagger.io
openapis.org jwt.io oauth.net openid.net grafana.com prometheus.io nginx.org letsencrypt.org deepl.com duckduckgo.com
bing.com zoom.us slack.com trello.com atlassian.com notion.so figma.com dropbox.com paypal.com stripe.com
example.com example.org example.net
"""
_KNOWN = frozenset(_HOSTS.split())
_RESERVED = frozenset(("example", "test", "invalid", "localhost", "gov", "mil", "int"))  # and those of states
_PUBLIC = frozenset(("schemas", "schema", "xmlns", "ns", "developer", "developers", "cdn", "fonts", "static"))
_PROFILES = (
    r"(?:linkedin\.com/in|facebook\.com|fb\.com|instagram\.com|(?:twitter|x)\.com|github\.com|t\.me|tiktok\.com/@|"
    r"youtube\.com/@|xing\.com/profile)"
)
_KINDS = r"(?:customer|patient|employee|contact|client|user|member|owner|author|recipient|sender|guest|billing|shipping)"
_NAME_KEYS = rf"(?:{_KINDS}[_\-.]?)?(?:full|first|last|given|family|sur|middle|maiden|display)[_\-.]?name"
_USER_KEYS = any_of(["user", "username", "user_name", "userid", "user_id", "login", "handle", "account", "member", "uid", "customer", "customer_id", "customerid", "patient", "patient_id", "employee_id", "contact_id"])  # fmt: skip
_HANDLES = (
    "twitter", "instagram", "insta", "tiktok", "telegram", "discord", "snapchat", "mastodon", "handle", "follow",
    "dm", "username", "threads", "github", "x.com", "@",
)  # fmt: skip
_HANDLE = r"(?P<value>@(?=\w{0,29}[A-Za-z])\w{3,30})(?![\w@/\-])(?!\s?[=({\[]|:=|\.\w)"
# What begins with the same sign in code, style sheets and chats, and is nobody.
_DECORATORS = """
override test nullable nonnull autowired inject component service repository controller restcontroller configuration
bean entity table column id transactional deprecated suppresswarnings before after beforeeach aftereach beforeall
afterall data getter setter builder slf4j value valid notnull notblank requestbody pathvariable requestparam
param params return returns throws throw see since author version todo example type typedef property prop default
deprecated private public protected readonly file fileoverview module namespace class constructor callback link
media import charset font keyframes supports include mixin extend apply tailwind layer use forward if else for each while
function staticmethod classmethod dataclass cached wraps pytest abstractmethod contextmanager lru cache total
interface implementation end protocol synthesize dynamic selector autoreleasepool objc state published binding
observedobject environment environmentobject main escaping discardableresult available mainactor iboutlet ibaction
composable preview binds provides module singleton hilt volatile synchronized jvmstatic jvmfield throws
input output viewchild hostlistener injectable ngmodule directive pipe index key root first last echo here channel
everyone all me runtime undefinedvariable latest next beta home startuml enduml
"""
_MARKS = frozenset(_DECORATORS.split())


def rules() -> list[Rule]:
    """A rule for each way in which an address says something about somebody."""
    return [
        Rule("URL", rf"(?<!\w)(?:https?|ftps?|wss?)://{_HOST}{_REST}", 0.6, confirm=_tells, trim=_end),
        Rule("URL", rf"(?<![\w/.@\-])www\.{_HOST}{_REST}", 0.6, confirm=_tells, trim=_end),
        Rule("URL", rf"(?<!\w)https?://(?:www\.|[a-z]{{2}}\.)?{_PROFILES}/?[\w.\-%]{{3,64}}(?:/?\b)", 0.6),
        Rule("URL", r"(?<!\w)https?://[^\s\"'<>?]{3,200}\?[^\s\"'<>]{0,200}(?:e-?mail|user|name|phone|token|id|ssn|account)=[^\s\"'<>]{3,300}", 0.6),
        Rule("URL", r"(?<!\w)https?://[^\s\"'<>@/]{1,64}@[^\s\"'<>]{3,200}", 0.6),
        Rule("URL", r"(?<!\w)https?://[a-z0-9.\-]{3,100}/(?:users?|people|profiles?|members?|~)/?(?P<who>[\w.\-]{3,64})(?:/[^\s\"'<>]{0,100})?", 0.6),
        Rule("PERSON", rf"[?&;]{_NAME_KEYS}=(?P<value>[^&\s#\"'<>;=]{{2,100}})", 0.7, confirm=_spelled),
        Rule("PERSON", rf"[?&;](?:{_KINDS}[_\-.]?)?name=(?P<value>[^&\s#\"'<>;=]{{3,100}})", 0.7, confirm=_named),
        Rule("USERNAME", rf"[?&;]{_USER_KEYS}=(?P<value>[\w.\-@%+]{{3,100}})", 0.6, confirm=_somebody),
        Rule("ID", r"/(?:users?|people|profiles?|members?|customers?|patients?|employees?|accounts?|clients?|contacts?)/(?P<value>\d{4,20}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w\-])", 0.6),
        Rule("USERNAME", r"(?<![\w@./\-])@(?=\w{0,20}[A-Za-z])[A-Za-z0-9_][A-Za-z0-9_.]{1,29}\w(?![\w@/(])", 0.2, _HANDLES, _somebody),
        # Behind a word, or at the beginning of a line that holds more: alone on a line it decorates what follows.
        Rule("USERNAME", rf"[ (\"“‘,;:!?](?<=[^\s/\\] |[(\"“‘,;:!?]){_HANDLE}", 0.6, confirm=_somebody),
        Rule("USERNAME", rf"^{_HANDLE}(?=[:,]? \S)", 0.6, confirm=_somebody),
    ]  # fmt: skip


def _end(value: str) -> int:
    """Where an address ends: not with what a sentence puts behind it."""
    end = len(value)
    while end and (value[end - 1] in ".,;:!?*_'»”’…" or (value[end - 1] in ")]" and _unmatched(value[:end]))):
        end -= 1
    return end


def _unmatched(value: str) -> bool:
    return value.count(")") > value.count("(") or value.count("]") > value.count("[")


def _tells(value: str) -> bool | None:
    """False where the host is one that everybody knows, or nobody's."""
    host = value.partition("://")[2] or value
    for sign in "/?#:":
        host = host.partition(sign)[0]
    labels = host.lower().removeprefix("www.").split(".")
    if labels[-1] in _RESERVED or labels[0] in _PUBLIC:
        return False
    return False if any(".".join(labels[at:]) in _KNOWN for at in range(len(labels))) else None


def _words(value: str) -> list[str]:
    return unquote_plus(value).replace(".", " ").replace("_", " ").split()


def _spelled(value: str) -> bool | None:
    """False for what no name is spelled with."""
    words = _words(value)
    return (
        None if words and all(word.replace("-", "").replace("'", "").isalpha() for word in words) else False
    )


def _named(value: str) -> bool | None:
    """The same, and False for one word in small letters: a thing has a name too."""
    words = _words(value)
    if "." in value or not words or _spelled(value) is False:
        return False
    return None if len(words) > 1 or words[0].istitle() else False


def _somebody(value: str) -> bool | None:
    plain = value.lower().lstrip("@")
    if plain in _MARKS or plain.partition("_")[0] in _MARKS or plain in _NOBODY:
        return False
    return None


_NOBODY = frozenset(("root", "admin", "user", "username", "none", "null", "true", "false", "guest", "anonymous", "system", "test"))  # fmt: skip
