"""Marks: short texts that stand for one label each, as label tools show them."""

from __future__ import annotations

import json
import re

NAME = r'\s*"(?:[^"\\]|\\.)*"\s*|[^"=>:;@]+'
"""A pattern for an actor's id as `quoted` writes it; linear in the length of any text."""
MARK = re.compile(rf"({NAME})(?:>({NAME}))?[=:]([^\"=>:;@]*)")
_PLAIN_NAME = re.compile(r'[^"=>:;@\x00-\x1f]*[^"=>:;@\x00-\x1f-]')


def stance_mark(actor: str, stance: str) -> str:
    return f"{quoted(actor)}={stance}"


def pair_mark(holder: str, target: str, stance: str) -> str:
    return f"{quoted(holder)}>{quoted(target)}={stance}"


def quoted(actor: str) -> str:
    """An actor's id as it stands in marks and cells; as a JSON string where it holds a sign that separates."""
    plain = _PLAIN_NAME.fullmatch(actor) and actor == actor.strip()
    return actor if plain else json.dumps(actor, ensure_ascii=False)


def name_of(text: str) -> str:
    """The actor's id again; raises `ValueError` for a JSON string that is none."""
    text = text.strip()
    return str(json.loads(text)) if text.startswith('"') else text
