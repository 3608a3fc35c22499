"""What of a web page is no article: notices, comments, menus, advertisements, links to other articles.

Pages name their parts as they like. A name is believed where what stands in the part agrees with it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from stance.formats.page_prose import BLOCKS, Prose, leads_away, solid
from stance.text.words import count_words

APART = 8
"""Words of running text that must be left where a notice or comments are dropped."""
_WIDGETS = frozenset("amp-ad amp-consent amp-lightbox amp-sidebar amp-social-share dialog menu nav".split())
_ROLES = frozenset("alertdialog contentinfo dialog menu menubar navigation search toolbar".split())
_CONSENT = re.compile(
    r"\b(?:cookies?|consent|gdpr|ccpa|cmp\d?|onetrust|didomi|cookiebot|usercentrics|quantcast|sourcepoint|sp message"
    r"|trustarc|truste|cc (?:window|banner)|borlabs|cmplz|iubenda|cookieyes|osano|termly|evidon|klaro|axeptio"
    r"|tarteaucitron|privacy)\b"
)
_COMMENTS = re.compile(r"\b(?:comments?|commentlist|disqus|respond|kommentare?|commentaires?|comentarios?)\b")
_CLEAR = re.compile(
    r"\b(?:advert\w*|ads?|adslot|sponsor\w*|newsletters?|subscribe|signup|sign up|outbrain|taboola|breadcrumbs?|bio"
    r"|captions?|author (?:box|info|card)|about (?:the )?author|skip link)\b"
)
_VAGUE = re.compile(
    r"\b(?:banner|donat\w+|footer|masthead|menu|modal|most (?:read|popular)|mostread|nav\w*|overlay|popular|popup"
    r"|promo\w*|read (?:more|next)|readmore|recirc\w*|recommend\w*|related\w*|shar(?:e|ing)\w*|sidebar|social"
    r"|subscription|toolbar|trending)\b"
)
"""Names that count where links, buttons or fields are in the element."""
_PULLED = re.compile(r"\bpull ?(?:ed )?quotes?\b")
_NEGATED = re.compile(r"(?:has|hide|is|js|no|not|with|without)[-_]|.*[-_](?:closed|disabled|enabled|free|open)$")
_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_RIGHTS = re.compile(
    r"^\W*(?:©|copyright\b|\(c\)\s*\d)|all rights reserved|alle rechte vorbehalten|tous droits réservés"
    r"|todos los derechos reservados|все права защищены|版权(?:所有|保护|说明)|版權所有|ICP备|许可证号?\w?\d"
    r"|無断転載|جميع الحقوق محفوظة|حقوق محفوظ",
    re.IGNORECASE,
)
RIGHTS_WORDS = 100
"""The most words of a notice of rights."""
_COOKIE = re.compile(r"cookie|personal data|privacy policy|куки|کوکی|कुकी|كوكيز|ملفات تعريف", re.IGNORECASE)


def is_furniture(element: Any, prose: Prose) -> bool:
    """Whether an element is a notice, comments, a menu or an advertisement: what is so plainly."""
    if not _is_block(element):
        return False
    names = names_of(element)
    if element.tag in _WIDGETS or element.get("role") in _ROLES or _is_footer(element):
        return not prose.is_most(element) or prose.of(element) < APART or _is_apart(element, prose)
    if _is_notice(element, names, prose) or _COMMENTS.search(names):
        return _is_apart(element, prose)
    if prose.is_most(element):
        return False
    named = _CLEAR.search(names) or (_PULLED.search(names) and _is_repeated(element, prose))
    return bool(named) and not _holds_headline(element)


def is_likely_furniture(element: Any, prose: Prose) -> bool:
    """Whether an element is named like furniture and works like it, or leads to another article."""
    if prose.is_most(element) or not (_is_block(element) or element.tag == "a"):
        return False
    if (element in prose.links and not prose.of(element)) or _is_card(element, prose):
        return not _holds_headline(element)
    if _is_block(element) and (_VAGUE.search(names_of(element)) or element.tag == "aside"):
        return (prose.of(element) == 0 or _works(element)) and not _holds_headline(element)
    return False


def drop_rights(prose: Prose) -> None:
    """Drop the notices of rights at the end of a page."""
    while prose.texts and (last := next(reversed(prose.texts))) is not prose.body:
        if not _RIGHTS.search(prose.texts[last]) or count_words(prose.texts[last]) > RIGHTS_WORDS:
            return
        prose.remove(last)


def _is_block(element: Any) -> bool:
    return element.tag in BLOCKS or element.tag in _WIDGETS or "-" in element.tag


def _is_repeated(element: Any, prose: Prose) -> bool:
    """Whether what stands in an element stands in other running text too, as a quotation that is set large does."""
    words = "".join(filter(str.isalnum, "".join(element.itertext())))
    others = (text for block, text in prose.texts.items() if element not in (block, *block.iterancestors()))
    return bool(words) and any(words in "".join(filter(str.isalnum, text)) for text in others)


def _is_footer(element: Any) -> bool:
    """Whether an element is the footer of the page or of its article, not of a quotation."""
    return element.tag == "footer" and element.getparent().tag != "blockquote"


def names_of(element: Any) -> str:
    """The words in an element's classes and id, but for those that say what a page has or lacks (`no-comments`)."""
    named = f"{element.get('class', '')} {element.get('id', '')}".split()
    words = (word for name in named if not _NEGATED.match(name) for word in (*_NAME.findall(name), "."))
    return " ".join(words).lower()


def _is_apart(element: Any, prose: Prose) -> bool:
    """Whether the article stands elsewhere: without this element, running text and the headline are left."""
    if prose.total - prose.of(element) < min(APART, prose.total):
        return prose.of(element) == 0
    if not prose.is_most(element):
        return True
    headlines = [headline for headline in prose.body.iter("h1") if element not in headline.iterancestors()]
    return bool(headlines) or not _holds_headline(element)


def _holds_headline(element: Any) -> bool:
    return bool(
        _xpath("descendant-or-self::*[self::h1 or self::main or @role='main' or contains(@itemprop, 'articleBody')]")(
            element
        )
    )


def _is_notice(element: Any, names: str, prose: Prose) -> bool:
    """Whether an element asks for consent: named so, or a small box that speaks of cookies and has a button."""
    named = _CONSENT.search(names) is not None
    if named and not any(holder.tag in ("article", "main") for holder in element.iterancestors()):
        return True
    if not named and (not prose.of(element) or prose.is_most(element) or not _xpath(".//button|.//input")(element)):
        return False
    texts = prose.within(element)
    return any(map(_COOKIE.search, texts)) and (named or len(texts) <= 5)


def _works(element: Any) -> bool:
    """Whether an element holds what one clicks on or fills in."""
    return bool(_xpath("descendant-or-self::*[self::button or self::form or self::input]")(element)) or any(
        map(leads_away, element.iter("a"))
    )


@cache
def _xpath(expression: str) -> Any:
    from lxml.etree import XPath

    return XPath(expression)


def _is_card(element: Any, prose: Prose) -> bool:
    """Whether an element tells of another article: its heading, or all of it, is a link to another page."""
    if element.tag == "a":
        return leads_away(element) and next(element.iter(*BLOCKS), None) is not None
    if element.tag not in ("article", "aside", "div", "li", "section") or 4 * prose.of(element) > prose.total:
        return False
    heading = next(element.iter("h2", "h3", "h4", "h5", "h6"), None)
    if heading is None or not prose.of(element):
        return False
    linked = sum(len(solid("".join(link.itertext()))) for link in heading.iter("a") if leads_away(link))
    within = any(leads_away(holder) for holder in heading.iterancestors("a"))
    return within or 2 * linked > len(solid("".join(heading.itertext())))
