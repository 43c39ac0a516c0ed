"""pandas, Polars and DuckDB, for real: the same rows as of one call each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biaoshi
import biaoshi.arrow
import biaoshi.duckdb
import biaoshi.pandas
import biaoshi.polars
from biaoshi.arrow import VERDICT

from .samples import BARE, LABEL, PRODUCER, Stores, expected, png

PNG = png()
SAMPLES: dict[str, bytes] = {
    "plain.png": PNG,
    "labelled.png": biaoshi.label(PNG, label=LABEL, notice=BARE),
    "words.md": b"# Words",
    "unknown": b"\x00\x01\x02",
    "empty": b"",
}
ROWS = {name: expected(data) for name, data in SAMPLES.items()}
NAMED = {name: expected(data, name) for name, data in SAMPLES.items()}
FIELDS = [field.name for field in VERDICT]
LISTS = st.lists(st.sampled_from([None, *SAMPLES]), max_size=10)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any] | None]:
    """The rows of a data frame of Arrow's types; None where all is missing."""
    assert list(frame.columns) == FIELDS
    rows = pa.Table.from_pandas(frame, preserve_index=False).to_pylist()
    return [None if all(value is None for value in row.values()) else row for row in rows]


@given(LISTS, st.sampled_from(["object", "binary", "large_binary"]), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_a_series_of_pandas(names: list[str | None], kind: str, start: int) -> None:
    values = [None if name is None else SAMPLES[name] for name in names]
    dtype: Any = {
        "object": object,
        "binary": pd.ArrowDtype(pa.binary()),
        "large_binary": pd.ArrowDtype(pa.large_binary()),
    }[kind]
    series = pd.Series(values, index=[f"row {n}" for n in range(len(values))], dtype=dtype)[start:]
    frame = biaoshi.pandas.verify(series)
    assert list(frame.index) == list(series.index)
    assert rows_of(frame) == [None if name is None else ROWS[name] for name in names[start:]]


def test_the_accessor_of_pandas_with_names_and_labels() -> None:
    table = pd.DataFrame({"content": [*SAMPLES.values(), None], "name": [*SAMPLES, None]})
    named = table["content"].biaoshi.verify(names=table["name"])
    assert rows_of(named) == [*NAMED.values(), None]
    labels = [biaoshi.Label(PRODUCER, produce_id=str(number)) for number in range(6)]
    done = table["content"].biaoshi.label(label=labels, names=table["name"], notice=BARE)
    assert list(done.columns) == ["content", "error", "error_code"]
    assert biaoshi.verify(done["content"][0]).evidence[0].label.produce_id == "0"
    assert done["error_code"].notna().tolist() == [False, True, False, True, True, False], (
        "another label stands in row 1"
    )
    assert done["content"].isna().tolist() == [False, True, False, True, True, True]


def test_pandas_takes_other_buffers_and_pictures() -> None:
    series = pd.Series([bytearray(PNG), memoryview(PNG), pa.py_buffer(PNG)])
    assert rows_of(biaoshi.pandas.verify(series)) == [ROWS["plain.png"]] * 3


def test_paths_in_pandas(tmp_path: Path, stores: Stores) -> None:
    for name, data in SAMPLES.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in SAMPLES]
    for series in (pd.Series([*paths, None]), pd.Series([*map(Path, paths), None])):
        assert rows_of(biaoshi.pandas.verify(series)) == [*(expected(path, path) for path in paths), None]
    stores.put(SAMPLES)
    filesystem, base = stores.get("fsspec")
    keys = [base + name for name in SAMPLES]
    rows = rows_of(biaoshi.pandas.verify(pd.Series(keys), filesystem=filesystem))
    assert rows == [expected(data, key) for data, key in zip(SAMPLES.values(), keys, strict=True)]
    with pytest.raises(TypeError):
        biaoshi.pandas.verify(pd.Series([paths[0], PNG]))
    with pytest.raises(TypeError, match="column of bytes"):
        biaoshi.pandas.label(pd.Series(paths), label=LABEL)


def invalid(kind: Any = pa.string(), texts: tuple[bytes, ...] = (b"a.md", b"\xff\xfe.md", b"b.md")) -> Any:
    """Strings of which one is no UTF-8: nothing checks that when an array is made."""
    offsets = [0]
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    buffers = [None, pa.array(offsets, pa.int32()).buffers()[1], pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers).cast(kind)


def test_paths_that_are_no_utf8_in_pandas(tmp_path: Path, stores: Stores) -> None:
    odd = os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.png")
    Path(odd).write_bytes(SAMPLES["labelled.png"])
    (tmp_path / "a.png").write_bytes(PNG)
    half = str(tmp_path / "\ud800.png")
    paths = [str(tmp_path / "a.png"), odd, half, None, odd + "x"]
    for column in (paths, [None if path is None else Path(path) for path in paths]):
        frame = biaoshi.pandas.verify(pd.Series(column, dtype=object), report="en")
        # A file of the local disk is found by its bytes; half a character has none.
        assert frame["status"].tolist()[:2] == ["none", "confirmed"]
        assert frame["error_code"].isna().tolist() == [True, True, False, True, False]
        assert frame["error_code"][2] == "name.not_utf8" and "UTF-8" in frame["error"][2]
    stores.put({"a.png": PNG})
    filesystem, base = stores.get("fsspec")
    frame = biaoshi.pandas.verify(pd.Series([base + "a.png", "\udcff.png"], dtype=object), filesystem=filesystem)
    assert frame["status"][0] == "none" and frame["error_code"][1] in ("name.not_utf8", "io")
    named = biaoshi.pandas.verify(pd.Series([PNG, PNG]), names=["a.png", "\udcff.png"], report="zh")
    assert named["error_code"].isna().tolist() == [True, False] and named["error_code"][1] == "name.not_utf8"
    assert "UTF-8" in named["error"][1] and not named["error"][1].isascii()
    column = pd.Series(invalid(), dtype=pd.ArrowDtype(pa.string()))
    assert biaoshi.pandas.verify(column)["error_code"].tolist()[1] == "name.not_utf8"
    assert biaoshi.pandas.verify(pd.Series([b"# a"] * 3), names=column)["error_code"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("chunked", [False, True])
def test_strings_of_arrow_that_are_no_utf8(kind: Any, chunked: bool, tmp_path: Path) -> None:
    paths = invalid(kind, tuple(bytes(tmp_path) + name for name in (b"/a.md", b"/\xff.md", b"/b.md")))
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_bytes(b"# A text")
    names = invalid(kind)
    if chunked:
        paths, names = pa.chunked_array([paths[:2], paths[2:]]), pa.chunked_array([names])
    rows = biaoshi.arrow.verify_path_array(paths)
    assert rows.field("error_code").to_pylist() == [None, "name.not_utf8", None]
    assert rows.field("status").to_pylist() == ["none", None, "none"]
    texts = pa.array([b"# A text"] * 3)
    rows = biaoshi.arrow.verify_array(texts, names=names)
    assert rows.field("error_code").to_pylist() == [None, "name.not_utf8", None]
    made = biaoshi.arrow.label_array(texts, label=LABEL, names=names)
    assert made.field("error_code").to_pylist() == [None, "name.not_utf8", None]
    assert made.field("content").is_valid().to_pylist() == [True, False, True]
    done = biaoshi.arrow.propagate_array(texts, propagator=PRODUCER, declared=True, names=names, ids=names)
    assert done.field("error_code").to_pylist()[1] == "name.not_utf8"


def verdicts(series: pl.Series) -> list[Any]:
    """Rows of a series of structs; Polars writes a null struct as one of nulls."""
    rows = series.to_list()
    return [None if row is None or all(value is None for value in row.values()) else row for row in rows]


@given(LISTS, st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_a_column_of_polars(names: list[str | None], start: int) -> None:
    values = [None if name is None else SAMPLES[name] for name in names]
    table = pl.DataFrame({"content": pl.Series(values, dtype=pl.Binary), "name": pl.Series(names, dtype=pl.String)})[
        start:
    ]
    wanted = [None if name is None else ROWS[name] for name in names[start:]]
    assert verdicts(table.select(pl.col("content").biaoshi.verify()).to_series()) == wanted
    lazy = table.lazy().with_columns(verdict=pl.col("content").biaoshi.verify(names="name", jobs=2))
    out = lazy.collect()
    assert out.schema == lazy.collect_schema()
    assert verdicts(out["verdict"]) == [None if name is None else NAMED[name] for name in names[start:]]


def test_columns_of_polars_in_pieces_and_groups() -> None:
    table = pl.DataFrame({"content": [*SAMPLES.values()], "name": [*SAMPLES]})
    pieces = pl.concat([table, table, table], rechunk=False)
    out = pieces.lazy().select(pl.col("content").biaoshi.verify()).collect(engine="streaming").to_series()
    assert verdicts(out) == [*ROWS.values()] * 3
    counts = pieces.group_by(pl.col("content").biaoshi.verify().struct.field("status")).len()
    assert {row["status"]: row["len"] for row in counts.to_dicts()} == {"none": 6, "confirmed": 3, None: 6}


def test_labels_and_paths_in_polars(tmp_path: Path) -> None:
    table = pl.DataFrame({"content": [PNG, None, b"\x00"], "name": ["a.png", None, None]})
    done = table.select(pl.col("content").biaoshi.label(LABEL, names="name", notice=BARE)).unnest("content")
    assert done.columns == ["content", "error", "error_code"]
    assert done["content"].is_null().to_list() == [False, True, True]
    assert biaoshi.verify(done["content"][0]).status.value == "confirmed"
    for name, data in SAMPLES.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in SAMPLES]
    files = pl.DataFrame({"path": [*paths, None]}).select(pl.col("path").biaoshi.verify_files()).to_series()
    assert verdicts(files) == [*(expected(path, path) for path in paths), None]


def test_mistakes_are_said_in_polars() -> None:
    with pytest.raises(ValueError, match="none-such"):
        pl.col("content").biaoshi.verify(profile="none-such")
    with pytest.raises(ValueError, match="none-such"):
        pl.col("content").biaoshi.label(LABEL, profile="none-such")
    with pytest.raises((TypeError, pl.exceptions.ComputeError), match="binary"):
        pl.DataFrame({"content": ["a.png"]}).select(pl.col("content").biaoshi.verify())


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def test_a_column_of_duckdb(connection: duckdb.DuckDBPyConnection) -> None:
    biaoshi.duckdb.register(connection)
    values, names = [*SAMPLES.values(), None] * 700, [*SAMPLES, None] * 700
    table = pa.table({"number": range(len(values)), "content": pa.array(values, pa.binary()), "name": names})
    connection.register("contents", table)
    query = "SELECT biaoshi_verify(content, NULL), biaoshi_verify(content, name) FROM contents ORDER BY number"
    rows = connection.sql(query).fetchall()
    assert rows == [*zip(ROWS.values(), NAMED.values(), strict=True), (None, None)] * 700
    counts = connection.sql(
        "SELECT biaoshi_verify(content, name).status s, count(*) FROM contents GROUP BY s"
    ).fetchall()
    assert dict(counts) == {"none": 1400, "confirmed": 700, None: 2100}


def test_files_in_duckdb(connection: duckdb.DuckDBPyConnection, tmp_path: Path, stores: Stores) -> None:
    for name, data in SAMPLES.items():
        (tmp_path / name).write_bytes(data)
    stores.put(SAMPLES)
    filesystem, base = stores.get("obstore")
    biaoshi.duckdb.register_files(connection, profile=["cn-gb45438", "eu-ai-act-50"])
    biaoshi.duckdb.register_files(connection, name="in_bucket", filesystem=filesystem)
    for name, data in SAMPLES.items():
        path = str(tmp_path / name)
        query = "SELECT biaoshi_verify_file($1), in_bucket($2), biaoshi_verify_file(NULL)"
        local, remote, none = connection.execute(query, [path, base + name]).fetchone()
        assert local == expected(path, path, profile=["cn-gb45438", "eu-ai-act-50"])
        assert remote == expected(data, base + name)
        assert none is None


def test_labels_in_duckdb(connection: duckdb.DuckDBPyConnection) -> None:
    biaoshi.duckdb.register_label(connection, LABEL, notice=BARE)
    connection.register("contents", pa.table({"content": [PNG, PNG, None, b"\x00"]}))
    rows = [row for (row,) in connection.sql("SELECT biaoshi_label(content, NULL) FROM contents").fetchall()]
    numbers = {biaoshi.verify(row["content"]).evidence[0].label.produce_id for row in rows[:2]}
    assert len(numbers) == 2
    assert rows[2] is None
    assert rows[3]["content"] is None and rows[3]["error_code"]
    with pytest.raises(ValueError, match="none-such"):
        biaoshi.duckdb.register_label(connection, LABEL, name="other", profile="none-such")
