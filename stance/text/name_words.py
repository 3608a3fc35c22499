"""Words that tell what stands in a run of capitalised words: titles, offices, small words, days; for English."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """
    mr mrs ms miss dr prof professor sir lord lady dame judge justice rev reverend father sister brother
    president presidents premier minister ministers pm chancellor secretary secretaries ambassador ambassadors envoy
    spokesman spokesmen spokesperson spokeswoman general generals gen lieutenant lt major maj brigadier brig col
    colonel
    captain capt admiral adm marshal sergeant sgt corporal private commander commanders chief chiefs leader leaders
    head
    chairman chairwoman chairperson chair director governor gov mayor senator senators sen representative rep
    congressman congresswoman lawmaker lawmakers mp mps speaker deputy vice prime acting interim former ex late
    then-president ex-president official officials officer officers analyst analysts expert experts adviser advisor
    advisers author editor journalist journalists reporter correspondent coordinator commissioner inspector
    superintendent detective attorney lawyer founder co-founder ceo chancellors foreign-minister delegate
    undersecretary
    under-secretary secretary-general vice-president director-general attorney-general solicitor-general
    """
)
"""Words for offices, and ways to address: names stand beside them, and they are none."""
HONORIFICS = _words(
    "mullah maulana maulvi mawlawi mufti qari sheikh shaikh king queen prince princess pope ayatollah imam emir crown"
)
"""Titles that a name is hardly ever without: "Mullah Omar", "King Abdullah"."""
PORTFOLIOS = _words(
    """
    foreign state interior home defense defence finance treasury information justice health education energy
    commerce trade labor labour agriculture transport transportation planning security homeland national affairs staff
    joint external economic intelligence press assistant senior special general chief army air force navy military
    police permanent religious culture water power oil petroleum internal supreme opposition parliamentary federal
    policy political public executive managing regional district provincial counter-terrorism counterterrorism
    """
)
"""Words that belong to an office beside them: "Foreign Minister", "Secretary of State"."""
SPEAKING = _words(
    """
    president premier minister pm chancellor secretary ambassador envoy spokesman spokesperson spokeswoman general gen
    lieutenant lt major maj brigadier brig colonel col admiral marshal commander chief leader head chairman chairwoman
    chairperson emir director secretary-general director-general vice-president representative negotiator
    """
)
"""Offices whose holder speaks or acts for what is named beside them."""
RANKS = _words(
    "key prime deputy vice acting interim top senior chief main new current longtime supreme then incoming outgoing"
)
FORMER = _words("former ex erstwhile ousted deposed retired late slain then-president ex-president")
ORGANS = _words(
    """
    government governments regime administration authorities army military forces force air navy police parliament
    cabinet intelligence agency ministry office foreign interior defense defence state department national security
    embassy embassies congress senate house representatives supreme court consulate establishment council federal
    republic kingdom islamic armed special services service inter-services guard guards coast border marines marine
    corps
    assembly treasury pentagon justice information affairs of the and for command central president presidency prime
    minister secretary foreign-office central-bank presidential civil republican's bureau directorate general
    headquarters rangers frontier intelligence's commerce finance
    """
)
"""Words of the organs of a state: with the name of a country they name its government."""
GROUPS = _words(
    """
    party council network army movement front force forces group ministry department nations union league court house
    state states office agency committee commission association organization organisation institute university college
    school bank fund company corporation corp inc ltd society foundation federation alliance coalition congress senate
    parliament assembly authority government administration bureau center centre program programme times post news
    journal press tv radio television service services team club church brigade brigades guard guards corps police
    taliban republic kingdom emirate command mission district province city valley county region street road river
    international airport hospital mosque square war accord agreement treaty act law day week month year games cup
    prize award summit conference initiative project plan strategy corridor line region sea ocean gulf island islands
    mountains east west north south
    """
)
"""Words that names of persons do not end in."""
OPEN = frozenset("air special national first prime and of the for finance presidential central supreme coast".split())
"""Words of organs that no organ's name ends in."""
LONE = frozenset("congress senate pentagon taliban".split())
"""Words of organs and groups that name one by themselves."""
THINGS = _words(
    """
    plan agreement accord accords treaty act law war visa visas operation summit award prize cup games corridor
    program
    programme project initiative revolution license licence day week month year constitution strategy highway gate
    deal
    convention conventions protocol charter resolution line road index report declaration process movement's statement
    publication fund election elections olympics championship attack attacks massacre crisis time today house's
    content
    """
)
"""Words that names of actors do not end in."""
MEDIA = _words(
    """
    news times post tv tribune herald guardian journal magazine newspaper daily gazette radio reuters ap afp bbc cnn
    xinhua tass irna upi dpa dawn jazeera voa interfax newsweek telegraph observer chronicle bloomberg yahoo google dw
    nbc abc cbs msnbc npr
    """
)
"""Words that names of newspapers, agencies and stations end in: they tell of what happens more than they take part."""
PLACES = _words(
    """
    province provinces district districts city town village valley county region street road river airport border
    desert
    sea ocean gulf island islands mountain mountains peninsula prefecture governorate square tribal bay avenue strait
    suburb neighborhood neighbourhood highway north south east west northern southern eastern western airport
    """
)
"""Words of places: with or right after a name they make it one."""
DAYS = _words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sept sep oct nov dec
    """
)
NO_ACTORS = DAYS | _words(
    """
    spring summer autumn winter christmas easter ramadan eid nowruz god allah islam christianity islamic christian
    muslim jewish english arabic urdu
    persian pashto farsi internet web twitter facebook youtube instagram bible quran koran koranic asia europe africa
    antarctica european asian african western eastern northern southern central south north east west
    mideast i ii iii iv vi vii am pm gmt est utc ok tv dvd cd ad bc ak covid covid-19 dc website hiv aids gdp ngo ngos
    photo file video image credit getty reuters' read more related advertisement copyright
    """
)
"""Words that are written with a capital, and name nobody who acts."""
SMALL = _words("of the for on and in & de la del to at with from by")
PARTICLES = _words("al el bin ibn ben bint van von der den de del da di du la le ul ur ud uz us-e e i o ou y abu")
"""Small words within names of persons and groups."""
COMMON_STARTS = _words(
    """
    a an the this that these those it its he she they we you i his her their our your my and or but nor so yet if when
    while where who whom whose which what why how as at by for from in into of off on onto out over to under up upon
    with without within against among amid before after during since until till although though because unless whether
    not no yes all any both each every some many most much more few several such other others another one two three
    four five six seven eight nine ten first second third last next there here then thus hence also however meanwhile
    moreover furthermore still even just only again now today yesterday tomorrow according despite instead indeed
    perhaps maybe let please is are was were be been has have had do does did will would shall should can could may
    might must asked earlier later once recently asked about another between beyond like unlike given following
    """
)
