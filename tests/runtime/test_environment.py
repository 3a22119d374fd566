"""What people paste and what their editors write."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.runtime import environment
from importer.settings import Connection, location_in

ID = "ve9EPM428h8vShlRW1KT"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"https://app.gohighlevel.com/v2/location/{ID}/dashboard",
        f"https://app.client-brand.example/location/{ID}",
        f"app.gohighlevel.com/v2/location/{ID}/contacts/smart_list/All?x=1#y",
        f" https://app.gohighlevel.com/location/{ID}\n",
    ],
)
def test_the_address_of_a_sub_account_is_taken_for_its_id(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert location_in(text) == ID
    assert Connection(location_id=text).location_id == ID
    monkeypatch.setenv("HIGHLEVEL_LOCATION_ID", text)
    assert environment.location_id() == ID


@pytest.mark.parametrize(
    "text", ["location/abc", "loc1", "my location/x", "https://app.gohighlevel.com/location/"]
)
def test_another_text_is_left_as_it_is(text: str) -> None:
    assert location_in(text) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_environment_and_token_files_are_read_as_editors_write_them(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_text("HIGHLEVEL_TOKEN=pit-fromfile\n", encoding=encoding)
    context = environment.context_with(tmp_path / ".env")
    token = context.run(environment.read_token)
    assert token is not None
    assert token.reveal() == "pit-fromfile"
    (tmp_path / "token.txt").write_text("pit-alone\n", encoding=encoding)
    alone = environment.read_token(tmp_path / "token.txt")
    assert alone is not None
    assert alone.reveal() == "pit-alone"


def test_the_working_folders_file_may_be_utf_16_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "")
    monkeypatch.delenv("HIGHLEVEL_TOKEN")
    (tmp_path / ".env").write_text("HIGHLEVEL_TOKEN=pit-wide\n", encoding="utf-16")
    environment.load_environment(tmp_path)
    token = environment.read_token()
    assert token is not None
    assert token.reveal() == "pit-wide"


@pytest.mark.parametrize("written", ["HIGHLEVEL_TOKEN=pit-x".encode("utf-16-le"), b"A=\xff\xfe\xfd"])
def test_a_file_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path, written: bytes) -> None:
    (tmp_path / ".env").write_bytes(written)
    with pytest.raises(SettingsError, match="Save it as UTF-8"):
        environment.load_environment(tmp_path)


@pytest.mark.parametrize(
    "address", ["postgresql://db/importer", "s3://bucket/state", "postgresql:///importer"]
)
def test_an_address_is_no_state_folder(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="is an address"):
        environment.state_folder(Path(address))
    monkeypatch.setenv("IMPORTER_STATE", address)
    with pytest.raises(SettingsError, match="is an address"):
        environment.state_folder()


def test_a_drive_of_windows_is_no_address() -> None:
    assert environment.state_folder(Path("C:/Users/ann/state")) == Path("C:/Users/ann/state")


def test_a_child_gets_no_token_and_the_key_to_the_state_only_where_it_opens_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "HIGHLEVEL_TOKEN_loc1",
        "SMTP_URL",
        "PGPASSWORD",
        "IMPORTER_STATE",
        "IMPORTER_STATE_KEY",
        "IMPORTER_LANG",
    ):
        monkeypatch.setenv(name, "said")
    ours = {
        "HIGHLEVEL_TOKEN_loc1",
        "SMTP_URL",
        "PGPASSWORD",
        "IMPORTER_STATE",
        "IMPORTER_STATE_KEY",
        "IMPORTER_LANG",
    }
    assert environment.without_secrets().keys() & ours == {
        "PGPASSWORD",
        "IMPORTER_STATE",
        "IMPORTER_STATE_KEY",
        "IMPORTER_LANG",
    }
    assert environment.without_secrets(opens_state=False).keys() & ours == {"IMPORTER_LANG"}
