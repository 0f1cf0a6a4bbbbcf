"""What a word of a reply can be: plain beyond doubt, or part of something worth looking at."""

import re
from enum import Enum, auto

QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_PLAIN = re.compile(rf"[({QUOTES}*~]*[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[){QUOTES}*~.,;:!?\u2026]*")
_NEUTRAL = re.compile(rf"[-*|.,;:#>=~!?){QUOTES}\u2022\u2013\u2014\u2026]+")
_AROUND = QUOTES + "()*,:;!?"

# fmt: off
# Words in small letters that stand inside names, addresses and lists of names.
_JOINING = frozenset(
    {
        "a", "al", "am", "and", "bei", "ben", "bin", "d", "da", "dal", "das", "de", "dei", "del", "della",
        "den", "der", "des", "di", "do", "dos", "du", "e", "el", "et", "ext", "het", "i", "ibn", "im",
        "in", "la", "las", "le", "les", "lo", "los", "of", "op", "st", "'t", "te", "ten", "ter", "the",
        "und", "van", "vom", "von", "y", "z", "zu", "zum", "zur",
    }
)
# Capitals that start sentences and name nobody; without these each sentence would be held and scanned.
_OPENERS = frozenset(
    {
        "I", "I'm", "I've", "I'll", "The", "This", "That", "These", "Those", "It", "It's", "You", "You're",
        "Your", "We", "We're", "Our", "They", "Their", "He", "She", "If", "But", "And", "Or", "So", "As",
        "At", "On", "For", "From", "With", "Here", "Here's", "There", "What", "When", "Where", "Which",
        "How", "Why", "Please", "Yes", "No", "Not", "Thank", "Thanks", "Sure", "Hello", "Hi", "Dear",
        "Then", "Also", "However", "Once", "Let", "Let's", "Is", "Are", "Do", "Does", "Can", "Could",
        "Would", "Should", "A", "An", "In", "To", "My", "By", "Of", "Its", "All", "Any", "Some", "Each",
        "Every", "Both", "Most", "Many", "Now", "Next", "First", "Second", "Finally", "Overall", "Note",
        "Okay", "After", "Before", "While", "Since", "Because", "Although", "Though", "Unless", "Until",
        "Instead", "Therefore", "Thus", "Additionally", "Furthermore", "Moreover", "Meanwhile", "Perhaps",
        "Maybe", "Sorry", "Great", "Good", "Well", "Just", "Only", "Another", "Other", "Such", "More",
        "Less", "Who", "Whose", "Within", "Without", "Through", "During", "About", "Above", "Below",
        "Between", "Under", "Over", "Using", "Based", "According", "Have", "Has", "Had", "Was", "Were",
        "Did", "Been", "Being", "Make", "Keep", "Use", "Try", "See", "Give", "Consider", "Remember", "Step",
        "Example", "Certainly", "Absolutely", "Me", "Us", "Her", "His", "Them", "Him", "Unfortunately",
        "Regards", "Best", "Kind", "Ich", "Sie", "Wir", "Ihr", "Ihre", "Es", "Er", "Der", "Das", "Ein",
        "Eine", "Und", "Aber", "Wenn", "Bitte", "Vielen", "Danke", "Wie", "Für", "Mit", "Auf", "Im", "Ja",
        "Nein", "Nicht", "Le", "La", "Les", "Un", "Une", "Je", "Vous", "Nous", "Il", "Elle", "Ils", "Et",
        "Mais", "Si", "Pour", "Avec", "Dans", "Merci", "Votre", "Notre", "Voici", "Oui", "Non", "El", "Los",
        "Las", "Una", "Por", "Para", "Con", "Gracias", "Su", "Este", "Esta", "Lo", "Gli", "Per", "Grazie",
        "Questo", "Questa", "Sono", "De", "Het", "Een", "Ik", "Wij", "Maar", "Als", "Dit", "Dat", "Met",
        "Voor", "Bedankt", "Os", "Um", "Uma", "Não", "Obrigado", "Nie", "Proszę", "Dziękuję", "Jest", "Na",
    }
)
# fmt: on


class Kind(Enum):
    """Whether a word may stand inside a name or a number."""

    PLAIN = auto()
    JOINING = auto()
    SUSPECT = auto()


def kind(word: str) -> Kind:
    """The kind of a word, which is a run of characters without white space."""
    if _NEUTRAL.fullmatch(word):
        return Kind.JOINING
    if _PLAIN.fullmatch(word) and (_small(word) or word.strip(_AROUND) in _OPENERS):
        return Kind.JOINING if word in _JOINING else Kind.PLAIN
    return Kind.SUSPECT


def _small(word: str) -> bool:
    # Letters without case (most scripts of Asia) are not small: nothing shows that they name nobody.
    return word.islower() and (word.isascii() or all(char.islower() for char in word if char.isalpha()))
