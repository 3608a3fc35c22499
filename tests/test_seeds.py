"""The seed corpus keeps what its datasheet promises, and the scripts that measure it count right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import script

from stance.formats.checking import check_rows
from stance.formats.dataformat import parse_labelled
from stance.formats.reading import read_rows
from stance.models.shipped import default_codebook
from stance.records import LabelledPassage
from stance.text.codebook import Codebook

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds" / "militancy"
BOOK = Codebook.read(default_codebook())


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[LabelledPassage]]:
    book = Codebook.read(default_codebook())
    return {
        split: [parse_labelled(row.checked(), row.place, book) for row in read_rows(str(SEEDS / f"{split}.jsonl"))]
        for split in ("train", "dev")
    }


@pytest.fixture(scope="module")
def everything(corpus: dict[str, list[LabelledPassage]]) -> list[LabelledPassage]:
    return corpus["train"] + corpus["dev"]


def test_check_has_no_findings() -> None:
    files = [str(SEEDS / "train.jsonl"), str(SEEDS / "dev.jsonl")]
    rows = (row for file in files for row in read_rows(file))
    assert check_rows(rows, Codebook.read(default_codebook())).findings == []


def test_size(everything: list[LabelledPassage]) -> None:
    per_article = Counter(row.passage.article for row in everything)
    assert len(per_article) >= 150
    assert len(everything) >= 900
    assert min(per_article.values()) >= 4
    assert max(per_article.values()) <= 10


def test_no_article_is_in_both_splits(corpus: dict[str, list[LabelledPassage]]) -> None:
    train, dev = ({row.passage.article for row in corpus[split]} for split in ("train", "dev"))
    assert not train & dev


def test_balance(everything: list[LabelledPassage]) -> None:
    frames = Counter(frame for row in everything for frame in row.labels.frames or ())
    unframed = sum(row.labels.frames == () for row in everything)
    stances = Counter(stance for row in everything for stance in (row.labels.stance or {}).values())
    assert frames["internal_problem"] >= 250
    assert frames["proxy_relationship"] >= 250
    assert unframed >= 0.2 * len(everything)
    assert stances["favor"] >= 0.2 * stances.total()


def test_frames_stand_alone_and_together(everything: list[LabelledPassage]) -> None:
    sets = Counter(frozenset(row.labels.frames or ()) for row in everything)
    for frames in (["internal_problem"], ["proxy_relationship"], ["internal_problem", "proxy_relationship"]):
        assert sets[frozenset(frames)] >= 25, frames


def test_every_row_is_labelled_whole(everything: list[LabelledPassage]) -> None:
    for row in everything:
        assert row.labels.frames is not None
        assert row.labels.directed is not None
        assert set(row.passage.actors) == set(row.labels.stance or ()), row.passage.id


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("events/train", {"passages": 2800, "favor": 1948, "against": 2254}),
        ("events/dev", {"passages": 210, "favor": 94, "against": 137}),
        ("voices/train", {"passages": 1000, "favor": 740, "against": 685, "internal_problem": 293}),
    ],
)
def test_written_sentences_and_passages_are_labelled_whole(file: str, counts: dict[str, int]) -> None:
    book, path = Codebook.read(default_codebook()), str(ROOT / "seeds" / f"{file}.jsonl")
    assert check_rows(read_rows(path), book).findings == []
    rows = [parse_labelled(row.checked(), row.place, book) for row in read_rows(path)]
    found = Counter(stance for row in rows for stance in (row.labels.directed or {}).values())
    found.update(frame for row in rows for frame in row.labels.frames or ())
    assert {"passages": len(rows), **{key: found[key] for key in counts if key != "passages"}} == counts
    for row in rows:
        assert set(row.passage.actors) == set(row.labels.stance or ()), row.passage.id
        assert {actor for pair in row.labels.directed or () for actor in pair} <= set(row.passage.actors)
        assert (row.labels.frames is None) == file.startswith("events")


def test_no_event_sentence_is_in_both_splits() -> None:
    train, dev = (
        {
            " ".join(row.checked()["text"].lower().split())
            for row in read_rows(str(ROOT / f"seeds/events/{split}.jsonl"))
        }
        for split in ("train", "dev")
    )
    assert not train & dev


def test_holders_of_frames_are_those_of_labelled_passages(corpus: dict[str, list[LabelledPassage]]) -> None:
    passages = {row.passage.id: row for rows in corpus.values() for row in rows}
    held = [row.checked() for row in read_rows(str(SEEDS / "holders.jsonl"))]
    assert len({row["id"] for row in held}) == len(held) == 100
    assert sum(row["id"] in {one.passage.id for one in corpus["dev"]} for row in held) == 50
    for row in held:
        passage = passages[row["id"]]
        assert row["article"] == passage.passage.article
        assert tuple(row["frames"]) == passage.labels.frames
        assert {a for told in row["frames"].values() for a in held_by(told)} <= {"writer", *passage.passage.actors}


@pytest.mark.parametrize(("folder", "passages"), [("militancy", 100), ("outlets", 90), ("tehran-times", 90)])
def test_holders_of_frames_are_whole_and_split_by_article(folder: str, passages: int) -> None:
    rows = [row.checked() for row in read_rows(str(ROOT / "seeds" / folder / "holders.jsonl"))]
    assert len({row["id"] for row in rows}) == len(rows) == passages
    assert {row["split"] for row in rows} == {"develop", "measure"}
    develop, measure = ({row["article"] for row in rows if row["split"] == split} for split in ("develop", "measure"))
    assert not develop & measure
    frames, actors = ({*ids} for ids in (BOOK.frame_ids, BOOK.actor_ids))
    for row in rows:
        assert row["frames"], row["id"]
        assert set(row["frames"]) <= frames, row["id"]
        for told in row["frames"].values():
            assert told["holders"], row["id"]
            assert "writer" not in told["about"], row["id"]
            assert folder == "militancy" or set(held_by(told)) <= {"writer", *actors}, row["id"]


def held_by(told: dict[str, list[str]]) -> list[str]:
    return [*told["holders"], *told["about"]]


def test_variety_within_bounds(everything: list[LabelledPassage]) -> None:
    variety = script("variety")
    texts = {row.passage.id: row.passage.text for row in everything}
    words = {identifier: variety._words(text) for identifier, text in texts.items()}
    assert variety.most_shared(words)[0] <= variety.SHARED_5GRAMS
    assert variety.distinct_ngrams(list(words.values())[:900], 2) >= variety.DISTINCT_2GRAMS
    assert variety.common_opening(texts.values())[1] <= variety.OPENINGS * len(texts)


def test_most_shared_is_the_share_of_the_shorter_passage() -> None:
    variety = script("variety")
    words = {"a": "one two three four five six seven".split(), "b": "one two three four five six".split()}
    assert variety.most_shared(words) == (1.0, "a and b")
    assert variety.most_shared({"a": words["a"], "b": list("uvwxyz")}) == (0.0, "none")


def test_distinct_ngrams_counts_repeats() -> None:
    assert script("variety").distinct_ngrams([["a", "b", "a", "b"], ["a", "b"]], 2) == 2 / 4


def test_shared_runs_pass_over_names_alone() -> None:
    variety = script("variety")
    own = {
        "x": "we saw that it was late and dark".split(),
        "y": "The United Nations Assistance Mission In Afghanistan said".split(),
    }
    others = ["then we saw that it was late and dark too".split(), own["y"]]
    assert variety.shared_runs(own, others) == [("x", "we saw that it was late and dark")]
