"""Codebooks: what a YAML file becomes, what is refused and in what words, and how names are folded."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest

from stance.records import InputError
from stance.text.codebook import Actor, Codebook, Frame
from stance.text.names import Name, fold, fold_text, is_acronym

ROOT = Path(__file__).parents[2]
FULL = """\
name: harbour
language: fr
definition: A study of one harbour.
frames:
  - id: strike
    label: Strike
    definition: >-
      Work
      is stopped.
  - id: port_budget
actors:
  - id: union
    label: Dock  Union
    definition: The dockers.
    aliases: [Dock Union, {name: Quay League, until: 2010-01-01}]
    people:
      - Ada   Lovett
    metonyms: [{name: Northport, since: 2010-01-01, until: 2020-01-01}]
  - id: mayor
ignored: [Dock Union Street]
"""


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        Codebook.parse(text, "book.yaml")
    return str(caught.value)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_a_whole_codebook_is_parsed() -> None:
    union = Actor(
        id="union",
        label="Dock Union",
        definition="The dockers.",
        aliases=(Name("Dock Union"), Name("Quay League", until=day("2010-01-01"))),
        people=(Name("Ada Lovett"),),
        metonyms=(Name("Northport", day("2010-01-01"), day("2020-01-01")),),
    )
    assert Codebook.parse(FULL) == Codebook(
        name="harbour",
        language="fr",
        frames=(Frame("strike", "Strike", "Work is stopped."), Frame("port_budget", "port budget")),
        actors=(union, Actor("mayor", "mayor")),
        ignored=("Dock Union Street",),
        source=FULL,
    )


def test_ids_keep_the_order_of_the_file() -> None:
    book = Codebook.parse("frames: [{id: z}, {id: a}]\nactors: [{id: y}, {id: b}]")
    assert (book.frame_ids, book.actor_ids) == (("z", "a"), ("y", "b"))


def test_name_and_language_have_defaults() -> None:
    book = Codebook.parse("frames: [{id: strike}]")
    assert (book.name, book.language, book.actors, book.ignored) == ("codebook", "en", (), ())


@pytest.mark.parametrize(
    ("identifier", "label"),
    [("strike", "Strike"), ("port_budget", "port budget"), ("union", "Dock Union"), ("nobody", "nobody")],
    ids=["frame", "frame-without-label", "actor", "unknown"],
)
def test_label_of_an_id(identifier: str, label: str) -> None:
    assert Codebook.parse(FULL).label(identifier) == label


@pytest.mark.parametrize("word", ["no", "null", "on", "1e3", "2020-01-01", "~x"])
def test_what_yaml_would_turn_into_another_type_stays_text(word: str) -> None:
    book = Codebook.parse(f"actors: [{{id: a, aliases: [{word}]}}]")
    assert book.actors[0].aliases == (Name(word),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "book.yaml: the codebook should be a mapping with name, language, definition, frames, actors, ignored; "
            "found: nothing",
        ),
        (
            "- id: a",
            "book.yaml:1: the codebook should be a mapping with name, language, definition, frames, actors, ignored; "
            "found: sequence",
        ),
        ("name: x", "book.yaml:1: no frames and no actors; a codebook lists at least one of them"),
        ("frames: []\nactors: []", "book.yaml:1: no frame and no actor; a codebook lists at least one"),
        (
            "name: x\ncolour: red",
            'book.yaml:2: the codebook has no "colour"; '
            "it may have name, language, definition, frames, actors, ignored",
        ),
        ("name: x\nframes:\n", "book.yaml:2: frames should be a list, [one, two] or one a line after a dash"),
        ("frames:\n- strike", "book.yaml:2: a frame should be a mapping with id, label, definition; found: scalar"),
        ("frames:\n- label: Strike", 'book.yaml:2: frame without "id"; found: label'),
        ("actors:\n- {}", 'book.yaml:2: actor without "id"; found: nothing'),
        ("frames:\n- id: a b", 'book.yaml:2: frame id "a b": use letters, digits, "_", "-" and "."'),
        (
            "frames:\n- id: a\n- id: b\n- id: a",
            'book.yaml:4: frame "a" stands twice, first in line 2; rename or drop one',
        ),
        ("actors:\n- id: a\n- id: a", 'book.yaml:3: actor "a" stands twice, first in line 2; rename or drop one'),
        ("frames:\n- id: a\n  id: b", 'book.yaml:3: "id" stands twice in a frame; keep one'),
        ("frames:\n- id: a\n  names: b", 'book.yaml:3: a frame has no "names"; it may have id, label, definition'),
        (
            "actors:\n- id: a\n  alias: [b]",
            'book.yaml:3: an actor has no "alias"; it may have id, label, definition, aliases, people, metonyms',
        ),
        ("frames:\n- id: a\n  definition:", "book.yaml:3: definition should be a text, and not empty"),
        ("frames:\n- id: a\n  label: [b]", "book.yaml:3: label should be a text, and not empty"),
        ("actors:\n- id: a\n  aliases: ['  ']", "book.yaml:3: a name should be a text, and not empty"),
        (
            "actors:\n- id: a\n  aliases: b",
            "book.yaml:3: aliases should be a list, [one, two] or one a line after a dash",
        ),
        (
            "frames: [{id: a}]\nignored: b",
            "book.yaml:2: ignored should be a list, [one, two] or one a line after a dash",
        ),
        (
            "frames:\n- id: strike\n- id: language",
            'book.yaml:3: frame id "language": predictions say by it that a text can\'t be read; rename it',
        ),
        (
            "actors:\n- id: a\n  aliases:\n  - {since: 2021-08-15}",
            'book.yaml:4: a dated name without "name"; write {name: Kabul, since: 2021-08-15}',
        ),
        (
            "actors:\n- id: a\n  aliases:\n  - {name: Dock, from: 2021-08-15}",
            'book.yaml:4: a name has no "from"; it may have name, since, until',
        ),
        (
            "actors:\n- id: a\n  aliases:\n  - name: Dock\n    since: May 2021",
            'book.yaml:5: "May 2021" is no date; write it like 2021-08-15',
        ),
        (
            "actors:\n- id: a\n  aliases: [{name: Dock, since: 2021-02-30}]",
            'book.yaml:3: "2021-02-30" is no date; write it like 2021-08-15',
        ),
        (
            "actors:\n- id: a\n  aliases: [{name: Dock, since: 2021-08-15, until: 2021-08-15}]",
            "book.yaml:3: since 2021-08-15 is not before until 2021-08-15; swap or mend them",
        ),
        (
            "name: x\nframes: a: b",
            "book.yaml:2: not YAML: mapping values are not allowed in this context; mend the line, or quote its texts",
        ),
        (
            "frames: [{id: a}]\n---\nframes: []",
            "book.yaml:2: not YAML: but found another document; mend the line, or quote its texts",
        ),
        ("frames: *a", "book.yaml:1: not YAML: found undefined alias; mend the line, or quote its texts"),
    ],
    ids=[
        "empty",
        "list",
        "neither-frames-nor-actors",
        "both-empty",
        "unknown-key",
        "frames-null",
        "frame-not-a-mapping",
        "frame-without-id",
        "actor-without-id",
        "bad-id",
        "frame-twice",
        "actor-twice",
        "key-twice",
        "unknown-frame-key",
        "unknown-actor-key",
        "empty-definition",
        "label-not-text",
        "blank-alias",
        "aliases-not-a-list",
        "ignored-not-a-list",
        "frame-named-language",
        "dated-without-name",
        "unknown-name-key",
        "not-a-date",
        "no-such-day",
        "empty-span",
        "broken-yaml",
        "two-documents",
        "undefined-anchor",
    ],
)
def test_a_bad_codebook_is_refused_with_line_and_reason(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Dock Union", "Dock Union"),
        ("Dock Union", "dock union"),
        ("Dock-Union", "Dock\u2013Union"),
        ("Dockers' Hall", "Dockers\u2019 Hall"),
        ("Dock Union", "Dock\u00a0Union"),
        ("Dock Union", "Do\u00adck Union"),
        ("US", "US"),
        ("U\u200bS", "US"),
    ],
    ids=["same", "case", "dashes", "quotes", "no-break-space", "soft-hyphen", "acronym", "invisible"],
)
@pytest.mark.parametrize(("kind", "other"), [("aliases", "aliases"), ("aliases", "people"), ("people", "metonyms")])
def test_a_name_of_two_actors_is_refused_with_both_lines(kind: str, other: str, first: str, second: str) -> None:
    text = f'actors:\n- id: a\n  {kind}:\n  - Quay\n  - "{first}"\n- id: b\n  {other}:\n  - "{second}"\n'
    shown = " ".join(second.split())
    assert refusal(text) == (
        f'book.yaml:8: "{shown}" stands twice: a (line 5) and b; keep one, or date them so that their spans do not meet'
    )


def test_a_name_twice_with_one_actor_is_refused() -> None:
    assert refusal("actors:\n- id: a\n  aliases: [Dock]\n  metonyms: [Dock]") == (
        'book.yaml:4: "Dock" stands twice: a (line 3) and a; keep one, or date them so that their spans do not meet'
    )


def test_spellings_of_one_actor_that_fold_alike_are_kept() -> None:
    book = Codebook.parse("actors: [{id: a, aliases: [Dock-Union, dock union, Dock Union]}]")
    assert book.actors[0].aliases == (Name("Dock-Union"), Name("dock union"), Name("Dock Union"))


def test_an_acronym_and_the_word_spelled_like_it_are_two_names() -> None:
    book = Codebook.parse("actors: [{id: a, aliases: [US]}, {id: b, aliases: [us]}]")
    assert [actor.aliases for actor in book.actors] == [(Name("US"),), (Name("us"),)]


@pytest.mark.parametrize(
    ("first", "second", "met"),
    [
        ("{name: Q, until: 2010-01-01}", "{name: Q, since: 2010-01-01}", False),
        ("{name: Q, until: 2010-01-02}", "{name: Q, since: 2010-01-01}", True),
        ("{name: Q, since: 2010-01-01}", "{name: Q, since: 2011-01-01}", True),
        ("{name: Q, since: 2010-01-01, until: 2011-01-01}", "{name: Q, since: 2012-01-01}", False),
        ("Q", "{name: Q, since: 2010-01-01}", False),
        ("Q", "{name: Q}", True),
    ],
    ids=["adjacent", "one-day-shared", "both-open", "apart", "one-undated", "both-undated"],
)
def test_dated_names_of_two_actors_may_not_meet(first: str, second: str, met: bool) -> None:
    text = f"actors:\n- id: a\n  aliases: [{first}]\n- id: b\n  aliases: [{second}]"
    if met:
        assert refusal(text) == (
            'book.yaml:5: "Q" stands twice: a (line 3) and b; keep one, or date them so that their spans do not meet'
        )
    else:
        assert Codebook.parse(text).actor_ids == ("a", "b")


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        (Name("Q"), [True, True, True, True, True]),
        (Name("Q", since=day("2010-01-01")), [False, True, True, True, False]),
        (Name("Q", until=day("2020-01-01")), [True, True, True, False, False]),
        (Name("Q", day("2010-01-01"), day("2020-01-01")), [False, True, True, False, False]),
    ],
    ids=["undated", "since", "until", "span"],
)
def test_a_name_covers_the_days_from_since_until_before_until(name: Name, covered: list[bool]) -> None:
    days = [day("2009-12-31"), day("2010-01-01"), day("2019-12-31"), day("2020-01-01"), None]
    assert [name.covers(one) for one in days] == covered


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + FULL.encode(), FULL.encode().replace(b"\n", b"\r\n")])
def test_a_file_may_have_a_byte_order_mark_or_windows_line_ends(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(content)
    assert Codebook.read(path) == Codebook.parse(FULL)


def test_errors_of_a_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_text("frames:\n- id: a b\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Codebook.read(str(path))
    assert str(caught.value) == f'{path}:2: frame id "a b": use letters, digits, "_", "-" and "."'


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(InputError) as caught:
        Codebook.read(path)
    assert str(caught.value) == f"{path}: No such file or directory; give the path of a codebook, a YAML file"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Codebook.read(tmp_path)
    assert str(caught.value) == f"{tmp_path}: Is a directory; give the path of a codebook, a YAML file"


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes("name: café".encode("latin-1"))
    with pytest.raises(InputError) as caught:
        Codebook.read(path)
    assert str(caught.value) == f"{path}: not UTF-8 (byte 9); save the codebook as UTF-8"


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(b"frames: [\x00]")
    with pytest.raises(InputError) as caught:
        Codebook.read(path)
    assert str(caught.value) == (
        f"{path}: not YAML: unacceptable character #x0000: control characters are not allowed; "
        "mend the line, or quote its texts"
    )


@pytest.mark.parametrize("depth", [1000, 200_000])
def test_deep_nesting_is_refused_in_one_line(depth: int) -> None:
    # In a process of its own, for a stack overflow in the C loader would take the test run with it.
    code = (
        "from stance.text.codebook import Codebook\nfrom stance.records import InputError\n"
        f"try:\n    Codebook.parse('frames: ' + '[' * {depth} + ']' * {depth}, 'book.yaml')\n"
        "except InputError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    message = "book.yaml:1: nested too deeply; a codebook is a flat list of frames and actors\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, message, "")


def test_two_ids_that_differ_in_white_space_are_one() -> None:
    message = 'book.yaml:3: actor "a" stands twice, first in line 2; rename or drop one'
    assert refusal('actors:\n- id: a\n- id: "a "') == message


def test_a_quoted_key_with_white_space_is_read_as_the_key() -> None:
    assert Codebook.parse('frames: [{" id": a}]').frame_ids == ("a",)


@pytest.mark.parametrize("name", ["-", "\u2014 \u2013", "\u200b"], ids=["hyphen", "dashes", "invisible"])
def test_a_name_without_anything_to_look_for_is_refused(name: str) -> None:
    message = f'book.yaml:3: "{name}" has no letter to look for; mend or drop it'
    assert refusal(f'actors:\n- id: a\n  aliases: ["{name}"]') == message


@pytest.mark.parametrize(
    "dash",
    "- \u2010 \u2011 \u2012 \u2013 \u2014 \u2015 \u2212 \ufe58 \ufe63 \uff0d".split(),
    ids=lambda c: f"U+{ord(c):04X}",
)
def test_fold_makes_every_dash_within_a_word_a_blank(dash: str) -> None:
    assert fold(f"Dock{dash}Union") == "dock union"


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Dock - Union", "dock - union"),
        ("Dock \u2013 Union", "dock - union"),
        ("Dock\u2014 Union", "dock- union"),
        ("Dock -Union", "dock -union"),
        ("Dock--Union", "dock--union"),
    ],
    ids=["both-sides", "en-dash", "behind", "before", "doubled"],
)
def test_fold_keeps_a_dash_that_joins_no_two_letters(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize("quote", "'\u2018\u2019\u201a\u201b\u02bc`\u00b4\uff07", ids=lambda c: f"U+{ord(c):04X}")
def test_fold_straightens_every_single_quote(quote: str) -> None:
    assert fold(f"Qa{quote}ida") == "qa'ida"


@pytest.mark.parametrize("quote", '"\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02', ids=lambda c: f"U+{ord(c):04X}")
def test_fold_straightens_every_double_quote(quote: str) -> None:
    assert fold(f"The {quote}Dock{quote}") == 'the "dock"'


@pytest.mark.parametrize(
    "space",
    " \u00a0\u2007\u202f\t\n\r\x0b\x0c\u2002\u2003\u2009\u200a\u3000\u2028\u0085",
    ids=lambda c: f"U+{ord(c):04X}",
)
def test_fold_makes_all_white_space_a_blank(space: str) -> None:
    assert fold(f"Dock{space}{space}Union") == "dock union"


@pytest.mark.parametrize("mark", "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ids=lambda c: f"U+{ord(c):04X}")
def test_fold_drops_every_invisible_mark(mark: str) -> None:
    assert fold(f"Do{mark}ck") == "dock"


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("US", "US"),
        ("IS-K", "IS K"),
        ("U.S.", "U.S."),
        ("Us", "us"),
        ("  Dock  ", "dock"),
        ("ABCDEFGHIJKLM", "abcdefghijklm"),
    ],
    ids=["acronym", "hyphened", "dotted", "word", "trimmed", "long-capitals"],
)
def test_fold_keeps_the_capitals_of_acronyms_alone(name: str, folded: str) -> None:
    assert fold(name) == folded


def test_fold_makes_composed_and_decomposed_letters_one() -> None:
    assert fold("Rene\u0301") == fold("Ren\u00e9")
    assert fold("\u1112\u1161\u11ab\u1100\u116e\u11a8") == fold("\ud55c\uad6d")


@pytest.mark.parametrize(
    ("text", "folded", "starts", "ends"),
    [
        ("", "", [], []),
        ("Ab", "ab", [0, 1], [1, 2]),
        ("A \t b", "a b", [0, 1, 4], [1, 2, 5]),
        ("A\u200bb\u00ad c", "ab c", [0, 2, 4, 5], [1, 3, 5, 6]),
        ("\u0130 Ab", "\u0130 ab", [0, 1, 2, 3], [1, 2, 3, 4]),
        ("\u0130 \t Ab", "\u0130 ab", [0, 1, 4, 5], [1, 2, 5, 6]),
        ("\u1e9e\u00df", "\u00df\u00df", [0, 1], [1, 2]),
        ("\U0001f600 A", "\U0001f600 a", [0, 1, 2], [1, 2, 3]),
        ("Re\u0301 A", "r\u00e9 a", [0, 1, 3, 4], [1, 3, 4, 5]),
        ("A\u2013b \u2013 c", "a b - c", [0, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]),
        ("A\u00ad-\u00adb", "a b", [0, 2, 4], [1, 3, 5]),
    ],
    ids=[
        "empty",
        "letters",
        "blanks-collapsed",
        "invisible-dropped",
        "longer-in-lower-case",
        "longer-and-collapsed",
        "sharp-s",
        "beyond-the-basic-plane",
        "combining-mark",
        "dashes",
        "invisible-beside-a-dash",
    ],
)
def test_fold_text_says_where_every_character_stood(text: str, folded: str, starts: list[int], ends: list[int]) -> None:
    found, first, last = fold_text(text)
    assert (found, list(first), list(last)) == (folded, starts, ends)


@pytest.mark.parametrize(
    ("name", "acronym"),
    [
        ("US", True),
        ("U.S.", True),
        ("ISIS-K", True),
        ("DG ISPR", True),
        ("JuA", False),
        ("us", False),
        ("911", False),
        ("ABCDEFGHIJKL", True),
        ("ABCDEFGHIJKLM", False),
    ],
)
def test_is_acronym(name: str, acronym: bool) -> None:
    assert is_acronym(name) is acronym


def test_the_shipped_codebook_has_its_frames_and_actors() -> None:
    book = Codebook.read(ROOT / "seeds" / "militancy" / "codebook.yaml")
    assert book.name == "militancy"
    assert book.frame_ids == ("terrorism_threat", "internal_problem", "proxy_relationship")
    assert book.actor_ids == (
        "pakistan",
        "ttp",
        "afghan_taliban",
        "isis",
        "al_qaeda",
        "united_states",
        "india",
        "iran",
        "afghan_republic",
        "united_nations",
        "china",
    )
    assert [actor.id for actor in book.actors if not actor.definition or not actor.aliases] == []
    assert [frame.id for frame in book.frames if not frame.definition] == []
