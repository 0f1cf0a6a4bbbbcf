"""Months as they are written in lower case, folded; a date may begin with one: "octubre de 2013"."""

# Those that are everyday words besides (may, march, mars, marca, maja) are found by the number beside them.
MONTHS = frozenset((
    "january", "february", "april", "june", "july", "august", "september", "october", "november",
    "december", "januar", "februar", "marz", "mai", "juni", "juli", "oktober", "dezember", "janvier",
    "fevrier", "avril", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre",
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "setiembre",
    "octubre", "noviembre", "diciembre", "gennaio", "febbraio", "aprile", "maggio", "giugno", "luglio",
    "settembre", "ottobre", "dicembre", "januari", "februari", "maart", "mei", "augustus", "janeiro",
    "fevereiro", "marco", "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro",
    "stycznia", "lutego", "kwietnia", "czerwca", "lipca", "sierpnia", "wrzesnia", "pazdziernika",
    "listopada", "grudnia",
))  # fmt: skip
