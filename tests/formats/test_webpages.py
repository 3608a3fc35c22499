"""Saved web pages: the article and what is known of it come out, all else stays behind, and nothing is fetched."""

from __future__ import annotations

import gzip
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stance.formats import webpages
from stance.formats.reading import count_rows, file_kind, find_files, read_rows
from stance.formats.rows import Row
from stance.formats.webpages import decode_page, read_page
from stance.jobs.stream import Reader
from stance.learning.fitting import Fitted
from stance.records import InputError
from stance.text.passages import split_article

FIRST = "The Dock Union accused the Port Authority on Thursday over the stopped cranes at pier nine."
SECOND = "“We were promised rest,” said Ada Lovett, who leads the union. “We’ve got overtime – and no café.”"
THIRD = "The City Council called both sides to a meeting & asked them to keep the grain moving."
NEWS = f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="CHARSET">
<title>Dockers walk off the job | The Gull</title>
<meta property="og:site_name" content="The Gull">
<meta property="article:published_time" content="2024-05-02T08:30:00+01:00">
<link rel="canonical" href="https://www.gull.example/news/dockers">
<script>document.write("<p>Words that a script would write into this page, were it run.</p>");</script>
<style>p {{ color: navy }}</style>
</head>
<body>
<!-- <p>A remark of the editors that nobody reads on the page itself.</p> -->
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<div class="advertisement"><p>Buy our boots, the best boots on the whole waterfront, today only.</p></div>
<article>
<h1>Dockers walk off the job</h1>
<p>{FIRST.replace("Thursday", "<b>Thursday</b>").replace("over the", "over" + chr(10) + "the")}</p>
<script>p = "<p>The Port Authority bought this paragraph of praise for itself.</p>"</script>
<figure><img src="crane.jpg" alt="a crane"><figcaption>A crane at rest. Photo: E. Gale</figcaption></figure>
<p>{SECOND}</p>
<p hidden>Words in the page that are not shown to those who read it.</p>
<h2>What comes next</h2>
<p>{THIRD.replace("&", "&amp;")}</p>
</article>
<section id="comments" class="comments"><h3>Comments</h3>
<div class="comment"><p>Rubbish, says a reader, and he should know since he lives there.</p></div></section>
<aside><h3>Related</h3><p><a href="/grain">Grain prices rise</a></p></aside>
<footer><p>© 2019 The Gull. All rights reserved. Write to us for advertising on our pages.</p></footer>
</body>
</html>
"""
HEADLINE = "Dockers walk off the job"
TEXT = "\n\n".join((HEADLINE, FIRST, SECOND, "What comes next", THIRD))
ARTICLE = {
    "title": HEADLINE,
    "date": "2024-05-02",
    "source": "The Gull",
    "url": "https://www.gull.example/news/dockers",
    "lang": "en",
    "text": TEXT,
}
NOTHING = "no article text; found: nothing that a reader sees; save the article as text"
MENU = """\
<html><head><title>The Gull</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<div><ul><li><a href="/a">Dockers walk off</a></li><li><a href="/b">Grain prices rise</a></li></ul></div>
<footer><p>© 2019 The Gull. All rights reserved.</p></footer>
</body></html>
"""


def page(body: str, head: str = "") -> bytes:
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(InputError) as error:
        action()
    return str(error.value)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], str]:
    """Writes a file into the working folder, an empty one, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, data: bytes) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
        return name

    return write_file


Write = Callable[[str, bytes], str]


@pytest.mark.parametrize(
    ("declared", "encoding", "mark"),
    [
        ("utf-8", "utf-8", b""),
        ("windows-1252", "windows-1252", b""),
        ("iso-8859-1", "windows-1252", b""),
        ("utf-8", "windows-1252", b""),
        ("windows-1252", "utf-8", b""),
        ("nonsense", "utf-8", b""),
        ("utf-8", "utf-8-sig", b""),
        ("utf-16", "utf-16", b""),
        ("utf-16", "utf-16-le", b""),
        ("utf-8", "utf-16-be", b"\xfe\xff"),
    ],
    ids=[
        "utf-8", "windows-1252", "declared-latin-1", "declared-wrongly", "utf-8-declared-wrongly", "declared-nonsense",
        "utf-8-with-mark", "utf-16-with-mark", "utf-16-without-mark", "utf-16-be-with-mark",
    ],
)  # fmt: skip
def test_article_is_the_same_in_every_encoding(declared: str, encoding: str, mark: bytes) -> None:
    assert read_page(mark + NEWS.replace("CHARSET", declared).encode(encoding)).fields == ARTICLE


@pytest.mark.parametrize(
    ("declared", "data", "text"),
    [
        ("windows-1251", "Докеры".encode("windows-1251"), "Докеры"),
        ("gb2312", "码头".encode("gb18030"), "码头"),
        ("shift_jis", "港①".encode("cp932"), "港①"),
        ("iso-2022-jp", "港".encode("iso-2022-jp"), "港"),
        ("unicode_escape", rb"\u0041 caf" + b"\xe9", r"\u0041 café"),
        ("zlib", b"caf\xe9", "café"),
        ("utf-8", "Café, façade, naïve, Zoë".encode()[:-1], "Café, façade, naïve, Zo\ufffd"),
        ("utf-8", "Café, façade, naïve".encode() + b" \xff", "Café, façade, naïve \ufffd"),
        ("utf-7", b"+ADw-p+AD4-", "+ADw-p+AD4-"),
    ],
    ids=["cyrillic", "gbk", "sjis", "escapes", "python-codec", "no-text-codec", "cut", "stray-byte", "utf-7"],
)
def test_characters_by_what_is_declared_and_what_fits(declared: str, data: bytes, text: str) -> None:
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">'
    assert decode_page(head.encode() + data) == head + text


def test_encoding_in_the_declaration_of_xml_is_read() -> None:
    start = '<?xml version="1.0" encoding="windows-1252"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body>'
    found = read_page(f"{start}{paragraphs(FIRST, SECOND)}</body></html>".encode("windows-1252"))
    assert found.fields == {"text": f"{FIRST}\n\n{SECOND}"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (paragraphs(FIRST, THIRD), [FIRST, THIRD]),
        (f"<div>{FIRST}</div><div>{THIRD}</div>", [FIRST, THIRD]),
        (f"<p>{FIRST}<br><br>{THIRD}</p>", [FIRST, THIRD]),
        (f"<table><tr><td>{FIRST}<br><br>{THIRD}</td></tr></table>", [FIRST, THIRD]),
        (f"<table><tr><td>{paragraphs(FIRST, THIRD)}</td></tr></table>", [FIRST, THIRD]),
        (f"<blockquote>{paragraphs(FIRST)}</blockquote>{paragraphs(THIRD)}", [FIRST, THIRD]),
        (f"{paragraphs(FIRST)}<ul><li>{THIRD}</li></ul>", [FIRST, THIRD]),
        (
            f"{paragraphs(FIRST)}<table><tr><td>Nine</td><td>shut at noon.</td></tr></table>{paragraphs(THIRD)}",
            [FIRST, "Nine | shut at noon.", THIRD],
        ),
    ],
    ids=["p", "div", "br", "layout-table", "p-in-table", "quote", "list", "table"],
)
def test_each_paragraph_of_a_page_is_a_passage(body: str, expected: list[str], write: Write) -> None:
    write("port.html", page(f"<article>{body}</article>"))
    [article] = Reader("article").read(["port.html"])
    assert [passage.text for passage in split_article(article) if passage.kind == "prose"] == expected  # type: ignore[arg-type]


def test_passages_of_a_page_are_named_after_its_file_and_leave_headings_out(write: Write) -> None:
    [article] = Reader("article").read([write("news/dockers.html", NEWS.encode())])
    passages = split_article(article)  # type: ignore[arg-type]
    assert [(p.id, p.text) for p in passages if p.kind == "prose"] == [
        ("dockers#0", FIRST),
        ("dockers#1", SECOND),
        ("dockers#2", THIRD),
    ]
    assert dict(passages[0].details) == {key: value for key, value in ARTICLE.items() if key != "text"}


def test_a_page_is_classified_like_its_text(write: Write, fitted: Fitted) -> None:
    [row] = read_rows(write("dockers.html", NEWS.encode()))
    [first, *_] = fitted.model.classify([row.checked()])
    assert (first.passage.text, sorted(first.stance)) == (FIRST, ["port", "union"])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title>Cranes stop</title>", {"title": "Cranes stop"}),
        ('<meta name="date" content="2023-11-05">', {"date": "2023-11-05"}),
        ('<link rel="canonical" href="https://tern.example/a">', {"source": "tern.example", "url": "https://tern.example/a"}),
        ("<!-- saved from url=(0022)https://tern.example/a -->", {"source": "tern.example", "url": "https://tern.example/a"}),
        (
            '<!--\n Page saved with SingleFile \n url: https://tern.example/a \n saved date: Thu May 02 2024\n-->'
            '<link rel="canonical" href="https://tern.example/b">',
            {"source": "tern.example", "url": "https://tern.example/b"},
        ),
    ],
    ids=["title", "date", "canonical-link", "saved-by-a-browser", "canonical-link-first"],
)  # fmt: skip
def test_what_a_page_tells_of_itself(head: str, expected: Mapping[str, str]) -> None:
    body = f"<article>{paragraphs(FIRST, THIRD)}</article>"
    assert read_page(page(body, head)).fields == {**expected, "text": f"{FIRST}\n\n{THIRD}"}


def test_a_date_in_the_story_is_not_the_date_of_the_article() -> None:
    story = "On 3 March 2011 the Dock Union signed the pact that the Port Authority broke."
    body = f"<article>{paragraphs(story)}</article><footer>© 2019 The Gull</footer>"
    assert read_page(page(body)).fields == {"text": story}


def test_text_that_a_page_keeps_for_search_engines_is_read_where_it_shows_none() -> None:
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "articleBody": f"{FIRST} {THIRD}"}
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    assert read_page(page('<div id="root"></div>', script)).fields == {"text": f"{FIRST} {THIRD}"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            MENU.encode(),
            'no article text; found: "Home News Dockers walk off Grain prices rise"; save the article as text',
        ),
        (page(""), NOTHING),
        (b"just words", NOTHING),
        (page("<script>load()</script>"), NOTHING),
        (
            page("<p>Please enable JavaScript.</p>"),
            'no article text; found: "Please enable JavaScript."; save the article as text',
        ),
        (b"\x89PNG\r\n\0\0", "binary, not a web page; save the article as text"),
        (page("<div>" * 100_000 + FIRST), NOTHING),
    ],
    ids=["menu", "empty-body", "no-markup", "script", "please-enable", "binary", "nested"],
)  # fmt: skip
def test_a_page_without_an_article_is_a_bad_row(data: bytes, problem: str, write: Write) -> None:
    name = write("index.html", data)
    assert list(read_rows(name)) == [Row(name, problem=problem)]


@pytest.mark.parametrize(("limit", "size"), [("MAX_BYTES", 2_000_000), ("MAX_ELEMENTS", 3)])
def test_a_page_that_is_too_large_is_a_bad_row(
    limit: str, size: int, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webpages, limit, size)
    data = page(paragraphs(FIRST, SECOND)) + b" " * 2_000_000
    what = {"MAX_BYTES": "2 MB", "MAX_ELEMENTS": "3 elements"}[limit]
    message = f"a web page of more than {what}; save the article as text"
    assert refusal(lambda: read_page(data)) == message


def test_no_more_of_a_page_is_unpacked_than_may_be_read(write: Write) -> None:
    name = write("bomb.html.gz", gzip.compress(b" " * 20_000_001 + page(paragraphs(FIRST))))
    message = f"{name}: empty; it should hold an article"
    assert refusal(lambda: list(read_rows(name))) == message
    name = write("bomb.html.gz", gzip.compress(page(paragraphs(FIRST)) + b" " * 20_000_001))
    assert [row.problem for row in read_rows(name)] == ["a web page of more than 20 MB; save the article as text"]


def test_a_page_that_breaks_the_parser_is_a_bad_row(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AttributeError("no\nbody")

    monkeypatch.setattr("trafilatura.bare_extraction", broken)
    name = write("a.html", page(paragraphs(FIRST)))
    problem = 'no web page that can be read; found: "AttributeError: no body"; save the article as text'
    assert list(read_rows(name)) == [Row(name, problem=problem)]


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{FIRST}&#1;&#x1F;&#0;</p>",
        f"<p>{FIRST}<script>alert(1)</script></p>",
        f"<p>{FIRST}<!-- <p>hidden --></p>",
        f'<p onclick="alert(1)">{FIRST}<img src="x" onerror="alert(1)"></p>',
        f"<p>{FIRST}<iframe src='https://evil.example/'></iframe>",
        f'<p title="{"x" * 100_000}">{FIRST}</p>',
    ],
    ids=["control-characters", "script", "comment", "handlers", "frame", "long-attribute"],
)
def test_what_is_hostile_in_a_page_stays_behind(body: str) -> None:
    assert read_page(page(f"<article>{body}</article>")).fields == {"text": FIRST}


def test_an_entity_of_the_page_names_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("A secret that the page would like to read.")
    start = f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    assert read_page(start.encode() + page(f"<p>{FIRST} &x;</p>")).fields == {"text": f"{FIRST} &x;"}


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.xhtml", "a.html.gz"])
def test_pages_are_known_by_their_ending(name: str, write: Write) -> None:
    assert file_kind(name) == "html"
    write(name, gzip.compress(NEWS.encode()) if name.endswith(".gz") else NEWS.encode("utf-16"))
    assert find_files([name]) == [name]
    assert count_rows(name) == 1
    assert list(read_rows(name)) == [Row(name, ARTICLE, default_id="a")]


def test_an_empty_page_is_refused(write: Write) -> None:
    assert refusal(lambda: find_files([write("a.html", b"")])) == "a.html: empty; it should hold at least one article"
    name = write("b.html.gz", gzip.compress(b" \n"))
    assert refusal(lambda: list(read_rows(name))) == "b.html.gz: empty; it should hold an article"


def test_a_folder_may_hold_pages_and_texts(write: Write) -> None:
    write("in/a.html", NEWS.encode())
    write("in/a.txt", FIRST.encode())
    write("in/b.htm", page(paragraphs(THIRD)))
    write("in/c.jsonl", json.dumps({"id": "c", "text": SECOND}).encode())
    articles = list(Reader("article").read(find_files(["in"])))
    assert [(article.id, article.text) for article in articles] == [
        ("a", TEXT),
        ("in/a", FIRST),
        ("b", THIRD),
        ("c", SECOND),
    ]


def test_parts_that_a_browser_saved_with_a_page_are_no_articles(write: Write) -> None:
    for name in ("in/a.html", "in/a_files/frame.html", "in/a_files/x/y.txt", "in/b_files/c.html", "in/c.txt"):
        write(name, page(paragraphs(FIRST)))
    assert find_files(["in"]) == ["in/a.html", "in/b_files/c.html", "in/c.txt"]
    assert find_files(["in/a_files/frame.html"]) == ["in/a_files/frame.html"]


@pytest.mark.parametrize("data", [NEWS.encode(), b"\xef\xbb\xbf\n" + NEWS.encode(), page(paragraphs(FIRST))])
def test_standard_input_may_be_a_page(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))  # type: ignore[arg-type]
    [row] = read_rows("-")
    assert (row.default_id, FIRST in row.fields["text"], "<" in row.fields["text"]) == ("stdin", True, False)


def test_without_trafilatura_the_mend_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    name = write("a.html", NEWS.encode())
    message = "a.html: reading web pages needs trafilatura; pip install 'framestance[html]'"
    assert refusal(lambda: list(read_rows(name))) == message


def test_nothing_is_logged_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, logging.root.handlers = logging.root.handlers, []
    try:
        refusal(lambda: read_page(MENU.encode()))
    finally:
        logging.root.handlers = handlers
    assert capsys.readouterr().err == ""


ALONE = """\
import sys
from stance.formats.reading import read_rows
events = []
sys.addaudithook(lambda event, args: events.append(event))
[row] = read_rows(sys.argv[1])
touched = {"socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"}.intersection(events)
print(len(row.fields["text"]), "trafilatura" in sys.modules, "lxml" in sys.modules, sorted(touched))
"""


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [("a.txt", FIRST, f"{len(FIRST)} False False []"), ("a.html", NEWS, f"{len(TEXT)} True True []")],
    ids=["text", "page"],
)
def test_pages_alone_import_the_library_and_none_touches_the_network(
    name: str, data: str, expected: str, write: Write
) -> None:
    write(name, data.encode())
    result = subprocess.run([sys.executable, "-c", ALONE, name], capture_output=True, text=True, check=True)
    assert (result.stdout.strip(), result.stderr) == (expected, "")
