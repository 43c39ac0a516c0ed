// The examples of the README, run as they stand; a comment behind `console.log` is what it has to print.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { PACKAGE, ROOT } from "./support.mjs";

const text = readFileSync(join(PACKAGE, "README.md"), "utf8");
const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1]);

describe("the README", () => {
  assert.ok(examples.length >= 3);
  for (const [n, code] of examples.entries()) {
    it(`example ${n + 1}`, () => {
      const folder = mkdtempSync(join(tmpdir(), "biaoshi-readme-"));
      try {
        mkdirSync(join(folder, "node_modules"));
        symlinkSync(PACKAGE, join(folder, "node_modules/biaoshi"), "dir");
        cpSync(join(ROOT, "examples/harbour.jpg"), join(folder, "picture.jpg"));
        writeFileSync(join(folder, "a.mjs"), code);
        const printed = execFileSync(process.execPath, ["a.mjs"], { cwd: folder, encoding: "utf8" }).trim().split("\n");
        const told = [...code.matchAll(/console\.log\(.*\); \/\/ ([^:\n]*)/g)].map((match) => match[1].trim());
        assert.ok(told.length > 0);
        assert.deepEqual(printed.map((line) => line.replaceAll(/[[\]' ]+/g, "").replaceAll(",", ", ")), told);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
