"""What is no prose: headlines, credits, datelines by good evidence; whatever looks like prose to a reader stays."""

from __future__ import annotations

import pytest

from stance.text.furniture import kinds_of

LEFT, CAME = "The men left the pier at noon and went home.", "They came back at six and found the gates shut."


def inside(*lines: str) -> list[str]:
    """The kinds of lines between paragraphs of prose."""
    first, *kinds, last = kinds_of([LEFT, *lines, CAME])
    assert (first, last) == ("prose", "prose")
    return kinds


@pytest.mark.parametrize(
    "paragraphs",
    [
        ("طالبان نے پیر کو الزام لگایا۔", "فوج نے الزام مسترد کر دیا۔", "کیا یہ سچ ہے؟", "مذاکرات جاری ہیں۔"),
        ("اتهمت الحركة الجيش.", "هل هذا صحيح؟", "ونفى الجيش ذلك؛"),
        ("तालिबान ने आरोप लगाया।", "सेना ने इनकार किया॥"),
        ("তালেবান অভিযোগ করেছে।", "সেনাবাহিনী অস্বীকার করেছে।"),
        ("塔利班指责军方。", "军方否认。", "“我们不会停止！”", "是吗？", "谈判仍在继续……"),
        ("港は止まった。", "「やめない。」", "そうか？"),
        ("Բանակը հերքեց։", "Թալիբանը մեղադրեց։"),
        ("ሠራዊቱ አስተባበለ።", "እውነት ነውን፧"),
        ("တပ်မတော်က ငြင်းဆိုခဲ့သည်။", "ဆွေးနွေးမှု ဆက်ရှိသည်။"),
        ("កងទ័ពបានបដិសេធ។", "ការចរចានៅតែបន្ត៕"),
        ("དམག་མིས་ངོས་ལེན་མ་བྱས།", "གྲོས་མོལ་མུ་མཐུད།"),
        ("กองทัพปฏิเสธข้อกล่าวหา", "การเจรจาดำเนินต่อไปในกรุงคาบูล"),
        ("ກອງທັບປະຕິເສດ", "ການເຈລະຈາຍັງສືບຕໍ່"),
        ("Ο στρατός διέψευσε;", "Ναι·"),
        ("The men left.[1]", "They came back.¹", "They slept.”\u200f", "« Ils dorment. »", "„Sie schlafen.“", "Done.*"),
    ],
    ids=[
        *("urdu", "arabic", "hindi", "bengali", "chinese", "japanese", "armenian", "amharic", "burmese", "khmer"),
        *("tibetan", "thai", "lao", "greek", "marks-behind"),
    ],
)  # fmt: skip
def test_paragraphs_of_every_script_are_prose(paragraphs: tuple[str, ...]) -> None:
    assert kinds_of(paragraphs) == ["prose"] * len(paragraphs)
    assert kinds_of([LEFT, *paragraphs, LEFT]) == ["prose"] * (len(paragraphs) + 2)


@pytest.mark.parametrize(
    "lines",
    [
        ("- Open the border", "- Free the prisoners", "- No more air strikes"),
        ("• Open the border",),
        ("1. Open the border", "2) Free the prisoners", "(c) No more air strikes", "iv. Leave"),
        ("* open the border", "– free the prisoners", "▪ leave", "✓ done", "① stay"),
        ("一、开放边境", "2、释放囚犯", "（三）停止空袭"),
        ("• سرحد کھولو", "۱۔ قیدی رہا کرو", "٢- أطلقوا الأسرى", "१. कैदी छोड़ो"),
        ("Open the border", "Free the prisoners", "No more air strikes"),
        ("Open the border at Torkham and at Chaman", "Free those who were taken in the spring"),
        ("“We will fight on”",),
        ("“We Will Not Be Moved by the Port”",),
        ("“The port must stop this” – a spokesman of the union",),
        ("«Мы не уйдём»",),
        ("„Wir bleiben“",),
        ("「やめない」",),
        ("“We stay” the docker said",),
        ("Q: Why did he leave", "A: Nobody knows"),
        ("— Will you go", "— I will not"),
        ("10:45 Dockers walk out", "10:52 Mayor calls talks", "11.10am – Talks end"),
        ("[10:45] Dockers walk out",),
        ("18h30 Les dockers partent",),
        ("The union says that it will go on with the strike",),
        ("They slept. #port",),
        ("They slept. https://gull.example/sleep",),
        ("and then they slept",),
        ("They had it at 10 pm, all of the men in the hall did",),
        ("港口当局否认了所有的这些指控",),
        ("وقالت الحركة إنها لن تتوقف",),
        ("They will not go back to work before the port has paid them what it owes them, the union says",),
    ],
    ids=[
        *("bullets", "one-bullet", "numbers", "signs", "chinese-numbers", "other-digits", "run", "run-of-long-lines"),
        "quotation",
        *("quotation-in-capitals", "attributed", "russian", "german", "japanese", "half-quoted", "questions"),
        "dialogue",
        *("live-blog", "times-in-brackets", "french-times", "forgotten-stop", "hashtag", "address", "small-letter"),
        *("time-within", "chinese", "arabic", "long"),
    ],
)  # fmt: skip
def test_what_looks_like_prose_is_prose_without_a_full_stop(lines: tuple[str, ...]) -> None:
    assert inside(*lines) == ["prose"] * len(lines)


def test_entries_behind_a_time_are_prose_and_times_are_none() -> None:
    lines = [
        "Live: dock strike",
        "10:45",
        "Dockers walk out",
        "10:52 GMT",
        "Mayor calls talks",
        "11 a.m.",
        "Talks End in Row",
    ]
    kinds = ["headline", "dateline", "prose", "dateline", "prose", "dateline", "prose", "prose"]
    assert kinds_of([*lines, LEFT]) == kinds  # fmt: skip


def test_what_follows_a_colon_is_no_heading() -> None:
    assert kinds_of(["The union has one demand:", "More pay", LEFT]) == ["prose", "prose", "prose"]


@pytest.mark.parametrize(
    "line",
    [
        "What comes next",
        "ANALYSIS",
        "Port Talks Fail for a Third Time in a Row",
        "## What the dockers want and what they will get",
        "Related: Dockers walk out of talks.",
        "Read more",
        "ADVERTISEMENT",
        "相关背景",
        "* * *",
    ],
)
def test_a_heading_between_paragraphs_is_no_prose(line: str) -> None:
    assert inside(line) == ["headline"]


def test_longer_headings_are_told_by_being_several_among_many_paragraphs() -> None:
    first, second = "How the union came to call the strike", "What the port has to fear from the court"
    few = [LEFT, first, LEFT * 2, second, CAME * 2]
    assert kinds_of(few) == ["prose"] * 5
    many = [LEFT, CAME, first, LEFT * 2, CAME, second, LEFT * 2, CAME]
    assert [line for line, kind in zip(many, kinds_of(many), strict=True) if kind == "headline"] == [first, second]
    assert kinds_of([LEFT, CAME, first, LEFT * 2, CAME]) == ["prose"] * 5


def test_short_paragraphs_whose_full_stops_were_forgotten_are_no_headings() -> None:
    short = "The port says no to all of it"
    assert kinds_of([LEFT, CAME, short, LEFT, CAME, short, LEFT, CAME]) == ["prose"] * 8


def test_links_under_their_heading_are_no_prose() -> None:
    assert inside("Related stories:", "Dockers walk out of talks", "Mayor calls it a day") == ["headline"] * 3


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("10:45", "dateline"),
        ("10.45am", "dateline"),
        ("14:30 GMT", "dateline"),
        ("March 3, 2021", "dateline"),
        ("3 March 2021", "dateline"),
        ("Monday, March 3rd, 2021, 10:45 am", "dateline"),
        ("Last updated: 3 Mar 2021 at 10:45", "dateline"),
        ("Published 2021-03-03T10:45:00Z", "dateline"),
        ("They march on 3 March 2021 and then go home again", "prose"),
        ("May 10 men go", "prose"),
        ("By Ada Stone", "credit"),
        ("(END)", "credit"),
        ("PA/PA", "credit"),
        ("ada@gull.example", "credit"),
    ],
)
def test_a_time_or_date_alone_is_a_dateline(line: str, kind: str) -> None:
    assert inside(line, LEFT)[0] == kind


# The head of an article


@pytest.mark.parametrize(("words", "kind"), [(16, "headline"), (17, "prose")], ids=["as-long-as-it-may-be", "too-long"])
def test_a_headline_by_its_place_has_at_most_16_words(words: int, kind: str) -> None:
    assert kinds_of([" ".join(["Crane"] + ["crane"] * (words - 1)), LEFT]) == [kind, "prose"]


@pytest.mark.parametrize(
    "line",
    ["“We will not be moved”", "- Dockers walk out", "10:45 Dockers go", "They left. They came back at noon and then"],
)  # fmt: skip
def test_place_alone_makes_no_headline_of_what_looks_like_prose(line: str) -> None:
    assert kinds_of([line, LEFT]) == ["prose", "prose"]


def test_a_line_under_the_headline_is_prose_where_it_reads_as_a_sentence() -> None:
    deck = "The union says that it will stop all work from midnight"
    assert kinds_of(["Port talks fail", deck, LEFT]) == ["headline", "prose", "prose"]
    assert kinds_of(["Port talks fail", "Union Calls Strike From Midnight", LEFT]) == ["headline", "headline", "prose"]


def test_names_of_sections_stand_before_the_headline() -> None:
    lines = ["World", "Ports", "Dockers walk out of talks about pay", "By Ada Stone", LEFT]
    assert kinds_of(lines) == ["headline", "headline", "headline", "credit", "prose"]


def test_short_lines_above_the_title_are_no_prose() -> None:
    lines = ["Actions", "3 March 2021", "Port talks fail, and how", LEFT]
    assert kinds_of(lines, "Port talks fail, and how") == ["headline", "dateline", "headline", "prose"]
    lines = ["The men say they have had enough", "Port talks fail, and how", LEFT]
    assert kinds_of(lines, "Port talks fail, and how") == ["prose", "headline", "prose"]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("", "headline"),
        ("Dockers walk out of talks", "headline"),
        ("Dockers Walk Out of Talks | The Gull", "headline"),
        ("Dockers in new talks", "headline"),
        ("Cranes stand still", "prose"),
    ],
    ids=["none", "equal", "longer", "alike", "other"],
)
def test_where_the_title_is_known_the_first_line_is_a_headline_if_it_is_like_it(title: str, kind: str) -> None:
    assert kinds_of(["Dockers walk out of talks", LEFT], title) == [kind, "prose"]


def test_the_title_itself_is_a_headline_whatever_ends_it_but_a_full_stop() -> None:
    assert kinds_of(["Will they go?", LEFT], "Will they go?") == ["headline", "prose"]
    assert kinds_of([LEFT, CAME], LEFT) == ["prose", "prose"]
    assert kinds_of(["Saturday, 7.56 pm", LEFT], "Saturday, 7.56 pm") == ["headline", "prose"]


def test_a_first_line_without_prose_behind_it_is_no_headline() -> None:
    assert kinds_of(["Strike ends", "The port opens"]) == ["prose", "prose"]
    thai = ["กองทัพปฏิเสธข้อกล่าวหาของกลุ่มตาลีบันเมื่อวันจันทร์", "การเจรจาดำเนินต่อไปในกรุงคาบูลจนถึงวันศุกร์"]
    assert kinds_of(thai) == ["prose", "prose"]


def test_a_first_line_is_a_headline_before_long_paragraphs_in_a_script_without_full_stops() -> None:
    assert kinds_of(["ตาลีบันปฏิเสธเจรจา", "กองทัพปฏิเสธข้อกล่าวหาของกลุ่มตาลีบัน " * 6]) == ["headline", "prose"]


def test_no_paragraphs_have_no_kinds() -> None:
    assert kinds_of([]) == []
