"""Month names, whole and short, in the languages that contact files come in."""

from __future__ import annotations

import unicodedata
from typing import Final

# A line a month, a row of words a group of languages; accents are folded away, inflected forms stand beside the first.
# "listopad" is October in Croatian and November in Polish and Czech, and so are lis, lip and srp two months: left out.
_NAMES: Final = (
    # English, German, French, Spanish, Portuguese, Italian, Dutch
    (
        "january jan januar janvier janv enero ene janeiro gennaio gen januari jänner",
        "february feb februar févr fév février fevrier fevr febrero fevereiro fev febbraio februari",
        "march mar märz maerz mär mrz mars marzo março marco maart mrt",
        "april apr avril avr abril abr aprile",
        "may mai mayo maio maggio mag mei",
        "june jun juni juin junio junho giugno giu",
        "july jul juli juillet juil julio julho luglio lug",
        "august aug août aout agosto ago augustus",
        "september sep sept septembre septiembre setembro set settembre",
        "october oct oktober okt octobre octubre outubro out ottobre ott",
        "november nov novembre noviembre novembro",
        "december dec dezember dez décembre decembre déc diciembre dic dezembro dicembre",
    ),
    # Danish, Norwegian, Swedish, Finnish, Estonian, Latvian
    (
        "tammikuu tammikuuta jaanuar janvāris",
        "helmikuu helmikuuta veebruar februāris",
        "marts maaliskuu maaliskuuta märts",
        "huhtikuu huhtikuuta aprill aprīlis",
        "maj toukokuu toukokuuta maijs",
        "kesäkuu kesäkuuta juuni jūnijs",
        "heinäkuu heinäkuuta juuli jūlijs",
        "augusti elokuu elokuuta augusts",
        "syyskuu syyskuuta septembris",
        "lokakuu lokakuuta oktoober oktobris",
        "marraskuu marraskuuta novembris",
        "desember des joulukuu joulukuuta detsember decembris",
    ),
    # Polish, Czech, Slovak, Hungarian, Romanian, Slovene and Serbian
    (
        "styczeń stycznia sty leden ledna január ianuarie ian",
        "luty lutego lut únor února február febr februarie",
        "marzec marca březen března marec március márc martie mart",
        "kwiecień kwietnia kwi duben dubna apríl apríla április ápr aprilie",
        "maja květen května máj mája május máj",
        "czerwiec czerwca cze červen června jún júna június iunie iun",
        "lipiec lipca červenec července júl júla július iulie iul",
        "sierpień sierpnia sie srpen srpna augusta augusztus avgust avg",
        "wrzesień września wrz září septembra szeptember szept septembrie septembar",
        "październik października paź říjen října október októbra octombrie oktobar",
        "listopadu novembra noiembrie noi novembar",
        "grudzień grudnia gru prosinec prosince decembra decembrie decembar",
    ),
    # Turkish, Catalan, Indonesian and Malay
    (
        "ocak oca gener", "şubat şub febrer", "mart març maret mac", "nisan nis", "mayıs maig", "haziran haz juny",
        "temmuz tem juliol julai", "ağustos ağu agost agustus ogos", "eylül eyl", "ekim eki", "kasım kas nopember",
        "aralık ara desembre disember",
    ),
    # Russian, Ukrainian, Greek
    (
        "январь января янв січень січня січ ιανουάριος ιανουαρίου ιαν",
        "февраль февраля фев лютий лютого φεβρουάριος φεβρουαρίου φεβ",
        "март марта мар березень березня бер μάρτιος μαρτίου μαρ",
        "апрель апреля апр квітень квітня квіт απρίλιος απριλίου απρ",
        "май мая травень травня трав μάιος μαΐου μαι",
        "июнь июня июн червень червня черв ιούνιος ιουνίου ιουν",
        "июль июля июл липень липня лип ιούλιος ιουλίου ιουλ",
        "август августа авг серпень серпня серп αύγουστος αυγούστου αυγ",
        "сентябрь сентября сен сент вересень вересня вер σεπτέμβριος σεπτεμβρίου σεπ",
        "октябрь октября окт жовтень жовтня жовт οκτώβριος οκτωβρίου οκτ",
        "ноябрь ноября ноя листопад листопада лист νοέμβριος νοεμβρίου νοε",
        "декабрь декабря дек грудень грудня груд δεκέμβριος δεκεμβρίου δεκ",
    ),
)  # fmt: skip

_WEEKDAYS: Final = (
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun "
    "montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so "
    "lundi lun mardi mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim "
    "lunes martes miércoles mié jueves jue viernes vie sábado sáb domingo dom "
    "segunda segunda-feira terça terça-feira quarta quarta-feira quinta quinta-feira sexta sexta-feira "
    "lunedì martedì mercoledì giovedì gio venerdì sabato domenica "
    "maandag ma dinsdag woensdag wo donderdag vrijdag vr zaterdag za zondag zo "
    "måndag mån tisdag tis onsdag ons torsdag tor tors fredag fre lördag lör söndag sön mandag man tirsdag tir lørdag søndag "
    "poniedziałek wtorek środa czwartek piątek sobota niedziela"
)


def fold_word(word: str) -> str:
    """Reduce a word to what names of months and days are told by: no case, no accents, no dot on an i."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    plain = unicodedata.normalize("NFKD", folded).replace("\u0131", "i").replace("\u0142", "l")
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


MONTHS: Final[dict[str, int]] = {
    fold_word(name): number
    for names_by_month in _NAMES
    for number, names in enumerate(names_by_month, start=1)
    for name in names.split()
}

WEEKDAYS: Final = frozenset(map(fold_word, _WEEKDAYS.split()))
