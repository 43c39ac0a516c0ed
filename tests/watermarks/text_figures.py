"""How often marks in short texts are found, and what they cost, through the Python package: see README.md.

    python tests/watermarks/text_figures.py [TEXTS] [SCHEME...]

The text is synthetic, as in `core/examples/watermark_text.rs`: odds of 50 candidates from normal distributions whose
spread varies from token to token. Thresholds for one false alarm in 100 are those that 1 % of unmarked texts exceed.
"""

import json
import sys
import time

import numpy as np

from biaoshi.watermark.text import TextDetector, TextKey, TextWatermark, fit

CANDIDATES = 50
LENGTHS = (50, 100, 200)
SCHEMES = ("hmac-sha256", "synthid-table")


def scores_of(random, rows, spread):
    own = spread * np.exp(0.8 * random.normal(size=(rows, 1)))
    return (random.normal(size=(rows, CANDIDATES)) * own).astype(np.float32)


def odds(scores):
    p = np.exp(scores.astype(np.float64) - scores.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def entropy(scores):
    p = odds(scores)
    return float(-(p * np.log(np.maximum(p, 1e-300))).sum(1).mean())


def spread_for(nats):
    low, high = 0.1, 500.0
    for _ in range(25):
        middle = (low * high) ** 0.5
        if entropy(scores_of(np.random.default_rng(1), 4000, middle)) > nats:
            low = middle
        else:
            high = middle
    return low


def texts(random, mark, spread, rows, length):
    """So many texts, marked if there is a mark, and their mean entropy."""
    sequences = [mark.sequence() for _ in range(rows)] if mark else []
    out, nats = np.empty((rows, length), np.int64), 0.0
    for place in range(length):
        ids = random.integers(0, 150_000, (rows, CANDIDATES))
        scores = scores_of(random, rows, spread)
        nats += entropy(scores) / length
        if mark:
            mark.reweight(sequences, scores, ids)
        drawn = (odds(scores).cumsum(1) < random.random((rows, 1))).sum(1).clip(max=CANDIDATES - 1)
        out[:, place] = ids[np.arange(rows), drawn]
        for sequence, token in zip(sequences, out[:, place].tolist(), strict=False):
            sequence.push(token)
    return out, nats


def key(scheme):
    numbers = [1_000_003 * n * n + 17 for n in range(30)]
    return TextWatermark(TextKey.from_text(json.dumps({"scheme": scheme, "keys": numbers, "ngram_len": 5})))


def ask(detector, rows, length):
    """Means, weighted means and log odds of the texts' beginnings."""
    found = [detector.detect(row[:length]) for row in rows]
    return np.array([(one.mean, one.weighted_mean, one.bayes.log_odds) for one in found]).T


def shares(detector, marked, free, length):
    with_mark, without = ask(detector, marked, length), ask(detector, free, length)
    return [float((a > np.quantile(b, 0.99)).mean()) for a, b in zip(with_mark, without, strict=True)]


def cost(mark, count, rows=32, rounds=60):
    """Microseconds of this thread's processor time per token and text: least and median of the rounds."""
    random = np.random.default_rng(3)
    sequences, took = [mark.sequence() for _ in range(rows)], []
    for step in range(rounds):
        ids = random.integers(0, 150_000, (rows, count))
        scores = random.normal(size=(rows, count)).astype(np.float32)
        start = time.thread_time_ns()
        mark.reweight(sequences, scores, ids)
        took.append((time.thread_time_ns() - start) / 1e3 / rows)
        for row, sequence in enumerate(sequences):
            sequence.push(step * rows + row)
    return min(took), float(np.median(took))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{count} marked and {3 * count} unmarked texts a row; found, with 1 false alarm in 100")
    print("| scheme | nat | tokens | mean | weighted mean | fitted odds |\n| --- | --- | --- | --- | --- | --- |")
    for scheme in sys.argv[2:] or SCHEMES:
        mark, random = key(scheme), np.random.default_rng(11)
        free, _ = texts(random, None, 5.0, 3 * count, max(LENGTHS))
        for wanted in (0.3, 0.6, 1.0):
            spread = spread_for(wanted)
            learned, _ = texts(random, mark, spread, 100, max(LENGTHS))
            detector = TextDetector(mark, fit(TextDetector(mark), learned))
            marked, nats = texts(random, mark, spread, count, max(LENGTHS))
            for length in LENGTHS:
                row = " | ".join(f"{share:.3f}" for share in shares(detector, marked, free, length))
                print(f"| {scheme} | {nats:.2f} | {length} | {row} |", flush=True)
    for scheme in ("synthid-table", "synthid-lcg", "hmac-sha256"):
        cells = "; ".join("{} candidates {:.1f}, {:.1f}".format(n, *cost(key(scheme), n)) for n in (40, 100))
        print(f"{scheme}: microseconds a token, least and median: {cells}")


if __name__ == "__main__":
    main()
