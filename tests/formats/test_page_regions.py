"""Pages of many makes: the paragraphs of the article come out, all of them and nothing else."""

from __future__ import annotations

import json

import pytest

from stance.formats.webpages import Page, read_page

STORY = (
    "The Dock Union said on Monday that it would stop work at the harbour from midnight, after talks on pay failed.",
    "The Port Authority called that reckless, and said it would ask the court to forbid the strike before the weekend.",
    "Lorries queued for miles outside the gates, and drivers said that nobody had warned them of what was coming.",
    "A spokeswoman for the shipping lines said that vessels would be sent to other harbours if it went on for long.",
    "The mayor, who grew up among dockers, offered to mediate and invited both sides to the town hall on Thursday.",
    "Two weeks of it would cost the region a tenth of what it earns in a month, most of it in the food trade.",
)
NOTICE = "We and our 812 partners store personal data such as identifiers on your device to show you advertising."
COOKIES = "This site uses cookies to make your visit better and to count how many people read our pages each day."
OTHER = "Traders say that the price of grain will go on rising until the first ships of the new harvest come in."
REMARK = "Rubbish, all of it, and the man who wrote this should come down to the pier and see for himself some day."
HEADLINE = "Dockers to strike"
H1 = f"<h1>{HEADLINE}</h1>"
NAV = '<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>'
FOOTER = '<footer><p>© 2024 The Gull. All rights reserved.</p><a href="/imprint">Imprint</a></footer>'


def ps(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def read(body: str, head: str = "", html: str = "") -> Page:
    page = (
        f"<!doctype html><html{html}><head><title>{HEADLINE} | The Gull</title>{head}</head><body>{body}</body></html>"
    )
    return read_page(page.encode())


def found(body: str, head: str = "") -> list[str]:
    """The paragraphs found, without the headline."""
    return [text for text in read(body, head).fields["text"].split("\n\n") if text != HEADLINE]


ALL = ps(*STORY)


def article(body: str) -> str:
    return f"<article>{H1}{body}</article>"


FIRST, LAST = ps(*STORY[:3]), ps(*STORY[3:])
MIDST = STORY[0].replace("pay", "{}")
LINKED = ps(*(text.replace("harbour", "<a href=/h>harbour</a>") for text in STORY))
CARD = f"<h3><a href='/grain'>Grain prices rise</a></h3>{ps(OTHER)}"
BUTTON = "<button>Accept</button>"
PAGES = {
    "article": f"{NAV}{article(ALL)}{FOOTER}",
    "main": f"{NAV}<main>{H1}{ALL}</main>{FOOTER}",
    "divs-alone": f"{NAV}<div><div>{H1}</div><div>{ALL}</div></div>{FOOTER}",
    "no-containers": f"{NAV}{H1}{ALL}{FOOTER}",
    "text-in-divs": article("".join(f"<div>{text}</div>" for text in STORY)),
    "text-in-spans": f"<main>{H1}{''.join(f'<div><span>{text}</span></div>' for text in STORY)}</main>",
    "paragraphs-and-divs": article(f"{ps(*STORY[:5])}<div>{STORY[5]}</div>"),
    "breaks": f"<div id='page'>{H1}<div>{'<br><br>'.join(STORY)}</div></div>",
    "breaks-in-one-paragraph": article(f"<p>{'<br/> <br/>'.join(STORY)}</p>"),
    "aside-in-main": f"{NAV}<main><aside class='content'>{H1}{ALL}</aside></main>",
    "sections": f"<main>{H1}{''.join(f'<section>{ps(text)}</section>' for text in STORY)}</main>",
    "teaser-first": article(f"<div class='teaser-content'>{FIRST}</div><div>{LAST}</div>"),
    "standfirst-in-header": f"<article><header>{H1}<p class='deck'>{STORY[0]}</p></header>{ps(*STORY[1:])}</article>",
    "standfirst-before": f"<div class='head'>{H1}<p>{STORY[0]}</p></div><article>{ps(*STORY[1:])}</article>",
    "article-body": article(f"{ps(STORY[0])}<div itemprop='articleBody'>{ps(*STORY[1:])}</div><div>{ps(OTHER)}</div>"),
    "article-body-by-name": f"<div>{H1}<div class='Article__Body'>{ALL}</div><div>{ps(OTHER)}</div></div>",
    "paragraph-named-so": article(f"<p class='story-text'>{' '.join(STORY[:2])}</p>{ps(*STORY[2:])}"),
    "kept-from-screen-readers": (
        f"<div role='dialog' aria-modal='true'>{ps(NOTICE)}{BUTTON}</div><main aria-hidden='true'>{H1}{ALL}</main>"
    ),
    "style-that-clips": f"<div style='overflow: hidden'>{article(f'<div style=border:0>{ALL}</div>')}</div>",
    "shown-on-wide-screens": article(f"{FIRST}<div class='d-none d-md-block'>{LAST}</div>"),
    "form-around-the-page": f"<form id='aspnetForm'><div class='cell'>{H1}{ALL}</div></form>",
    "noindex": article(f"<noindex>{FIRST}</noindex>{LAST}"),
    "own-elements": f"<story-page><story-text>{H1}{ALL}</story-text></story-page>",
    "table-of-layout": f"<table><tr><td>{NAV}</td><td>{H1}{ALL}</td></tr></table>",
    "links-within": article(LINKED),
    "time-within": article(ps(MIDST.format("<time datetime=x>pay</time>"), *STORY[1:])),
    "button-within": article(ps(MIDST.format("<button class=term>pay</button>"), *STORY[1:])),
    "odd-names-within": article(ps(MIDST.format("<span class=share>pay</span>"), *STORY[1:])),
    "quotation": article(f"{FIRST}<blockquote>{LAST}<footer></footer></blockquote>"),
    "list": article(f"{FIRST}<ul class='menu'><li>{'</li><li>'.join(STORY[3:])}</li></ul>"),
    "quotation-in-figure": article(f"{FIRST}<figure class='pullquote'><blockquote>{LAST}</blockquote></figure>"),
    "pictures": article(
        f"<figure><img src='a.jpg'><figcaption>{OTHER}</figcaption></figure>{FIRST}"
        f"<div><img src='b.jpg'><p class='wp-caption-text'>{OTHER}</p></div>{LAST}"
    ),
    "notice-before": f"<div class='consent'>{ps(NOTICE, NOTICE, NOTICE)}</div><main>{H1}{ALL}</main>",
    "notice-longer-than-article": f"<div id='onetrust-banner-sdk'>{ps(*[NOTICE] * 9)}</div><div>{H1}{ALL}</div>",
    "notice-with-a-headline": f"<div class='qc-cmp2-ui'><h1>Your privacy</h1>{ps(NOTICE)}</div><div>{H1}{ALL}</div>",
    "notice-without-a-name": f"<div><p>{COOKIES}</p>{BUTTON}</div><div>{H1}{ALL}</div>",
    "notice-within-article": article(f"{FIRST}<div class='cookie-wall'>{ps(COOKIES)}</div>{LAST}"),
    "wrapper-named-after-cookies": f"<div id='page' class='cookies-accepted'>{NAV}<div>{H1}{ALL}</div>{FOOTER}</div>",
    "story-named-after-cookies": article(f"<div class='cookies'>{FIRST}</div>{LAST}"),
    "newsletter-within": article(
        f"{FIRST}<div class='newsletter-box'><p>Get the best of The Gull every morning.</p>"
        f"<form><input type='email'><button>Sign up</button></form></div>{LAST}"
    ),
    "appeal-within": article(
        f"{FIRST}<aside><p>Our work depends on readers like you, every day.</p><a href='/give'>Give</a></aside>{LAST}"
    ),
    "related-within": article(f"{FIRST}<div class='x'>{CARD}</div>{LAST}"),
    "related-line-within": article(f"{FIRST}<p>Read more: <a href='/grain'>Grain prices rise</a></p>{LAST}"),
    "related-behind": (
        f"<main>{article(ALL)}<section><h2>More</h2><article class='card'>{CARD}</article>"
        f"<article class='card'><a href='/b'><h3>Boats</h3>{ps(OTHER)}</a></article></section></main>"
    ),
    "related-before": f"<article>{CARD}</article>{article(ALL)}",
    "comments": f"{article(ALL)}<section id='comments'>{''.join(f'<div>{ps(REMARK)}</div>' for _ in STORY)}</section>",
    "more-comments-than-story": f"<div>{H1}{ALL}</div><div class='reader-comments'>{ps(*[REMARK] * 12)}</div>",
    "comments-open": f"<div class='post comments-open'>{H1}{ALL}</div><div class='no-comments'></div>",
    "author": article(f"{ALL}<div class='author-bio'>{ps('Ada Stone writes on ports for The Gull.')}</div>"),
    "rights": f"<div>{H1}{ALL}<div>© 2024 The Gull. All rights reserved.</div></div>",
    "sidebar": f"<div class='sidebar'>{ps(OTHER)}<a href='/grain'>More</a></div>{article(ALL)}",
    "sidebar-wrap": f"<div class='content-sidebar-wrap no-sidebar'><div>{H1}{ALL}</div></div>",
    "box-over-the-page": f"<div class='overlay'>{article(f'{FIRST}<div>{CARD}</div>{LAST}')}</div>",
    "pulled-quotation": article(f"{FIRST}<aside class='pullquote'><p>“{STORY[4]}”</p></aside>{LAST}"),
    "hidden": article(
        f"<p style='display:none'>{OTHER}</p><p hidden>{OTHER}</p><p class='sr-only'>{OTHER}</p>{FIRST}"
        f"<p aria-hidden='true'>{OTHER}</p><template>{ps(OTHER)}</template><noscript>{ps(OTHER)}</noscript>{LAST}"
    ),
    "page-shown-by-a-script": f"<div style='visibility: hidden'><div style='display: none'>{H1}{ALL}</div></div>",
    "amp": (
        f"<amp-consent>{ps(NOTICE)}</amp-consent><amp-sidebar><ul><li><a href='/'>Home</a></li></ul></amp-sidebar>"
        f"<amp-user-notification>{ps(COOKIES)}{BUTTON}</amp-user-notification>{article(ALL)}"
    ),
    "parts": f"<main>{H1}<article>{FIRST}</article><div class='ad'></div><article>{LAST}</article></main>",
}
SPLIT = {"paragraph-named-so": [" ".join(STORY[:2]), *STORY[2:]]}


@pytest.mark.parametrize("name", PAGES)
def test_the_paragraphs_of_the_article_are_found_and_nothing_else(name: str) -> None:
    assert found(PAGES[name]) == SPLIT.get(name, list(STORY))


_NAMES = (
    "ad-free aside author banner bar blurred border bottom button commentary content-bar embed expand "
    "hero-banner intro lead link menu message meta most-popular nav next-par noprint options overlay paywall "
    "permission premium promo rating related share slide social tags teaser timestamp top-stories "
    "user-info viewport viral widget"
).split()


@pytest.mark.parametrize("attribute", ["class", "id"])
@pytest.mark.parametrize("name", _NAMES)
def test_no_name_alone_makes_furniture_of_paragraphs(name: str, attribute: str) -> None:
    first = f"<div {attribute}='{name}'>{ps(*STORY[:2])}</div>"
    assert found(f"<article>{H1}{first}{ps(*STORY[2:])}</article>") == list(STORY)
    assert found(f"<div {attribute}='{name}'>{H1}{ALL}</div>") == list(STORY)


def test_a_live_blog_is_read_entry_by_entry() -> None:
    heads = (f"<time>1{number}:45</time><h2><a href='#e{number}'>News {number}</a></h2>" for number in range(9))
    entries = "".join(f"<article>{head}{ps(text)}</article>" for head, text in zip(heads, STORY, strict=False))
    assert [text for text in found(f"<main>{H1}{entries}</main>") if not text.startswith("News")] == list(STORY)


def test_headings_items_and_rows_stand_in_order() -> None:
    body = (
        f"<article>{H1}{ps(*STORY[:2])}<h2>What they want</h2><ul><li>Open the gates</li><li>More pay</li></ul>"
        f"<table><tr><th>Pier</th><th>Ships</th></tr><tr><td>Nine</td><td>4</td></tr></table>{ps(*STORY[2:])}</article>"
    )
    middle = ["What they want", "Open the gates", "More pay", "Pier | Ships", "Nine | 4"]
    assert found(body) == [*STORY[:2], *middle, *STORY[2:]]


def test_quotation_marks_that_a_browser_would_add_are_added() -> None:
    assert found(f"<article><p>The union said <q>no <b>way</b></q> to all that it was offered.</p>{ALL}</article>") == [
        "The union said “no way” to all that it was offered.",
        *STORY,
    ]


@pytest.mark.parametrize(
    ("language", "paragraphs"),
    [
        (
            "ur",
            ("یونین نے پیر کو کہا کہ وہ بندرگاہ پر تمام کام بند کر دے گی۔", "انتظامیہ نے اسے غیر ذمہ دارانہ قرار دیا۔"),
        ),
        ("ar", ("قالت النقابة يوم الاثنين إنها ستوقف العمل في الميناء.", "ووصفت السلطة ذلك بأنه متهور.")),
        ("zh", ("工会周一表示，薪资谈判再次破裂后，将从午夜起停止港口的一切工作。", "港务局称这一决定是鲁莽的。")),
        ("th", ("สหภาพแรงงานกล่าวเมื่อวันจันทร์ว่าจะหยุดงานทั้งหมดที่ท่าเรือตั้งแต่เที่ยงคืนหลังจากการเจรจาเรื่องค่าจ้างล้มเหลว",)),
        (
            "ru",
            ("Профсоюз заявил, что с полуночи остановит работу в порту.", "Власти порта назвали это безрассудством."),
        ),
    ],
)
def test_pages_in_other_scripts(language: str, paragraphs: tuple[str, ...]) -> None:
    body = f"{NAV}<div class='cookie-banner'>{ps(COOKIES)}</div><div class='teaser'>{ps(*paragraphs)}</div>{FOOTER}"
    page = read(body, html=f" lang='{language}' dir='auto'")
    assert (page.fields["text"].split("\n\n"), page.fields["lang"]) == (list(paragraphs), language)


# The language that a page gives


@pytest.mark.parametrize(
    ("html", "body", "language"),
    [
        (" lang='en-GB'", f"<article>{ALL}</article>", "en-GB"),
        (" lang='pt_BR'", f"<article>{ALL}</article>", "pt-BR"),
        (" xml:lang='de'", f"<article>{ALL}</article>", "de"),
        (" lang='en'", f"<article lang='fr'>{ALL}</article>", "fr"),
        ("", f"<article>{ALL}</article>", None),
        (" lang=''", f"<article>{ALL}</article>", None),
        (" lang='{{ language }}'", f"<article>{ALL}</article>", None),
        (
            " lang='en'",
            f"<article>{ps('Профсоюз заявил в понедельник, что с полуночи остановит работу.')}</article>",
            None,
        ),
        (
            " lang='en-US'",
            f"<article>{ps('Le syndicat a déclaré lundi que tout travail cesserait au port dès minuit.')}</article>",
            None,
        ),
        (" lang='en'", f"<article>{ps('Ana Lovett, Ben Stone, Cyd Marsh, Dan Reed, Eve Holm.')}</article>", "en"),
    ],
    ids=[
        *("html", "underscore", "xml", "article", "none", "empty", "unfilled", "english-to-other-letters"),
        *("english-to-french", "english-to-names"),
    ],
)
def test_the_language_is_what_the_page_gives_its_article(html: str, body: str, language: str | None) -> None:
    assert read(body, html=html).fields.get("lang") == language


# JSON-LD


def json_ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def test_what_is_kept_for_search_engines_is_read_where_little_of_it_is_shown() -> None:
    whole = "\n\n".join(STORY)
    for body in (whole, "".join(f"<p>{text}</p>" for text in STORY), "&lt;p&gt;" + "&lt;/p&gt;&lt;p&gt;".join(STORY)):
        data = {"@graph": [{"@type": "NewsArticle", "articleBody": body}, {"articleBody": "Other."}]}
        assert found(f"<article>{H1}{ps(STORY[0])}<p>Subscribe to read on.</p></article>", json_ld(data)) == list(STORY)


def test_what_is_shown_counts_where_it_holds_what_is_kept() -> None:
    data = {"@type": "NewsArticle", "articleBody": " ".join(STORY[:5])}
    assert found(f"<article>{H1}{ALL}</article>", json_ld(data)) == list(STORY)
    assert found(f"<article>{H1}{ALL}</article>", json_ld({"articleBody": OTHER})) == list(STORY)


def test_entries_of_a_live_blog_are_kept_for_search_engines_one_by_one() -> None:
    data = {"@type": "LiveBlogPosting", "liveBlogUpdate": [{"articleBody": text} for text in STORY]}
    assert found("<div id='root'></div>", json_ld(data)) == list(STORY)


@pytest.mark.parametrize("data", ["{", '{"articleBody": 7}', "[" * 5000 + '"articleBody"', '{"articleBody": ""}'])
def test_broken_json_is_no_article(data: str) -> None:
    script = f'<script type="application/ld+json">{data}</script>'
    assert found(f"<article>{H1}{ALL}</article>", script) == list(STORY)


# What was left out


def test_the_share_of_running_text_that_is_left_out_is_told() -> None:
    assert read(f"{NAV}<article>{H1}{ALL}</article>{FOOTER}").left_out < 0.1
    notice = f"<div class='consent'>{ps(*[NOTICE] * 3)}</div>"
    size, other = sum(map(len, STORY)), 3 * len(NOTICE)
    assert read(f"{notice}<main>{H1}{ALL}</main>").left_out == pytest.approx(other / (size + other))
