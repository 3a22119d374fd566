"""S3 in a browser: where columns go, what is sent of them, and what has to be said before the rows are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from importer.ui.drafts import Drafts
from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.measuring import answered_after, busy_seconds, processor_seconds
from tests.ui.test_rows_screen import drafted

pytestmark = in_browser

PEOPLE = "Full Name,E-mail,Work E-mail,Mobile,Joined,City,Color,Secret\n" + "".join(
    f'"Okafor, Ada",{"" if n % 2 else f"a{n}@example.com"},w{n}@example.org,{"no phone" if n == 2 else f"(213) 373-{4000 + n}"},'
    f"{n % 12 + 1:02d}/{n % 28 + 1:02d}/2024,Berlin,{('red', 'blue')[n % 2]},s{n}\n"
    for n in range(120)
)
MAPPING = """\
version: 1
# said by hand: keep me
fields:
  name: Full Name  # the whole name
  email: [E-mail, Work E-mail]
  phone: {column: Mobile, region: US}
  city: City
  source: {template: "List of {City}"}
custom_fields:
  Joined: {column: Joined, date_order: MDY}
"""


CITY_ALONE = "version: 1\nfields: {city: City}\n"
CHOOSE = """
    const select = document.querySelector("select[aria-label='Where City goes']");
    select.value = [...select.options].find((each) => each.text === arguments[0]).value;
    select.dispatchEvent(new Event("change", {bubbles: true}))
"""
"""As a mouse does: keys wait until somebody has chosen."""


@pytest.fixture(scope="module")
def opened(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenScreen, Path]]:
    folder = tmp_path_factory.mktemp("columns")
    with open_screen(driver, folder) as screen:
        yield screen, folder


@pytest.fixture
def columns(opened: tuple[OpenScreen, Path]) -> tuple[OpenScreen, Callable[[], str]]:
    """The page of a draft, and its mapping as it stands on disk."""
    screen, folder = opened
    draft = drafted(folder, PEOPLE, MAPPING)
    screen.go(f"{draft}/columns")
    screen.shows("Goes to")
    if not screen.all("button[aria-pressed=true]")[0].text.startswith("All"):
        screen.press("All columns (8)")
    screen.complaints()
    drafts = Drafts(folder / "state")
    return screen, lambda: drafts.mapping_text(drafts.open(draft.removeprefix("/d/")))


def choose(screen: OpenScreen, label: str, text: str, at: int = 0) -> None:
    """Choose an option of a select, as the keyboard does."""
    select = screen.until(lambda: screen.all(f"select[aria-label='{label}']")[at], label)
    select.send_keys(text)
    select.send_keys(Keys.TAB)


def wait_for(screen: OpenScreen, mapping: Callable[[], str], text: str) -> None:
    screen.until(lambda: text in mapping(), text)


def sent(screen: OpenScreen, title: str) -> str:
    """What stands in the last part of a column's row."""
    return str(
        screen.run_script(
            "return [...document.querySelectorAll('.column')].find((each) => each.querySelector('.header').textContent === arguments[0])"
            ".querySelector('.sent').innerText",
            title,
        )
    )


@pytest.mark.campaign
def test_another_target_is_answered_at_once_on_a_sample_of_two_thousand_rows(
    opened: tuple[OpenScreen, Path], record_property: Callable[[str, object], None]
) -> None:
    """AC-3.2. What is proven is the processor's time, half of the promised 200 ms: the rest is how busy the machine is."""
    screen, folder = opened
    rows = "".join(f'"Okafor, Ada",a{n}@example.com,,,,Berlin,red,\n' for n in range(5_000))
    draft = drafted(folder, PEOPLE.splitlines()[0] + "\n" + rows, MAPPING)
    screen.go(f"{draft}/columns")
    screen.shows("Goes to")
    screen.press("All columns (8)")
    select = screen.find("select[aria-label='Where City goes']")
    screen.run_script("arguments[0].dispatchEvent(new Event('pointerenter')); arguments[0].focus()", select)
    screen.until(lambda: len(select.find_elements("css selector", "option")) > 20, "places to go to")
    screen.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})

    before = busy_seconds(screen) + processor_seconds(screen.process.pid)
    answers = sorted(
        answered_after(screen, CHOOSE, "document.getElementById('yaml').value", ("State", "City")[turn % 2])
        for turn in range(20)
    )
    busy = (busy_seconds(screen) + processor_seconds(screen.process.pid) - before) / 20

    record_property("figures", {"p95_seconds": answers[18], "busy_seconds": busy})
    assert busy < 0.1
    assert "Berlin" in sent(screen, "City")


def test_each_column_says_what_is_sent_of_it_whether_it_was_used_and_why_not(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, mapping = columns
    assert sent(screen, "E-mail").splitlines() == [
        "a0@example.com",
        "not used in this row: Work E-mail comes first",
        "row 4 fails for another reason",
    ]
    assert sent(screen, "Work E-mail").splitlines()[1] == "w1@example.org"
    assert "Cannot be sent:" in sent(screen, "Mobile")
    screen.find("button[aria-label='Move Work E-mail up']").click()
    screen.until(lambda: sent(screen, "Work E-mail").startswith("w0@example.org"), "other order")
    assert "[Work E-mail, E-mail]" in mapping()
    assert "# said by hand: keep me" in mapping()
    assert screen.run_script("return document.querySelectorAll('*').length") < 500


def test_a_column_goes_to_two_places_and_a_whole_name_is_split(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, mapping = columns
    screen.press("Send it to one more place: City")
    choose(screen, "Where City goes", "State", at=1)
    screen.until(lambda: "state: City" in mapping(), "second place")
    assert "city: City" in mapping()
    screen.until(
        lambda: screen.find("#yaml").get_attribute("value") == mapping(), "the mapping as it is kept"
    )
    choose(screen, "Where City goes", "Not imported", at=1)
    screen.until(lambda: "state: City" not in mapping(), "one place")
    assert "city: City" in mapping()

    screen.find(".split").click()
    screen.until(lambda: "first_name" in mapping(), "split name")
    screen.until(lambda: sent(screen, "Full Name").count("Ada") >= 1, "first name")
    assert "Okafor" in sent(screen, "Full Name")
    assert screen.complaints() == []


def test_nothing_goes_on_before_the_columns_that_are_left_out_were_seen(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, _ = columns
    assert [each.text for each in screen.all("#left li b")] == ["Color", "Secret"]
    assert not screen.find("#check").is_enabled()
    assert "left out" in screen.find("#why-not").text

    screen.find("#left-seen").send_keys(Keys.SPACE)
    screen.until(lambda: screen.find("#check").tag_name == "a", "way on")
    choose(screen, "Where Mobile goes", "Not imported")

    screen.until(lambda: len(screen.all("#left li")) == 3, "column more")
    screen.until(lambda: not screen.find("#check").is_enabled(), "way that is closed")


def test_a_column_that_a_template_reads_is_not_among_those_left_out(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, _ = columns

    choose(screen, "Where City goes", "Not imported")

    screen.shows("set in the file: fields.source.template")
    assert [each.text for each in screen.all("#left li b")] == ["Color", "Secret"]


@pytest.mark.campaign
def test_headers_as_long_as_they_please_and_twice_the_same_stay_on_a_phone(
    opened: tuple[OpenScreen, Path],
) -> None:
    screen, folder = opened
    header = ",".join(("E-mail", "x" * 300, "Phone", "Phone", "constructor"))
    people = f"{header}\na@example.com,{'y' * 300},constructor,(213) 373-4253,z\n"
    draft = drafted(
        folder, people, "version: 1\nfields: {email: E-mail, city: {column: constructor, map: {a: b}}}\n"
    )
    screen.driver.set_window_size(320, 640)
    try:
        screen.go(f"{draft}/columns")
        screen.shows("Decide first about these columns: Phone (1).")
        screen.press("All columns (5)")

        assert screen.run_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        screen.driver.set_window_size(1280, 1000)
    assert "which of them are a refusal" not in screen.text
    assert screen.complaints() == []


def test_values_are_translated_and_the_others_kept_or_refused(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, mapping = columns
    city = screen.until(
        lambda: next(each for each in screen.all(".column") if each.text.startswith("City")), "column"
    )
    next(
        each for each in city.find_elements("css selector", "summary") if each.text.startswith("Values")
    ).click()
    becomes = screen.find("input[aria-label='What Berlin becomes']")
    becomes.send_keys("Hamburg", Keys.TAB)
    screen.until(lambda: "Berlin: Hamburg" in mapping(), "translation")
    screen.until(lambda: sent(screen, "City").startswith("Hamburg"), "what is sent")
    screen.until(lambda: screen.all(".others"), "choice")[0].send_keys("are sent", Keys.TAB)
    screen.until(lambda: "unmapped: keep" in mapping(), "others")


def test_what_a_column_does_to_contacts_that_exist_is_said_with_an_example(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, mapping = columns
    city = screen.until(
        lambda: next(each for each in screen.all(".column") if each.text.startswith("City")), "column"
    )
    city.find_element("css selector", ".policy summary").click()
    assert "what it has becomes: Berlin" in city.text
    choose(screen, "What City does to contacts that exist", "only where")
    screen.until(lambda: "on_update: if_blank" in mapping(), "policy")
    screen.shows("the contacts of the sub-account are read first")
    screen.shows("what it has becomes: what it has")
    screen.until(lambda: screen.all(".blank-cell"), "choice")[-1].send_keys("empties")
    screen.until(lambda: "empty_cells: clear" in mapping(), "blank cells")

    for typed, order in (("day", "DMY"), ("year", "YMD")):
        screen.until(lambda: screen.all(".date-order"), "order")[0].send_keys(typed, Keys.TAB)
        wait_for(screen, mapping, f"date_order: {order}")
    assert screen.complaints() == []


def test_nothing_goes_on_without_a_column_by_which_a_contact_is_known(
    opened: tuple[OpenScreen, Path],
) -> None:
    screen, folder = opened
    screen.go(drafted(folder, PEOPLE, CITY_ALONE) + "/columns")
    screen.shows("Goes to")

    assert not screen.find("#check").is_enabled()
    assert screen.find("#why-not").text == "Mend the faults above first."
    assert "No rule fills email or phone (or id)" in screen.text


def test_a_row_is_shown_as_it_would_be_sent_and_reached_by_a_key(
    columns: tuple[OpenScreen, Callable[[], str]],
) -> None:
    screen, _ = columns
    screen.find("main").send_keys("/")
    field = screen.driver.switch_to.active_element
    assert field.accessible_name == "Row (press / to go here)"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("5", Keys.TAB)

    screen.until(lambda: "w3@example.org" in screen.find("dl.facts").text, "row 5")
    assert "Berlin" in screen.find("dl.facts").text
