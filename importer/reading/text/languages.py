"""Languages by the letters that they write beyond ASCII, and the code pages that their computers wrote them in."""

from __future__ import annotations

import re
from typing import Final

from importer.records import value_type


@value_type(frozen=True, slots=True, kw_only=True)
class Language:
    """``letters``: those beyond ASCII in lower case, the most frequent in names and addresses first."""

    name: str
    letters: str
    weight: float = 1.0
    """How often its lists come, beside those of the other languages of a page."""
    never: re.Pattern[str] | None = None
    """Neighbours of letters that it does not write: the same byte is a letter of another language there."""
    headers: frozenset[str] = frozenset()
    """Words of ASCII by which its lists name their columns."""


@value_type(frozen=True, slots=True, kw_only=True)
class Page:
    """A code page as Python names it, with the languages that it was made for."""

    codec: str
    languages: tuple[Language, ...]
    rarity: float = 0.0
    """How unlikely it is before a byte is seen: a natural logarithm, 0 for the usual one."""
    latin: bool = True
    """Whether its letters beyond ASCII stand within words of ASCII letters."""
    usual: str = ""
    """A codec of the characters that are common among those of a page with two bytes a character."""


_CONSONANTS: Final = "bcdfghjklmnpqrstvwxz"
_HATCHEK: Final = rf"(?<![bpvmfdtn])ě|[bcdfghjklmpqrstvxz]ň|[fgjlnrs]ř|ď[bcdfghjlmnpqrstvwxz]|[bcdfghjkmpqstvwz]č[{_CONSONANTS}]"

_NEVER: Final = {
    "Spanish": r"ñ(?![aeiouáéíóú])",
    "Portuguese": r"ã[bcdfghjklmpqrtvxz]|õ(?!e)",
    "French": rf"è(?![{_CONSONANTS}])",
    "Italian": r"[èòùì][aeiou]",
    "Catalan": r"[èò][aeiou]",
    "Polish": r"[ńśćź][aeiouyóąę]",
    "Czech": _HATCHEK,
    "Slovak": rf"{_HATCHEK}|ŕ(?![a-z])",
    "Croatian or Slovenian": rf"[bcdfghjkmpqstvwz]č[{_CONSONANTS}]|[fgjlnrs]đ",
    "Hungarian": r"[őű][aeo]",
    "Romanian": r"ă[aeo]",
    "Lithuanian": r"[aeo][įų]",
    "Vietnamese": r"ă[aeo]|(?<![aăâeêioôơuưy])[\u0300\u0301\u0323\u0303\u0309]",
}
"""A byte has two readings, ``ñ`` and ``ń``: before a vowel Polish writes no ``ń``, and elsewhere Spanish no ``ñ``."""

_HEADERS: Final = {
    "German": "vorname nachname name anrede strasse ort plz telefon handy firma geburtsdatum land",
    "French": "nom courriel ville adresse portable entreprise pays mobile rue",
    "Spanish": "nombre nombres apellido apellidos correo ciudad direccion telefono celular movil provincia pais empresa calle",
    "Portuguese": "nome sobrenome apelido cidade celular telefone telemovel morada endereco bairro localidade empresa concelho",
    "Italian": "nome cognome indirizzo comune telefono cellulare azienda citta provincia",
    "Dutch": "voornaam achternaam plaats woonplaats straat adres telefoon bedrijf",
    "Swedish": "namn telefon epost postnummer ort adress gata",
    "Danish or Norwegian": "fornavn efternavn etternavn navn by adresse postnr telefon mobil",
    "Finnish": "etunimi sukunimi nimi kaupunki osoite puhelin postinumero",
    "Icelandic": "nafn netfang heimili",
    "Catalan": "nom cognom cognoms correu ciutat ",
    "Polish": "imie nazwisko miasto ulica telefon miejscowosc firma",
    "Czech": "jmeno prijmeni mesto ulice telefon psc firma",
    "Slovak": "meno priezvisko mesto ulica telefon psc",
    "Hungarian": "nev vezeteknev keresztnev varos utca telefonszam cim",
    "Romanian": "nume prenume oras judet strada telefon adresa localitate",
    "Croatian or Slovenian": "ime prezime priimek grad mesto ulica telefon adresa",
    "Turkish": "ad soyad isim soyisim sehir telefon adres ilce firma eposta",
    "Lithuanian": "vardas pavarde miestas telefonas",
    "Latvian": "vards uzvards pilseta talrunis",
    "Estonian": "eesnimi perekonnanimi linn telefon",
}


def _one(name: str, letters: str, weight: float = 1.0) -> tuple[Language, ...]:
    never = re.compile(_NEVER[name]) if name in _NEVER else None
    headers = frozenset(_HEADERS.get(name, "").split())
    return (Language(name=name, letters=letters, weight=weight, never=never, headers=headers),)


_WESTERN: Final = (
    *_one("German", "üöäß", 3),
    *_one("French", "éèêëçàôîïâûùœÿ", 3),
    *_one("Spanish", "íóáéñúüçº", 3),
    *_one("Portuguese", "ãçéáíóâêúôõà", 2),
    *_one("Italian", "òàèìùé", 1),
    *_one("Dutch", "ëéïöèü", 0.5),
    *_one("Swedish", "öäåéü", 1.5),
    *_one("Danish or Norwegian", "øåæéöü", 1.5),
    *_one("Finnish", "äöå", 1),
    *_one("Icelandic", "óáíðþúéöýæ", 0.3),
    *_one("Catalan", "àóèíéçòúïü", 0.3),
)
_CENTRAL: Final = (
    *_one("Polish", "łóńśżąęćź", 2),
    *_one("Czech", "áíéěřčšžýůúňďťóöü", 1.5),
    *_one("Slovak", "áíčšéžýľúňťôďóäĺŕ", 1),
    *_one("Hungarian", "áéóöíőüúű", 1.5),
    *_one("Romanian", "ăţşîâ", 1),
    *_one("Croatian or Slovenian", "šćčžđ", 1),
    *_one("German", "üöäß", 0.3),
)
_TURKISH: Final = (*_one("Turkish", "ışüçöğİâî"),)
_BALTIC: Final = (
    *_one("Lithuanian", "ėšųžčįūąę"),
    *_one("Latvian", "āīšņēļžūčģķ"),
    *_one("Estonian", "õäüöšž", 0.7),
)
_RUSSIAN: Final = _one("Russian", "аоиеннрвлстксмкдяьгуйпбчзшыюжхцщэфёъ", 2)
_CYRILLIC: Final = (
    *_RUSSIAN,
    *_one("Ukrainian", "аоиіенврлктсдмяуькйгпзюбчєхшїжцщфґ", 1),
    *_one("Bulgarian", "аоиенврстлкдмпгябзчйуъхцжшщюфь", 1),
    *_one("Serbian or Macedonian", "аоиенврјсткдлмпућгбзчшцњжхђљфџќѓѕ", 0.5),
)
_GREEK: Final = _one("Greek", "αοιςσρνελτκηπμάόίγδέυθωήώχύφβζξψϊΐϋΰ")
_HEBREW: Final = _one("Hebrew", "ירוהלמאבנתשדקעגחספטםזכןצףךץ")
_ARABIC: Final = _one("Arabic or Persian", "اليمردنبةحعسهوتكفشقجزخطصغضظثأئذىكءپچگژکهإؤآ،")
_THAI: Final = _one("Thai", "านรกงศวมิยัลธอสพชทีด์เบุตจป่ณขคู้ใหไญะถผำแซฐโษฟึฒืฎฏฑฬฉฆฤฌ็ฝ")
_VIETNAMESE: Final = _one("Vietnamese", "\u0300\u0301\u0323ư\u0303\u0309ơâêđăô")
_KOREAN: Final = _one(
    "Korean",
    "김이박정최강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민진지원영수미현은혜경선숙희준호철동상재기태광석인승"
    "용훈규도연예빈아나라울부산대천시군읍면리로길국학교회사자순옥명종병춘무창형복일해건섭식윤채율슬린환제포평중화세보가공북흥단",
)
_SIMPLIFIED: Final = _one(
    "Chinese",
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
    "方白邹孟熊秦江尹薛段雷龙陶贺顾毛郝邵万钱严武戴孔汤伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华建国红梅玉兰文志海春玲婷"
    "北京上广州深圳天津重庆市省县区路街号公司有限中安成都南西东山河湖宁武汉长沙辽沈阳哈尔滨济大名姓宇浩佳欣晨雪琴云帆波鑫凤莹斌",
)
_TRADITIONAL: Final = _one(
    "Chinese",
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何蕭羅高潘簡朱鍾彭游詹胡施沈余趙盧梁顏柯孫魏翁戴范宋方鄧杜傅侯曹溫薛丁馬蔣"
    "唐卓藍馮姚石董紀歐程連古汪湯姜田康鄒白涂尤巫韓龔嚴袁怡君雅婷淑惠美俊宏家豪冠宇志明偉建芳秀英麗文華玉珍琪佳穎心瑜詩涵庭柏翰承恩"
    "台臺北市高雄中新竹桃園南投縣區路街號巷段樓公司有限基隆嘉義屏東花蓮宜蘭苗栗彰化雲澎湖香港姓名慧雯玲筠佩珊郁萱靜儀靖瑋傑仁",
)
_KANA: Final = _one(
    "Japanese kana",
    "ンイカタラーシマトアリナスコルキサミロオクノチツヤハモワフユヨウテニケエセヒメレダガジバドゴザデブグズヅギベボパビピプポゲゼゾヘホムネヌソヲッャュョ"
    "んいかたらしまとありなすこるきさみろおくのちつやはもわふゆよう",
)
_HALF_WIDTH: Final = _one(
    "Japanese kana in half width", "ﾝﾞｲｶﾀﾗｰｼﾏﾄｱﾘﾅｽｺﾙｷｻﾐﾛｵｸﾉﾁﾂﾔﾊﾓﾜﾌﾕﾖｳﾃﾆｹｴｾﾋﾒﾚﾟﾍﾎﾑﾈﾇｿｦｯｬｭｮｧｨｩｪｫ", 0.5
)
_JAPANESE: Final = _one(
    "Japanese",
    "田藤山木本中村井小子高佐川林大橋美野原加松石上島吉太一三岡谷長渡辺郎鈴伊東西森池阿部前後近坂遠青福斎清水口明裕直健優和洋恵真由"
    "市区県府都京道北海神奈千葉埼玉愛知阪兵庫町株式会社陽介学翔香加奈亮里結衣花里菜舞さくらひろみかおりあいうえきこしすたつてとなにのはまもやゆよるんア"
    "イウカキクコサシスタチツテトナニノハフマミムメモヤユラリルレロワンー稔浩七夏充晃零涼平知裕樹実幹康弘拓真淳零聡太郎豊修",
)

PAGES: Final = (
    Page(codec="cp1252", languages=_WESTERN),
    Page(codec="mac-roman", languages=_WESTERN, rarity=-3),
    Page(codec="cp850", languages=_WESTERN, rarity=-3),
    Page(codec="cp1250", languages=_CENTRAL, rarity=-1.5),
    Page(codec="iso8859-2", languages=_CENTRAL, rarity=-3.5),
    Page(codec="cp852", languages=_CENTRAL, rarity=-4),
    Page(codec="mac-latin2", languages=_CENTRAL, rarity=-5),
    Page(codec="cp1254", languages=_TURKISH, rarity=-2),
    Page(codec="cp857", languages=_TURKISH, rarity=-5),
    Page(codec="mac-turkish", languages=_TURKISH, rarity=-5),
    Page(codec="cp1257", languages=_BALTIC, rarity=-2.5),
    Page(codec="cp775", languages=_BALTIC, rarity=-6),
    Page(codec="cp1258", languages=_VIETNAMESE, rarity=-3),
    Page(codec="cp1251", languages=_CYRILLIC, latin=False, rarity=-1.5),
    Page(codec="koi8-r", languages=_RUSSIAN, latin=False, rarity=-3),
    Page(codec="koi8-u", languages=_CYRILLIC, latin=False, rarity=-4),
    Page(codec="cp866", languages=_CYRILLIC, latin=False, rarity=-3),
    Page(codec="iso8859-5", languages=_CYRILLIC, latin=False, rarity=-4),
    Page(codec="mac-cyrillic", languages=_CYRILLIC, latin=False, rarity=-4),
    Page(codec="cp1253", languages=_GREEK, latin=False, rarity=-1.5),
    Page(codec="iso8859-7", languages=_GREEK, latin=False, rarity=-3),
    Page(codec="mac-greek", languages=_GREEK, latin=False, rarity=-4),
    Page(codec="cp737", languages=_GREEK, latin=False, rarity=-4),
    Page(codec="cp1255", languages=_HEBREW, latin=False, rarity=-1.5),
    Page(codec="cp862", languages=_HEBREW, latin=False, rarity=-4),
    Page(codec="cp1256", languages=_ARABIC, latin=False, rarity=-1.5),
    Page(codec="cp874", languages=_THAI, latin=False, rarity=-1.5),
    Page(codec="cp949", languages=_KOREAN, rarity=-1.5, usual="euc_kr"),
    Page(codec="gb18030", languages=_SIMPLIFIED, rarity=-1.5, usual="gb2312"),
    Page(codec="cp950", languages=_TRADITIONAL, rarity=-1.5, usual="big5"),
    Page(codec="cp932", languages=(*_JAPANESE, *_KANA, *_HALF_WIDTH), rarity=-1.5, usual="shift_jis"),
    Page(codec="euc_jp", languages=(*_JAPANESE, *_KANA), rarity=-3, usual="euc_jp"),
)
