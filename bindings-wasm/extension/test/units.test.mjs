// What can be tried without a browser: messages, addresses, words, settings, the manifest, the build.
import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { before, describe, test } from "node:test";
import { dist, here, need } from "./browsers.mjs";

const root = join(here, "..");
let messages, addresses, report, i18n, settings, wording, queue;

before(async () => {
  const { build } = need("esbuild");
  const outdir = await mkdtemp(join(tmpdir(), "biaoshi-units-"));
  const names = ["shared/messages", "shared/addresses", "shared/report", "shared/i18n", "shared/settings", "shared/wording", "background/queue"];
  await build({ entryPoints: names.map((name) => join(root, `src/${name}.ts`)), bundle: true, format: "esm", outdir, outbase: join(root, "src"), outExtension: { ".js": ".mjs" } });
  [messages, addresses, report, i18n, settings, wording, queue] = await Promise.all(names.map((name) => import(pathToFileURL(join(outdir, `${name}.mjs`)))));
});

const GOOD = [
  { t: "hello", doc: "0123456789abcdef0123456789abcdef", resumed: false },
  { t: "check", items: [{ id: 1, kind: "picture", url: "https://a.example/x.png", width: 10, height: 10 }] },
  { t: "counts", found: 3, waiting: 1, foreign: ["https://b.example"] },
  { t: "seen", items: [{ id: 1, seen: "covered" }] },
  { t: "open", id: 4 },
  { t: "bytes", ask: 1, data: new ArrayBuffer(4) },
  { t: "unread", ask: 1, why: "gone" },
];

/** The length of a data: address of the largest medium. */
const LONGEST = 360 * 1024 * 1024;

describe("messages of pages", () => {
  test("those that fit are taken", () => {
    for (const message of GOOD) assert.equal(messages.fromPage(message), message);
  });

  test("every field is checked: a wrong, a missing and an added one is refused", () => {
    const wrong = [null, undefined, {}, [], -1, 1.5, NaN, Infinity, 1e12, "x".repeat(9000), "javascript:alert(1)", true, { t: "x" }];
    let refused = 0;
    for (const message of GOOD) {
      for (const key of Object.keys(message)) {
        const { [key]: _left, ...rest } = message;
        assert.equal(messages.fromPage(rest), undefined, `${message.t} without ${key}`);
        for (const value of wrong) {
          const taken = messages.fromPage({ ...message, [key]: value });
          // An empty list is a list, a text may be the Base64 of something, and true a choice.
          const fits = (Array.isArray(value) && Array.isArray(message[key])) || (key === "data" && typeof value === "string") || (key === "resumed" && value === true);
          assert.equal(taken !== undefined, fits, `${message.t}.${key} = ${String(value)}`);
          refused += fits ? 0 : 1;
        }
      }
      assert.equal(messages.fromPage({ ...message, more: 1 }), undefined, `${message.t} with more`);
    }
    assert.ok(refused > 150, String(refused));
  });

  test("nothing else is taken for a message", () => {
    for (const value of [undefined, null, 1, "hello", [], { t: "toString" }, { t: "__proto__" }, { t: "constructor" }, { t: ["hello"] }]) {
      assert.equal(messages.fromPage(value), undefined);
      assert.equal(messages.fromOwn(value), undefined);
    }
    assert.equal(messages.fromPage({ t: "start", tab: 1, all: true }), undefined, "a page can't say what only the popup may");
  });

  test("lists and texts end where they should", () => {
    const item = GOOD[1].items[0];
    const check = (count) => messages.fromPage({ t: "check", items: Array(count).fill(item) });
    assert.ok(check(64));
    assert.equal(check(65), undefined);
    const long = (length) => messages.fromPage({ t: "check", items: [{ ...item, url: `https://a.example/${"x".repeat(length - 18)}` }] });
    assert.ok(long(8192));
    assert.equal(long(8193), undefined);
    const half = { ...item, url: `data:image/png;base64,${"A".repeat(LONGEST / 2)}` };
    assert.ok(messages.fromPage({ t: "check", items: [half] }));
    assert.equal(messages.fromPage({ t: "check", items: [half, half] }), undefined, "all together, too");
  });
});

describe("addresses", () => {
  const how = (address, page = "https://a.example/") => addresses.reach(address, page);

  test("only what a page could load is read", () => {
    assert.equal(how("https://b.example/x.png").how, "http");
    assert.equal(how("data:image/png;base64,AA==").how, "data");
    assert.equal(how("blob:https://a.example/1").how, "blob");
    for (const bad of ["file:///etc/passwd", "ftp://b.example/x", "chrome://settings", "chrome-extension://x/y", "moz-extension://x/y", "javascript:1", "about:blank", "view-source:https://b.example", "", "//x", "https://me:pass@b.example/x"]) {
      assert.deepEqual(how(bad), { how: "no", why: "scheme" }, bad);
    }
  });

  test("a public page gets nothing of a private network", () => {
    const hosts = ["localhost", "a.localhost", "router.local", "127.0.0.1", "127.1", "0x7f.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]", "[::]", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "intranet"];
    for (const host of hosts) assert.deepEqual(how(`https://${host}/x.png`), { how: "no", why: "local" }, host);
    for (const host of ["b.example", "172.32.0.1", "8.8.8.8", "[2001:db8::1]", "11.0.0.1"]) assert.equal(how(`https://${host}/x.png`).how, "http", host);
    assert.equal(how("http://127.0.0.1:1/x.png", "http://localhost:2/").how, "http", "local pages may");
  });

  test("pages sent over https read nothing over http", () => {
    assert.equal(how("http://b.example/x.png").url, "https://b.example/x.png");
    assert.equal(how("http://b.example/x.png", "http://a.example/").url, "http://b.example/x.png");
  });
});

describe("words", () => {
  const locales = ["en", "zh_CN", "zh_TW", "pt_BR"];
  const load = async (locale) => JSON.parse(await readFile(join(root, `_locales/${locale}/messages.json`), "utf8"));

  test("every language has every sentence, with the same places for values", async () => {
    const english = await load("en");
    const places = (text) => [...text.matchAll(/\$[1-9]/g)].map(String).sort().join();
    for (const locale of locales) {
      const own = await load(locale);
      assert.deepEqual(Object.keys(own), Object.keys(english), locale);
      for (const [key, { message }] of Object.entries(own)) {
        assert.ok(message.trim(), key);
        assert.equal(places(message), places(english[key].message), `${locale} ${key}`);
      }
    }
  });

  test("every sentence that is asked for is there, and none is left over", async () => {
    const english = await load("en");
    const sources = [];
    for (const folder of ["shared", "background", "content", "pages"]) {
      for (const name of await readdir(join(root, "src", folder))) if (name.endsWith(".ts")) sources.push(await readFile(join(root, "src", folder, name), "utf8"));
    }
    const text = sources.join("\n") + (await readFile(join(root, "manifest.json"), "utf8"));
    const asked = [...text.matchAll(/say\(\s*"([a-z_0-9]+)"/g)].map((match) => match[1]);
    assert.ok(asked.length > 50);
    for (const key of asked) assert.ok(english[key], key);
    const families = /^(badge|status|note|signed|why|claim|integrity|key|bound|carrier|profile|outcome|kind|opt|name|description|action|check|report|item)(_|$)/;
    for (const key of Object.keys(english)) assert.ok(families.test(key) || text.includes(`"${key}"`), `${key} is never said`);
  });

  test("no language says fake, authentic, real, human-made or detector", async () => {
    const never = /\b(fake|authentic|genuine|human[- ]made|detector|deepfake|verdadeir\w+|falso|autêntic\w+|humano)\b|伪造|偽造|真实|真實|人工制作|人工製作|检测器|檢測器/i;
    for (const locale of locales) {
      for (const [key, { message }] of Object.entries(await load(locale))) assert.doesNotMatch(message, never, `${locale} ${key}`);
    }
  });

  test("languages of browsers find their words", () => {
    const found = Object.fromEntries(["en-US", "zh", "zh-CN", "zh-Hans-SG", "zh-TW", "zh-HK", "zh-Hant", "pt", "pt-PT", "pt-BR", "de"].map((tag) => [tag, i18n.localeOf(tag)]));
    assert.deepEqual(found, { "en-US": "en", zh: "zh_CN", "zh-CN": "zh_CN", "zh-Hans-SG": "zh_CN", "zh-TW": "zh_TW", "zh-HK": "zh_TW", "zh-Hant": "zh_TW", pt: "pt_BR", "pt-PT": "pt_BR", "pt-BR": "pt_BR", de: "en" });
  });

  test("a badge names a signer only if the user's anchors vouch for it", async () => {
    const words = i18n.wordsFrom("en", await load("en"), await load("en"));
    const evidence = (more) => ({ carrier: "c2pa_manifest", kind: "implicit_metadata", site: { slot: "c2pa" }, claim: "ai", integrity: "intact", bound: "content", signer: { name: "n", organization: "Example\u202e Press\u0007" }, ...more });
    const note = (...list) => wording.faceOf(words, "confirmed", report.standing({ status: "confirmed", evidence: list }), false).note;
    assert.equal(note(evidence({ key: "trusted" })), "signed by Example Press");
    assert.equal(note(evidence({ key: "pinned" })), "signed by Example Press");
    assert.equal(note(evidence({ key: "embedded" })), "signed, signer unknown");
    assert.equal(note(evidence({ key: "expired" })), "signed, certificate expired");
    for (const key of ["trusted", "pinned"]) {
      const loose = evidence({ key, bound: "nothing" });
      assert.equal(note(loose), "known key, not tied to this content", "the name is not lent to content that was not signed");
      assert.equal(note(loose, evidence({ key })), "signed by Example Press");
      const sentence = wording.protectionSentence(words, report.standing({ status: "confirmed", evidence: [loose] }));
      assert.match(sentence, /^The mark is signed by Example Press, who is known to you; the signature is not tied to this content/);
    }
    assert.equal(note(evidence({ key: "embedded", bound: "nothing" })), "signed, signer unknown");
    assert.equal(note(evidence({ integrity: "broken", key: null })), "signature broken");
    assert.equal(note(evidence({ key: "trusted" }), evidence({ integrity: "broken", key: null, claim: "unclear" })), "signature broken", "any broken signature is said first");
    const pinned = evidence({ carrier: "aigc_metadata", key: "pinned", signer: null });
    assert.doesNotMatch(note(pinned, evidence({ claim: "unclear", key: "embedded" })), /Example/, "a manifest that anybody could have made lends no name");
    assert.equal(note(pinned, evidence({ claim: "unclear", key: "trusted" })), "signed by Example Press");
    assert.equal(note(evidence({ integrity: "not_checked", key: null })), "signature not checked");
    assert.equal(note(evidence({ integrity: "absent", key: null })), "unsigned");
    assert.equal(note(evidence({ claim: "not_ai", key: "trusted" }), evidence({ carrier: "aigc_metadata", integrity: "absent" })), "unsigned", "who signed another statement has not signed this one");
  });

  test("no label shows no badge unless the user wants it", async () => {
    const words = i18n.wordsFrom("en", await load("en"), await load("en"));
    const standing = { protection: "unsigned", signer: "" };
    assert.equal(wording.faceOf(words, "none", standing, false), null);
    assert.equal(wording.faceOf(words, "none", standing, true).text, "No label found");
  });
});

test("settings that don't fit are the defaults", () => {
  const read = settings.readSettings;
  for (const value of [undefined, null, 1, [], { profiles: "x", sites: [1], megabytes: 1e9, cookies: 1, language: "xx", anchors: 5 }]) {
    assert.deepEqual(read(value), settings.DEFAULTS);
  }
  assert.deepEqual(read({ sites: ["https://a.example", "https://a.example/", "file:///", "javascript:1"] }).sites, ["https://a.example"]);
  assert.equal(settings.patternOf("http://127.0.0.1:8080"), "http://127.0.0.1/*");
});

test("the queue runs four at once and survives what fails", async () => {
  const line = new queue.Queue();
  let now = 0, most = 0, done = 0;
  for (let at = 0; at < 40; at += 1) {
    line.add(async () => {
      most = Math.max(most, (now += 1));
      await new Promise((go) => setTimeout(go, 2));
      now -= 1;
      done += 1;
      if (at % 5 === 0) throw new Error("meant to fail");
    });
  }
  const log = console.error;
  console.error = () => undefined;
  while (done < 40) await new Promise((go) => setTimeout(go, 5));
  console.error = log;
  assert.equal(most, 4);
});

describe("the built extension", () => {
  test("asks for these permissions and no others, and runs no code but its own", async () => {
    const manifest = JSON.parse(await readFile(join(dist, "manifest.json"), "utf8"));
    assert.deepEqual(manifest.permissions, ["activeTab", "contextMenus", "scripting", "storage"]);
    assert.deepEqual(manifest.optional_host_permissions, ["http://*/*", "https://*/*"]);
    for (const key of ["host_permissions", "optional_permissions", "content_scripts", "web_accessible_resources", "externally_connectable", "sandbox", "key", "update_url"]) {
      assert.ok(!(key in manifest), key);
    }
    const { extension_pages: policy } = manifest.content_security_policy;
    assert.equal(manifest.incognito, "spanning", "the one way that both browsers have; what it takes is in the background");
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|script-src[^;]*http/);
    assert.deepEqual(manifest.browser_specific_settings.gecko.data_collection_permissions, { required: ["none"] });
  });

  test("has no code that makes code, markup of strings, or frames", async () => {
    for (const name of ["background.js", "content.js", "popup.js", "options.js"]) {
      const code = await readFile(join(dist, name), "utf8");
      assert.doesNotMatch(code, /\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|importScripts|createElement\("(script|iframe)"\)/, name);
      assert.doesNotMatch(code, /https?:\/\/(?!\*|\[)[a-z0-9.-]+\.[a-z]{2,}/i, `${name} names a server`);
    }
  });

  test("is the same to the byte each time and wherever it is built", async () => {
    const folder = await mkdtemp(join(tmpdir(), "biaoshi-build-"));
    const build = (name, TZ) => {
      const text = execFileSync(process.execPath, [join(root, "build.mjs"), join(folder, name)], { encoding: "utf8", env: { ...process.env, TZ } });
      return /sha256 ([0-9a-f]{64})/.exec(text)?.[1];
    };
    const first = build("a", "Asia/Shanghai");
    assert.ok(first);
    assert.equal(build("b", "America/Lima"), first);
    await rm(folder, { recursive: true });
  });
});
