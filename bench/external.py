"""Measures training runs against a running simulator of models: what the returned prompt is truly worth, and what the run said of it.

The simulator speaks the OpenAI wire at URL (with its /v1) and answers `POST /score {"prompt", "texts"}` beside it with `expected`, the score of a
prompt on these texts without noise. The data folder has train.csv, val.csv and test.csv, each with an input and a ground truth column.
A {seed} in URL is replaced by the seed of the run, so that a simulator for every seed can stand on a port of its own.
"""

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser.add_argument("cli", type=pathlib.Path, help="the command line program to measure")
    parser.add_argument("url", help="base URL of the simulator, with its /v1")
    parser.add_argument("data", type=pathlib.Path, help="folder with train.csv, val.csv and test.csv")
    parser.add_argument("--calls", type=numbers, default=[2000], metavar="N,N", help="limits on calls, each a run of its own [2000]")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3, 4, 5], metavar="N,N", help="seeds of the runs [1,2,3,4,5]")
    parser.add_argument("--strategies", type=lambda t: t.split(","), default=["pareto"], metavar="S,S", help="[pareto]")
    parser.add_argument("--model", default="sim-primary")
    parser.add_argument("--optimizer-model", default="sim-optimizer")
    parser.add_argument("--start", type=pathlib.Path, metavar="FILE", help="the first system prompt [one that lists the labels]")
    parser.add_argument("--option", action="append", default=[], metavar="OPTION", help="a further option for every run, e.g. --option=--patience=0")
    return parser.parse_args()


def rows(file):
    with open(file, newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))[1:]


def start_prompt(given, train):
    if given:
        return given.read_text(encoding="utf-8").rstrip("\n")
    labels = ", ".join(dict.fromkeys(row[1] for row in train))
    return f"You route user messages.\nClassify the message into exactly one of these labels: {labels}.\nAnswer with only the label."


def ask(url, path, body=None):
    """A question to the simulator itself, beside its models."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.removesuffix("/").removesuffix("/v1") + path, data=data, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"The simulator at {url} does not answer {path}: {error}. Start it, or give its base URL with /v1.")


def run(options, strategy, calls, seed, start, texts):
    url = options.url.replace("{seed}", str(seed))
    counted = ask(url, "/stats").get("calls", 0)
    with tempfile.TemporaryDirectory() as folder:
        command = [options.cli, "--db", f"{folder}/bench.db", "--json", "train"]
        command += ["--train", options.data / "train.csv", "--validation", options.data / "val.csv"]
        command += ["--provider", "openai", "--base-url", url, "--model", options.model, "--optimizer-model", options.optimizer_model]
        command += ["--system-prompt", start, "--strategy", strategy, "--seed", str(seed), "--max-calls", str(calls), *options.option]
        ended = subprocess.run(command, capture_output=True, text=True)
    lines = ended.stdout.strip().splitlines()
    last = json.loads(lines[-1]) if lines else {}
    if last.get("status") != "completed":
        sys.exit(f"The run with seed {seed} did not complete: {last.get('stop_reason') or ended.stderr.strip()}")
    best = last["best"]
    score = lambda prompt: ask(url, "/score", {"prompt": prompt, "texts": texts})["expected"]
    true = score(best["system_prompt"] + "\n" + best["output_prompt"])
    sent = ask(url, "/stats").get("calls", 0) - counted
    print(f"{strategy} {calls} seed {seed}: true {true:.3f}, start {score(start):.3f}, reported {best['validation']['score']:.3f}, "
          f"calls {last['usage']['calls']} (the simulator counted {sent}), {last['stop_reason']}", file=sys.stderr, flush=True)
    return true, best["validation"]["score"] - true, last["usage"]["calls"]


def main():
    options = arguments()
    missing = [name for name in ["train.csv", "val.csv", "test.csv"] if not (options.data / name).is_file()]
    if missing:
        sys.exit(f"{options.data} has no {', '.join(missing)}.")
    train = rows(options.data / "train.csv")
    start, texts = start_prompt(options.start, train), [row[0] for row in rows(options.data / "test.csv")]
    print(f"{len(train)} training examples, {len(texts)} texts to score by, seeds {', '.join(map(str, options.seeds))}\n")
    print("| limit on calls | strategy | score without noise | lowest and highest seed | reported validation minus that score | calls used |")
    print("| --- | --- | --- | --- | --- | --- |")
    for strategy in options.strategies:
        for calls in options.calls:
            runs = [run(options, strategy, calls, seed, start, texts) for seed in options.seeds]
            true, beyond, used = zip(*runs)
            print(f"| {calls:,} | `{strategy}` | {statistics.mean(true):.3f} | {min(true):.3f} to {max(true):.3f} | "
                  f"{statistics.mean(beyond):+.3f} | {statistics.mean(used):,.0f} |", flush=True)


main()
