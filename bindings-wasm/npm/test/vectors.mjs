// Runs a vector of test-vectors/ with the package's functions, in Node and in browsers alike.
import { labelOf, recipes } from "./recipes.mjs";

const LETTERS = { confirmed: "c", possible: "p", suspected: "s", inconclusive: "i", none: "n" };

/** The first place in which two JSON values differ, or nothing. */
export function difference(found, expected, path = "$") {
  if (Object.is(found, expected)) return undefined;
  const both = [found, expected];
  if (both.every(Array.isArray)) {
    if (found.length !== expected.length) return `${path}: ${found.length} items, expected ${expected.length}`;
    for (const [n, one] of found.entries()) {
      const inside = difference(one, expected[n], `${path}[${n}]`);
      if (inside) return inside;
    }
    return undefined;
  }
  if (both.every((value) => value !== null && typeof value === "object" && !Array.isArray(value))) {
    for (const key of new Set([...Object.keys(found), ...Object.keys(expected)])) {
      if (!(key in found)) return `${path}.${key}: missing`;
      if (!(key in expected)) return `${path}.${key}: not expected`;
      const inside = difference(found[key], expected[key], `${path}.${key}`);
      if (inside) return inside;
    }
    return undefined;
  }
  return `${path}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function hex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** What runs vectors: `file(path)` gives the bytes of a file of test-vectors/. */
export function runner(api, keys, file) {
  const recipe = recipes(api, keys);

  const answer = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (error?.name !== "BiaoshiError") throw error;
      return { error: { kind: error.kind, code: error.code } };
    }
  };
  const verify = (content, params) =>
    answer(async () => ({
      report: await api.verify(content, {
        declared: params.declared ?? false,
        look: params.look ? "everything" : "words",
        ...(params.limits && { limits: params.limits }),
        ...(params.file_name && { name: params.file_name }),
      }),
    }));
  const write = (content, label, params) =>
    answer(async () => {
      const name = params.file_name ? { name: params.file_name } : {};
      const made = await api.label(content, labelOf(label), { notice: { waived: "vector" }, ...name });
      return { out: made.content, ...(await verify(made.content, params)), changed: made.receipt.changed };
    });
  const read = async (folder, test, name, digest) => {
    const bytes = await file(`${folder}/${test[name]}`);
    if ((await sha256(bytes)) !== test[digest]) throw new Error(`${test[name]} is another file`);
    return bytes;
  };
  const statement = (state) => {
    if (state === "absent") return [];
    const [claim, held] = state.split("/");
    const [integrity, key] = { vouched: ["intact", "trusted"], intact: ["intact", "embedded"], open: ["absent", null], broken: ["broken", null] }[held];
    return [{ claim, integrity, key, bound: "content" }];
  };

  /** Nothing where the vector holds, else what differs. */
  return async (kind, folder, test) => {
    const params = test.params ?? {};
    switch (kind) {
      case "label":
        return difference(await api.readLabel("value" in test ? test.value : hex(test.value_hex)), test.expected);
      case "code":
        return difference(await api.readProviderCode(test.value), test.expected);
      case "verify":
        return difference(await verify(await read(folder, test, "file", "sha256"), params), test.expected);
      case "write": {
        const { out, ...found } = await write(await read(folder, test, "file", "sha256"), test.label, params);
        const wrong = difference(found, test.expected);
        if (wrong || !out) return wrong;
        await read(folder, test, "output", "output_sha256");
        if ((await sha256(out)) !== test.output_sha256) return "other bytes were written";
        const again = await write(out, test.label, params);
        return again.changed === false && (await sha256(again.out)) === test.output_sha256 ? undefined : "labelling again changes it";
      }
      case "decide": {
        const states = params.states.map(statement);
        const first = statement(params.first);
        let results = "";
        for (const two of states)
          for (const three of states)
            for (const four of states) {
              const statements = [...first, ...two, ...three, ...four];
              for (const declared of [false, true]) results += LETTERS[await api.decide(statements, declared)];
            }
        return results === test.expected.results ? undefined : "other results";
      }
      case "signed": {
        const content = await read(folder, test, "file", "sha256");
        return difference(await recipe(content, test.recipe, (name) => file(`${folder}/${name}`)), test.expected);
      }
      default:
        throw new Error(`unknown kind ${kind}`);
    }
  };
}
