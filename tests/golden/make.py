"""Writes the files of this folder with real programs, and beside each (NAME.json) the cells that reading it must give.

Needs what `make test` does not: LibreOffice (soffice), sqlite3, and the Python packages pandas, pyarrow and openpyxl.
The files are committed, so it only runs when one is added:  python3 tests/golden/make.py
"""

import csv
import datetime
import decimal
import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import openpyxl
import pandas
import pyarrow
import pyarrow.parquet

HERE = pathlib.Path(__file__).parent

HEADER = ["id", "text", "label"]
TEXTS = [
    ["007", 'He said "hi", and left; twice', "a"],
    ["1e5", "two\nlines", "null"],
    ["TRUE", "  blanks around  ", "=1+1"],
    ["-0", "tab\there | and a bar", "b"],
    ["x'y", "it's, well, 'quoted'", "c"],
    ["\\", "back\\slash and \\n no line", "d"],
]
WIDE = TEXTS + [["🙂", "naïve café, עברית, 日本語, e\u0301", "Käse"]]
LATIN = [row for row in TEXTS] + [["é", "naïve café für 5 €", "Käse"]]


def expect(name, columns, rows, **how):
    """What reading must give; `how` is what the preview must say about the file."""
    text = json.dumps({"columns": columns, "rows": rows, **how}, ensure_ascii=True, indent=1)
    (HERE / f"{name}.json").write_text(text + "\n")


def python_csv():
    dialects = {
        "excel": dict(dialect="excel"),
        "excel-tab": dict(dialect="excel-tab"),
        "unix": dict(dialect="unix"),
        "semicolon": dict(delimiter=";"),
        "bar-all": dict(delimiter="|", quoting=csv.QUOTE_ALL),
        "nonnumeric": dict(quoting=csv.QUOTE_NONNUMERIC),
        "escaped-quotes": dict(doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL),
        "no-quotes": dict(quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None),
        "single-quotes": dict(quotechar="'", quoting=csv.QUOTE_ALL),
        # Without quotes a line feed in a cell would end its row as well as a carriage return does.
        "old-mac": dict(lineterminator="\r", quoting=csv.QUOTE_ALL),
    }
    for name, dialect in dialects.items():
        with (HERE / f"python-{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, **dialect).writerows([HEADER, *WIDE])
        expect(f"python-{name}.csv", HEADER, WIDE, format="delimited", encoding="UTF-8")
    encodings = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16LE", "utf-16-be": "UTF-16BE", "cp1252": "windows-1252"}
    for encoding, name in encodings.items():
        rows = LATIN if encoding == "cp1252" else WIDE
        with (HERE / f"python-{encoding}.csv").open("w", newline="", encoding=encoding) as file:
            if encoding == "utf-16-be":
                file.write("\ufeff")
            csv.writer(file).writerows([HEADER, *rows])
        expect(f"python-{encoding}.csv", HEADER, rows, format="delimited", encoding=name)


def sqlite_csv():
    path = pathlib.Path(tempfile.mkdtemp()) / "data.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE data (id TEXT, text TEXT, label TEXT)")
        database.executemany("INSERT INTO data VALUES (?, ?, ?)", WIDE)
    out = subprocess.run(["sqlite3", "-csv", "-header", path, "SELECT * FROM data"], check=True, capture_output=True).stdout
    (HERE / "sqlite3.csv").write_bytes(out)
    expect("sqlite3.csv", HEADER, WIDE, format="delimited", encoding="UTF-8")


TYPED = ["what", "text", "number", "percent", "padded", "day", "moment", "flag"]
TYPED_ROWS = [
    ["one", "plain", "7", "12.5%", "00042", "2024-05-01", "2024-05-01T10:30:00", "TRUE"],
    ["two", "  two\nlines ", "0.1", "7%", "00007", "1999-12-31", "2000-02-29T23:59:59", "FALSE"],
    ["three", "=1+1", "-1.5", "100%", "12345", "2026-01-31", "2026-01-31T00:00:00", "TRUE"],
    ["007", "🙂 <b>&amp;</b>", "1000000", "0.1%", "00000", "2024-02-29", "2024-02-29T00:00:01", "FALSE"],
]


def typed_workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(TYPED)
    when = datetime.datetime
    values = [
        ["one", "plain", 7, 0.125, 42, when(2024, 5, 1), when(2024, 5, 1, 10, 30), True],
        ["two", "  two\nlines ", 0.1, 0.07, 7, when(1999, 12, 31), when(2000, 2, 29, 23, 59, 59), False],
        ["three", "=1+1", -1.5, 1, 12345, when(2026, 1, 31), when(2026, 1, 31), True],
        ["007", "🙂 <b>&amp;</b>", 1000000, 0.001, 0, when(2024, 2, 29), when(2024, 2, 29, 0, 0, 1), False],
    ]
    for number, row in enumerate(values, start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
                cell.number_format = "@"
        sheet.cell(number, 4).number_format = "0.0%" if row[3] in (0.125, 0.001) else "0%"
        sheet.cell(number, 5).number_format = "00000"
        sheet.cell(number, 6).number_format = "yyyy-mm-dd"
        sheet.cell(number, 7).number_format = "yyyy-mm-dd hh:mm:ss"
    second = book.create_sheet("Zweites Blatt")
    second.append(["Frage", "Antwort"])
    second.append(["Wo?", "hier"])
    book.save(path)


def soffice(source, target, folder):
    subprocess.run(["soffice", "--headless", "--convert-to", target, "--outdir", folder, source], check=True, capture_output=True)


def workbooks():
    folder = pathlib.Path(tempfile.mkdtemp())
    first = folder / "typed.xlsx"
    typed_workbook(first)
    shutil.copy(first, HERE / "openpyxl.xlsx")
    sheets = ["Orders", "Zweites Blatt"]
    expect("openpyxl.xlsx", TYPED, TYPED_ROWS, format="xlsx", sheets=sheets)
    for kind in ["ods", "xlsx"]:
        out = folder / kind
        soffice(first, kind, out)
        shutil.copy(out / f"typed.{kind}", HERE / f"libreoffice.{kind}")
        expect(f"libreoffice.{kind}", TYPED, TYPED_ROWS, format=kind, sheets=sheets)
    # LibreOffice's CSV: token 1 the separator, 2 the quote, 3 the encoding (76 UTF-8, 1 Windows-1252), 6 quote all, 7 as shown.
    plain = folder / "plain.csv"
    with plain.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *LATIN])
    # LibreOffice drops tabs inside cells when it reads a table of text.
    kept = [[cell.replace("\t", "") for cell in row] for row in LATIN]
    text = pathlib.Path(folder) / "text"
    columns = "/".join(f"{column}/2" for column in range(1, 4))
    subprocess.run(
        ["soffice", "--headless", f"--infilter=CSV:44,34,76,1,{columns}", "--convert-to", "ods", "--outdir", text, plain],
        check=True, capture_output=True,
    )
    for name, tokens, encoding in [
        ("comma", "44,34,76,1,,0,false,true", "UTF-8"),
        ("semicolon", "59,34,1,1,,0,false,true", "windows-1252"),
        ("tab-all", "9,34,76,1,,0,true,true", "UTF-8"),
        ("single", "59,39,76,1,,0,true,true", "UTF-8"),
    ]:
        out = folder / name
        soffice(text / "plain.ods", f"csv:Text - txt - csv (StarCalc):{tokens}", out)
        shutil.copy(out / "plain.csv", HERE / f"libreoffice-{name}.csv")
        expect(f"libreoffice-{name}.csv", HEADER, kept, format="delimited", encoding=encoding)


def frames():
    frame = pandas.DataFrame(WIDE, columns=HEADER)
    frame.to_json(HERE / "pandas.jsonl", orient="records", lines=True, force_ascii=False)
    expect("pandas.jsonl", HEADER, WIDE, format="json_lines", encoding="UTF-8")
    frame.to_json(HERE / "pandas.json", orient="records", indent=2)
    expect("pandas.json", HEADER, WIDE, format="json", encoding="UTF-8")
    # What begins like a formula becomes one there, without a result that could be read.
    plain = [row for row in WIDE if "=1+1" not in row]
    pandas.DataFrame(plain, columns=HEADER).to_excel(HERE / "pandas.xlsx", index=False)
    expect("pandas.xlsx", HEADER, plain, format="xlsx", sheets=["Sheet1"])
    for compression in ["snappy", "zstd", "gzip", "lz4", "none"]:
        frame.to_parquet(HERE / f"pandas-{compression}.parquet", compression=compression if compression != "none" else None)
        expect(f"pandas-{compression}.parquet", HEADER, WIDE, format="parquet")
    when = datetime.datetime
    zone = datetime.timezone.utc
    table = pyarrow.table(
        {
            "text": pyarrow.array(["a", "", None]),
            "kind": pyarrow.array(["x", "y", "x"]).dictionary_encode(),
            "small": pyarrow.array([1, -2, None], pyarrow.int8()),
            "large": pyarrow.array([2**53 + 1, -(2**62), 0], pyarrow.int64()),
            "unsigned": pyarrow.array([2**64 - 1, 0, 1], pyarrow.uint64()),
            "single": pyarrow.array([0.1, 1.5, -0.0], pyarrow.float32()),
            "double": pyarrow.array([0.1 + 0.2, 1e300, 3.0], pyarrow.float64()),
            "flag": pyarrow.array([True, False, None]),
            "price": pyarrow.array([decimal.Decimal("1.50"), decimal.Decimal("-0.05"), None], pyarrow.decimal128(10, 2)),
            "day": pyarrow.array([datetime.date(2024, 5, 1), datetime.date(1969, 12, 31), None], pyarrow.date32()),
            "time": pyarrow.array([datetime.time(10, 30), datetime.time(0, 0, 0, 250000), None], pyarrow.time64("us")),
            "naive": pyarrow.array([when(2024, 5, 1, 10, 30), when(2024, 5, 1), None], pyarrow.timestamp("us")),
            "zoned": pyarrow.array([when(2024, 5, 1, 10, 30, tzinfo=zone)] * 2 + [None], pyarrow.timestamp("ms", tz="UTC")),
            "nanos": pyarrow.array([1714559400000000001, 0, None], pyarrow.timestamp("ns")),
            "bytes": pyarrow.array([b"raw text", b"", None], pyarrow.binary()),
        }
    )
    pyarrow.parquet.write_table(table, HERE / "pyarrow-types.parquet")
    expect(
        "pyarrow-types.parquet",
        table.column_names,
        [
            ["a", "x", "1", "9007199254740993", "18446744073709551615", "0.1", "0.30000000000000004", "true", "1.50", "2024-05-01",
             "10:30:00", "2024-05-01T10:30:00", "2024-05-01T10:30:00Z", "2024-05-01T10:30:00.000000001", "raw text"],
            ["", "y", "-2", "-4611686018427387904", "0", "1.5", "1e300", "false", "-0.05", "1969-12-31",
             "00:00:00.25", "2024-05-01", "2024-05-01T10:30:00Z", "1970-01-01", ""],
            ["", "x", "", "0", "1", "0", "3", "", "", "", "", "", "", "", ""],
        ],
        format="parquet",
    )
    nested = pyarrow.table({"text": ["a"], "messages": [[{"role": "user", "content": "hi"}]], "tags": [["x"]]})
    pyarrow.parquet.write_table(nested, HERE / "pyarrow-nested.parquet")


for make in [python_csv, sqlite_csv, workbooks, frames]:
    make()
    print(make.__name__)
