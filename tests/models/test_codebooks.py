"""A model with another codebook: its actors, the frames that both know, and a name that tells of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stance import load
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE
from stance.learning.fitting import Fitted
from stance.models.model import Model
from stance.records import InputError
from stance.text.codebook import Codebook

TEXT = "The Gull Trust blamed the Heron Board over the stopped cranes."
OWN = "The Dock Union blamed the Port Authority over the stopped cranes."
BIRDS = """\
name: sea birds
frames:
  - {id: budget, label: Money}
  - {id: noise, label: Noise}
  - {id: strike, label: Strike}
actors:
  - {id: gull, label: Gull Trust, aliases: [Gull Trust]}
  - {id: heron, label: Heron Board, aliases: [Heron Board]}
"""


@pytest.fixture(scope="module")
def birds() -> Codebook:
    return Codebook.parse(BIRDS)


@pytest.fixture(scope="module")
def model(fitted: Fitted) -> Model:
    return fitted.model


def test_actors_that_the_model_never_saw_are_judged_as_its_own(model: Model, birds: Codebook) -> None:
    [theirs] = model.with_codebook(birds).classify([{"text": TEXT}])
    [ours] = model.classify([{"text": OWN}])
    assert [m.actor for m in theirs.passage.mentions or ()] == ["gull", "heron"]
    assert dict(theirs.stance) == {"gull": ours.stance["union"], "heron": ours.stance["port"]}
    assert dict(theirs.directed) == {
        ("gull", "heron"): ours.directed["union", "port"],
        ("heron", "gull"): ours.directed["port", "union"],
    }


def test_frames_of_the_same_id_are_kept_in_the_order_of_the_codebook(model: Model, birds: Codebook) -> None:
    facing = model.with_codebook(birds)
    [theirs] = facing.classify([{"text": TEXT}])
    assert facing.codebook.frame_ids == ("budget", "strike")
    assert facing.codebook.label("budget") == "Money"
    [ours] = model.classify([{"text": TEXT}])
    assert list(theirs.frames.items()) == [("budget", ours.frames["budget"]), ("strike", ours.frames["strike"])]
    assert theirs.frame_labels == ("strike",)
    with pytest.raises(InputError, match="the model has budget, strike"):
        facing.with_thresholds({"noise": 0.5})


def test_the_name_tells_of_the_codebook_and_its_own_changes_nothing(model: Model, birds: Codebook) -> None:
    assert model.with_codebook(birds).name == f"{model.name}+sea_birds-{birds.digest}"
    other = Codebook.parse(BIRDS.replace("Heron Board]", "Heron Board, Herons]"))
    assert other.digest != birds.digest
    assert Codebook.parse(BIRDS.replace("sea birds", "'sea birds'  # birds")).digest == birds.digest
    assert model.with_codebook(Codebook.parse(model.codebook.source + "# the same\n")) is model


def test_a_codebook_without_frames_has_stances_alone(model: Model) -> None:
    book = Codebook.parse("name: b\nactors: [{id: gull, aliases: [Gull Trust]}]")
    [found] = model.with_codebook(book).classify([{"text": TEXT}])
    assert (dict(found.frames), found.frame_labels, list(found.stance)) == ({}, (), ["gull"])


def test_where_nothing_is_left_to_label_it_is_refused(model: Model) -> None:
    bare = replace(model, labeler=model.labeler.without(frozenset([STANCE, DIRECTED])))
    book = Codebook.parse("name: b\nframes: [{id: noise}]\nactors: [{id: gull, aliases: [Gull Trust]}]")
    with pytest.raises(InputError) as error:
        bare.with_codebook(book)
    assert str(error.value) == (
        f"b: nothing to label by it: {model.name} knows no stances, and none of its frames; it knows strike, budget"
    )
    assert bare.with_codebook(Codebook.parse("frames: [{id: strike}]")).labeler.tasks == {FRAMES}


def test_the_model_that_ships_judges_any_actors(tmp_path: Path) -> None:
    path = tmp_path / "birds.yaml"
    path.write_text(BIRDS.replace("id: noise", "id: terrorism_threat"))
    with pytest.warns(UserWarning, match=r"^sea birds: the model does not know the frames budget, strike$"):
        facing = load(codebook=path)
    ours = load()
    [theirs] = facing.classify([{"text": TEXT}])
    assert list(theirs.frames) == ["terrorism_threat"]
    assert theirs.frames["terrorism_threat"] == ours.classify([{"text": TEXT}])[0].frames["terrorism_threat"]
    assert (theirs.stance["heron"].label, theirs.directed["gull", "heron"].label) == ("against", "against")


def test_another_codebook_teaches_the_model_no_language(model: Model, birds: Codebook) -> None:
    urdu = replace(birds, language="ur", source=birds.source + "# in Urdu\n")
    facing = model.with_codebook(urdu)
    assert facing.languages == model.languages == ("en",)
    assert [p.unread for p in facing.classify([{"text": TEXT, "lang": "ur"}, {"text": TEXT}])] == [True, False]
    anything = replace(model, record={"languages": ["any"]})
    assert anything.with_codebook(urdu).languages == anything.languages == ()
