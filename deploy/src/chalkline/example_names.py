"""Names that nobody has, in several scripts: given names of many tongues, family names made of chalk.

What a roster really holds has accents, apostrophes, spaces, commas and letters that are not Latin. All of
that is in here, and no one can be found by it.
"""

import unicodedata
from random import Random
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN: Final = _words(
    """Maya Tomás Nora Leo Ada Aisha Björn Chloé Dmitri Elif Fatou Gunnar Hồng İpek Jun Kwame Łucja Mário Ngozi
    Øyvind Paloma Quim Ravi Søren Thuỳ Uma Vojtěch Wanda Xochitl Yusuf Zoë Anaïs Bahar Ciarán Dörte Esi Fjóla
    Grégoire Héctor Ines João Katarzyna Lorenç Māra Noé Ólafur Petr Renée Şirin Tuyết Ülle Václav Wren Ximena
    Yannick Žofia Анна Борис Галина Ελένη Νίκος سلمى طارق נועה אורי आशा रवि 美咲 健 지우 서준"""
)
BEGINNINGS: Final = _words(
    "Chalk Slate Ink Pencil Quill Easel Crayon Ruler Satchel Bell Ledger Marker Inkwell Blotter Compass"
)
ENDINGS: Final = _words("worth ford ley by stad sen sson dóttir berg ová escu oğlu wicz eaux ínez ões īte")
WHOLE: Final = (
    "O'Chalk", "de la Tiza", "van der Krijt", "Mac an Chailc", "Krijt-Kreide", "Меловой", "Крейденко", "Κιμωλίδης",
    "الطباشيري", "בן־גיר", "चाकवाला", "白墨", "분필", "Chalk, Jr.",
)  # fmt: skip
"""Family names as they are: with what a reader of CSV may stumble over."""
SCHOOLS: Final = _words(
    """Alder Birch Cedar Dogwood Elm Fir Ginkgo Hazel Ironwood Juniper Katsura Larch Maple Nutmeg Oak Poplar Quince
    Rowan Spruce Tamarack Umbrella Viburnum Willow Yew Zelkova"""
)
KINDS: Final = ("Elementary", "Middle School", "High School", "Academy")


def given(random: Random) -> str:
    return random.choice(GIVEN)


def family(random: Random) -> str:
    """Mostly made of two parts, sometimes a whole one."""
    if random.random() < 0.12:
        return random.choice(WHOLE)
    return random.choice(BEGINNINGS) + random.choice(ENDINGS)


def school(number: int) -> str:
    """The name of the so manyeth school, from 0: another one for each."""
    tree, kind = SCHOOLS[number % len(SCHOOLS)], KINDS[number // len(SCHOOLS) % len(KINDS)]
    around = number // (len(SCHOOLS) * len(KINDS))
    return f"{tree} Street {kind}" + (f" {around + 1}" if around else "")


def in_ascii(name: str) -> str:
    """What an address makes of a name: `Tomás` → `tomas`; empty where no letter is Latin."""
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ø", "O").replace("Ł", "L"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha()).lower()
