"""Metonyms: whether the name of a capital or a country stands for its government in a sentence, or for a place.

Rules over the words around the name, for English. They were written against the labelled actors of real passages;
`benchmarks/matcher.py` prints their precision and recall.
"""

from __future__ import annotations

import re
import unicodedata

from stance.text.names import without_accents


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON_WORDS = _words(
    """
    us is it raw who
    """
)
_BEFORE_IS = _words(
    """
    this that it he she there here what who which where how why everything nothing one all
    """
)
_ENTERPRISES = _words(
    """
    airline airlines airways bank daily times today tribune herald gazette observer telegraph news tv steel motors hotel
    university street avenue road airport ltd inc plc
    """
)
_TITLES = _words(
    """
    mr mrs ms miss dr president premier minister pm chancellor secretary ambassador envoy spokesman spokesperson
    spokeswoman general gen lt maj brig col colonel brigadier admiral adm marshal mullah maulana maulvi mawlawi
    mufti qari ustad sheikh shaikh emir ayatollah senator sen khawaja chief commander
    """
)
_DAYS = _words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december
    """
)
_FORMER = _words(
    """
    former ex erstwhile ousted deposed retired
    """
)
_PLACE = _words(
    """
    in at near inside outside across into within through throughout around onto over via visited visiting visit
    left leaving leave reached reach entered enter entering outskirts city capital downtown central eastern
    western northern southern north south east west neighboring neighbouring bordering beyond toward amid
    surrounding crossing crossed opening
    """
)
_TOWARD = _words(
    """
    against with by between toward towards accuse accused accuses accusing blame blamed blames blaming urge
    urged urges urging told tells ask asked asks asking press pressed presses pressing pressure warn warned
    warns warning condemn condemned condemns condemning criticize criticized criticise criticised criticizing
    criticising thank thanked thanks thanking support supported supports supporting help helped helps helping
    arm armed arms backed backs backing force forced compel compelled trust trusted convince convinced persuade
    persuaded demand demanded invite invited expects expect expected allow allowed let sanction sanctioned
    attack attacked attacks threaten threatened threatens praise praised praises unlike despite regarding than
    for on including like both notably especially particularly about among involving reminded reminds confront
    confronts described describes suggested censured that if because while whether when as although though but
    paid pay refusing gave give gives giving send sends sent owe owes hire hires hired lauded calls call offered
    offers offer presented leaves made neither nor until did do does how what distrust
    """
)
_TOWARD_PAIRS = frozenset(
    tuple(pair.split("_"))
    for pair in _words(
        """
        pressure_on blame_on imposed_on call_on calls_on called_on calling_on urged_on war_on sanctions_on
        attack_on support_for support_of support_from help_of help_from assistance_of assistance_from
        role_of part_of behalf_of policy_of policies_of government_of officials_from demand_from
        demands_from threat_from threats_from aid_from aid_to demand_of decision_of influence_of
        interests_of position_of efforts_of stance_of allegations_of presence_of withdrawal_of
        involvement_of cooperation_of consent_of approval_of cooperate_with surrender_to support_to
        message_to according_to loyal_to linked_to close_to ally_of allies_of enemy_of enemies_of friend_of
        leaders_of leadership_of president_of presidents_of minister_of ministers_of ambassadors_of
        ambassador_of hands_of side_of initiative_of request_of invitation_of mediation_of led_by
        hostility_of responsibility_of accusations_of intervention_of invasion_of proxy_of proxies_of
        tool_of puppet_of agent_of agents_of interest_of war_of army_of military_of forces_of backing_of
        view_of views_of like_between trust_in confidence_in agreement_with
        """
    )
)
_ORGANS = _words(
    """
    government governments regime regimes administration administrations authority authorities official
    officials army military militaries force forces troop troops soldier soldiers leader leaders leadership
    minister ministers ministry president presidents premier envoy envoys ambassador ambassadors diplomat
    diplomats diplomacy diplomatic delegation delegations spokesman spokesperson spokeswoman parliament cabinet
    intelligence agency agencies spy spymaster general generals commander commanders policy policies
    policymakers policymaker side sides embassy embassies consulate consul navy marine marines warplane
    warplanes drone drones jet jets airstrike airstrikes strike strikes bombing lawmaker lawmakers congress
    senate state establishment ruler rulers negotiator negotiators representative representatives counterpart
    counterparts secretary intervention invasion occupation occupiers support help aid assistance role presence
    sanction sanctions strategy decision decisions demand demands claim claims position positions stance
    interest interests effort efforts concern concerns mission special deputy supreme prime foreign defense
    defence interior security air rangers paratroopers advisers advisors adviser guards guard police judges mps
    mp parliamentarians advocacy attempt attempts attitude approach response reaction offer offers plan plans
    proposal request call calls attack attacks aggression hegemony influence involvement interference meddling
    mediation initiative accusation accusations allegation allegations denial failure failures backing hand
    hands proxy proxies ally allies partner puppet puppets ties relations readiness willingness commitment
    pressure threat threats withdrawal pullout exit bases base nuclear charge caretaker interim chief top senior
    high governor governors consent refusal insistence friendship cooperation spies agents agent operatives
    operative servicemen contractors personnel warships war campaign empire imperialism permanent vice coast
    border chargé brokered led backed sponsored funded supported trained imposed corps helicopter gunships posts
    post officers officer commandos commando instructors crews aircraft bombs missile missiles clients client
    fighters service members brigade brigades team trade training surgeons cargo flights
    """
)
_NOT_ORGANS = _words(
    """
    media press newspaper newspapers journalist journalists analyst analysts people peoples nation citizens
    citizen nationals national soil territory province provinces city cities capital airport region regions area
    areas belt tribal north south east west northern southern eastern western village villages economy market
    markets currency language culture women woman men man refugees refugee families family student students
    scholar scholars expert experts academic academics professor author writer poet society community tribes
    tribe pilgrims pilgrim businessmen traders companies company embassy's film films team cricket players
    player university universities made born style history district districts streets street hospital hospitals
    mosque mosques roads senator politician politicians politics railway minority carpet oil borders dialogue
    talks peace conflict ethnic groups migrants quagmire children best hotel hands settle residents workers
    """
)
_MODIFIERS = _words(
    """
    then new own top senior powerful longtime current incumbent civilian elected interim caretaker national
    federal central outgoing so-called first old key armed alleged continued increasing growing more
    many some direct strong active major main important constructive political economic financial military
    humanitarian regional hostile border human rights long two three unwavering
    """
)
_OFFICIALS = _words(
    """
    official officials officer officers minister ministers ministries authorities rulers men somebody someone nobody
    anybody generals bureaucrats policymakers circles gentlemen masters patrons leadership brothers friends diplomats
    delegation delegations envoy deputy participant capitals
    """
)
_TIMES = _words("on last this late earlier next")
_PEOPLE = _words("men somebody someone nobody anybody brothers friends patrons masters")
_MOTION = _words(
    """
    travel travels travelled traveled travelling trip visit visits visited flew fly flying flight return returns
    returned returning went go goes going come came move moved moving fled flee drive drove road way brought
    sent send arrive exports export route highway
    """
)
_HANDING = _words(
    """
    surrender surrendered hand handed handing extradite extradited deliver delivered answer message warning
    """
)
_VERBS = _words(
    """
    is was are were be been has have had does did do will would shall should can could may might must says say
    said wants want wanted wishes seeks seek sought sees see saw thinks believes believe fears fear hopes hope
    asks urges warns denies deny rejects reject accuses accuse blames blame claims claim insists insist calls
    condemns welcomes welcome supports support backs opposes oppose refuses refuse demands demand agrees agree
    plans plan tries try needs need knows know considers consider plays play keeps keep kept makes make made
    takes take took gives give gave gets got goes go went comes come came becomes became began begins begin
    holds hold held shares share shelters provides provide sends send sent spends spent uses use tells told
    leads led brought brings built builds won wins lost loses chose chooses fought fights fight felt feels found
    finds knew left let lets met meets paid pays put puts ran runs shot struck strikes stood stands spoke speaks
    understood withdrew withdraws faces acts act acted continues continue cannot can't didn't doesn't don't
    won't wouldn't isn't wasn't hasn't hadn't couldn't shouldn't regards regard views view remains expects
    appears seems looks reacts helps help hosts host aims intends threatens maintains invaded invades attacks
    pushes stresses argues also never still now again too itself themselves not to who which whose that bore thought
    undertook owes arm forgets lent wrote repaid end stop broke swore sat threw drew rose fell hit cut owe fly
    bomb bombs shut trust distrust
    """
)
_FUNCTION_WORDS = _words(
    """
    and or but nor of in on at to from for with by against about over under after before since during until
    through into as than that which who whose where when while if because although though so yet between among
    without within across near outside inside via regarding despite it its he she they their his her this these
    those the a an not no there here what how why all each both more most less further soon today tomorrow
    yesterday tonight alike itself themselves alone only too unless whether out up down back off away again
    including like
    """
)
_ADVERBS = _words(
    """
    also never still now again not however too then once itself repeatedly always soon only even today already
    yesterday though therefore meanwhile instead both all just often
    """
)
_NOT_VERBS = _words(
    """
    based occupied administered related controlled held ruled dominated sized speaking united red armed hundred
    need needed owned hands sits settle streets shops bazaars villages markets
    """
)
_MONEY = re.compile(
    r"-?[$€£¥₹₨¢]|[ -](?:dollar|cent|rupee|rial|riyal|toman|afghani|dinar|dirham|rouble|ruble|lira|peso|franc|yuan"
    r"|renminbi)s?\b"
)
_SIGN = re.compile(r" [$€£¥₹₨¢] ?\d")
_WORD = re.compile(r"(?:[^\W_]\.){2,}|[^\W_]+(?:['.][^\W_]+)*|[^\w\s]")
_WINDOW = 60


class Context:
    """A folded text, the same unfolded, and what stands around a span of it."""

    def __init__(self, folded: str, original: str):
        self.folded = folded
        self.original = original

    def is_word(self, start: int, end: int) -> bool:
        """Whether no letter or digit touches the span, nor a mark follows that makes its last letter another."""
        before = self.folded[start - 1] if start else " "
        after = self.folded[end] if end < len(self.folded) else " "
        return not (before.isalnum() or after.isalnum() or before in "_" or unicodedata.category(after)[0] == "M")

    def is_acronym(self, start: int, end: int) -> bool:
        """Whether the span is in capitals; a word like "US" not where all around it is too, nor a stressed "IS"."""
        word = self.folded[start:end]
        stressed = word == "is" and not _BEFORE_IS.isdisjoint(self.left(start)[-1:])
        shouted = word in _COMMON_WORDS and (stressed or self._is_shouted(start, end))
        return self.original[start:end].isupper() and not shouted

    def is_money(self, start: int, end: int) -> bool:
        """Whether the span tells whose money a sum or a currency is: "US$40", "US $40", "Iranian rials"."""
        if _MONEY.match(self.folded, end) or (start and self.folded[start - 1] in "$€£¥"):
            return True
        initials = self.original[start:end].replace(".", "")
        is_sign = len(initials) < 4 and initials.isupper() and _SIGN.match(self.folded, end)
        return bool(is_sign) and self.left(start)[-1:] != ["the"]

    def _is_shouted(self, start: int, end: int) -> bool:
        around = self.original[max(0, start - 20) : start] + self.original[end : end + 20]
        letters = [c for c in around if c.isalpha()]
        return len(letters) > 3 and all(c.isupper() for c in letters)

    def is_surname(self, start: int, end: int, named: set[str]) -> bool:
        """Whether a title stands before, or the full name earlier in the passage, and no other name beside it."""
        left = self.left(start)
        if left and left[-1] in _TITLES:
            return not self._name_follows(end)
        behind = start >= 2 and self.folded[start - 1] == " " and self._word_before(start)[:1].isupper()
        return without_accents(self.folded[start:end]) in named and not behind and not self._name_follows(end)

    def _name_follows(self, end: int) -> bool:
        following = self.original[end + 1 : end + 12].split()
        word = following[0] if following and self.folded[end : end + 1] == " " else ""
        return word[:1].isupper() and word.strip(",.").lower() not in _DAYS

    def _word_before(self, start: int) -> str:
        """The word right before, as it is written; none at the head of a sentence."""
        words = self.original[max(0, start - 30) : start].split()
        before = words[-2] if len(words) > 1 else "."
        opens = before[-1] in '.?!:;"”' and before.rstrip(".").lower() not in _TITLES
        return "" if opens or not words else words[-1]

    def is_former(self, start: int) -> bool:
        """Whether "former" or the like stands shortly before, with no comma or "and" between."""
        for word in reversed(self.left(start)[-4:]):
            if word in _FORMER:
                return True
            if not word.isalpha() or word in ("and", "or", "by", "with", "of", "the"):
                return False
        return False

    def _names_enterprise(self, end: int) -> bool:
        """Whether a capital word goes on to name a newspaper, a company, a street: "Iran Daily", "US Airways"."""
        word = re.match(r" ([A-Z]\w+)", self.original[end : end + 20].replace("-", " "))
        return word is not None and word[1].lower() in _ENTERPRISES

    def left(self, start: int) -> list[str]:
        """The words and marks before a span, the nearest last, from within its sentence."""
        edge = self.folded.rfind(" ", 0, max(0, start - _WINDOW)) + 1
        words = _WORD.findall(self.folded[edge:start])
        kept: list[str] = []
        for index in range(len(words) - 1, -1, -1):
            word, before = words[index], words[index - 1] if index else ""
            if word in ".?!;:" and not (word == "." and (before in _TITLES or len(before) == 1)):
                break
            if word != ".":
                kept.append(word)
        return kept[::-1]

    def right(self, end: int) -> list[str]:
        """The words and marks after a span, the nearest first."""
        edge = self.folded.find(" ", end + _WINDOW)
        return _WORD.findall(self.folded[end : edge if edge >= 0 else None])

    def acts_or_speaks(self, start: int, end: int) -> bool:
        """Whether a capital, a country or its adjective stands for its government here, and not for a place."""
        left, right = self.left(start), self.right(end)
        possessive = right[:2] == ["'", "s"] or right[:1] == ["'"]
        if possessive:
            right = right[2:] if right[1:2] == ["s"] else right[1:]
        if (left[-1:] and left[-1] in _FORMER) or self._names_enterprise(end):
            return False
        organ = _names_organ(right, possessive)
        if organ is not None:
            return organ
        the = left[-1:] == ["the"]
        if left[-1:] == [","] and left[-2:-1] and left[-2] in _PLACE:
            return False
        if left[-1:] == [","] and _is_subject(left, right):
            return True
        listed, left = _before_list(left[:-1] if the else left)
        role = _role_before(left)
        if role is False or right[:1] == ["based"] or (not possessive and _is_noun(right)):
            return False
        if role or possessive or listed:
            return True
        return _is_subject(left, right) or _is_transitive(left) or (the and left[-1:] != ["from"])


def _role_before(left: list[str]) -> bool | None:
    """What the words before a name make of it: True one that acts or is addressed, False a place, None either."""
    before = left[-1] if left else ""
    governor = left[-2] if len(left) > 1 else ""
    if governor in _OFFICIALS and (before == "in" or (before == "from" and governor not in _PEOPLE)):
        return True
    if before in _PLACE:
        return False
    if before in _TOWARD or (governor, before) in _TOWARD_PAIRS or (before == "of" and governor in _ORGANS):
        return True
    if before == "to" and not _MOTION.isdisjoint(left[-4:]):
        return False
    return True if before == "to" and not _HANDING.isdisjoint(left[-4:]) else None


def _names_organ(right: list[str], possessive: bool) -> bool | None:
    """Whether an organ or a deed of a state follows: "Pakistani foreign minister", not "Pakistani media"; else None."""
    for word in right[: 4 if possessive else 3]:
        if word in _NOT_ORGANS or word.isdigit():
            return False
        if word in _ORGANS:
            return True
        if word not in _MODIFIERS and not word.endswith("ly"):
            return None
    return None


def _is_noun(right: list[str]) -> bool:
    """Whether a name is followed by what it only describes: "Afghan refugees", "Iran border"."""
    word = right[0] if right else ""
    open_to_verb = word in _FUNCTION_WORDS or word in _ADVERBS or word in _TIMES or word.endswith("ly")
    return word.isalpha() and not open_to_verb and not _is_verb(word)


def _is_verb(word: str) -> bool:
    """Whether a word after a name is a verb: a known one, or by its ending ("leases", "reimbursed")."""
    if word in _NOT_VERBS or word in _ORGANS or word in _NOT_ORGANS:
        return False
    ending = word.endswith("ed") or (word.endswith("s") and not word.endswith(("ss", "'s")))
    return word in _VERBS or (len(word) > 3 and ending)


def _is_transitive(left: list[str]) -> bool:
    """Whether the word before a name is a verb that takes it for its object: "commended Islamabad"."""
    before = left[-1] if left else ""
    return len(before) > 4 and before.endswith(("ed", "ing")) and before not in _MOTION and before not in _NOT_VERBS


def _before_list(left: list[str]) -> tuple[bool, list[str]]:
    """Step back over a list of names, "between Iran, China and": whether there is one, and the words before it."""
    listed = False
    while len(left) >= 2 and left[-1] in ("and", "or", ",") and left[-2] not in _VERBS and left[-2] != ",":
        step = 3 if left[-2] in ("and", "or") else 2
        listed, left = True, left[:-step]
    return listed, left


def _is_subject(left: list[str], right: list[str]) -> bool:
    """Whether a verb follows: "Kabul, however, has been reluctant", "Islamabad and Kabul agreed"."""
    if left and left[-1] in ("of", "from", "to"):
        return False
    words = right[:10]
    if words[:1] in ([","], ["("]):
        closing = ")" if words[0] == "(" else ","
        inner = words[1:].index(closing) + 1 if closing in words[1:] else 0
        words = words[inner + 1 :] if inner else words
    while len(words) > 1 and words[0] in ("and", "or", ",") and not _is_verb(words[1]):
        words = words[2:]
    while words and (words[0] in _ADVERBS or (words[0].endswith("ly") and len(words[0]) > 4)):
        words = words[1:]
    if len(words) > 2 and words[0] in _TIMES:
        words = words[2:]
    return bool(words) and _is_verb(words[0])
