"""Languages: what an article is written in, told by its row or found in its text, offline."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, TypeVar

from stance.records import Article, Passage

SURE = 0.4
"""The probability from which on a language counts as found."""
LEAST = 20
"""Letters, in bytes of UTF-8, from which on a text is long enough to tell its language by."""
ANY = "any"
"""What stands for the languages of a model that nobody knows: it is taken to read all."""
SHARE = 0.05
"""The share of a model's training passages from which on it counts as able to read their language."""
_SLICE = 1500
"""Characters looked at of the beginning, the middle and the end of a long text."""
_LETTERS = 400
"""Letters, drawn evenly from those, that tell the script."""
_WORDS, _FEW_WORDS = 20, 2
_ENGLISH = frozenset(
    "the and that with were has had from this which said their would they been are it who will about after not but its "
    "more than other when what should could against into because".split()
)
"""Words of every English text, and of hardly any other."""
_ENGLISH_SHARE = 0.1
"""Their share of an English text of `_WORDS` or more; of a shorter one more, `_FEW_WORDS` that differ, no accents."""
_WORD = re.compile(r"[^\W\d_]+")
_NOT_IN_NEWS = ("eo", "la", "sa")
"""Languages that hardly any article is in, and that lists of names are taken for."""
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]+")
_NOT_LATIN = re.compile(r"[^\W\d_\0-\u024f\u1e00-\u1eff]+")
_PARTS = re.compile(r"[-_\s(),.;:/]+")

_TABLE = """
af Afrikaans afr
am Amharic amh +ETHIOPIC
ar Arabic ara arb ary arz apc عربي العربية +ARABIC
as Assamese asm +BENGALI
az Azerbaijani aze azb azeri +CYRILLIC +ARABIC
be Belarusian bel +CYRILLIC
bg Bulgarian bul +CYRILLIC
bn Bengali ben bangla বাংলা +BENGALI
bo Tibetan tib bod +TIBETAN
bs Bosnian bos +CYRILLIC
ca Catalan cat
cs Czech cze ces
cy Welsh wel cym
da Danish dan
de German ger deu deutsch
dv Dhivehi div +THAANA
el Greek gre ell +GREEK
en English eng
eo Esperanto epo
es Spanish spa español espanol castellano
et Estonian est
eu Basque baq eus
fa Persian per fas pes prs dari farsi دری فارسی +ARABIC
fi Finnish fin
fr French fre fra français francais
ga Irish gle
gl Galician glg
gu Gujarati guj +GUJARATI
ha Hausa hau +ARABIC
he Hebrew heb iw +HEBREW
hi Hindi hin हिन्दी हिंदी +DEVANAGARI
hr Croatian hrv
hu Hungarian hun
hy Armenian arm hye +ARMENIAN
id Indonesian ind
ig Igbo ibo
is Icelandic ice isl
it Italian ita italiano
ja Japanese jpn +CJK +HIRAGANA +KATAKANA
ka Georgian geo kat +GEORGIAN
kk Kazakh kaz +CYRILLIC +ARABIC
km Khmer khm +KHMER
kn Kannada kan +KANNADA
ko Korean kor +HANGUL +CJK
ks Kashmiri kas +ARABIC +DEVANAGARI
ku Kurdish kur ckb kmr sdh +ARABIC +CYRILLIC
ky Kyrgyz kir +CYRILLIC +ARABIC
la Latin lat
lo Lao lao +LAO
lt Lithuanian lit
lv Latvian lav
mk Macedonian mac mkd +CYRILLIC
ml Malayalam mal +MALAYALAM
mn Mongolian mon +CYRILLIC +MONGOLIAN
mr Marathi mar +DEVANAGARI
ms Malay may msa zsm +ARABIC
mt Maltese mlt
my Burmese bur mya +MYANMAR
ne Nepali nep +DEVANAGARI
nl Dutch dut nld nederlands
no Norwegian nor nb nob nn nno
om Oromo orm +ETHIOPIC
or Odia ori ory oriya +ORIYA
pa Punjabi pan panjabi +GURMUKHI +ARABIC
pl Polish pol
ps Pashto pus pbt pushto پښتو +ARABIC
pt Portuguese por português portugues
ro Romanian rum ron
ru Russian rus русский +CYRILLIC
rw Kinyarwanda kin
sa Sanskrit san +DEVANAGARI
sd Sindhi snd +ARABIC +DEVANAGARI
si Sinhala sin sinhalese +SINHALA
sk Slovak slo slk
sl Slovenian slv slovene
sn Shona sna
so Somali som +ARABIC
sq Albanian alb sqi
sr Serbian srp +CYRILLIC
st Sotho sot
sv Swedish swe
sw Swahili swa
ta Tamil tam +TAMIL
te Telugu tel +TELUGU
tg Tajik tgk +CYRILLIC +ARABIC
th Thai tha +THAI
ti Tigrinya tir +ETHIOPIC
tk Turkmen tuk +CYRILLIC +ARABIC
tl Tagalog tgl fil filipino
tr Turkish tur türkçe turkce
tt Tatar tat +CYRILLIC
ug Uyghur uig +ARABIC +CYRILLIC
uk Ukrainian ukr +CYRILLIC
ur Urdu urd اردو +ARABIC
uz Uzbek uzb uzs +CYRILLIC +ARABIC
vi Vietnamese vie
xh Xhosa xho
yi Yiddish yid +HEBREW
yo Yoruba yor
zh Chinese chi zho cmn wuu yue mandarin 中文 汉语 漢語 +CJK
zu Zulu zul
"""
"""Codes of ISO 639-1, English names, what else a language is called, and the scripts it is written in beside Latin."""
_SCRIPTS = dict(
    part.split("=")
    for part in """
    ARABIC=Arab ARMENIAN=Armn BENGALI=Beng CJK=Hani CYRILLIC=Cyrl DEVANAGARI=Deva ETHIOPIC=Ethi GEORGIAN=Geor
    GREEK=Grek GUJARATI=Gujr GURMUKHI=Guru HANGUL=Hang HEBREW=Hebr HIRAGANA=Hira KANNADA=Knda KATAKANA=Kana
    KHMER=Khmr LAO=Laoo MALAYALAM=Mlym MONGOLIAN=Mong MYANMAR=Mymr ORIYA=Orya SINHALA=Sinh TAMIL=Taml TELUGU=Telu
    THAANA=Thaa THAI=Thai TIBETAN=Tibt
    """.split()
)
"""Scripts as Unicode names their letters, and their codes of ISO 15924."""

Item = TypeVar("Item", bound=Article | Passage)


@lru_cache(maxsize=1024)
def language_code(told: str) -> str:
    """The code of a language (ISO 639-1) that is told in any usual way; empty where it is none that we know.

    Examples
    --------
    >>> [language_code(told) for told in ("en-GB", "eng", "British English", "fr_FR.UTF-8", "Dari", "n/a")]
    ['en', 'en', 'en', 'fr', 'fa', '']
    """
    codes, _ = _known()
    whole = told.strip().casefold()
    first, *others = _PARTS.split(whole)
    named = (codes[part] for part in others if len(part) > 3 and part in codes)
    return codes.get(first) or next(named, "") or _script_code(whole)


def language_name(code: str) -> str:
    """The English name of a language: "Arabic"; for letters alone "unknown in Arabic script"; else the code."""
    script = next((name for name, short in _SCRIPTS.items() if code == f"und-{short}"), "")
    named = "Han" if script == "CJK" else script.title()
    return f"unknown in {named} script" if script else _known()[1].get(code, code)


def told_languages(counts: Mapping[str, int]) -> str:
    """Languages in words with how often each was found, the most frequent first: "Arabic 8, Urdu 4"."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{language_name(code)} {count:,}" for code, count in ordered)


def languages_found(items: Sequence[Article | Passage]) -> list[str]:
    """The code of the language of each article or passage; empty where nothing tells it.

    What a row tells in ``lang`` counts (`language_code`), unless the letters can't be of that language: Arabic ones in
    a row that is told to be English. Else the text tells. Passages of one article have one language. Where letters
    that are not Latin are too few to tell, ``und-Arab`` or the like stands for them (BCP 47).
    """
    keys = [item.article if isinstance(item, Passage) else number for number, item in enumerate(items)]
    texts: dict[object, list[str]] = {}
    for key, item in zip(keys, items, strict=True):
        texts.setdefault(key, []).append(item.text)
    found: dict[tuple[object, str], str] = {}
    for key, told in (asked := [(key, _told(item.details)) for key, item in zip(keys, items, strict=True)]):
        if (key, told) not in found:
            found[key, told] = language_of("\n".join(texts[key]), told)
    return [found[key, told] for key, told in asked]


def with_languages(items: Sequence[Item], languages: Sequence[str]) -> list[Item]:
    """Articles or passages, the language found in ``lang`` where a model of these languages can't read it.

    It also takes the place of one that is told and can't be.
    """
    return [
        replace(item, details={**item.details, "lang": code})
        if code and code != (told := language_code(_told(item.details))) and (told or not reads(languages, code))
        else item
        for item, code in zip(items, languages_found(items), strict=True)
    ]


def language_of(text: str, told: str = "") -> str:
    """The language of a text, of which one may be told already; empty where neither is sure."""
    code = language_code(told)
    if code and _may_be_in(code, text):
        return code
    sample = _sample(text)
    script = _script(sample)
    return "en" if not script and _is_plainly_english(sample) else _guessed(sample, script)


def reads(languages: Sequence[str], code: str) -> bool:
    """Whether a model of these languages reads that of the code; what is not known counts as read."""
    if not code or not languages or code in languages:
        return True
    return any(code in _letters_of(language) for language in languages)


def told_language(details: Mapping[str, Any]) -> str:
    """The code of the language that the details of an article tell in ``lang``; empty where they tell none."""
    return language_code(_told(details))


def languages_read(told: Iterable[Any]) -> tuple[str, ...]:
    """Codes of languages that are told in any usual way, each once; empty where one of them is none that we know."""
    codes = [language_code(part) for text in told for part in re.split(r"[,;/]", str(text)) if part.strip()]
    return tuple(dict.fromkeys(codes)) if all(codes) else ()


def languages_of(passages: Iterable[Passage], assumed: str) -> list[str]:
    """The languages of a model's training passages, the most frequent first, but for stray ones.

    Parameters
    ----------
    passages : iterable of Passage
    assumed : str
        The codebook's: that of passages which neither their row nor their text tells.
    """
    counts = Counter(code or language_code(assumed) or assumed for code in languages_found([*passages]))
    least = SHARE * counts.total()
    return [code for code, count in counts.most_common() if count >= least] or [assumed]


def _told(details: Mapping[str, Any]) -> str:
    told = details.get("lang")
    return told if isinstance(told, str) else ""


@cache
def _known() -> tuple[dict[str, str], dict[str, str]]:
    """The codes of all that languages are called, and the names of their codes."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for line in _TABLE.split("\n")[1:-1]:
        code, name, *others = line.split()
        names[code] = name
        codes |= {called: code for called in (code, name.casefold(), *others) if called[0] != "+"}
    return codes, names


@cache
def _letters_of(code: str) -> frozenset[str]:
    """The scripts that a language is written in beside Latin, as `und-Arab` and the like."""
    line = next((line for line in _TABLE.split("\n") if line.startswith(f"{code} ")), "")
    return frozenset(f"und-{_SCRIPTS[part[1:]]}" for part in line.split() if part[0] == "+")


def _script_code(told: str) -> str:
    code = f"und-{told[4:].title()}"
    return code if told.startswith("und-") and told[4:].title() in _SCRIPTS.values() else ""


def _may_be_in(code: str, text: str) -> bool:
    """Whether the letters of a text may be of a language; Latin ones may be of any, for all are transcribed."""
    script = _script(_sample(text))
    return not script or script == code or script in _letters_of(code)


def _script(text: str) -> str:
    """The script of most letters of a text, as `und-Arab`; empty where that is Latin, or there are none."""
    if text.isascii() or not _NOT_LATIN.search(text):
        return ""
    letters = "".join(_WORD.findall(text))
    counts = Counter(_script_of(c) for c in letters[:: len(letters) // _LETTERS + 1])
    return counts.most_common(1)[0][0] if counts else ""


@lru_cache(maxsize=4096)
def _script_of(letter: str) -> str:
    name = unicodedata.name(letter, "LATIN").split()[0].split("-")[0]
    return "" if name == "LATIN" else f"und-{_SCRIPTS[name]}" if name in _SCRIPTS else ""


def _sample(text: str) -> str:
    """The text, or of a long one its beginning, middle and end."""
    if len(text) <= 3 * _SLICE:
        return text
    middle = (len(text) - _SLICE) // 2
    return "\n".join((text[:_SLICE], text[middle : middle + _SLICE], text[-_SLICE:]))


def _is_plainly_english(text: str) -> bool:
    """A sure test that costs little, so that the library is read for other texts alone."""
    words = _WORD.findall(text.lower())
    own = [word for word in words if word in _ENGLISH]
    if len(words) >= _WORDS:
        return len(own) >= _ENGLISH_SHARE * len(words)
    few = len(set(own)) >= _FEW_WORDS and len(own) >= 1.5 * _ENGLISH_SHARE * len(words)
    return few and all(map(str.isascii, words))


def _guessed(text: str, script: str) -> str:
    """What the words in the script of most letters say; if that is not Latin at least the script."""
    text = (_LATIN if script else _NOT_LATIN).sub(" ", text)
    if len("".join(_WORD.findall(text)).encode("utf-8", "replace")) < LEAST:
        return script
    probs: Counter[str] = Counter({script: 0.0})
    for code, prob in _identifier().rank(text) if _identifier() else ():
        probs[language_code(code)] += prob
    code, prob = probs.most_common(1)[0]
    return code if prob >= SURE and _may_be_in(code, text) else script


@cache
def _identifier() -> Any:
    """The library's model, read once in a process, where a text is not plainly English: half a second.

    None where it can't be unpacked, for it wants a folder for temporary files: then scripts alone are told.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError:
        return None
    identifier.set_languages([code for code in identifier.labels if language_code(code) not in ("", *_NOT_IN_NEWS)])
    return identifier
