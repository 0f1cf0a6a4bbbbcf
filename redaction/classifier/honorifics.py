# What may stand before a name and belongs to it, folded; a point may follow.
HONORIFICS = frozenset((
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "herrn", "frau", "monsieur", "madame", "mme",
    "mlle", "pr", "sr", "sra", "senor", "senora", "don", "dona", "dna", "dra", "sig", "signor", "signora",
    "dott", "avv", "ing", "dhr", "mevr", "mw", "meneer", "mevrouw", "drs", "ir", "senhor", "senhora", "seu",
    "eng", "pan", "pani", "panu", "mgr", "inz",
))  # fmt: skip
