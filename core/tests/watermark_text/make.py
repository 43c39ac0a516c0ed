"""Writes synthid.json: answers of the published reference, for the tests of the text watermark.

    python make.py [FOLDER]

Needs torch, transformers 5 and NumPy (bindings-python/tests/pytorch/requirements.txt). FOLDER is the folder `src` of
github.com/google-deepmind/synthid-text at commit addb4a1, for the case `synthid-lcg`; without it that case is taken
over from the file that is there. No clock, no randomness but generators with fixed seeds: the same versions write the
same bytes on one kind of machine; sums of 32-bit floats differ in their last bits between kinds of machines, and the
test allows for that.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import random
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import BayesianDetectorConfig, BayesianDetectorModel, SynthIDTextWatermarkLogitsProcessor

HERE = Path(__file__).parent
# The keys that the reference documents in public, and ones that use all 64 bits.
PUBLIC = [654, 400, 836, 123, 340, 443, 597, 160, 57, 29, 590, 639, 13, 715, 468]
PUBLIC += [990, 966, 226, 324, 585, 118, 504, 421, 521, 129, 669, 732, 225, 90, 960]
draw = random.Random("synthid")
WIDE = [draw.getrandbits(63) * draw.choice([1, -1]) for _ in range(30)]
CONFIGS = [
    {"keys": PUBLIC, "ngram_len": 5, "sampling_table_size": 65536, "sampling_table_seed": 0},
    {"keys": WIDE, "ngram_len": 5, "sampling_table_size": 65536, "sampling_table_seed": 12345},
    {"keys": PUBLIC[:9], "ngram_len": 2, "sampling_table_size": 1009, "sampling_table_seed": -7},
    {"keys": WIDE[:1], "ngram_len": 8, "sampling_table_size": 4096, "sampling_table_seed": (1 << 40) + 3},
]


def processor(config: dict[str, Any], history: int = 1024, skip: bool = False) -> Any:
    return SynthIDTextWatermarkLogitsProcessor(
        **config, context_history_size=history, skip_first_ngram_calls=skip, device=torch.device("cpu")
    )


def masks(g_values: torch.Tensor) -> list[str]:
    """g-values of each place as one hexadecimal number; bit n is layer n."""
    return [f"{sum(int(g) << n for n, g in enumerate(row)):x}" for row in g_values.tolist()]


def table(size: int, seed: int) -> dict[str, Any]:
    made = processor({"keys": [1], "ngram_len": 2, "sampling_table_size": size, "sampling_table_seed": seed})
    values = bytes(made.sampling_table.to(torch.uint8).tolist())
    return {"size": size, "seed": seed, "ones": sum(values), "sha256": hashlib.sha256(values).hexdigest()}


def texts() -> list[list[int]]:
    """Sequences of tokens: of a real vocabulary, with repeats, with an end, with numbers no tokenizer has."""
    spread = [draw.randrange(150_000) for _ in range(24)]
    phrase = [draw.randrange(32_000) for _ in range(9)]
    repeated = [*phrase, *spread[:4], *phrase, *phrase, 7, *phrase]
    odd = [0, 0, 0, 0, 0, 0, -1, 2**31, 2**63 - 1, -(2**63), 5, 5, 5, 5, 5, 5, 5, 5, 5]
    return [spread, repeated, odd, [3, 1, 4, 1, 5, 9, 2, 6, 2, 5, 3]]


def tokens_case(config: dict[str, Any], tokens: list[int], history: int, eos: int) -> dict[str, Any] | None:
    if len(tokens) < config["ngram_len"]:
        return None
    made = processor(config, history)
    ids = torch.tensor([tokens])
    return {
        "tokens": tokens,
        "history": history,
        "eos": eos,
        "g_values": masks(made.compute_g_values(ids)[0]),
        "not_repeated": [int(x) for x in made.compute_context_repetition_mask(ids)[0]],
        "not_ended": [int(x) for x in made.compute_eos_token_mask(ids, eos)[0]],
    }


def logits(count: int, spread: float) -> list[float]:
    """Numbers that are the same in 32 bits, in 64 and in JSON."""
    return [round(draw.gauss(0, spread) * 64) / 64 for _ in range(count)]


def short(row: torch.Tensor) -> list[float]:
    """32-bit numbers with as many digits as it takes to tell them apart."""
    return [float(str(x)) for x in row.numpy()]


def candidates_case(config: dict[str, Any], count: int, spread: float) -> dict[str, Any]:
    """What survives top-k of a vocabulary of 150 000: any ids, in any order."""
    made = processor(config)
    context = [draw.randrange(150_000) for _ in range(config["ngram_len"] - 1)]
    ids = draw.sample(range(150_000), count)
    scores = logits(count, spread)
    keys, _ = made._compute_keys(torch.tensor([context]), torch.tensor([ids]))
    g_values = made.sample_g_values(keys)
    single = made.update_scores(torch.tensor([scores], dtype=torch.float32), g_values)
    double = made.update_scores(torch.tensor([scores], dtype=torch.float64), g_values)
    return {
        "context": context,
        "ids": ids,
        "scores": scores,
        "g_values": masks(g_values[0]),
        "float32": short(single[0]),
        "float64": double[0].tolist(),
    }


def generation_case(config: dict[str, Any], history: int, skip: bool, steps: int, vocabulary: int) -> dict[str, Any]:
    """Calls over a whole small vocabulary, two sequences at once; few different tokens, so that contexts repeat."""
    single, double = processor(config, history, skip), processor(config, history, skip)
    rows: list[list[int]] = [[], []]
    out = []
    for step in range(steps):
        scores = [logits(vocabulary, 1.5) for _ in rows]
        if step % 3 == 2:
            for row in scores:
                for n in draw.sample(range(vocabulary), vocabulary // 2):
                    row[n] = float("-inf")
        ids = torch.tensor([[9, *row] for row in rows])
        got32 = single(ids, torch.tensor(scores, dtype=torch.float32))
        got64 = double(ids, torch.tensor(scores, dtype=torch.float64))
        picked = [draw.choice([1, 2]) if step < steps // 2 else draw.randrange(vocabulary) for _ in rows]
        out.append(
            {
                "scores": [[None if x == float("-inf") else x for x in row] for row in scores],
                # The lowest number there is would differ between the two.
                "float32": [numbers(row, short(row)) for row in got32],
                "float64": [numbers(row, row.tolist()) for row in got64],
                "picked": picked,
            }
        )
        for row, token in zip(rows, picked, strict=True):
            row.append(token)
    return {"history": history, "skip": skip, "vocabulary": vocabulary, "steps": out}


def numbers(row: torch.Tensor, shown: list[float]) -> list[float | str | None]:
    lowest = torch.finfo(row.dtype).min
    pairs = zip(row.tolist(), shown, strict=True)
    return [None if x == float("-inf") else "lowest" if x == lowest else y for x, y in pairs]


def lcg_case(folder: Path) -> dict[str, Any]:
    """g-values of the other published implementation, which has no table."""
    sys.path.insert(0, str(folder))
    source = importlib.import_module("synthid_text.logits_processing")
    made = source.SynthIDLogitsProcessor(
        ngram_len=5,
        keys=PUBLIC,
        context_history_size=1024,
        temperature=1.0,
        top_k=40,
        device=torch.device("cpu"),
    )
    wide = source.SynthIDLogitsProcessor(
        ngram_len=3, keys=WIDE, context_history_size=1024, temperature=1.0, top_k=40, device=torch.device("cpu")
    )
    cases = []
    for one, keys, length in ((made, PUBLIC, 5), (wide, WIDE, 3)):
        for tokens in texts():
            ngrams = torch.tensor([tokens]).unfold(1, length, 1)
            got = one.get_gvals(one.compute_ngram_keys(ngrams))
            cases.append({"keys": keys, "ngram_len": length, "tokens": tokens, "g_values": masks(got[0])})
    return {"cases": cases}


def scores_case(folder: Path) -> list[dict[str, Any]]:
    """Mean and weighted mean by the reference's own functions, with NumPy in place of JAX."""
    fake = types.ModuleType("jax")
    fake.numpy = np  # type: ignore[attr-defined]
    sys.modules.update({"jax": fake, "jax.numpy": np})
    spec = importlib.util.spec_from_file_location("detector_mean", folder / "synthid_text" / "detector_mean.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    out = []
    for depth, length in ((30, 20), (9, 13), (1, 5)):
        g = np.array([[draw.getrandbits(1) for _ in range(depth)] for _ in range(length)])
        mask = np.array([1 if draw.random() < 0.7 or n == 0 else 0 for n in range(length)])
        out.append(
            {
                "depth": depth,
                "g_values": masks(torch.tensor(g)),
                "mask": mask.tolist(),
                "mean": float(module.mean_score(g[None].astype(float), mask[None])[0]),
                "weighted_mean": float(module.weighted_mean_score(g[None].astype(float), mask[None])[0]),
            }
        )
    return out


def bayes_case(depth: int, length: int) -> dict[str, Any]:
    model = BayesianDetectorModel(BayesianDetectorConfig(watermarking_depth=depth, base_rate=0.5)).double()
    beta = [round(draw.gauss(-1, 1), 3) for _ in range(depth)]
    delta = [[round(draw.gauss(0, 0.3), 3) if k < n else 0.0 for k in range(depth)] for n in range(depth)]
    prior = round(draw.uniform(0.1, 0.9), 3)
    with torch.no_grad():
        model.likelihood_model_watermarked.beta.copy_(torch.tensor(beta, dtype=torch.float64)[None, None])
        model.likelihood_model_watermarked.delta.copy_(torch.tensor(delta, dtype=torch.float64)[None, None])
        model.prior.fill_(prior)
    g = torch.tensor([[[float(draw.random() < 0.56) for _ in range(depth)] for _ in range(length)]] * 2).double()
    mask = torch.tensor([[float(draw.random() < 0.8) for _ in range(length)], [1.0] * length]).double()
    with torch.no_grad():
        got = model(g, mask)[0]
    return {
        "beta": beta,
        "delta": delta,
        "prior": prior,
        "g_values": masks(g[0].int()),
        "masks": mask.int().tolist(),
        "posteriors": got.tolist(),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    before = json.loads((HERE / "synthid.json").read_text()) if folder is None else {}
    torch.manual_seed(0)
    made: dict[str, Any] = {
        "made_by": f"make.py with transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}",
        "tables": [table(65536, 0), table(65536, 12345), table(1009, -7), table(4096, (1 << 40) + 3), table(1, 1)],
        "configs": [],
    }
    for config in CONFIGS:
        cases = [tokens_case(config, t, h, e) for t in texts() for h, e in ((1024, 7), (4, 5))]
        entry: dict[str, Any] = {"config": config, "tokens": [case for case in cases if case]}
        entry["candidates"] = [candidates_case(config, n, s) for n, s in ((1, 1.0), (40, 2.0), (12, 12.0))]
        entry["generation"] = [generation_case(config, h, s, 14, 6) for h, s in ((1024, False), (2, True))]
        made["configs"].append(entry)
    made["configs"][0]["candidates"].append(candidates_case(CONFIGS[0], 100, 1.0))
    made["bayes"] = [bayes_case(30, 12), bayes_case(3, 25)]
    # At the end: nothing before them depends on whether the folder is there.
    made["scores"] = scores_case(folder) if folder else before["scores"]
    made["synthid-lcg"] = lcg_case(folder) if folder else before["synthid-lcg"]
    text = json.dumps(made, indent=None, separators=(",", ":"), allow_nan=False)
    (HERE / "synthid.json").write_text(text.replace('{"tokens"', '\n{"tokens"').replace('{"context"', '\n{"context"') + "\n")
    print(f"{len(text)} characters")


if __name__ == "__main__":
    main()
