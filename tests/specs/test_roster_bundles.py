"""What is read of a bundle, what is refused and why, and that no cell is ever quoted."""

import io
import random
import re
import stat
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from directory.roster import bundle as bundles
from directory.roster import findings, reading
from directory.roster.findings import BundleRefused
from directory.roster.mapping import MappingFile, MappingInvalid, read_mapping
from directory.roster.reading import read_bundle
from directory.roster.said import Said
from hypothesis import given
from hypothesis import strategies as st
from kit.purity import ROOT
from kit.rosters import SECRET, Roster, district, packed


class Nobody:
    """A district in which nobody is yet."""

    def has_person(self, _: str) -> bool:
        return False

    def has_org(self, _: str) -> bool:
        return False


class Everybody(Nobody):
    def has_person(self, _: str) -> bool:
        return True

    def has_org(self, _: str) -> bool:
        return True


def read(content: bytes, known: Any = None, mapping: MappingFile | None = None) -> Said:
    return read_bundle(io.BytesIO(content), mapping or MappingFile(), known or Nobody())


def refused(content: bytes) -> BundleRefused:
    with pytest.raises(BundleRefused) as caught:
        read(content)
    assert SECRET not in caught.value.detail
    return caught.value


def spoilt(name: str, spoil: Callable[[bytes], bytes], version: str = "1.2") -> bytes:
    files = district(version).user("t1").user("kid", "student").files()
    return packed(files | {name: spoil(files[name])})


def without(name: str) -> bytes:
    files = district().files()
    del files[name]
    return packed(files)


def renamed(name: str, other: str) -> bytes:
    files = district().files()
    files[other] = files.pop(name)
    return packed(files)


# Read as they are ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\r\n", b"\n"),
        lambda text: text + b"\r\n\r\n",
        lambda text: text.rstrip(b"\r\n"),
        lambda text: text + b"," * text.split(b"\r\n")[0].count(b",") + b"\r\n",
    ],
    ids=["BOM", "LF", "blank lines", "no last line break", "a line of commas"],
)
def test_what_is_simply_read(version: str, spoil: Callable[[bytes], bytes]) -> None:
    files = district(version).user("t1").files()
    said = read(packed({name: spoil(text) for name, text in files.items()}))
    assert sorted(said.people) == ["boss", "t1"]
    assert len(said.findings) == 0


def test_quoted_newlines_and_columns_in_another_order() -> None:
    made = district().user("t1", familyName='Lind,\r\n"the younger"')
    names = "email,sourcedId,metadata.x,familyName,givenName,enabledUser,password"
    rows = [names] + [
        ",".join(
            '"{}"'.format(user.get(name, "").replace('"', '""'))
            if name == "familyName"
            else user.get(name, "")
            for name in names.split(",")
        )
        for user in made.users
    ]
    said = read(packed(made.files() | {"users.csv": "\r\n".join(rows).encode()}))
    assert said.people["t1"].name == 'Given t1 Lind, "the younger"'
    assert said.people["t1"].line == 3
    assert len(said.findings) == 0


def test_a_line_is_where_its_row_begins() -> None:
    made = district().user("t1", familyName="two\nlines").user("t2", enabledUser="perhaps")
    [one] = read(made.zip()).findings
    assert (one.file, one.line, one.column, one.code) == ("users.csv", 5, "enabledUser", "boolean_invalid")


@pytest.mark.parametrize(
    ("given_name", "family", "order", "name"),
    [
        ("Maya", "Okafor", "automatic", "Maya Okafor"),
        ("太郎", "山田", "automatic", "山田 太郎"),
        ("はなこ", "スズキ", "automatic", "スズキ はなこ"),
        ("지훈", "김", "automatic", "김 지훈"),
        ("Taro", "山田", "automatic", "Taro 山田"),
        ("太郎", "山田", "given_first", "太郎 山田"),
        ("Anna", "Nagy", "family_first", "Nagy Anna"),
        ("  José\n María ", "", "automatic", "José María"),
    ],
)
def test_names_are_written_as_their_script_has_them(
    given_name: str, family: str, order: Any, name: str
) -> None:
    made = district().user("t1", givenName=given_name, familyName=family)
    assert read(made.zip(), mapping=MappingFile(names=order)).people["t1"].name == name


def test_a_preferred_name_is_used() -> None:
    made = district().user("t1", preferredGivenName="Mick")
    assert read(made.zip()).people["t1"].name == "Mick Family t1"


def test_students_are_passed_over_without_another_look() -> None:
    for version in ("1.1", "1.2"):
        made = district(version).user("kid", "student", givenName="=1", email="none", enabledUser="?")
        said = read(made.zip())
        assert len(said.findings) == 0
        assert said.skipped["student"] == 1


# Refused as a whole ----------------------------------------------------------------------------------------

HUGE = b"sourcedId," + b"x" * 3_000_000


def linked() -> bytes:
    content = io.BytesIO(district().zip())
    with zipfile.ZipFile(content, "a") as archive:
        info = zipfile.ZipInfo("link.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return content.getvalue()


def encrypted() -> bytes:
    content = bytearray(district().zip())
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def crc_broken() -> bytes:
    with zipfile.ZipFile(stored := io.BytesIO(), "w", zipfile.ZIP_STORED) as archive:
        for name, text in district().files().items():
            archive.writestr(name, text)
    return stored.getvalue().replace(b"Family boss", b"Family moss", 1)


def twice() -> bytes:
    content = io.BytesIO(district().zip())
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("users.csv", "x")
    return content.getvalue()


def with_file(name: str) -> bytes:
    return packed(district().files() | {name: b"x"})


BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no zip": ("bundle_not_zip", lambda: b"sourcedId,name\r\n"),
    "nothing": ("bundle_not_zip", lambda: b""),
    "half a zip": ("bundle_damaged", lambda: district().zip()[:-30]),
    "a wrong checksum": ("bundle_damaged", crc_broken),
    "a path upwards": ("bundle_path_unsafe", lambda: with_file("../users.csv")),
    "a path upwards, with backslashes": ("bundle_path_unsafe", lambda: with_file("a\\..\\users.csv")),
    "an absolute path": ("bundle_path_unsafe", lambda: with_file("/etc/users.csv")),
    "a drive": ("bundle_path_unsafe", lambda: with_file("C:users.csv")),
    "a link": ("bundle_link", linked),
    "a password": ("bundle_encrypted", encrypted),
    "a file twice": ("bundle_file_twice", twice),
    "a folder": (
        "bundle_in_folder",
        lambda: packed({f"roster/{name}": text for name, text in district().files().items()}),
    ),
    "a folder, with backslashes": (
        "bundle_in_folder",
        lambda: packed({f"roster\\{name}": text for name, text in district().files().items()}),
    ),
    "folders in folders": (
        "bundle_in_folder",
        lambda: packed({f"a/b/{name}": text for name, text in district().files().items()}),
    ),
    "a zip in a zip": ("bundle_in_bundle", lambda: packed({"roster.zip": district().zip()})),
    "no manifest": ("manifest_missing", lambda: packed({"readme.txt": b"x"})),
    "a misspelt manifest": ("manifest_misspelt", lambda: renamed("manifest.csv", "manifests.csv")),
    "a manifest with a letter too few": ("manifest_misspelt", lambda: renamed("manifest.csv", "manfest.csv")),
    "a manifest with letters changed": ("manifest_misspelt", lambda: renamed("manifest.csv", "mainfest.csv")),
    "a manifest of another ending": (
        "manifest_misspelt",
        lambda: renamed("manifest.csv", "manifest.csv.csv"),
    ),
    "a manifest without an end": (
        "manifest_invalid",
        lambda: spoilt("manifest.csv", lambda text: text + b"".join(b"p%d,x\r\n" % n for n in range(1000))),
    ),
    "a manifest in capitals": ("manifest_misspelt", lambda: renamed("manifest.csv", "Manifest.CSV")),
    "another header in the manifest": (
        "manifest_invalid",
        lambda: spoilt("manifest.csv", lambda text: text.replace(b"propertyName", b"property")),
    ),
    "a property twice": (
        "manifest_invalid",
        lambda: spoilt("manifest.csv", lambda text: text + b"file.orgs,delta\r\n"),
    ),
    "a misspelt property": (
        "manifest_incomplete",
        lambda: spoilt("manifest.csv", lambda text: text.replace(b"file.users", b"file.user")),
    ),
    "a mode nobody knows": (
        "manifest_mode_unknown",
        lambda: spoilt("manifest.csv", lambda text: text.replace(b"orgs,bulk", b"orgs,full")),
    ),
    "version 1.0": (
        "version_unsupported",
        lambda: spoilt("manifest.csv", lambda text: text.replace(b"version,1.2", b"version,1.0")),
    ),
    "no version": (
        "version_unsupported",
        lambda: spoilt("manifest.csv", lambda text: text.replace(b"oneroster.version", b"oneroster")),
    ),
    "a file that is not there": ("file_missing", lambda: without("users.csv")),
    "a misspelt file": ("file_misspelt", lambda: renamed("users.csv", "user.csv")),
    "an empty file": ("file_empty", lambda: spoilt("orgs.csv", lambda _: b"")),
    "UTF-16": ("encoding_utf16", lambda: spoilt("users.csv", lambda text: text.decode().encode("utf-16"))),
    "UTF-16 without BOM": (
        "encoding_utf16",
        lambda: spoilt("users.csv", lambda text: text.decode().encode("utf-16-le")),
    ),
    "a UTF-16 manifest": (
        "encoding_utf16",
        lambda: spoilt("manifest.csv", lambda text: text.decode().encode("utf-16")),
    ),
    "Windows-1252": (
        "encoding_not_utf8",
        lambda: spoilt("users.csv", lambda text: text.replace(b"Given t1", "José".encode("cp1252"))),
    ),
    "CR alone": ("line_ends_cr", lambda: spoilt("users.csv", lambda text: text.replace(b"\r\n", b"\r"))),
    "CR alone, and one LF at the end": (
        "line_ends_cr",
        lambda: spoilt("users.csv", lambda text: text.replace(b"\r\n", b"\r") + b"\n"),
    ),
    "quotes that do not close": (
        "csv_malformed",
        lambda: spoilt("users.csv", lambda text: text.replace(b"Given t1", b'"Given t1')),
    ),
    "a line that does not end": ("csv_malformed", lambda: spoilt("users.csv", lambda _: HUGE)),
    "a misspelt header": (
        "column_missing",
        lambda: spoilt("users.csv", lambda text: text.replace(b"givenName", b"giveName")),
    ),
    "a header in other case": (
        "column_missing",
        lambda: spoilt("orgs.csv", lambda text: text.replace(b"sourcedId", b"SourcedID", 1)),
    ),
    "no header": ("column_missing", lambda: spoilt("users.csv", lambda text: text.split(b"\r\n", 1)[1])),
    "a column twice": (
        "column_twice",
        lambda: spoilt("users.csv", lambda text: text.replace(b"username", b"email", 1)),
    ),
    "1.2 without roles": ("roles_missing", lambda: packed(_without_roles())),
}


def _without_roles() -> dict[str, bytes]:
    files = district().files()
    files["manifest.csv"] = files["manifest.csv"].replace(b"roles,bulk", b"roles,absent")
    return files


@pytest.mark.parametrize("name", BAD)
def test_a_bundle_is_refused_with_a_reason(name: str) -> None:
    code, made = BAD[name]
    found = refused(made())
    assert found.code == code
    assert found.detail.startswith(findings.BUNDLE[code])


def test_a_misspelt_header_is_told_with_what_was_meant() -> None:
    found = refused(BAD["a misspelt header"][1]())
    assert (found.file, found.line) == ("users.csv", 1)
    assert "givenName (is it giveName?)" in found.detail


def test_where_an_encoding_fails_is_told() -> None:
    found = refused(BAD["Windows-1252"][1]())
    assert (found.file, found.line) == ("users.csv", 3)


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (("School.csv", "Teacher.csv", "Student.csv", "Section.csv"), "manifest.csv, orgs.csv, users.csv"),
        (("orgs.csv", "users.csv", "roles.csv"), "manifest.csv"),
    ],
)
def test_what_is_nearly_oneroster_is_told_what_it_lacks(files: tuple[str, ...], missing: str) -> None:
    found = refused(packed(dict.fromkeys(files, b"SIS ID,Name\r\n")))
    assert found.code == "not_oneroster"
    assert "Microsoft School Data Sync" in found.detail
    assert f"Missing: {missing}." in found.detail


def test_a_bomb_does_not_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(spoilt("users.csv", lambda text: text + b"," * 30_000_000)).code == "csv_malformed"
    monkeypatch.setattr(bundles, "LARGEST_UNPACKED", 1_000_000)
    many_lines = spoilt("users.csv", lambda text: text + b"\r\n" * 3_000_000)
    assert refused(many_lines).code == "bundle_too_large_unpacked"


def test_a_bomb_that_lies_about_its_size_is_counted_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "LARGEST_UNPACKED", 1_000_000)
    content = bytearray(spoilt("users.csv", lambda text: text + b"\r\n" * 3_000_000))
    at = content.find(b"PK\x01\x02")
    while at >= 0:  # every size in the list of files, told smaller than it is
        size = struct.unpack_from("<I", content, at + 24)[0]
        struct.pack_into("<I", content, at + 24, min(size, 1000))
        at = content.find(b"PK\x01\x02", at + 4)
    assert refused(bytes(content)).code in ("bundle_too_large_unpacked", "bundle_damaged")


def test_a_list_of_very_many_files_is_not_read() -> None:
    content = bytearray(district().zip())
    struct.pack_into("<I", content, content.rfind(b"PK\x05\x06") + 12, 50_000_000)
    assert refused(bytes(content)).code == "bundle_too_many_files"


def test_what_a_mac_or_a_person_put_beside_is_passed_over() -> None:
    made = district().user("t1").files()
    made |= {
        "__MACOSX/._users.csv": b"x",
        ".DS_Store": b"x",
        "notes/old.csv": b"x",
        "enrollments.csv": b"\xff",
    }
    assert sorted(read(packed(made)).people) == ["boss", "t1"]


# Rows that are not taken -----------------------------------------------------------------------------------

ROWS: dict[str, tuple[tuple[str, int, str | None, str], Callable[[Roster], Any]]] = {
    "a row twice": (
        ("users.csv", 4, "sourcedId", "duplicate"),
        lambda r: r.users.append(r.users[1] | {"email": ""}),
    ),
    "no name": (
        ("users.csv", 4, "familyName", "value_missing"),
        lambda r: r.user("t2", givenName=" ", familyName=""),
    ),
    "a formula": (("users.csv", 4, "givenName", "formula"), lambda r: r.user("t2", givenName="@SUM(1)")),
    "a formula as an address": (
        ("users.csv", 4, "email", "formula"),
        lambda r: r.user("t2", email="=1@x.org"),
    ),
    "no address": (("users.csv", 4, "email", "email_invalid"), lambda r: r.user("t2", email="nobody")),
    "a control character": (
        ("users.csv", 4, "givenName", "character_invalid"),
        lambda r: r.user("t2", givenName="a\x00b"),
    ),
    "too long": (
        ("users.csv", 4, "givenName", "value_too_long"),
        lambda r: r.user("t2", givenName="x" * 256),
    ),
    "neither true nor false": (
        ("users.csv", 4, "enabledUser", "boolean_invalid"),
        lambda r: r.user("t2", enabledUser="1"),
    ),
    "a status": (("users.csv", 4, "status", "status_unknown"), lambda r: r.user("t2", status="gone")),
    "an organisation that is not there": (
        ("roles.csv", 4, "orgSourcedId", "reference_unknown"),
        lambda r: r.user("t2", "teacher", "nowhere"),
    ),
    "a role nobody knows": (
        ("roles.csv", 4, "role", "role_unknown"),
        lambda r: r.role("t1", "Teacher", "s1"),
    ),
    "somebody who is not there": (
        ("roles.csv", 4, "userSourcedId", "reference_unknown"),
        lambda r: r.role("ghost", "teacher", "s1"),
    ),
    "a date": (
        ("roles.csv", 4, "beginDate", "date_invalid"),
        lambda r: r.role("t1", "teacher", "s2", beginDate="1/05/2023"),
    ),
    "a day of a week": (
        ("roles.csv", 4, "beginDate", "date_invalid"),
        lambda r: r.role("t1", "teacher", "s2", beginDate="2026-W01-1"),
    ),
    "a day that is none": (
        ("roles.csv", 4, "endDate", "date_invalid"),
        lambda r: r.role("t1", "teacher", "s2", endDate="2026-02-30"),
    ),
    "dates the wrong way round": (
        ("roles.csv", 4, "endDate", "dates_reversed"),
        lambda r: r.role("t1", "teacher", "s2", beginDate="2026-02-01", endDate="2026-01-01"),
    ),
    "a type nobody knows": (("orgs.csv", 5, "type", "org_type_unknown"), lambda r: r.org("c", "college")),
    "a nameless school": (("orgs.csv", 5, "name", "value_missing"), lambda r: r.org("c", name="")),
    "at a state": (
        ("roles.csv", 4, "orgSourcedId", "org_not_taken"),
        lambda r: r.org("x", "state", "").role("t1", "teacher", "x"),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_not_taken_and_told(name: str) -> None:
    expected, spoil = ROWS[name]
    made = district().user("t1")
    spoil(made)
    said = read(made.zip())
    assert expected in [(one.file, one.line, one.column, one.code) for one in said.findings]
    assert {"boss", "t1"} <= set(said.people)
    assert SECRET not in str([one.told() for one in said.findings])


MANY: dict[str, Callable[[Roster], Any]] = {
    "roles": lambda r: [r.role(f"u{n}", "teacher", "s1") for n in range(50)],
    "organisations": lambda r: [r.org(f"o{n}") for n in range(50)],
    "ragged rows": lambda r: r.users.extend({"sourcedId": f"k{n}", "enabledUser": "?"} for n in range(50)),
    "places of one person": lambda r: r.user("t2", org=",".join(f"o{n}" for n in range(50))),
}


@pytest.mark.parametrize("name", MANY)
def test_a_file_is_refused_before_its_rows_fill_the_memory(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 40)
    monkeypatch.setattr(reading, "MOST_UNFIT", 40)
    made = district("1.1" if name != "roles" else "1.2")
    MANY[name](made)
    assert refused(made.zip()).code == "file_too_many_rows"


def test_very_many_students_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 40)
    made = district("1.1")
    for n in range(50):
        made.user(f"kid{n}", "student")
    assert list(read(made.zip()).people) == ["boss"]


def test_a_column_that_is_misspelt_and_might_be_left_out_is_told() -> None:
    files = district().user("t1").files()
    files["users.csv"] = (
        files["users.csv"].replace(b"status", b"Status").replace(b"preferredGiven", b"prefferedGiven")
    )
    found = [(one.file, one.line, one.column, one.code) for one in read(packed(files)).findings]
    assert found == [
        ("users.csv", 1, "status", "column_misspelt"),
        ("users.csv", 1, "preferredGivenName", "column_misspelt"),
    ]


@pytest.mark.parametrize("text", [b"", b"# nothing\n"])
def test_an_empty_mapping_file_is_none_and_withdraws_nothing(text: bytes) -> None:
    with pytest.raises(MappingInvalid) as invalid:
        read_mapping(text)
    assert [fault.code for fault in invalid.value.faults] == ["version"]


@pytest.mark.parametrize("day", ["2026-W01-1", "0001-01-01", "9999-12-31", "20260831"])
def test_a_mapping_file_s_days_are_written_as_the_roster_s(day: str) -> None:
    with pytest.raises(MappingInvalid) as invalid:
        read_mapping(
            f"version: 1\npeople: [{{sourced_id: t1, roles: [{{role: coach, begin: {day}}}]}}]".encode()
        )
    assert [fault.code for fault in invalid.value.faults] == ["date_invalid"]


def test_a_delta_s_rows_say_what_became_of_them_and_when() -> None:
    made = Roster("1.1", "delta").user("t1", status="").user("t2", dateLastModified="yesterday").user("t3")
    said = read(made.zip(), Everybody())
    assert [(one.line, one.column, one.code) for one in said.findings] == [
        (2, "status", "status_unknown"), (3, "dateLastModified", "date_invalid"),
    ]  # fmt: skip
    assert list(said.people) == ["t3"]


def test_a_delta_may_speak_of_those_who_are_there_already() -> None:
    made = Roster("1.2", "delta").role("t1", "teacher", "s9")
    assert list(read(made.zip(), Everybody()).roles) == ["t1"]
    assert [one.code for one in read(made.zip()).findings] == ["reference_unknown"]


# Whatever is sent ------------------------------------------------------------------------------------------


@given(st.binary(max_size=2000))
def test_any_bytes_are_refused_and_nothing_breaks(content: bytes) -> None:
    with pytest.raises(BundleRefused):
        read(content)


STRAY = [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"", b"=", b"x"]


@given(
    name=st.sampled_from(["manifest.csv", "orgs.csv", "users.csv", "roles.csv"]),
    seed=st.integers(0, 10**9),
    version=st.sampled_from(["1.1", "1.2"]),
)
def test_a_spoilt_file_is_read_or_refused_and_never_breaks(name: str, seed: int, version: str) -> None:
    rng = random.Random(seed)

    def spoil(text: bytes) -> bytes:
        spoilt = bytearray(text)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(spoilt) + 1)
            spoilt[at : at + rng.randrange(3)] = rng.choice(
                [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"", b"=", b"x"]
            )
        return bytes(spoilt)

    files = district(version).user("t1").user("kid", "student").files()
    if name not in files:
        return
    try:
        said = read(packed(files | {name: spoil(files[name])}))
    except BundleRefused as refused:
        assert SECRET[:9] not in refused.detail
    else:
        assert SECRET[:9] not in str([one.told() for one in said.findings])


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_mapping_file_is_read_or_told_what_is_wrong(content: bytes) -> None:
    try:
        assert isinstance(read_mapping(content), MappingFile)
    except MappingInvalid as invalid:
        assert all(fault.line >= 1 and fault.message for fault in invalid.faults)


# The documentation -----------------------------------------------------------------------------------------


def test_every_code_is_told_in_the_guide_and_no_other() -> None:
    text = (ROOT / "docs" / "roster-import.md").read_text()
    told = re.findall(r"^\| `([a-z_0-9]+)` \| (.*) \|$", text, re.MULTILINE)
    codes = {**findings.BUNDLE, **findings.ROW, **findings.NOTE}
    assert dict(told) == codes
    assert len(told) == len(codes) == len(findings.BUNDLE) + len(findings.ROW) + len(findings.NOTE)


def test_every_code_is_used() -> None:
    source = "".join(
        file.read_text() for file in (ROOT / "services/directory/src/directory/roster").glob("*.py")
    )
    for code in (*findings.BUNDLE, *findings.ROW, *findings.NOTE):
        assert source.count(f'"{code}"') > 1, code


def test_the_guide_s_mapping_file_is_one() -> None:
    text = (ROOT / "docs" / "roster-import.md").read_text()
    [example] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    found = read_mapping(example.encode())
    assert (len(found.people), len(found.evaluators), found.roles["siteAdministrator"]) == (3, 2, None)


def test_the_guide_names_every_column_that_must_be_there() -> None:
    text = (ROOT / "docs" / "roster-import.md").read_text()
    for name, made in (("orgs.csv", district()), ("users.csv", district("1.1")), ("roles.csv", district())):
        [row] = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
        for column in re.findall(r"`(\w+)`", row.split("|")[2]):
            files = made.files()
            files[name] = re.sub(rb"\b%s\b" % column.encode(), b"elsewhere", files[name], count=1)
            assert refused(packed(files)).code == "column_missing", column
