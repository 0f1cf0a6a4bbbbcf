"""Clean prose in eight languages, read from Debian packages that the operator downloads; none is shipped."""

import random
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from redaction.training.examples import Example, split_of

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
# Licences: libreoffice-help MPL-2.0; gimp-help GFDL-1.2+; gnome-user-docs CC BY-SA 3.0; debian-handbook GPL-2+ or
# CC BY-SA 3.0; installation-guide GPL-2.
PACKAGES = (
    *(f"libreoffice-help-{code}" for code in ("de", "en-us", "es", "fr", "it", "nl", "pl", "pt", "pt-br")),
    *(f"gimp-help-{code}" for code in ("de", "en", "es", "fr", "it", "nl", "pt")),
    "debian-handbook",
    "gnome-user-docs",
    "installation-guide-amd64",
)
_PAGES = ("*.html", "*.page")
_BLOCKS = frozenset(
    ["p", "li", "td", "th", "h1", "h2", "h3", "h4", "dt", "dd", "div", "title", "pre", "item", "desc"]
)
_SILENT = frozenset(("script", "style", "head", "pre", "programlisting", "credit", "license", "info"))
# Sections that thank people and name firms are no clean prose.
_TELLTALE = re.compile(
    r"©|\(c\)|copyright|@|https?:|[Aa]uthor|[Aa]utor|[Aa]uteur|[Tt]ranslat|[Üü]bersetz|[Tt]radu|Raphaël|Roland|[Vv]ertal"
    r"|[Tt]łumacz|Bruce|Murdock|Debian Project|Foundation|Canonical|Microsoft|Google|Red Hat|Oracle|IBM|Intel|Adobe"
)
_MONTH_OR_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)|\d[./-]\d\d?[./-]\d")
_LEAST, _MOST = 25, 700  # characters of a paragraph


def fetch(folder: Path) -> None:
    """Downloads and unpacks the packages with apt; a package that is there already is not fetched again."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if (folder / package).is_dir():
            continue
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True)  # noqa: S603, S607
        archive = next(folder.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", archive, folder / package], check=True)  # noqa: S603, S607
        archive.unlink()


def paragraphs(folder: Path, each: int, seed: int) -> Iterator[Example]:
    """About ``each`` different paragraphs of every language, drawn at random, none of the held-out splits."""
    for language in LANGUAGES:
        pages = sorted(path for path in _pages(folder) if _language(path, folder) == language)
        random.Random(f"{seed}{language}").shuffle(pages)  # noqa: S311 - a sample, not a secret
        seen: set[str] = set()
        for page in pages:
            for text in _paragraphs_of(page):
                if text not in seen:
                    seen.add(text)
                    yield Example(text, (), language=language, source="prose")
            if len(seen) >= each:
                break


def clean(folder: Path, each: int, seed: int) -> Iterator[Example]:
    """Those paragraphs that training may see."""
    return (one for one in paragraphs(folder, each, seed) if split_of(one.text) == "train")


def _pages(folder: Path) -> Iterator[Path]:
    for package in PACKAGES:
        for pattern in _PAGES:
            yield from (folder / package).rglob(pattern)


def _language(path: Path, folder: Path) -> str | None:
    for part in path.relative_to(folder).parts:
        code = part.replace("_", "-").lower().split("-")[0]
        if code in LANGUAGES and (len(part) == len(code) or part[len(code)] in "-_"):
            return "en" if part == "C" else code
        if part == "C":
            return "en"
    return None


def _paragraphs_of(page: Path) -> Iterator[str]:
    reader = _Blocks()
    reader.feed(page.read_text(encoding="utf-8", errors="replace"))
    reader.flush()
    for block in reader.blocks:
        text = " ".join(block.split())
        if _LEAST <= len(text) <= _MOST and not _TELLTALE.search(text) and not _MONTH_OR_YEAR.search(text):
            yield text


class _Blocks(HTMLParser):
    """Collects the text of a page's blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - HTMLParser's signature
        if tag in _BLOCKS:
            self.flush()
        self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.flush()
        self._silent -= tag in _SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._open.append(data)

    def flush(self) -> None:
        """Ends a block."""
        self.blocks.append("".join(self._open))
        self._open.clear()
