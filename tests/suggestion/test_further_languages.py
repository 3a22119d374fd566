"""The usual columns in languages that most exports are not in, and in their scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.reading import open_source
from importer.records import Record
from importer.suggestion.folding import words
from importer.suggestion.further_languages import FURTHER
from importer.suggestion.suggesting import suggest, suggest_from
from tests.suggestion.scoring import blocked, run

_NONE = ""
LISTS = {
    # a header, a cell, and the field
    "simplified Chinese": [
        ("会员编号", "10001", _NONE), ("客户姓名", "王小明", "name"), ("性别", "男", "gender"), ("手机号码", "13800138000", "phone"),
        ("电子邮箱", "xm@example.cn", "email"), ("出生日期", "1990年3月4日", "dateOfBirth"), ("公司名称", "明日科技", "companyName"),
        ("国家/地区", "中国", "country"), ("省份", "广东", "state"), ("城市", "深圳", "city"), ("详细地址", "南山路1号", "address1"),
        ("邮政编码", "518000", "postalCode"), ("标签", "老客户", "tags"), ("备注", "周末联系", _NONE), ("紧急联系人电话", "13900139001", _NONE),
        ("是否接受邮件营销", "否", "dndSettings.Email"),
    ],
    "traditional Chinese": [
        ("姓氏", "陳", "lastName"), ("名字", "大文", "firstName"), ("電子郵件", "dawen@example.com.tw", "email"), ("行動電話", "0912345678", "phone"),
        ("公司名稱", "明日科技", "companyName"), ("國家", "台灣", "country"), ("縣市", "台北市", "city"), ("地址", "信義路五段7號", "address1"),
        ("郵遞區號", "110", "postalCode"), ("生日", "1985-12-01", "dateOfBirth"), ("標籤", "新客戶", "tags"), ("備註", "無", _NONE),
        ("拒收簡訊", "是", "dndSettings.SMS"),
    ],
    "Japanese": [
        ("姓", "山田", "lastName"), ("名", "太郎", "firstName"), ("フリガナ", "ヤマダ", _NONE), ("メールアドレス", "taro@example.jp", "email"),
        ("携帯電話番号", "090-1234-5678", "phone"), ("会社名", "山田商店", "companyName"), ("郵便番号", "104-0061", "postalCode"), ("都道府県", "東京都", "state"),
        ("市区町村", "中央区", "city"), ("住所", "銀座1-2-3", "address1"), ("生年月日", "1985-12-01", "dateOfBirth"), ("性別", "男性", "gender"),
        ("タグ", "常連", "tags"), ("備考", "なし", _NONE), ("メルマガ配信停止", "はい", "dndSettings.Email"),
    ],
    "Korean": [
        ("고객명", "김민준", "name"), ("이메일 주소", "minjun@example.kr", "email"), ("휴대폰번호", "010-1234-5678", "phone"), ("회사명", "내일상사", "companyName"),
        ("우편번호", "06236", "postalCode"), ("시/도", "서울특별시", "state"), ("시군구", "강남구", "city"), ("도로명주소", "테헤란로 1", "address1"),
        ("국가", "대한민국", "country"), ("생년월일", "1985. 12. 1.", "dateOfBirth"), ("성별", "남성", "gender"), ("태그", "단골", "tags"), ("비고", "없음", _NONE),
        ("SMS 수신동의", "아니오", "dndSettings.SMS"),
    ],
    "Hebrew": [
        ("שם פרטי", "דנה", "firstName"), ("שם משפחה", "כהן", "lastName"), ('דוא"ל', "dana@example.co.il", "email"), ("טלפון נייד", "052-312-4567", "phone"),
        ("שם החברה", "לוי בע״מ", "companyName"), ("רחוב", "הרצל", "address1"), ("עיר", "חיפה", "city"), ("מיקוד", "3303139", "postalCode"),
        ("מדינה", "ישראל", "country"), ("תאריך לידה", "30/11/1985", "dateOfBirth"), ("מגדר", "נקבה", "gender"), ("תגיות", "vip", "tags"), ("הערות", "אין", _NONE),
        ("לא מעוניין בדיוור", "כן", "dndSettings.Email"),
    ],
    "Arabic": [
        ("الاسم الأول", "ليلى", "firstName"), ("اسم العائلة", "حداد", "lastName"), ("البريد الإلكتروني", "layla@example.com", "email"), ("رقم الجوال", "0501234567", "phone"),
        ("اسم الشركة", "الغد", "companyName"), ("العنوان", "شارع العليا 5", "address1"), ("المدينة", "الرياض", "city"), ("المنطقة", "الرياض الكبرى", "state"),
        ("الرمز البريدي", "12211", "postalCode"), ("الدولة", "السعودية", "country"), ("تاريخ الميلاد", "1990-05-21", "dateOfBirth"), ("الجنس", "أنثى", "gender"),
        ("الوسوم", "عميل", "tags"), ("ملاحظات", "لا يوجد", _NONE), ("إلغاء الاشتراك", "نعم", "dndSettings.Email"),
    ],
    "Russian": [
        ("Имя", "Анна", "firstName"), ("Отчество", "Ивановна", _NONE), ("Фамилия", "Петрова", "lastName"), ("Эл. почта", "anna@example.ru", "email"),
        ("Мобильный телефон", "+7 912 345-67-89", "phone"), ("Компания", "Завтра", "companyName"), ("Улица", "Ленина 5", "address1"), ("Город", "Казань", "city"),
        ("Область", "Татарстан", "state"), ("Почтовый индекс", "420111", "postalCode"), ("Страна", "Россия", "country"), ("Дата рождения", "25.09.1971", "dateOfBirth"),
        ("Пол", "женский", "gender"), ("Теги", "постоянный", "tags"), ("Примечание", "нет", _NONE), ("Телефон менеджера", "+7 912 000-11-22", _NONE),
        ("Согласие на рассылку", "нет", "dndSettings.Email"),
    ],
    "Ukrainian": [
        ("Ім'я", "Олена", "firstName"), ("Прізвище", "Коваль", "lastName"), ("Електронна пошта", "olena@example.ua", "email"), ("Мобільний телефон", "+380 50 123 45 67", "phone"),
        ("Назва компанії", "Завтра", "companyName"), ("Вулиця", "Хрещатик 1", "address1"), ("Місто", "Київ", "city"), ("Область", "Київська", "state"),
        ("Поштовий індекс", "01001", "postalCode"), ("Країна", "Україна", "country"), ("Дата народження", "25.09.1971", "dateOfBirth"), ("Теги", "постійний", "tags"),
        ("Примітка", "немає", _NONE), ("Не телефонувати", "так", "dndSettings.Call"),
    ],
    "Turkish": [
        ("Ad", "Ayşe", "firstName"), ("Soyad", "Yılmaz", "lastName"), ("E-posta", "ayse@example.com.tr", "email"), ("Cep Telefonu", "0532 123 45 67", "phone"),
        ("Şirket Adı", "Yarın A.Ş.", "companyName"), ("Adres", "İstiklal Cad. 5", "address1"), ("İlçe", "Beyoğlu", "city"), ("İl", "İstanbul", "state"),
        ("Posta Kodu", "34430", "postalCode"), ("Ülke", "Türkiye", "country"), ("Doğum Tarihi", "25.09.1971", "dateOfBirth"), ("Cinsiyet", "Kadın", "gender"),
        ("Etiketler", "sadık", "tags"), ("Notlar", "yok", _NONE), ("SMS izni", "hayır", "dndSettings.SMS"),
    ],
    "Greek": [
        ("Όνομα", "Μαρία", "firstName"), ("Επώνυμο", "Παππά", "lastName"), ("Email", "maria@example.gr", "email"), ("Κινητό τηλέφωνο", "691 234 5678", "phone"),
        ("Επωνυμία", "Αύριο ΑΕ", "companyName"), ("Διεύθυνση", "Ερμού 5", "address1"), ("Πόλη", "Αθήνα", "city"), ("Νομός", "Αττικής", "state"), ("Τ.Κ.", "105 63", "postalCode"),
        ("Χώρα", "Ελλάδα", "country"), ("Ημ. γέννησης", "25/09/1971", "dateOfBirth"), ("Φύλο", "Γυναίκα", "gender"), ("Ετικέτες", "πιστή", "tags"),
        ("Σημειώσεις", "καμία", _NONE), ("Συγκατάθεση για newsletter", "όχι", "dndSettings.Email"),
    ],
    "Hungarian": [
        ("Vezetéknév", "Nagy", "lastName"), ("Keresztnév", "Anna", "firstName"), ("E-mail cím", "anna@example.hu", "email"), ("Telefonszám", "+36 30 123 4567", "phone"),
        ("Cégnév", "Holnap Kft.", "companyName"), ("Irányítószám", "1052", "postalCode"), ("Város", "Budapest", "city"), ("Utca, házszám", "Váci utca 3.", "address1"),
        ("Ország", "Magyarország", "country"), ("Születési dátum", "1985.12.01", "dateOfBirth"), ("Címkék", "törzsvásárló", "tags"), ("Megjegyzés", "nincs", _NONE),
        ("Hírlevél tiltása", "igen", "dndSettings.Email"),
    ],
    "Czech": [
        ("Jméno", "Eva", "firstName"), ("Příjmení", "Nováková", "lastName"), ("E-mailová adresa", "eva@example.cz", "email"), ("Mobilní telefon", "+420 601 123 456", "phone"),
        ("Společnost", "Zítra s.r.o.", "companyName"), ("Ulice a č.p.", "Dlouhá 5", "address1"), ("Město", "Brno", "city"), ("PSČ", "602 00", "postalCode"), ("Země", "Česko", "country"),
        ("Datum narození", "25. 9. 1971", "dateOfBirth"), ("Pohlaví", "žena", "gender"), ("Štítky", "stálá", "tags"), ("Poznámka", "žádná", _NONE),
        ("Odhlášen z newsletteru", "ano", "dndSettings.Email"),
    ],
    "Romanian": [
        ("Nume", "Popescu", "lastName"), ("Prenume", "Ana", "firstName"), ("Adresă de e-mail", "ana@example.ro", "email"), ("Număr de telefon", "0722 123 456", "phone"),
        ("Denumire firmă", "Mâine SRL", "companyName"), ("Adresa", "Str. Florilor 3", "address1"), ("Oraș", "Cluj-Napoca", "city"), ("Județ", "Cluj", "state"),
        ("Cod poștal", "400001", "postalCode"), ("Țara", "România", "country"), ("Data nașterii", "25.09.1971", "dateOfBirth"), ("Sex", "feminin", "gender"),
        ("Etichete", "fidel", "tags"), ("Observații", "nimic", _NONE), ("Telefon părinte", "0722 000 111", _NONE), ("Acord newsletter", "nu", "dndSettings.Email"),
    ],
    "Finnish": [
        ("Etunimi", "Aino", "firstName"), ("Sukunimi", "Laine", "lastName"), ("Sähköpostiosoite", "aino@example.fi", "email"), ("Matkapuhelin", "040 123 4567", "phone"),
        ("Yritys", "Huominen Oy", "companyName"), ("Katuosoite", "Aurakatu 3", "address1"), ("Postitoimipaikka", "Turku", "city"), ("Maakunta", "Varsinais-Suomi", "state"),
        ("Postinumero", "20100", "postalCode"), ("Maa", "Suomi", "country"), ("Syntymäaika", "25.9.1971", "dateOfBirth"), ("Sukupuoli", "nainen", "gender"),
        ("Ryhmät", "vakio", "tags"), ("Lisätiedot", "ei mitään", _NONE), ("Huoltajan puhelin", "040 000 1111", _NONE), ("Sähköpostimarkkinointikielto", "kyllä", "dndSettings.Email"),
    ],
    "Slovak": [
        ("Meno", "Eva", "firstName"), ("Priezvisko", "Kováčová", "lastName"), ("E-mailová adresa", "eva@example.sk", "email"), ("Telefónne číslo", "0905 123 456", "phone"),
        ("Názov firmy", "Zajtra s.r.o.", "companyName"), ("Ulica a číslo", "Dlhá 22", "address1"), ("Mesto", "Košice", "city"), ("Kraj", "Košický", "state"), ("PSČ", "040 01", "postalCode"),
        ("Krajina", "Slovensko", "country"), ("Dátum narodenia", "25. 9. 1971", "dateOfBirth"), ("Pohlavie", "žena", "gender"), ("Štítky", "stála", "tags"),
        ("Poznámka", "žiadna", _NONE), ("Odhlásený z newslettera", "áno", "dndSettings.Email"),
    ],
    "Croatian": [
        ("Ime", "Ana", "firstName"), ("Prezime", "Horvat", "lastName"), ("Adresa e-pošte", "ana@example.hr", "email"), ("Broj mobitela", "091 123 4567", "phone"),
        ("Tvrtka", "Sutra d.o.o.", "companyName"), ("Ulica i kućni broj", "Ilica 5", "address1"), ("Grad", "Zagreb", "city"), ("Županija", "Grad Zagreb", "state"),
        ("Poštanski broj", "10000", "postalCode"), ("Država", "Hrvatska", "country"), ("Datum rođenja", "25.09.1971.", "dateOfBirth"), ("Spol", "žensko", "gender"),
        ("Oznake", "stalna", "tags"), ("Napomena", "nema", _NONE), ("Ne želim SMS poruke", "da", "dndSettings.SMS"),
    ],
    "Slovenian": [
        ("Ime", "Katja", "firstName"), ("Priimek", "Kralj", "lastName"), ("E-poštni naslov", "katja@example.si", "email"), ("Mobilni telefon", "031 123 456", "phone"),
        ("Podjetje", "Jutri d.o.o.", "companyName"), ("Naslov", "Celjska 2", "address1"), ("Kraj", "Maribor", "city"), ("Poštna številka", "2000", "postalCode"),
        ("Država", "Slovenija", "country"), ("Datum rojstva", "25. 9. 1971", "dateOfBirth"), ("Spol", "ženska", "gender"), ("Opombe", "nič", _NONE),
        ("Soglasje za novičnik", "ne", "dndSettings.Email"),
    ],
    "Bulgarian": [
        ("Име", "Мария", "firstName"), ("Фамилия", "Иванова", "lastName"), ("Имейл", "maria@example.bg", "email"), ("Мобилен телефон", "0888 123 456", "phone"),
        ("Фирма", "Утре ЕООД", "companyName"), ("Адрес", "бул. Витоша 2", "address1"), ("Град", "София", "city"), ("Пощенски код", "1000", "postalCode"),
        ("Държава", "България", "country"), ("Дата на раждане", "25.09.1971", "dateOfBirth"), ("Пол", "жена", "gender"), ("Бележки", "няма", _NONE),
        ("Отписан от бюлетина", "да", "dndSettings.Email"),
    ],
    "Estonian": [
        ("Eesnimi", "Mari", "firstName"), ("Perekonnanimi", "Tamm", "lastName"), ("E-posti aadress", "mari@example.ee", "email"), ("Mobiiltelefon", "5123 4567", "phone"),
        ("Ettevõtte nimi", "Homme OÜ", "companyName"), ("Tänav", "Pikk 5", "address1"), ("Linn", "Tartu", "city"), ("Maakond", "Tartumaa", "state"), ("Postiindeks", "51003", "postalCode"),
        ("Riik", "Eesti", "country"), ("Sünnikuupäev", "25.09.1971", "dateOfBirth"), ("Sugu", "naine", "gender"), ("Märkused", "pole", _NONE),
        ("Nõusolek uudiskirjaga", "ei", "dndSettings.Email"),
    ],
    "Latvian": [
        ("Vārds", "Anna", "firstName"), ("Uzvārds", "Ozola", "lastName"), ("E-pasts", "anna@example.lv", "email"), ("Tālruņa numurs", "21 234 567", "phone"),
        ("Uzņēmums", "Rīt SIA", "companyName"), ("Adrese", "Brīvības iela 5", "address1"), ("Pilsēta", "Rīga", "city"), ("Pasta indekss", "LV-1010", "postalCode"),
        ("Valsts", "Latvija", "country"), ("Dzimšanas datums", "25.09.1971", "dateOfBirth"), ("Dzimums", "sieviete", "gender"), ("Piezīmes", "nav", _NONE),
        ("Piekrišana jaunumiem", "nē", "dndSettings.Email"),
    ],
    "Lithuanian": [
        ("Vardas", "Rasa", "firstName"), ("Pavardė", "Petraitė", "lastName"), ("El. paštas", "rasa@example.lt", "email"), ("Telefono numeris", "8 612 34567", "phone"),
        ("Įmonės pavadinimas", "Rytoj UAB", "companyName"), ("Gatvė", "Laisvės al. 2", "address1"), ("Miestas", "Kaunas", "city"), ("Pašto kodas", "LT-44240", "postalCode"),
        ("Šalis", "Lietuva", "country"), ("Gimimo data", "1971-09-25", "dateOfBirth"), ("Lytis", "moteris", "gender"), ("Pastabos", "nėra", _NONE),
        ("Atsisakė naujienlaiškių", "taip", "dndSettings.Email"),
    ],
    "Vietnamese": [
        ("Họ", "Nguyễn", "lastName"), ("Tên", "An", "firstName"), ("Địa chỉ email", "an@example.vn", "email"), ("Số điện thoại", "0912 345 678", "phone"),
        ("Tên công ty", "Công ty Mai", "companyName"), ("Địa chỉ", "12 Lê Lợi", "address1"), ("Quận/Huyện", "Ba Đình", "city"), ("Tỉnh/Thành phố", "Hà Nội", "state"),
        ("Quốc gia", "Việt Nam", "country"), ("Ngày sinh", "25/09/1971", "dateOfBirth"), ("Giới tính", "Nữ", "gender"), ("Ghi chú", "không có", _NONE),
        ("Không muốn nhận tin nhắn", "có", "dndSettings.SMS"),
    ],
    "Thai": [
        ("ชื่อ", "สมหญิง", "firstName"), ("นามสกุล", "รักไทย", "lastName"), ("อีเมล", "somying@example.co.th", "email"), ("เบอร์โทรศัพท์", "089-876-5432", "phone"),
        ("ชื่อบริษัท", "พรุ่งนี้", "companyName"), ("ที่อยู่", "2 ถนนนิมมาน", "address1"), ("จังหวัด", "เชียงใหม่", "state"), ("รหัสไปรษณีย์", "50200", "postalCode"),
        ("ประเทศ", "ไทย", "country"), ("วันเกิด", "1992-07-15", "dateOfBirth"), ("เพศ", "หญิง", "gender"), ("หมายเหตุ", "ไม่มี", _NONE), ("ไม่ยินยอมรับอีเมล", "ใช่", "dndSettings.Email"),
    ],
    "Indonesian": [
        ("Nama Depan", "Citra", "firstName"), ("Nama Belakang", "Dewi", "lastName"), ("Alamat Email", "citra@example.id", "email"), ("No. HP", "0812-3456-7890", "phone"),
        ("Nama Perusahaan", "PT Besok", "companyName"), ("Alamat Lengkap", "Jl. Mawar 2", "address1"), ("Kota/Kabupaten", "Bandung", "city"), ("Provinsi", "Jawa Barat", "state"),
        ("Kode Pos", "40115", "postalCode"), ("Negara", "Indonesia", "country"), ("Tanggal Lahir", "25/09/1971", "dateOfBirth"), ("Jenis Kelamin", "perempuan", "gender"),
        ("Catatan", "tidak ada", _NONE), ("Tidak bersedia menerima email promosi", "ya", "dndSettings.Email"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("columns", LISTS.values(), ids=LISTS)
def test_the_usual_columns_are_read_in_further_languages(columns: list[tuple[str, str, str]]) -> None:
    chosen = suggest_from([one for one, _, _ in columns], [[cell for _, cell, _ in columns]]).chosen()
    assert chosen == {header: field for header, _, field in columns if field}


@pytest.mark.parametrize("columns", LISTS.values(), ids=LISTS)
def test_who_refuses_in_a_further_language_is_blocked(
    columns: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    lines = [";".join(part.replace('"', "'") for part in parts) for parts in zip(*columns, strict=True)][:2]
    path.write_text("\n".join((*lines, "")), encoding="utf-8")
    (made,) = run(path, suggest(open_source(path)).to_yaml())
    assert isinstance(made, Record), made
    assert blocked(made.fields)


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("同意接收短信推广", "同意", "不同意"),
        ("訂閱電子報", "是", "否"),
        ("メール配信", "希望する", "希望しない"),
        ("이메일 수신 동의", "동의", "미동의"),
        ("מאשר קבלת דיוור", "כן", "לא"),
        ("موافق على استلام النشرة", "نعم", "لا"),
        ("مشترك في النشرة", "نعم", "لا"),
        ("Подписка на рассылку", "да", "нет"),
        ("Згода на розсилку", "так", "ні"),
        ("E-posta izni", "evet", "hayır"),
        ("Αποδοχή newsletter", "ναι", "όχι"),
        ("Souhlas s e-mailem", "ano", "ne"),
        ("Doresc să primesc oferte prin SMS", "da", "nu"),
        ("Markkinointilupa sähköposti", "kyllä", "ei"),
        ("Súhlas so zasielaním noviniek", "áno", "nie"),
        ("Privola za newsletter", "da", "ne"),
        ("Съгласие за реклама по имейл", "да", "не"),
        ("Sutinku gauti naujienlaiškį", "taip", "ne"),
        ("Đồng ý nhận email quảng cáo", "có", "không"),
        ("ยินยอมรับจดหมายข่าว", "ใช่", "ไม่"),
        ("Setuju menerima SMS promosi", "ya", "tidak"),
    ],
)
def test_a_no_to_a_permission_blocks_in_further_languages(
    header: str, yes: str, no: str, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"Email,{header}\na@example.com,{yes}\nb@example.com,{no}\n", encoding="utf-8")
    made = run(path, suggest(open_source(path)).to_yaml())
    assert [blocked(each.fields) for each in made if isinstance(each, Record)] == [False, True]


def test_an_advertisement_of_an_english_file_is_no_turkish_first_name() -> None:
    rows = [("ann@example.com", "Spring sale", "Lee"), ("bob@example.com", "Autumn sale", "Ray")]
    assert suggest_from(("Email", "Ad", "Last name"), rows).chosen() == {
        "Email": "email",
        "Last name": "lastName",
    }


def test_a_word_of_several_languages_is_of_the_one_that_the_file_speaks() -> None:
    polish = ("Kraj", "Imię", "Miasto", "E-mail")
    slovenian = ("Kraj", "Ime", "Država", "E-mail")
    assert suggest_from(polish, [("Polska", "Ola", "Gdynia", "o@example.pl")]).chosen()["Kraj"] == "country"
    assert suggest_from(slovenian, [("Celje", "Jan", "Slovenija", "j@example.si")]).chosen()["Kraj"] == "city"


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("客户手机号码", ("客户", "手机号码")),
        ("會員電話", ("会员", "电话")),
        ("マーケティング同意", (*words("マーケティング"), "同意")),
        ("마케팅수신동의", ("마케팅", "수신동의")),
        ("王小明", ("王小明",)),
        ("رقم الهاتف", ("رقم", "هاتف")),
        ("إلغاء الاشتراك", ("الغاءاشتراك",)),
        ("İL", ("il",)),
        ("เบอร์โทรศัพท์ลูกค้า", (*words("เบอร์โทรศัพท์"), *words("ลูกค้า"))),
        ("手機號碼", ("手机号码",)),
    ],
)
def test_headers_without_spaces_are_cut_into_the_words_that_are_known(
    header: str, parts: tuple[str, ...]
) -> None:
    assert words(header) == parts


ONE_BY_ONE = (
    "persons", "noise", "places", "later", "else", "phone words", "no phone", "newsletters", "marketing", "optouts", "refuses", "permits",
    "agrees", "by email", "by SMS", "by call", "contacts", "negations",
)  # fmt: skip


@pytest.mark.parametrize("language", FURTHER)
def test_words_that_are_looked_for_one_by_one_are_single(language: str) -> None:
    """Of "cancel the subscription" both words would mean that somebody has left."""
    said = FURTHER[language]
    texts = [text for kind in ONE_BY_ONE for text in said.get(kind, "").split(",") if text.strip()]
    assert [text for text in texts if len(words(text)) != 1] == []
