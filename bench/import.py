"""Compares the import of a CSV file with `sqlite3 .import` into a plain table and with pandas, on the same fresh file.

Programs take turns, so that whatever else the machine does hits all of them. What counts is processor time (user and system);
the time of day is told beside it. Needs the sqlite3 program and a Python with pandas (scripts/bench.sh sees to both).
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
PANDAS = f"""
import sqlite3, sys, pandas
frame = pandas.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
connection = sqlite3.connect(sys.argv[2])
connection.executescript("{PRAGMAS}")
frame.to_sql("t", connection, index=False)
connection.commit()
connection.close()
"""


def write_file(path: str, rows: int) -> None:
    """About a hundred bytes a row: a number, a sentence, one of forty labels. The same on every machine."""
    draw = random.Random(1)
    syllables = [c + v for c in "bcdfghklmnprstvw" for v in "aeiou"]
    words = ["".join(draw.choice(syllables) for _ in range(draw.randint(1, 4))) for _ in range(5_000)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("id,text,label\n")
        for row in range(rows):
            sentence = " ".join(draw.choices(words, k=10))
            file.write(f'{row},"Message {row}: {sentence}, what now?",label {row % 40}\n')


def measure(command: list[str], given: str | None = None) -> tuple[float, float, float]:
    """Processor seconds, seconds of the day, and megabytes at most, of one run of a program."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if given is not None:
        child.stdin.write(given.encode())
    child.stdin.close()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("program", help="mlprompt-cli")
    options.add_argument("--pandas", help="a Python that has pandas")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "rows.csv")
        write_file(file, asked.rows)
        print(f"{asked.rows:,} rows, {os.path.getsize(file) / 1e6:.0f} MB, {asked.rounds} rounds in turn\n")
        figures: dict[str, list[tuple[float, float, float]]] = {}
        for round_number in range(asked.rounds):
            def database(name: str) -> str:
                return os.path.join(folder, f"{name}-{round_number}.db")

            plain = ["sqlite3", database("sqlite3")]
            given = f"{PRAGMAS}\n.mode csv\n.import {file} t\n"
            figures.setdefault("sqlite3 .import", []).append(measure(plain, given))
            own = [asked.program, "--db", database("own"), "import", file, "--project", "bench", "--input", "text", "--truth", "label"]
            figures.setdefault("mlprompt-cli import", []).append(measure(own))
            if asked.pandas:
                figures.setdefault("pandas", []).append(measure([asked.pandas, "-c", PANDAS, file, database("pandas")]))
            for left in os.listdir(folder):
                if left != "rows.csv" and os.path.isfile(os.path.join(folder, left)):
                    os.remove(os.path.join(folder, left))
        print("| program | processor | of sqlite3 | time of day | of sqlite3 | peak memory |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        baseline = figures["sqlite3 .import"]
        for name, rounds in figures.items():
            # The ratio of each round, so that a slow moment of the machine is in both halves of it.
            ratio = [statistics.median(own[at] / plain[at] for own, plain in zip(rounds, baseline)) for at in range(2)]
            middle = [statistics.median(one[at] for one in rounds) for at in range(3)]
            print(f"| {name} | {middle[0]:.2f} s | {ratio[0]:.2f} x | {middle[1]:.2f} s | {ratio[1]:.2f} x | {middle[2]:.0f} MB |")


if __name__ == "__main__":
    main()
