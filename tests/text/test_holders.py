"""Who holds a frame and about whom: exact answers for sentences of our own, in any codebook."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from stance.formats.dataformat import parse_passage
from stance.records import STANCES, Judgement, Mention, Pair, Passage, Prediction
from stance.text.holders import FrameHolder, frame_holders, with_holders

WRITER = ("writer",)
NAMES = {"union": "Dock Union", "port": "Port Authority", "council": "City Council", "Ravens": "Ravens"}


def judged(label: str, prob: float = 1.0) -> Judgement:
    rest = (1.0 - prob) / 2.0
    return Judgement(label, *(prob if label == one else rest for one in STANCES))


def predict(
    text: str,
    stance: str = "",
    directed: dict[Pair, str] | None = None,
    frame: str = "strike",
    prob: float = 1.0,
) -> Prediction:
    """A passage with one frame; `stance` as "port- council+", all other actors neutral."""
    mentions = [Mention(a, m.start(), m.end()) for a, name in NAMES.items() for m in re.finditer(name, text)]
    signs = {word[:-1]: {"-": "against", "+": "favor"}[word[-1]] for word in stance.split()}
    mentions.sort(key=lambda m: m.start)
    return Prediction(
        passage=Passage("p", "a", text, 0, len(text), tuple(mentions)),
        frames={frame: 0.9, "budget": 0.1},
        frame_labels=(frame,),
        stance={m.actor: judged(signs.get(m.actor, "neutral")) for m in mentions},
        directed={pair: judged(label, prob) for pair, label in (directed or {}).items()},
        uncertain=(),
        model="m",
    )


def held(prediction: Prediction) -> tuple[tuple[str, ...], tuple[str, ...]]:
    (holder,) = frame_holders(prediction).values()
    return holder.holders, holder.about


@pytest.mark.parametrize(
    ("text", "holders"),
    [
        ("The Dock Union said that work would stop.", ("union",)),
        ("The Dock Union, which met on Monday, has repeatedly warned that work would stop.", ("union",)),
        ("A spokesman for the Dock Union said that work would stop.", ("union",)),
        ("Ada Lovett, a clerk of the Dock Union, told reporters that work would stop.", ("union",)),
        ("Work would stop, the Dock Union announced.", ("union",)),
        ("“Work will stop,” said an officer of the Dock Union.", ("union",)),
        ("“Work will stop,” a Dock Union clerk said. “All of it.”", ("union",)),
        ('"The Port Authority pays nothing," the Dock Union wrote.', ("union",)),
        ("Work would stop, according to the Dock Union.", ("union",)),
        ("In the Dock Union’s account, work stopped for want of pay.", ("union",)),
        ("A statement by the Dock Union spoke of a walkout.", ("union",)),
        ("DOCK SECRETARY, Dock Union: We stop at noon.", ("union",)),
        ("The Port Authority is accused by the Dock Union of a lockout.", ("union",)),
        ("The Dock Union said that work would stop. It blamed low pay.", ("union",)),
    ],
)
def test_attribution_gives_the_holder(text: str, holders: tuple[str, ...]) -> None:
    assert held(predict(text))[0] == holders


@pytest.mark.parametrize(
    "text",
    [
        "Work at the Dock Union’s piers stopped on Monday.",
        "An economist said that the Dock Union would stop work.",
        "“The Dock Union will stop work,” said Ben Quay, who left the trade.",
        "Talks with the Dock Union, he said, had failed.",
        "Stoppages against the Port Authority were called for.",
        "The Dock Union fed the Port Authority and called it thrift.",
        "The Ravens claimed responsibility for the walkout.",
    ],
)
def test_without_an_actor_that_speaks_it_is_the_writer(text: str) -> None:
    stance = "union-" if "thrift" in text else ""
    assert held(predict(text, stance))[0] == WRITER


def test_two_actors_that_speak_are_two_holders() -> None:
    text = "The Dock Union blamed the Port Authority for the walkout, and the City Council said so too."
    assert held(predict(text, "port-")) == (("union", "council"), ("port",))


def test_one_that_denies_is_no_holder() -> None:
    text = "The Dock Union accused the Port Authority of a lockout. The Port Authority denied it."
    assert held(predict(text, "port-", {("union", "port"): "against"})) == (("union",), ("port",))


def test_one_that_denies_and_strikes_back_is_a_holder() -> None:
    text = "The Port Authority denied a lockout and named the Dock Union’s own walkout."
    pairs = {("port", "union"): "against"}
    assert held(predict(text, "union-", pairs)) == (("port",), ("union",))


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("The Port Authority rejected the Dock Union’s claim that it feeds the Ravens.", ""),
        ("The Port Authority rejected the Dock Union’s claim that it feeds the Ravens.", "union-"),
        (
            "The Dock Union accused the Port Authority of feeding the Ravens, a charge that the Port Authority denies.",
            "",
        ),
        ("The Port Authority called it a lie. The Dock Union says that the Ravens are fed in the port.", "port-"),
        ("The Port Authority, said to feed the Ravens, denied it. The Dock Union had named three ferries.", "port-"),
    ],
)
def test_a_charge_told_with_its_denial_is_held_by_the_accuser(text: str, stance: str) -> None:
    pairs = {("union", "port"): "against"}
    told = held(predict(text, stance, pairs, "proxy_relationship"))
    assert (told[0], set(told[1])) == (("union",), {"port", "Ravens"})


def test_a_tie_that_is_denied_is_held_by_whom_the_denial_strikes_back_at() -> None:
    text = "The Port Authority denied that it feeds the Ravens, and the Dock Union’s charge was a lie."
    pairs = {("port", "union"): "against"}
    told = held(predict(text, "union-", pairs, "proxy_relationship"))
    assert told == (("union",), ("port", "Ravens"))


def test_a_directed_stance_of_an_actor_that_is_not_judged_makes_a_holder() -> None:
    text = "MR LOVETT: Madam, nobody at the Port Authority will ever pay the Dock Union."
    pairs = {("union", "port"): "against"}
    assert held(predict(text, "port-", pairs)) == (("union",), ("port",))


@pytest.mark.parametrize(
    ("stance", "directed"), [("port- union+", "against"), ("port- union-", "against"), ("port-", "neutral")]
)
def test_a_directed_stance_of_a_doer_or_a_neutral_one_does_not(stance: str, directed: str) -> None:
    text = "Pickets of the Dock Union shut the gates of the Port Authority."
    assert held(predict(text, stance, {("union", "port"): directed}))[0] == WRITER


@pytest.mark.parametrize(
    "text",
    [
        "Pickets of the Dock Union shut the gates of the Port Authority.",
        "The Dock Union’s claim is that the Port Authority stole pay, and the City Council shut its gates.",
    ],
)
def test_a_deed_that_nobody_speaks_of_or_that_another_tells_makes_no_holder(text: str) -> None:
    pairs = {("union" if text.startswith("Pickets") else "council", "port"): "against"}
    assert held(predict(text, "port-", pairs))[0] == (WRITER if text.startswith("Pickets") else ("union",))


def test_where_an_unknown_one_speaks_it_is_the_actor_that_is_against_another() -> None:
    text = "“Nobody at the Port Authority will ever pay the Dock Union,” an officer said."
    pairs = {("union", "port"): "against"}
    assert held(predict(text, "port-", pairs))[0] == ("union",)
    assert held(predict(text, "port- union-", pairs))[0] == WRITER
    assert held(predict(text, "port-", {("union", "port"): "favor"}))[0] == WRITER


def test_a_text_in_the_first_person_is_spoken_by_the_actor_that_is_not_judged() -> None:
    text = "We shut the gates of the Dock Union and of the Port Authority, and our men hold them."
    assert held(predict(text, "port-"))[0] == ("union",)
    assert held(predict(text, "port- union-"))[0] == WRITER
    assert held(predict(text.replace("our", "some"), "port-"))[0] == WRITER


def test_dangers_are_those_most_surely_judged_against() -> None:
    prediction = predict(
        "The Ravens and the Port Authority sank four ferries.", "Ravens- port-", frame="terrorism_threat"
    )
    for against, about in ((0.95, ("Ravens", "port")), (0.7, ("Ravens",))):
        doubted = {**prediction.stance, "port": Judgement("against", against, 1.0 - against, 0.0)}
        assert held(replace(prediction, stance=doubted))[1] == about


def test_a_blamed_speaker_of_a_fault_is_whom_the_frame_is_about() -> None:
    text = "The Ravens vowed to sink the Port Authority."
    pairs = {("Ravens", "port"): "against"}
    assert held(predict(text, "Ravens-", pairs, "terrorism_threat")) == (WRITER, ("Ravens",))
    assert held(predict(text, "Ravens- port-", pairs, "strike")) == (("Ravens",), ("port",))


def test_a_danger_is_not_about_its_patron_and_a_tie_is_about_both_ends() -> None:
    text = "The Port Authority houses the Ravens, who sank four ferries."
    pairs = {("port", "Ravens"): "favor"}
    assert held(predict(text, "Ravens- port-", pairs, "terrorism_threat")) == (WRITER, ("Ravens",))
    assert held(predict(text, "port-", pairs, "proxy_relationship")) == (WRITER, ("port", "Ravens"))


def test_a_passage_without_actors_or_frames() -> None:
    assert frame_holders(predict("Work stopped.")) == {"strike": FrameHolder(WRITER, ())}
    bare = Prediction(Passage("p", "a", "Work stopped.", 0, 13), {}, (), {}, {}, (), "m")
    assert frame_holders(bare) == {}


def test_the_row_form() -> None:
    assert FrameHolder(("union",), ("port",)).to_dict() == {"holders": ["union"], "about": ["port"]}


def test_the_row_tells_who_holds_its_frames_and_is_read_again_without() -> None:
    prediction = predict("The Dock Union blamed the Port Authority.", "port-")
    row = with_holders(prediction.to_dict(), prediction)
    assert row["held_by"] == {"strike": {"holders": ["union"], "about": ["port"]}}
    assert list(row)[-3:] == ["uncertain", "held_by", "model"]
    assert parse_passage(row, "p:1", "") == prediction.passage
    bare = replace(prediction, frame_labels=())
    assert with_holders(bare.to_dict(), bare) == bare.to_dict()


@pytest.mark.parametrize(
    ("holders", "about", "told"),
    [
        (("union",), ("port",), "by UNION, about PORT"),
        (("writer",), ("port", "council", "Ravens"), "about PORT, COUNCIL and RAVENS"),
        (("union", "port"), (), "by UNION and PORT"),
        (("writer",), (), ""),
    ],
)
def test_holders_in_words(holders: tuple[str, ...], about: tuple[str, ...], told: str) -> None:
    assert FrameHolder(holders, about).told(str.upper) == told


@pytest.mark.parametrize("piece", ["A" * 50, "that ", "“Dock Union said ", "Dock Union "])
def test_time_grows_with_the_length_and_not_faster(piece: str) -> None:
    prediction = predict((piece * 20_000)[:100_000])
    start = time.perf_counter()
    frame_holders(prediction)
    assert time.perf_counter() - start < 10.0
