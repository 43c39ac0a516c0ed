// Every vector of test-vectors/ in Node.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import * as api from "biaoshi";

import { VECTORS, keys, suites } from "./support.mjs";
import { runner } from "./vectors.mjs";

const run = runner(api, keys(), async (path) => new Uint8Array(readFileSync(join(VECTORS, path))));
for (const suite of suites()) {
  describe(suite.suite, () => {
    for (const vector of suite.tests) {
      it(vector.id, async () => assert.equal(await run(suite.kind, suite.folder, vector), undefined));
    }
  });
}
