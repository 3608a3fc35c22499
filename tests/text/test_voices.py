"""Who speaks in a passage: exact answers for sentences of our own."""

from __future__ import annotations

import re

import pytest

from stance.records import Mention
from stance.text.voices import is_in_first_person, voices

NAMES = {"union": "Dock Union", "port": "Port Authority", "council": "City Council", "Ravens": "Ravens"}


def heard(text: str) -> tuple[str, str]:
    """The actors that say something, and those that only deny it, in the order of the alphabet."""
    mentions = [Mention(a, m.start(), m.end()) for a, name in NAMES.items() for m in re.finditer(name, text)]
    found = list(voices(text, sorted(mentions, key=lambda m: m.start)))
    said, denied = ({v.actor for v in found if v.actor and v.denies is denies} for denies in (False, True))
    return " ".join(sorted(said)), " ".join(sorted(denied))


@pytest.mark.parametrize(
    "text",
    [
        "The Dock Union emphasised that pay had fallen.",
        "The Dock Union reaffirmed that pay had fallen.",
        "The Dock Union hopes that pay will rise.",
        "The Dock Union tweeted that work would stop.",
        "The Dock Union has long suspected that the Port Authority feeds the Ravens.",
        "The Dock Union considers the Ravens a danger.",
        "The Dock Union sees the Port Authority as the patron of the Ravens.",
        "The Dock Union said it would not tolerate the Ravens.",
        "The Dock Union says that if it was not for the pickets, work would go on.",
        "The Dock Union would say only that talks went on.",
        "Officials of the Dock Union say work will stop.",
        "Dock Union leaders blame the Port Authority for the lockout.",
        "The Dock Union’s secretary, Ada Lovett, publicly admits that pay had fallen.",
        "Ada Lovett, an adviser to the Dock Union, again underlined that pay had fallen.",
        "Dock Union secretary Ada Lovett has said the Ravens are a matter for the City Council.",
        "In a statement, the Dock Union said that work would stop.",
        "The Dock Union issued a statement: “Work will stop.”",
        "The pier, the Dock Union says, is rotten.",
        "“The pier is rotten,” said Ada Lovett of the Dock Union.",
        "Accusing the Port Authority of sloth, the Dock Union vowed to stop work.",
        "The Dock Union vowed to stop work, accusing the Port Authority of sloth.",
        "The Dock Union shut the gates of the Port Authority, accusing it of sloth.",
        "The Dock Union warned of the Ravens and called the Port Authority their patron.",
        "The Ravens, whom the Dock Union calls thieves, came back.",
        "What the Dock Union calls theft is trade.",
        "The Dock Union finds that the Ravens hide in the port.",
    ],
)
def test_whoever_reports_thinks_or_judges_speaks(text: str) -> None:
    assert heard(text) == ("union", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("The Port Authority was accused on Friday by the Dock Union of a lockout.", "union"),
        ("The walkout was condemned by the Dock Union and the City Council.", "council union"),
        ("The Dock Union was told by the City Council that work must go on.", "council"),
        ("The Port Authority was accused of a lockout.", ""),
        ("The Port Authority has been blamed for the walkout.", ""),
        ("The Port Authority is widely seen and described as weak.", ""),
        ("The UN-listed and Dock Union-designated Ravens sank two ferries.", ""),
    ],
)
def test_in_the_passive_it_is_whom_by_names(text: str, says: str) -> None:
    assert heard(text) == (says, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("The Dock Union’s claim that the Port Authority feeds the Ravens is old.", "union"),
        ("Accusations by the Dock Union that the Port Authority feeds the Ravens are old.", "union"),
        ("After Dock Union allegations of a lockout, the Port Authority opened its books.", "union"),
        ("A report by the City Council says that the Ravens hide in the port.", "council"),
        ("The so-called lockout, according to sources in the Dock Union, began in May.", "union"),
        ("The Ravens are, in the eyes of the Dock Union, a danger.", "union"),
    ],
)
def test_what_is_said_to_be_a_claim_of_somebody_is_their_voice(text: str, says: str) -> None:
    assert heard(text) == (says, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("The Dock Union and the City Council said that work would stop.", "council union"),
        ("The Dock Union, the City Council and the bishops fear the Ravens.", "council union"),
        ("The Dock Union, the City Council and the Port Authority agreed that work must go on.", "council port union"),
    ],
)
def test_actors_in_a_list_speak_together(text: str, says: str) -> None:
    assert heard(text) == (says, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("The Port Authority dismissed the allegations as baseless.", ""),
        ("The Port Authority called the charge laughable.", ""),
        ("The Port Authority called it a lie.", ""),
        ("The Port Authority brushed aside the accusation.", ""),
        ("The Port Authority scoffed at the accusation.", ""),
        ("The Port Authority insists it has never fed the Ravens.", ""),
        ("The Port Authority says that it does not feed the Ravens.", ""),
        ("The Port Authority said that it had nothing to do with the Ravens.", ""),
        ("The Port Authority denied reports that it feeds the Ravens.", ""),
        ("The accusation was denied by the Port Authority.", ""),
        ("The Port Authority says no Ravens and no other group live in its sheds.", ""),
        ("The Port Authority turned down the complaint.", ""),
        ("The Port Authority’s denial came late.", ""),
        ("The Port Authority rejected the Dock Union’s repeated claims that it feeds the Ravens.", "union"),
        ("The Dock Union’s claim that it feeds the Ravens was dismissed by the Port Authority.", "union"),
        ("The Port Authority, which the Dock Union accuses of feeding the Ravens, denied it.", "union"),
        ("The Dock Union alleged — and the Port Authority denied — that the Ravens were fed.", "union"),
        ("The Port Authority denies feeding the Ravens, and says that the Dock Union lies.", "port"),
        (
            "Rejecting the Dock Union’s charge that it feeds the Ravens, the Port Authority said that all was well.",
            "port union",
        ),
        ("The Port Authority denied it. It said that the Ravens were the Dock Union’s own men.", "port"),
    ],
)
def test_whoever_denies_a_charge_is_told_from_whoever_makes_it(text: str, says: str) -> None:
    assert heard(text) == (says, "port")


@pytest.mark.parametrize(
    "text",
    [
        "The Port Authority did not deny the lockout.",
        "The Port Authority has neither confirmed nor denied the lockout.",
        "Ferries kept sailing to deny the Dock Union a victory.",
        "Clerks gathered outside the Port Authority to accuse the City Council of sloth.",
        "Nobody wants the Ravens to win, neither the clerks nor the neighbouring states.",
        "The pier is rotten, cautions Ben Quay, who left the Dock Union.",
        "Sympathy for the Dock Union’s affiliate grows, cautions Ben Quay, a clerk.",
        "The minister told the Dock Union that he would resign.",
        "The Ravens are the state’s own sons, writes a columnist, and the Dock Union has only itself to blame.",
        "The Port Authority declined to comment.",
        "Two patrons are named: the Dock Union, said to feed the Ravens, and the Port Authority, said to house them.",
        "A bishop scolded the Dock Union for the birth of the Ravens, saying that they were its sons.",
        "Hunting them is a task for the Dock Union, on its own piers, with its own men, a visitor said.",
        "The fires, some of which were claimed by the Ravens, went on.",
    ],
)
def test_what_is_not_said_is_no_voice(text: str) -> None:
    assert heard(text) == ("", "")


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        ("We will hold the pier, and our men will hold the gate.", True),
        ("We will hold the pier.", False),
        ("“We will hold the pier, and our men the gate,” he said.", False),
        ("The US said that US ships would come.", False),
    ],
)
def test_a_text_in_the_first_person(text: str, speech: bool) -> None:
    assert is_in_first_person(text) is speech
