// Words and strings, without a browser.
import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { pathToFileURL } from "node:url";
import { here, HOSTILE, root, tool } from "./support.mjs";

const source = join(here, "../src");

const made = await mkdtemp(join(tmpdir(), "biaoshi-page-"));
after(() => rm(made, { recursive: true }));
// Node 20 has none; the modules ask it for the languages of the browser.
globalThis.navigator ??= { languages: ["en"] };

/** The exports of a module of the page. */
async function load(path) {
  const outfile = join(made, `${path.replace(/\W/g, "-")}.mjs`);
  await tool("esbuild").build({ entryPoints: [join(source, path)], bundle: true, format: "esm", outfile, charset: "utf8" });
  return import(pathToFileURL(outfile).href);
}

async function files(folder, found = []) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (["dist", "node_modules"].includes(entry.name)) continue;
    if (entry.isDirectory()) await files(join(folder, entry.name), found);
    else found.push(join(folder, entry.name));
  }
  return found;
}

const { TABLES, CHECKS, LANGUAGES, preferred } = await load("i18n/index.ts");

test("all languages have the same keys, none empty, with the same arguments", () => {
  const keys = Object.keys(TABLES.en).sort();
  assert.ok(keys.length > 300);
  const args = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const language of LANGUAGES) {
    assert.deepEqual(Object.keys(TABLES[language]).sort(), keys, language);
    for (const key of keys) {
      assert.notEqual(TABLES[language][key].trim(), "", `${language} ${key}`);
      assert.deepEqual(args(TABLES[language][key]), args(TABLES.en[key]), `${language} ${key}`);
    }
  }
  for (const [id, row] of Object.entries(CHECKS)) {
    assert.equal(row.length, LANGUAGES.length, id);
    for (const name of row) assert.notEqual(name.trim(), "", id);
  }
});

test("simplified and traditional Chinese are told apart", () => {
  const simplified = /[们这为说认证过时对应发现实验内误号报签结变语选择标识许长设备网络页]/u;
  // Marks of either script: characters that the other one does not use.
  const onlySimplified = /[这为说认证过时对应发现实验误号报签结变语选择标识许长设备网络页]/u;
  const onlyTraditional = /[這為說認證過時對應發現實驗誤號報簽結變語選擇標識許長設備網絡頁檔憑]/u;
  assert.ok(Object.values(TABLES["zh-Hans"]).some((text) => simplified.test(text)));
  for (const [key, text] of Object.entries(TABLES["zh-Hans"])) assert.doesNotMatch(text, onlyTraditional, key);
  for (const [key, text] of Object.entries(TABLES["zh-Hant"])) assert.doesNotMatch(text, onlySimplified, key);
  for (const [id, row] of Object.entries(CHECKS)) {
    assert.doesNotMatch(row[1], onlyTraditional, id);
    assert.doesNotMatch(row[2], onlySimplified, id);
  }
});

test("no word claims more than a label shows", () => {
  const claims = /human-made|man-made|authentic|genuine|(?<!\p{L})fake|(?<!\p{L})real(?!\p{L})|detector|AI.detect|人工制作|人工創作|真实|真實|伪造品|假图|检测器|偵測器|autêntic|verdadeir|fals[oa](?!\p{L})|feito por humanos|detetor/iu;
  for (const language of LANGUAGES) {
    for (const [key, text] of Object.entries(TABLES[language])) assert.doesNotMatch(text, claims, `${language} ${key}`);
  }
});

test("every value of a report has a word", async () => {
  const { $defs } = JSON.parse(await readFile(join(root, "spec/report.schema.json"), "utf8"));
  const groups = {
    Status: ["status"], CarrierKind: ["carrier"], Claim: ["claim"], Integrity: ["integrity"], Key: ["key"], Bound: ["bound"],
    Outcome: ["outcome"], CheckResult: ["result"], Reason: ["reason"], Sure: ["sure"], Severity: ["severity"],
    DutyKind: ["duty"], Who: ["who"], Modality: ["modality"], Moment: ["at"],
  };
  for (const [def, [group]] of Object.entries(groups)) {
    const values = $defs[def].oneOf?.map((row) => row.const) ?? $defs[def].enum;
    assert.ok(values.length > 1, def);
    for (const value of values) assert.ok(`${group}.${value}` in TABLES.en, `${group}.${value}`);
  }
  for (const value of $defs.Integrity.oneOf) assert.ok(`integrity.${value.const}.text` in TABLES.en);
  for (const name of Object.keys($defs.Stated.properties)) assert.ok(`stated.${name}` in TABLES.en, name);
});

test("every rule set and every check of it has a name", async () => {
  const folder = join(root, "core/src/profile");
  const { PROFILES } = await load("store.ts");
  const profiles = (await readdir(folder)).filter((name) => name.endsWith(".toml"));
  assert.deepEqual(profiles.map((name) => name.slice(0, -5)).sort(), [...PROFILES].sort());
  let count = 0;
  for (const name of profiles) {
    assert.ok(`profile.${name.slice(0, -5)}` in TABLES.en, name);
    const text = await readFile(join(folder, name), "utf8");
    for (const [, id] of text.matchAll(/\[\[check\]\]\s+id = "([^"]+)"/g)) {
      count += 1;
      assert.ok(id in CHECKS, `${name} ${id}`);
    }
  }
  assert.ok(count > 80, `${count}`);
});

test("the browser's languages choose the page's", () => {
  const rows = [["zh-CN", "zh-Hans"], ["zh", "zh-Hans"], ["zh-TW", "zh-Hant"], ["zh-Hant-HK", "zh-Hant"], ["zh-MO", "zh-Hant"], ["pt-BR", "pt"], ["en-US", "en"], ["fr", "en"], ["xx-zh", "en"]];
  for (const [asked, got] of rows) assert.equal(preferred([asked]), got, asked);
  assert.equal(preferred(["fr", "pt-PT", "en"]), "pt");
});

test("nothing in the sources turns a string into markup or code", async () => {
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|setHTML|DOMParser|createContextualFragment|javascript:/;
  for (const path of await files(source)) {
    assert.doesNotMatch(await readFile(path, "utf8"), forbidden, path);
  }
});

test("no file has more than 600 lines", async () => {
  for (const path of await files(join(here, ".."))) {
    const lines = (await readFile(path, "utf8")).split("\n").length - 1;
    assert.ok(lines <= 600, `${path}: ${lines}`);
  }
});

/** A repeatable stream of numbers. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("no string of a file can turn the text around it, and none is lost", async () => {
  const { pieces, plain } = await load("safe.ts");
  const turning = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udfff]/u;
  const next = random(7);
  const spice = ["\u202e", "\u2066", "\u200b", "\u0000", "\ud800", "\u{e0041}", "\ufe0f", "\u200d", "👩", "a", "中", "<", "\n"];
  const strings = [...HOSTILE];
  for (let at = 0; at < 20_000; at += 1) {
    let text = "";
    for (let length = next(12); length > 0; length -= 1) text += next(2) === 0 ? spice[next(spice.length)] : String.fromCodePoint(next(0x110000));
    strings.push(text);
  }
  for (const text of strings) {
    const shown = pieces(text);
    let back = "";
    for (const piece of shown) {
      if (piece.kind === null) assert.doesNotMatch(piece.text, turning, JSON.stringify(text));
      back += piece.kind === null ? piece.text : String.fromCodePoint(Number.parseInt(piece.text.slice(2), 16));
    }
    assert.equal(back, text);
    assert.doesNotMatch(plain(text).slice(1, -1), turning);
  }
  assert.deepEqual(pieces("👩‍💻 ❤️").map(({ kind }) => kind), [null], "an emoji is no hidden text");
  assert.deepEqual(pieces("a\u200db").map(({ kind }) => kind), [null, "hidden", null]);
});

test("what storage holds is taken only where it is sound, and never a key", async () => {
  const { read, holdsSecret, holdsAnchor } = await load("store.ts");
  const base = { language: "en", theme: "auto", profiles: ["cn-gb45438"], anchors: [], declared: false, look: false };
  for (const kept of [null, 1, "x", [], {}, { language: 1, theme: "pink", profiles: "all", anchors: {}, declared: 1, look: "yes" }, { anchors: [null, 1, {}] }]) {
    assert.deepEqual(read(kept, base), base, JSON.stringify(kept));
  }
  const anchor = { name: "root.pem", pem: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" };
  const secrets = ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"].map((kind) => ({ name: "k", pem: `${anchor.pem}\n-----BEGIN ${kind}-----\nAA==` }));
  for (const { pem } of secrets) assert.ok(holdsSecret(pem));
  assert.ok(holdsAnchor("-----BEGIN PUBLIC KEY-----") && !holdsAnchor("-----BEGIN PRIVATE KEY-----"));
  assert.deepEqual(read({ profiles: ["kr", "none-such", 3], anchors: [anchor, ...secrets] }, base), { ...base, profiles: ["kr"], anchors: [anchor] });
});
