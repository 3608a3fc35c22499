"""A codebook's actors out of a pile: what is proposed, what belongs together, what is no actor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from stance.learning import name_table
from stance.learning.draft_entries import Entry
from stance.learning.draft_text import draft_text
from stance.learning.drafting import draft
from stance.learning.name_table import NameTable
from stance.records import Passage
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher


def passages(texts: Sequence[str], per_article: int = 1) -> list[Passage]:
    return [
        Passage(f"a{n // per_article}#{n}", f"a{n // per_article}", text, 0, len(text)) for n, text in enumerate(texts)
    ]


def drafted(*texts: str, least: int = 2, count: int = 50) -> list[Entry]:
    return draft(NameTable().add_all(passages(texts)), count, least)


def names(*texts: str, least: int = 2) -> dict[str, dict[str, int]]:
    return {entry.label: dict(entry.spellings) for entry in drafted(*texts, least=least)}


def test_names_that_recur_and_act_are_proposed_the_most_named_first() -> None:
    assert names(
        "At noon the Dock Union refused.",
        "Then the Dock Union agreed, and the Harbour Board paid.",
        "They blamed the Dock Union.",
        "But the Harbour Board refused to say so.",
        "Once Odd Berg came.",
    ) == {"Dock Union": {"Dock Union": 3}, "Harbour Board": {"Harbour Board": 2}}


def test_what_is_no_actor_is_left_out() -> None:
    assert not names(
        "Meanwhile the boats lay still in Vik on Monday.",
        "Meanwhile nobody went to Vik in May.",
        "They live in Vik, and the Government knows that the government sleeps. “Never again,” they said on Monday.",
        "“Never mind,” said the President. The Vik Times wrote so.",
        "The Vik Times wrote it again. Officials agreed. It is the law of May.",
        "Officials refused, the President said, and meanwhile the government slept; officials never agreed.",
    )


def test_an_opening_word_goes_and_the_name_behind_it_stays() -> None:
    assert names("Yesterday Quist refused.", "They say that Quist agreed.", "It was yesterday.") == {
        "Quist": {"Quist": 2}
    }


def test_an_acronym_stands_with_its_long_form() -> None:
    assert names(
        "The Northern Rail Authority (NRA) refused.",
        "Then the Northern Rail Authority agreed.",
        "They say the NRA paid.",
        "And the N.R.A. refused.",
    ) == {"Northern Rail Authority": {"Northern Rail Authority": 2, "NRA": 3}}


def test_an_acronym_of_a_thing_is_no_actor() -> None:
    assert not names("They sent unmanned air craft (UACs).", "The UAC attacked.", "The UAC struck again.")


def test_an_acronym_that_is_not_explained_stands_with_the_one_name_it_can_be_short_for() -> None:
    assert names(
        "They say the World Rail Office refused, and the WRO agreed.",
        "But the World Rail Office paid.",
        "They say the WRO refused.",
    ) == {"World Rail Office": {"World Rail Office": 2, "WRO": 2}}


def test_acronyms_that_nobody_explains_are_known() -> None:
    assert names(
        "They say the United Nations refused.",
        "They say the U.N. agreed.",
        "They say the United Nations paid.",
        "They say the UN left.",
    ) == {"United Nations": {"United Nations": 2, "UN": 2}}


def test_a_surname_stands_with_the_one_full_name_of_its_articles() -> None:
    texts = [
        "They say President Mara Quist refused. Then Quist agreed.",
        "They say President Mara Quist left. Then Quist paid.",
    ]
    assert names(*texts) == {"Mara Quist": {"Mara Quist": 2, "Quist": 2}}
    others = [
        *texts,
        "They say President Odd Quist refused. Then Quist slept.",
        "Then President Odd Quist left Quist.",
    ]
    assert names(*others) == {"Mara Quist": {"Mara Quist": 2}, "Odd Quist": {"Odd Quist": 2}, "Quist": {"Quist": 4}}


def test_spellings_that_differ_in_hyphens_case_and_vowels_are_one() -> None:
    [entry] = drafted(
        "They say al-Murabit refused.", "They say al Murabit paid.", "They say Al-Murabit left.",
        "They say al-Murabet refused.", "They say al-Murabet agreed.",
    )  # fmt: skip
    assert dict(entry.spellings) == {"al-Murabit": 1, "al Murabit": 1, "Al-Murabit": 1, "al-Murabet": 2}
    assert names(
        "They say Niger refused.", "They say Niger paid.", "They say Nigeria left.", "They say Nigeria won."
    ) == {
        "Niger": {"Niger": 2},
        "Nigeria": {"Nigeria": 2},
    }


def test_two_persons_with_the_same_consonants_are_two() -> None:
    assert names(
        "They say Karameni refused.", "They say Karameni left.", "They say Karomeini and Karameni agreed.",
        "They say Karomeini paid.",
    ) == {"Karameni": {"Karameni": 3}, "Karomeini": {"Karomeini": 2}}  # fmt: skip


def test_a_country_has_its_adjective_people_capital_and_organs_where_they_act() -> None:
    [entry] = drafted(
        "They say Norway refused. It rained in Norway.",
        "They say the Norwegian government agreed.",
        "They say the Norwegians refused. It rained in Oslo.",
        "They say Oslo agreed.",
        "It rained in Norway.",
        "They say the Norwegian Navy paid.",
    )
    assert entry.label == "Norway"
    assert dict(entry.spellings) == {"Norway": 1, "Norwegian": 1, "Norwegians": 1, "Oslo": 1, "Norwegian Navy": 1}
    assert entry.n_passages == 5


def test_a_capital_alone_is_no_country() -> None:
    assert not names("They live in Oslo.", "They say Oslo agreed.", "They say Oslo refused.", "They met in Oslo.")


def test_persons_stand_under_the_body_they_speak_for_where_the_text_says_so_twice() -> None:
    entries = drafted(
        "They say Dock Union leader Mara Quist refused.",
        "They say Mara Quist, a spokeswoman for the Dock Union, agreed.",
        "They say Dock Union spokesman Odd Berg refused.",
        "They say that Mr. Odd Berg agreed.",
    )
    assert [(e.label, [p.label for p in e.people], e.said) for e in entries] == [
        ("Dock Union", ["Mara Quist"], None),
        ("Odd Berg", [], ("Dock Union", 1)),
    ]


def test_a_person_is_found_by_the_surname_too_where_it_is_that_person_alone() -> None:
    texts = [
        "They say Dock Union leader Mara Quist refused. Then Quist agreed.",
        "They say Mara Quist, a spokeswoman for the Dock Union, agreed. Then Quist left.",
    ]
    book = Codebook.parse(draft_text(drafted(*texts), 2, 2))
    assert [name.text for name in book.actors[0].people] == ["Mara Quist", "Quist"]
    assert [mention.actor for mention in Matcher(book).find("Nobody told Quist.")] == ["dock_union"]


def test_passages_and_articles_are_counted_once_and_what_is_repeated_word_for_word_too() -> None:
    licence = "All of it is licensed by the Dock Union under its terms."
    table = NameTable().add_all(
        passages(
            [
                f"The Dock Union refused. {licence}",
                f"It rained. {licence}",
                "They say the Dock Union left, and Dock Union men.",
            ],
            2,
        )
    )
    [entry] = draft(table, 50, 2)
    assert (entry.n_passages, entry.n_articles, table.n_passages, table.n_articles) == (2, 2, 3, 2)


def test_of_a_pile_that_is_too_large_some_articles_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_table, "POSTINGS", 500)
    table = NameTable().add_all(passages([f"They say the Dock Union refused {n} times." for n in range(1000)]))
    assert table.share in (0.5, 0.25)
    [entry] = draft(table, 50, 3)
    assert 850 < entry.n_passages / table.share < 1150
    assert sum(len(seen.places) + len(seen.acting) for seen in table.names.values()) <= 500
    text = draft_text([entry], table.n_passages, table.n_articles, table.share)
    assert f"Counted in {table.share:.3g} of the articles" in text


def test_the_text_is_a_codebook_as_it_stands() -> None:
    entries = drafted(
        "They say Norwegian Foreign Minister Mara Quist refused.",
        "They say Norwegian Foreign Minister Mara Quist agreed: “no\u2028#1”\x07.",
        "They say the Drivers' Union (DU) refused.",
        "They say the Drivers' Union paid, and the DU left.",
    )
    text = draft_text(entries, 4, 4)
    book = Codebook.parse(text)
    union, norway = book.actors
    assert (union.id, union.label, norway.id, norway.label) == ("drivers_union", "Drivers' Union", "norway", "Norway")
    assert [name.text for name in union.aliases] == ["Drivers' Union", "DU"]
    assert ([name.text for name in norway.metonyms], norway.aliases) == (["Norwegian"], ())
    assert [name.text for name in norway.people] == ["Mara Quist"]
    assert book.unwritten == ("frame_1", "frame_2")
    assert "  # 2 passages of 2 articles: Drivers' Union 2, DU 2\n" in text


@pytest.mark.parametrize(
    "name", ["On", "Null", "A: b", "Ann #2", "Ärzte: Bund", "Дума", "x'y", "- a", "[b", "O’Neill & Co"]
)
def test_any_name_can_be_written_down(name: str) -> None:
    entry = Entry(spellings=Counter({name: 2, "Other": 2}))
    [actor] = Codebook.parse(draft_text([entry], 1, 1)).actors
    assert name in [alias.text for alias in actor.aliases]


def test_no_name_stands_twice_and_ids_differ() -> None:
    entries = [
        Entry(spellings=Counter(names))
        for names in ({"Ärzte": 2, "AB": 2}, {"Arzte": 3, "A.B": 2, "ab": 2}, {"Дума": 2})
    ]
    book = Codebook.parse(draft_text(entries, 1, 1))
    assert book.actor_ids == ("arzte", "arzte_2", "actor")
