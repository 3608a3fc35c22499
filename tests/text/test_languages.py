"""Languages: what a row tells, what a text tells, what is too short to tell, and what a model can read."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from stance.records import Article, Passage
from stance.text import languages
from stance.text.languages import (
    language_code,
    language_name,
    language_of,
    languages_found,
    languages_of,
    languages_read,
    reads,
    told_languages,
    with_languages,
)

NEWS = {
    "en": "The army said on Monday that armed men had crossed the border and attacked a post near the river.",
    "ar": "قال الجيش يوم الاثنين إن مسلحين عبروا الحدود وهاجموا نقطة تفتيش قرب النهر وقتلوا ثلاثة جنود.",
    "ur": "فوج نے پیر کو کہا ہے کہ مسلح افراد نے سرحد پار کر کے دریا کے قریب ایک چوکی پر حملہ کیا۔",
    "fa": "ارتش روز دوشنبه گفت که افراد مسلح از مرز گذشته و به یک پاسگاه در نزدیکی رودخانه حمله کرده‌اند.",
    "ps": "پوځ د دوشنبې په ورځ وویل چې وسله والو له پولې اوښتي او د سیند څنګ ته یې پر یوې پوستې برید کړی دی.",
    "hi": "सेना ने सोमवार को कहा कि हथियारबंद लोगों ने सीमा पार की और नदी के पास एक चौकी पर हमला किया।",
    "bn": "সেনাবাহিনী সোমবার বলেছে যে সশস্ত্র লোকেরা সীমান্ত পেরিয়ে নদীর কাছে একটি চৌকিতে হামলা করেছে।",
    "zh": "军方周一表示，武装人员越过边境，袭击了河边的一个哨所，造成三名士兵死亡。",
    "ja": "軍は月曜日、武装した男たちが国境を越えて川の近くの検問所を襲撃したと発表した。",
    "ko": "군은 월요일 무장한 사람들이 국경을 넘어 강 근처의 초소를 공격했다고 밝혔다.",
    "ru": "Армия сообщила в понедельник, что вооружённые люди перешли границу и напали на пост у реки.",
    "tr": "Ordu pazartesi günü silahlı kişilerin sınırı geçtiğini ve bir karakola saldırdığını söyledi.",
    "fr": "L'armée a déclaré lundi que des hommes armés avaient franchi la frontière et attaqué un poste.",
    "es": "El ejército dijo el lunes que hombres armados cruzaron la frontera y atacaron un puesto cerca del río.",
    "de": "Die Armee teilte am Montag mit, bewaffnete Männer hätten die Grenze überquert und einen Posten angegriffen.",
    "it": "L'esercito ha dichiarato lunedì che uomini armati hanno attraversato il confine e attaccato un posto.",
    "pt": "O exército disse na segunda-feira que homens armados cruzaram a fronteira e atacaram um posto perto do rio.",
    "nl": "Het leger zei maandag dat gewapende mannen de grens waren overgestoken en een post hadden aangevallen.",
    "id": "Tentara mengatakan pada hari Senin bahwa orang-orang bersenjata telah melintasi perbatasan sungai.",
    "uz": "Armiya dushanba kuni qurolli shaxslar chegarani kesib oʻtib, daryo yaqinidagi postga hujum qilganini aytdi.",
    "tg": "Артиш рӯзи душанбе гуфт, ки афроди мусаллаҳ аз марз гузашта, ба посгоҳе дар назди дарё ҳамла кардаанд.",
    "so": "Ciidanka ayaa sheegay Isniintii in rag hubaysan ay ka soo gudbeen xuduudka oo ay weerareen saldhig.",
    "sw": "Jeshi lilisema Jumatatu kwamba watu wenye silaha walivuka mpaka na kushambulia kituo karibu na mto.",
    "pa": "ਫੌਜ ਨੇ ਸੋਮਵਾਰ ਨੂੰ ਕਿਹਾ ਕਿ ਹਥਿਆਰਬੰਦ ਲੋਕਾਂ ਨੇ ਸਰਹੱਦ ਪਾਰ ਕਰਕੇ ਇੱਕ ਚੌਕੀ 'ਤੇ ਹਮਲਾ ਕੀਤਾ।",
    "he": "הצבא מסר ביום שני כי חמושים חצו את הגבול ותקפו מוצב ליד הנהר.",
}


@pytest.mark.parametrize("code", NEWS)
def test_a_sentence_of_news_tells_its_language(code: str) -> None:
    assert language_of(NEWS[code]) == code
    assert language_of("\n\n".join([NEWS[code]] * 200)) == code


@pytest.mark.parametrize(
    "text",
    ["", "Kabul.", "OK", "12:30", "\U0001f600 1234 5678", "Ada Lovett, 43", "El juez vino.", "a" * 19, "!" * 500],
)
def test_a_text_too_short_is_not_guessed(text: str) -> None:
    assert language_of(text) == ""


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("کابل", "und-Arab", "unknown in Arabic script"),
        ("攻击", "und-Hani", "unknown in Han script"),
        ("Да", "und-Cyrl", "unknown in Cyrillic script"),
        ("सेना", "und-Deva", "unknown in Devanagari script"),
    ],
)
def test_letters_that_are_not_latin_tell_at_least_their_script(text: str, code: str, name: str) -> None:
    assert (language_of(text), language_name(code)) == (code, name)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{NEWS['en']} {NEWS['en']} {NEWS['ar']}", "en"),
        (f"{NEWS['ar']} {NEWS['ar']} {NEWS['en']}", "ar"),
        (f"{NEWS['ar']} " * 20 + f"{NEWS['en']} " * 5, "ar"),
        ("“The dockers accused the council,” — طالبان", "en"),
        ("A Taliban 塔利班 attack", ""),
        (NEWS["ur"] + " (Dock Union, PA, TTP, Reuters)", "ur"),
        (NEWS["en"].upper(), "en"),
        (NEWS["fr"].upper(), "fr"),
        ("He said “naïve” of the café, which was not what they had been told.", "en"),
        ("https://example.org/a/b?c=d&e=f " * 3, ""),
    ],
    ids=[
        "more-english",
        "more-arabic",
        "long",
        "a-word",
        "names",
        "names-in-urdu",
        "capitals",
        "capitals-fr",
        "accents",
        "addresses",
    ],
)
def test_of_mixed_texts_most_letters_tell(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    ("told", "code"),
    [
        *((told, "en") for told in ("en", "EN", " en ", "en-GB", "en_US", "en_US.UTF-8", "eng", "English", "ENGLISH")),
        *((told, "en") for told in ("British English", "English (UK)", "en, ur")),
        *((told, "fr") for told in ("fr-CA", "fra", "fre", "French", "Français")),
        *((told, "fa") for told in ("fa-AF", "per", "prs", "Farsi", "Dari", "فارسی")),
        *((told, "zh") for told in ("zh-Hans", "zh_CN", "zho", "Simplified Chinese", "中文")),
        *((told, "no") for told in ("nb", "nn", "Norwegian")),
        ("und-Arab", "und-Arab"),
        *(
            (told, "")
            for told in ("", " ", "und", "mul", "zxx", "n/a", "nan", "none", "unknown", "xx", "-", "12", "und-Xxxx")
        ),
    ],
)
def test_a_language_is_told_in_any_usual_way(told: str, code: str) -> None:
    assert language_code(told) == code


@pytest.mark.parametrize(
    ("told", "text", "code"),
    [
        ("fr", NEWS["en"], "fr"),
        ("ar", NEWS["en"], "ar"),
        ("en", NEWS["fr"], "en"),
        ("en-GB", "Kabul.", "en"),
        ("Urdu", "Kabul.", "ur"),
        ("ur", "Fauj ne kaha hai ke musallah afraad ne sarhad paar se hamla kiya hai.", "ur"),
        ("en", NEWS["ar"], "ar"),
        ("en", "کابل", "und-Arab"),
        ("ur", NEWS["ar"], "ur"),
        ("zh", NEWS["ru"], "ru"),
        ("xx", NEWS["fr"], "fr"),
        ("en", f"{NEWS['en']} — طالبان", "en"),
    ],
    ids=str,
)
def test_what_is_told_counts_unless_the_letters_are_of_no_such_language(told: str, text: str, code: str) -> None:
    assert language_of(text, told) == code


def test_passages_of_an_article_have_one_language() -> None:
    texts = [NEWS["fr"], "Lundi.", NEWS["en"], "Monday.", "Lunes."]
    articles = ["a", "a", "b", "b", "c"]
    passages = [Passage(str(n), a, t, 0, len(t)) for n, (a, t) in enumerate(zip(articles, texts, strict=True))]
    assert languages_found(passages) == ["fr", "fr", "en", "en", ""]
    told = [Passage("0", "a", "Lundi.", 0, 6, details={"lang": "fr"}), Passage("1", "a", "Monday.", 0, 7)]
    assert languages_found(told) == ["fr", ""]
    assert languages_found([Article("a", NEWS["fr"]), Article("a", NEWS["en"])]) == ["fr", "en"]


def test_the_language_found_is_written_where_it_can_not_be_read() -> None:
    rows: list[tuple[str, dict[str, Any]]] = [
        (NEWS["en"], {}),
        (NEWS["fr"], {"source": "Gull"}),
        (NEWS["ar"], {"lang": "en"}),
        (NEWS["en"], {"lang": "en-GB"}),
        (NEWS["en"], {"lang": "fr-CA"}),
        (NEWS["fr"], {"lang": "n/a"}),
        (NEWS["en"], {"lang": ["en"]}),
        ("Kabul.", {"lang": None}),
    ]
    items = with_languages([Article(str(n), text, details=details) for n, (text, details) in enumerate(rows)], ["en"])
    assert [dict(item.details) for item in items] == [
        {},
        {"source": "Gull", "lang": "fr"},
        {"lang": "ar"},
        {"lang": "en-GB"},
        {"lang": "fr-CA"},
        {"lang": "fr"},
        {"lang": ["en"]},
        {"lang": None},
    ]


@pytest.mark.parametrize(
    ("own", "code", "read"),
    [
        (["en"], "en", True),
        (["en"], "fr", False),
        (["en", "fr"], "fr", True),
        (["en"], "", True),
        ([], "fr", True),
        (["en"], "und-Arab", False),
        (["ur"], "und-Arab", True),
        (["ur"], "ar", False),
    ],
)
def test_a_model_reads_its_languages_and_what_nobody_can_tell(own: list[str], code: str, read: bool) -> None:
    assert reads(own, code) is read


@pytest.mark.parametrize(
    ("told", "codes"),
    [(["en"], ("en",)), (["English", "ur"], ("en", "ur")), (["en, ur"], ("en", "ur")), (["Klingon"], ()), ([], ())],
)
def test_the_languages_of_a_model(told: list[str], codes: tuple[str, ...]) -> None:
    assert languages_read(told) == codes


def passages(*texts: str, **details: Any) -> list[Passage]:
    return [Passage(str(n), str(n), text, 0, len(text), details=details) for n, text in enumerate(texts)]


def test_a_model_can_read_what_it_was_trained_on_but_for_strays() -> None:
    assert languages_of(passages(NEWS["en"], "Kabul."), "en") == ["en"]
    assert languages_of(passages(NEWS["ur"], NEWS["ur"], NEWS["en"]), "en") == ["ur", "en"]
    assert languages_of(passages(*[NEWS["ur"]] * 30, NEWS["fr"]), "en") == ["ur"]
    assert languages_of(passages("Kabul.", "OK."), "Urdu") == ["ur"]
    assert languages_of(passages("Kabul.", "OK.", lang="fr-CA"), "en") == ["fr"]
    assert languages_of([], "en") == ["en"]


def test_languages_in_words() -> None:
    assert told_languages({"ur": 3, "ar": 1200, "fr": 3, "und-Arab": 1, "xx": 1}) == (
        "Arabic 1,200, French 3, Urdu 3, unknown in Arabic script 1, xx 1"
    )


def test_what_can_not_be_unpacked_for_want_of_a_temporary_folder_is_told_by_its_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(languages, "_identifier", lambda: None)
    assert [language_of(NEWS[code]) for code in ("en", "fr", "ar")] == ["en", "", "und-Arab"]


def test_plain_english_does_not_load_the_library() -> None:
    code = (
        "import sys\nfrom stance.text.languages import language_of\n"
        f"print(language_of({NEWS['en']!r}), language_of('Kabul rejected the charge that it shelters them.'), "
        "'py3langid' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["en", "en", "False", "False"]
