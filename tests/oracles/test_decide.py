"""The truth table of `decide`, against the rules of spec/verdict.md written down a second time."""

import json

import suite

LETTERS = {"confirmed": "c", "possible": "p", "suspected": "s", "inconclusive": "i", "none": "n"}
STEPS = [("ai", "confirmed"), ("possibly_ai", "possible"), ("suspected_ai", "suspected")]


def strongest(states):
    for claim, status in STEPS:
        if any(c == claim for c, _ in states):
            return status
    return None


def status(states, declared):
    """Three rules, in their order: what is vouched for, what is not broken, what is unclear."""
    stated = strongest([s for s in states if s[1] == "vouched"]) or strongest([s for s in states if s[1] != "broken"])
    if stated == "confirmed":
        return stated
    if declared:
        return "possible"
    if stated:
        return stated
    if any(claim == "unclear" or (integrity == "broken" and claim != "not_ai") for claim, integrity in states):
        return "inconclusive"
    return "none"


def test_the_whole_table():
    index = json.loads((suite.ROOT / "test-vectors/decide/vectors.json").read_text())
    rows = 0
    for test in index["tests"]:
        names = test["params"]["states"]
        parsed = [tuple(name.split("/")) if "/" in name else None for name in names]
        first = parsed[names.index(test["params"]["first"])]
        results = iter(test["expected"]["results"])
        # Order and repetition don't matter, so that each set of states is worked out once.
        known = {}
        for second in parsed:
            for third in parsed:
                for fourth in parsed:
                    key = frozenset(s for s in (first, second, third, fourth) if s)
                    if key not in known:
                        known[key] = [LETTERS[status(key, declared)] for declared in (False, True)]
                    for wanted in known[key]:
                        assert next(results) == wanted, (first, second, third, fourth)
                        rows += 1
        assert next(results, None) is None
    assert rows == 25**4 * 2 and len(index["tests"]) == 25
    print(f"truth table: {rows} rows")
