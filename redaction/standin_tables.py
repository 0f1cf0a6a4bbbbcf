"""Made-up people and places by language: real names, none of the frequent ones, none that is a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# Of each language: given names, family names, towns, streets, and how a firm's name ends.
_TABLES: Mapping[str, str] = {
    "en": """
Alwyn Briony Corwin Delphine Elspeth Fenella Gareth Honoria Imogen Jocelyn Kerenza Leofric Marcella
Nerys Orson Petronella Quentin Rosalind Sebastian Tabitha Ursula Verena Winifred Xanthe Ysolde Zelda
Barnaby Cordelia Desmond Evadne
|
Ablethorpe Birtwhistle Cadwallader Dunsmore Ellingham Featherstone Godalming Hathersage Inglethorpe
Jessamine Kettlewell Lanyon Mossgrove Netherwood Oglethorpe Pemberton Quarrington Ravenscroft
Stallworth Thistlewood Umfreville Vavasour Winterbourne Yelverton Ashdowne Bramhall Chilcott
Dashwood Everleigh Fairweather
|
Ambleford Brackenbury Coldharbour Dunmere Eastwold Fernhollow Greywick Hartsmere
|
Alderbrook Birchmoor Cloverfield Dovecote Elmhurst Foxglove Gorsefield Hawthorndene
|
Ltd
""",
    "de": """
Adelheid Bertram Cordula Dietlind Eberhard Friedegard Gundula Hartwig Isolde Jodokus Kunigunde
Leberecht Mechthild Notburga Ottokar Philippine Quirin Radegund Sieglinde Tankred Ulrike Volkmar
Waldemar Xaver Yngve Zacharias Almut Burghard Edeltraud Gisbert
|
Achenwall Birkenhauer Dornseifer Eichenlaub Falkenhayn Grünewald Hollenstedt Immenkamp Jakobsmeyer
Kaltenbrunn Lindenschmidt Mühlenfeld Nachtigall Osterhagen Plettenberg Quandt Rabenau Sonnleitner
Tannenhofer Uhlenbrock Vollrath Wittgenstein Zehntbauer Ahlefeld Brinkhaus Drosselmeyer Ellerbrock
Fichtenau Gerstenmaier Haselbacher
|
Altenwörth Birkenried Dunkelsbach Eschental Finkenrode Grünhagen Hollerstadt Lindenfels
|
Ahornweg Birkenallee Drosselgasse Eichenring Fasanenweg Ginsterstraße Holunderweg Lerchenstraße
|
GmbH
""",
    "fr": """
Aurélien Bérénice Clothilde Dorothée Edmond Faustine Gaspard Hermine Isaure Joachim Killian Léontine
Mathurin Ninon Odilon Philippine Quitterie Romaric Séverin Théophile Ulysse Violaine Wandrille
Xavière Yseult Zéphyrine Ambroise Capucine Donatien Eudoxie
|
Aubrecourt Beaumanoir Chantreau Duvivier Estienne Fontanelle Grandchamp Hautecoeur Isambard Jolivet
Kervadec Lamoureux Montreuil Nesmond Orgeval Pontcarré Quémeneur Rochebrune Sauvageot Tréville Urvoy
Vauquelin Wignacourt Ybarnégaray Ancelin Bellegarde Courtemanche Delaroche Escoffier Fauconnier
|
Aubervallon Bréhauville Clairefont Dourmont Étangval Fontbrune Grandlieu Hauterive
|
Acacias Bleuets Charmilles Dahlias Églantines Fougères Glycines Hortensias
|
SARL
""",
    "es": """
Amaranta Baltasar Casilda Demetrio Eulalia Fulgencio Graciana Hermenegildo Inmaculada Jacinto
Leocadia Maximino Nicanor Obdulia Plácido Quiteria Rogelio Saturnino Teodora Urbano Venancio
Wenceslao Xiomara Yolanda Zenaida Anselmo Benigno Crisanta Dionisio Eufemia
|
Arizmendi Bustamante Calatrava Dominguín Echeverría Fuentealba Goicoechea Hinojosa Ibarguren
Jaramillo Larrañaga Montalbán Navascués Olavarría Peñaranda Quintanar Rebolledo Santibáñez
Torquemada Urdaneta Valderrama Yturralde Zumalacárregui Aramburu Barrenechea Carvajal Duranza
Escalante Fonseca Gaztelu
|
Aldearrubia Berzosilla Cañaverales Dehesilla Encinares Fuentefría Guadalmina Hontanares
|
Almendros Cipreses Encinas Jazmines Laureles Madroños Nogales Robles
|
S.L.
""",
    "it": """
Amerigo Benedetta Callisto Domitilla Ermenegildo Fiammetta Gualtiero Ildegarda Lodovica Macario
Nicoletta Ottaviano Pancrazio Quirino Raimonda Sigismondo Tancredi Ubaldo Veronica Zaccaria Adalgisa
Bonifacio Costanza Desiderio Eleonora Filiberto Gherardo Isotta Leandro Melissa
|
Acquaviva Boncompagni Castelvetro Dandolo Emiliani Fioravanti Guicciardini Imperiali Lanzafame
Malaspina Napoletano Orsenigo Pallavicini Querini Roncaglia Sanseverino Tornabuoni Ubertini
Vallombrosa Zambelli Altoviti Bentivoglio Cavalcanti Durazzo Gambacorta Landriani Morosini
Pignatelli Serbelloni Trivulzio
|
Acquafredda Borgoscuro Castelfiore Fontechiara Montelupino Pietralba Roccabruna Valdiserra
|
Acacie Betulle Ciclamini Ginestre Magnolie Oleandri Platani Tigli
|
S.r.l.
""",
    "nl": """
Aleida Boudewijn Cornelia Diederik Engelbert Floris Geertruida Hillegonda Ijsbrand Jacomina Koenraad
Liesbeth Machteld Nicolaas Odilia Pieternel Quirijn Reinoud Saskia Theodora Ursina Volkert
Wilhelmina Xandra Ynske Zwaantje Adriaan Brechtje Dirkje Evert
|
Achterberg Blankenstein Cuypers Dijkgraaf Elzinga Fortuyn Groeneveld Hoogendoorn Ijsseldijk Jongsma
Kuipersma Lindeboom Molenkamp Nieuwenhuis Oosterhout Pannekoek Ruitenberg Schimmelpenninck Terpstra
Uitenbroek Veldkamp Westerhof Zonneveld Amerongen Broekhuizen Dorsman Eikelboom Feenstra Grootveld
Haverkamp
|
Altenwoude Broekhorst Duinvoorde Elzenrade Geestdorp Hazelmeer Kromwijk Lisseveld
|
Berkenlaan Dorpsweg Eikenlaan Fazantlaan Goudenregenstraat Hazelaarweg Iepenlaan Kastanjelaan
|
B.V.
""",
    "pt": """
Anacleto Benedita Custódio Deolinda Eleutério Felismina Gervásio Hermínia Idalina Joaquina Leonilde
Malaquias Natércia Olegário Perpétua Quitério Rosalina Salustiano Teodolinda Ubirajara Virgínia
Zulmira Adalberto Belmira Capitolina Domitila Etelvina Firmino Gertrudes Honorato
|
Abrantes Bettencourt Cavaleiro Delgadinho Estrela Figueiredo Gouveia Henriques Ilharco Junqueira
Lourenço Mascarenhas Noronha Osório Pestana Quintela Rebelo Saldanha Tavares Ventosa Ximenes Zagalo
Albuquerque Boaventura Cordovil Damásio Fragoso Guedelha Lencastre Mendonça
|
Aldeiavelha Boavizinha Carvalhosa Fontelonga Montalvo Olivais Pedralva Valverdinho
|
Amendoeiras Buganvílias Camélias Freixos Giestas Loureiros Oliveiras Sobreiros
|
Lda
""",
    "pl": """
Apolonia Bogumił Czesława Dobrosława Eustachy Filomena Gniewomir Hieronim Ignacy Jadwiga Kazimiera
Lubomir Mirosława Narcyz Olgierd Pelagia Radosław Sędziwoj Teofila Urszula Walenty Ziemowit Żaneta
Ambroży Bronisława Cyprian Domicela Ewaryst Felicja Gracjan
|
Abramczyk Bieńkowicz Cieślak Dębicki Elżanowski Florczak Głowacz Horodecki Iwaszko Jabłoniec
Krzyżanek Lubaczewski Mrozowicz Niedziałek Olszaniec Pietrzykowski Ratajczyk Skarżyński
Trzebiatowicz Ustrzycki Wiśniak Zborowicz Żurawiecki Bartosiak Chmielnicki Dobrzycki Gąsiorek
Kłosowicz Malczewicz Przybyszek
|
Brzezinka Dębogóra Jaworzec Kalinowiec Lipowiec Modrzewina Olszanica Wierzbno
|
Akacjowa Brzozowa Dębowa Jaśminowa Kalinowa Lipowa Modrzewiowa Wrzosowa
|
Sp. z o.o.
""",
}
_FUNCTION_WORDS: Mapping[str, str] = {
    "en": "the and of to is my you for with please have this that your are",
    "de": "der die das und ich ist nicht mit ein eine für bitte ihre sie wir",
    "fr": "le les et je est des une pour vous nous dans mon avec merci pas",
    "es": "el los y es una por para con usted mi gracias del que favor las",
    "it": "il gli e sono una per con di che mi grazie della questo mio non",
    "nl": "de het en ik een van is niet met voor mijn graag wij u deze",
    "pt": "o os e uma por para com não meu obrigado do da que você esta",
    "pl": "i w nie się na jest do to proszę moje dla mój z pan pani",
}
_LETTERS: Mapping[str, str] = {
    "pl": "łżźćńśąę", "de": "ßü", "es": "ñ¿¡", "pt": "ãõ", "fr": "êçœèû", "it": "òìù",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """What stand-ins of one language are made of; ``company`` is how a firm's name ends."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    towns: tuple[str, ...]
    streets: tuple[str, ...]
    company: str


@cache
def table(language: str) -> Table:
    """The table of a language that ``language_of`` knows."""
    given, family, towns, streets, company = _TABLES[language].split("|")
    return Table(_words(given), _words(family), _words(towns), _words(streets), company.strip())


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


def language_of(value: str, text: str) -> str:
    """The language whose letters the value has, else the one of most small words in the text around it."""
    low = value.lower()
    by_letter = next((name for name, letters in _LETTERS.items() if any(map(low.__contains__, letters))), "")
    if by_letter:
        return by_letter
    words = text.lower().split()
    small = {name: frozenset(listed.split()) for name, listed in _FUNCTION_WORDS.items()}
    return max(small, key=lambda name: sum(map(small[name].__contains__, words)))
