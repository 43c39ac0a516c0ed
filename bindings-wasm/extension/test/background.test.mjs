// The background without a browser: what it holds at once, what it gives up, what it keeps and where it runs.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, beforeEach, describe, test } from "node:test";
import { here, need, until } from "./browsers.mjs";

const MEBI = 1024 * 1024;
const NAMES = ["background/budget", "background/checker", "background/fetcher", "background/library", "background/link", "background/sites", "background/store", "shared/settings"];
let folder, budget, checker, fetcher, library, link, sites, store, settings;
/** What the library was given, and what it is to answer. */
const asked = [];
let verify = async () => ({ modality: "image", format: "png", status: "none", evidence: [], findings: [], verdicts: [] });

/** The browser, as far as the background asks it. */
function browser({ granted = [], session = {}, tabs = [] } = {}) {
  const registered = new Map();
  const calls = [];
  globalThis.chrome = {
    runtime: { id: "own", getURL: (path) => `chrome-extension://own/${path}`, getPlatformInfo: async () => ({}) },
    permissions: { contains: async ({ origins }) => origins.every((origin) => granted.includes(origin)) },
    scripting: {
      getRegisteredContentScripts: async () => [...registered.values()],
      registerContentScripts: async ([script]) => { calls.push("register"); registered.set(script.id, script); },
      updateContentScripts: async ([script]) => { calls.push("update"); registered.set(script.id, script); },
      unregisterContentScripts: async ({ ids }) => { calls.push("unregister"); for (const id of ids) registered.delete(id); },
    },
    storage: { session: {
      get: async (name) => (name === null ? { ...session } : { [name]: session[name] }),
      set: async (items) => { Object.assign(session, structuredClone(items)); },
      remove: async (names) => { for (const name of [names].flat()) delete session[name]; },
    } },
    tabs: { query: async () => tabs.map((id) => ({ id, incognito: false })) },
  };
  return { registered, calls, session };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "biaoshi-background-"));
  globalThis.biaoshiVerify = (...given) => { asked.push(given); return verify(...given); };
  const stub = { name: "library", setup(build) {
    build.onResolve({ filter: /biaoshi\/index\.js$/ }, () => ({ path: "stub", namespace: "stub" }));
    build.onLoad({ filter: /.*/, namespace: "stub" }, () => ({ contents: "export const verify = (...given) => globalThis.biaoshiVerify(...given);" }));
  } };
  const root = join(here, "..");
  // Split: a class that two of them use is one class.
  await need("esbuild").build({ entryPoints: NAMES.map((name) => join(root, `src/${name}.ts`)), bundle: true, splitting: true, format: "esm", outdir: folder, outbase: join(root, "src"), outExtension: { ".js": ".mjs" }, plugins: [stub] });
  [budget, checker, fetcher, library, link, sites, store, settings] = await Promise.all(NAMES.map((name) => import(pathToFileURL(join(folder, `${name}.mjs`)))));
});
after(() => rm(folder, { recursive: true }));

/** Lets everything that is ready happen. */
const settle = async () => { for (let turn = 0; turn < 20; turn += 1) await new Promise((go) => setImmediate(go)); };
const never = new AbortController().signal;

describe("what is held at once", () => {
  test("small media never wait, larger ones share a bound", async () => {
    const pot = new budget.Budget(100 * MEBI);
    const shares = [60, 60, 30].map(() => pot.share(never));
    const got = [];
    const first = shares[0].reach(60 * MEBI, 60 * MEBI).then(() => got.push(0));
    const second = shares[1].reach(60 * MEBI, 60 * MEBI).then(() => got.push(1));
    const third = shares[2].reach(30 * MEBI, 30 * MEBI).then(() => got.push(2));
    await pot.share(never).reach(budget.SMALL, budget.SMALL);
    await settle();
    assert.deepEqual(got, [0], "in the order in which they came");
    assert.equal(pot.taken, 60 * MEBI);
    shares[0].free();
    await Promise.all([first, second, third]);
    assert.deepEqual(got, [0, 1, 2]);
    assert.equal(pot.taken, 90 * MEBI);
    for (const share of shares) share.free();
    assert.equal(pot.taken, 0);
  });

  test("one that is larger than the bound is held alone", async () => {
    const pot = new budget.Budget(80 * MEBI);
    const [large, other] = [pot.share(never), pot.share(never)];
    await large.reach(256 * MEBI, 256 * MEBI);
    let isOther = false;
    const waiting = other.reach(5 * MEBI, 5 * MEBI).then(() => { isOther = true; });
    await settle();
    assert.equal(isOther, false);
    large.free();
    await waiting;
  });

  test("one that gives up makes room for the next", async () => {
    const pot = new budget.Budget(10 * MEBI);
    const held = pot.share(never);
    await held.reach(6 * MEBI, 6 * MEBI);
    const stop = new AbortController();
    const gone = pot.share(stop.signal).reach(9 * MEBI, 9 * MEBI);
    const fits = pot.share(never);
    const last = fits.reach(4.5 * MEBI, 4.5 * MEBI).then(() => fits.free());
    stop.abort();
    await assert.rejects(gone, { name: "AbortError" });
    held.free();
    await last;
    assert.equal(pot.taken, 0);
  });

  test("at random: never more than the bound, everyone gets a turn, nothing is left", async () => {
    const pot = new budget.Budget(80 * MEBI);
    let state = 11;
    const random = (below) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor((state / 2 ** 32) * below); };
    let most = 0, done = 0, ended = 0;
    await Promise.all(Array.from({ length: 300 }, async () => {
      const stop = new AbortController();
      const share = pot.share(stop.signal);
      const bytes = (1 + random(100)) * MEBI;
      if (random(5) === 0) setTimeout(() => stop.abort(), random(20));
      try {
        await share.reach(1, bytes);
        await share.reach(bytes, bytes);
        most = Math.max(most, pot.taken - (pot.taken === bytes ? Math.max(0, bytes - 80 * MEBI) : 0));
        await new Promise((go) => setTimeout(go, random(3)));
        done += 1;
      } catch {
        ended += 1;
      } finally {
        share.free();
      }
    }));
    assert.ok(most <= 80 * MEBI && most > 60 * MEBI, String(most));
    assert.equal(done + ended, 300);
    assert.ok(done > 200, String(done));
    assert.equal(pot.taken, 0);
  });

  test("bytes are held once, whether the server says how many or not, and never beyond the limit", async () => {
    const body = (sizes) => new ReadableStream({ start(to) { for (const size of sizes) to.enqueue(new Uint8Array(size).fill(7)); to.close(); } });
    const read = (sizes, length, limit) => fetcher.bytesOf(new Response(body(sizes), { headers: length === undefined ? {} : { "content-length": String(length) } }), limit, new budget.Budget().share(never));
    for (const length of [undefined, 2_500_000]) {
      const bytes = await read([1_000_000, 1_000_000, 500_000], length, 8 * MEBI);
      assert.equal(bytes.byteLength, 2_500_000);
      assert.equal(bytes.buffer.byteLength, 2_500_000, "nothing beside them");
      assert.ok(bytes.every((byte) => byte === 7));
    }
    const why = (run) => run.then(() => "read", (error) => error.refusal?.why ?? String(error));
    assert.equal(await why(read([MEBI, 1], undefined, MEBI)), "too_large");
    assert.equal(await why(read([1], MEBI + 1, MEBI)), "too_large");
    assert.equal(await why(read([10, 1], 10, MEBI)), "network", "more than was declared");
    assert.equal(await why(read([5], 10, MEBI)), "network", "less than was declared");
    assert.equal(await why(read([], undefined, MEBI)), "network");
  });
});

/** A checker whose pages answer what `pages` says. */
function made({ page = async () => new Uint8Array([1]), chosen = {} } = {}) {
  const reports = new store.Reports();
  const done = [];
  const around = {
    settings: async () => ({ ...settings.DEFAULTS, ...chosen }), language: async () => "en", reports,
    ask: page, done: (job) => done.push(job.item.key),
  };
  return { check: new checker.Checker(around), reports, done };
}

const PAGE = "https://pictures.example/";
const wanted = (tab, key, address = `https://pictures.example/${key}.png`, page = PAGE, frame = 0) => {
  const item = tab.item(key, () => checker.newItem(key, address, "picture", 10, 10));
  item.places.push({ frame, id: tab.items.size, seen: "none" });
  return { tab, item, address, page, frame };
};

describe("what nobody wants any more", () => {
  beforeEach(() => { browser(); asked.length = 0; });

  test("work for a closed tab ends, and what waits never begins", async () => {
    const signals = [];
    let begun = 0;
    const { check, done } = made({ page: (_tab, _frame, _url, _limit, signal) => new Promise((answer) => {
      begun += 1;
      signals.push(signal);
      signal.addEventListener("abort", () => answer("network"));
    }) });
    const tab = new store.Tab(1);
    for (let at = 0; at < 40; at += 1) check.want(wanted(tab, `k${at}`));
    await until("the first four", () => begun, (count) => count === 4);
    check.leave(tab);
    await new Promise((go) => setTimeout(go, 30));
    await settle();
    assert.ok(signals.every((signal) => signal.aborted));
    assert.equal(begun, 4);
    assert.equal(check.errands, 0);
    assert.deepEqual(done, []);
    assert.equal(asked.length, 0);
  });

  test("what another tab wants too goes on, with that one's rights", async () => {
    const from = [];
    let fail;
    const { check, done } = made({ page: (tab, _frame, _url, _limit, _signal) => {
      from.push(tab.id);
      return tab.id === 2 ? Promise.resolve(new Uint8Array([1])) : new Promise((answer) => { fail = () => answer("network"); });
    } });
    const [one, two] = [new store.Tab(1), new store.Tab(2)];
    const [job, other] = [wanted(one, "k"), wanted(two, "k")];
    check.want(job);
    check.want(other);
    await until("the first question", () => from.length, (count) => count === 1);
    check.leave(one);
    fail();
    await until("the answer", () => done.length, (count) => count === 1);
    assert.deepEqual(from, [1, 2]);
    assert.deepEqual(done, ["k"]);
    assert.equal(other.item.state, "done");
    assert.equal(job.item.state, "waiting");
  });

  test("a frame that has gone ends its own work only", async () => {
    const open = new Map();
    const { check, done } = made({ page: (_tab, frame) => new Promise((answer) => open.set(frame, answer)) });
    const tab = new store.Tab(1);
    check.want(wanted(tab, "top", undefined, PAGE, 0));
    check.want(wanted(tab, "inner", undefined, PAGE, 5));
    await until("both", () => open.size, (count) => count === 2);
    check.leave(tab, 5);
    tab.forget(5);
    assert.deepEqual([...tab.items.keys()], ["top"]);
    open.get(0)(new Uint8Array([1]));
    await until("the answer", () => done.length, (count) => count === 1);
    assert.deepEqual(done, ["top"]);
    assert.equal(check.errands, 0);
  });

  test("data: addresses that wait are bounded in all", () => {
    const { check } = made();
    const tab = new store.Tab(1);
    const address = `data:image/png;base64,${"A".repeat(40 * MEBI)}`;
    const states = ["a", "b", "c", "d"].map((key) => {
      const job = wanted(tab, key, address);
      check.want(job);
      return job.item.refusal?.why ?? job.item.state;
    });
    assert.deepEqual(states, ["waiting", "waiting", "limit", "limit"]);
    check.leave(tab);
  });

  test("a report of a private network is none for a public page", async () => {
    const { check, done } = made();
    const [home, away] = [new store.Tab(1), new store.Tab(2)];
    const address = "http://192.168.1.1/x.png";
    check.want(wanted(home, "k", address, "http://192.168.1.1/"));
    await until("the answer", () => done.length, (count) => count === 1);
    assert.equal(home.items.get("k").state, "done");
    check.want(wanted(away, "k", address, "http://pictures.example/"));
    assert.deepEqual(away.items.get("k").refusal, { why: "local" });
    assert.deepEqual(done, ["k", "k"]);
  });
});

describe("where an address leads on to", () => {
  let server, origin;
  const hits = [];
  before(async () => {
    server = createServer((request, reply) => {
      hits.push(request.url);
      if (request.url === "/on.png") return reply.writeHead(302, { location: "/secret.png" }).end();
      return reply.writeHead(200, { "content-type": "image/png", "content-length": 3 }).end("abc");
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    origin = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => server.close());
  beforeEach(() => { browser({ granted: ["http://127.0.0.1/*"] }); hits.length = 0; });

  test("the extension does not follow: it asks the page, which has no more rights than its own", async () => {
    const pages = [];
    const { check } = made({ page: async (_tab, _frame, url) => { pages.push(url); return "network"; } });
    const tab = new store.Tab(1);
    const job = wanted(tab, "k", `${origin}/on.png`, `${origin}/`);
    // Node's own fetch shows where a redirect leads; browsers answer with an opaque one.
    const { fetch } = globalThis;
    globalThis.fetch = async (url, how) => {
      assert.equal(how.redirect, "manual");
      const answer = await fetch(url, how);
      return answer.status === 302 ? { type: "opaqueredirect", ok: false, status: 0, headers: new Headers(), body: null } : answer;
    };
    try {
      check.want(job);
      await until("the answer", () => job.item.state, (state) => state !== "waiting");
    } finally {
      globalThis.fetch = fetch;
    }
    assert.deepEqual(hits, ["/on.png"]);
    assert.deepEqual(pages, [`${origin}/on.png`]);
    assert.deepEqual(job.item.refusal, { why: "redirect" });
  });

  test("in a private window the extension asks no server at all", async () => {
    const pages = [];
    const { check, reports } = made({ page: async (_tab, _frame, url) => { pages.push(url); return pages.length > 1 ? "network" : new Uint8Array([1]); } });
    const tab = new store.Tab(1);
    tab.isPrivate = true;
    check.want(wanted(tab, "k", `${origin}/a.png`, `${origin}/`));
    check.want(wanted(tab, "l", `${origin}/b.png`, `${origin}/`));
    await until("the answers", () => [...tab.items.values()].filter((item) => item.state !== "waiting").length, (count) => count === 2);
    assert.deepEqual(hits, []);
    assert.equal(pages.length, 2);
    assert.equal(tab.items.get("k").state, "done");
    assert.deepEqual(tab.items.get("l").refusal, { why: "private" });
    assert.ok(reports.find("k", true) && !reports.find("k", false), "another shelf than that of other windows");
  });
});

describe("what is kept", () => {
  const report = { modality: "image", format: "png", status: "none", evidence: [], findings: [], verdicts: [] };
  const waitForSave = () => new Promise((go) => setTimeout(go, 1000));

  test("of private windows nothing, and their reports are gone with them", async () => {
    const { session } = browser();
    const reports = new store.Reports();
    const tabs = new store.Tabs();
    const [open, hidden] = [await tabs.get(1, false), await tabs.get(2, true)];
    for (const tab of [open, hidden]) {
      wanted(tab, "k");
      tab.save();
    }
    reports.keep("open", { ok: true, report }, false);
    reports.keep("hidden", { ok: true, report }, true);
    await waitForSave();
    assert.deepEqual(Object.keys(session).sort(), ["report:open", "tab:1"]);
    assert.equal((await reports.recall("hidden")).status, "none", "as long as the window is there");
    await tabs.remove(2);
    assert.equal(tabs.hasPrivate, false);
    reports.forgetPrivate();
    assert.equal(await reports.recall("hidden"), undefined);
    assert.ok(reports.find("open", false));
  });

  test("keys of private windows are others", async () => {
    const [open, hidden] = [new store.Tab(1), new store.Tab(1)];
    hidden.isPrivate = true;
    const [a, b] = await Promise.all([open, hidden].map((tab) => checker.keyOf("https://pictures.example/x.png", tab, 0)));
    assert.notEqual(a, b);
  });

  test("a tab that was closed leaves nothing, even where something still happens to it", async () => {
    const { session } = browser();
    const tabs = new store.Tabs();
    const tab = await tabs.get(7, false);
    wanted(tab, "k");
    tab.save();
    await waitForSave();
    assert.ok(session["tab:7"]);
    tab.save();
    await tabs.remove(7);
    tab.save();
    await waitForSave();
    assert.deepEqual(session, {});
    assert.equal(tabs.known(7), undefined);
  });

  test("tabs that were closed while the background was stopped are forgotten", async () => {
    const saved = { doc: "d", origin: "https://pictures.example", url: PAGE, scan: true, all: false, items: [] };
    const { session } = browser({ session: { "tab:1": saved, "tab:2": saved }, tabs: [2] });
    const tabs = new store.Tabs();
    assert.equal((await tabs.find(2)).origin, "https://pictures.example");
    assert.equal(await tabs.find(1), undefined);
    await settle();
    assert.deepEqual(Object.keys(session), ["tab:2"]);
  });

  test("a tab whose page has gone has nothing of it left", () => {
    browser();
    const tab = new store.Tab(3);
    Object.assign(tab, { doc: "d", origin: "https://pictures.example", url: PAGE, scan: true, granted: true });
    wanted(tab, "k");
    tab.leave();
    assert.deepEqual({ ...tab.view() }, { tab: 3, origin: "", isPrivate: false, running: false, items: [], found: 0, waiting: 0, foreign: [], more: false });
    assert.equal(tab.granted, false);
  });
});

describe("where the script runs by itself", () => {
  const run = (list) => sites.registerPages(async () => ({ ...settings.DEFAULTS, sites: list }));

  test("on the sites that were set to automatic, not wherever reading is allowed", async () => {
    const { registered } = browser({ granted: ["https://a.example/*", "https://b.example/*", "https://pictures.example/*"] });
    await run(["https://a.example"]);
    assert.deepEqual(registered.get("pages").matches, ["https://a.example/*"]);
    await run(["https://a.example", "https://b.example", "https://b.example:8443"]);
    assert.deepEqual(registered.get("pages").matches, ["https://a.example/*", "https://b.example/*"]);
    await run([]);
    assert.equal(registered.size, 0);
  });

  test("and not where the permission was withdrawn", async () => {
    const { registered, calls } = browser({ granted: ["https://b.example/*"] });
    await run(["https://a.example", "https://b.example"]);
    assert.deepEqual(registered.get("pages").matches, ["https://b.example/*"]);
    browser();
    await run(["https://a.example"]);
    assert.deepEqual(calls, ["register"]);
  });

  test("changes at the same time end as the last one says", async () => {
    const { registered } = browser({ granted: ["https://a.example/*", "https://b.example/*"] });
    await Promise.all([run(["https://a.example"]), run([]), run(["https://b.example"])]);
    assert.deepEqual(registered.get("pages").matches, ["https://b.example/*"]);
  });
});

/** The connections with pages, tab 4's among them. */
function lines() {
  const tabs = new store.Tabs();
  const { check } = made();
  const injected = [];
  const around = { tabs, settings: async () => settings.DEFAULTS, words: async () => ({}), checker: () => check, changed() {}, open() {}, inject: (tab) => injected.push(tab.id) };
  const line = new link.Link(around);
  const port = (frame = 0) => {
    const [hears, ends] = [[], []];
    const one = {
      name: "page", sender: { id: "own", url: PAGE, frameId: frame, tab: { id: 4, incognito: false } }, sent: [],
      postMessage: (message) => one.sent.push(message), disconnect() {},
      onMessage: { addListener: (hear) => hears.push(hear) }, onDisconnect: { addListener: (end) => ends.push(end) },
      say: (message) => hears.forEach((hear) => hear(message)), end: () => ends.forEach((end) => end()),
    };
    line.accept(one);
    return one;
  };
  return { tabs, port, injected };
}

const doc = "0123456789abcdef0123456789abcdef";

test("a frame of another origin is covered where the user allowed that, and only while the page is checked", async () => {
  browser({ granted: ["https://frames.example/*"] });
  const { tabs, port, injected } = lines();
  const counts = { t: "counts", found: 0, waiting: 0, foreign: ["https://other.example", "https://frames.example"] };
  const first = port();
  first.say({ t: "hello", doc, resumed: false });
  first.say(counts);
  await settle();
  assert.deepEqual(injected, []);
  (await tabs.get(4)).scan = true;
  for (let time = 0; time < 3; time += 1) first.say(counts);
  await settle();
  assert.deepEqual(injected, [4], "once");
});

test("a page that comes back is asked anew, since what it found was forgotten", async () => {
  browser();
  const { tabs, port } = lines();
  const first = port();
  first.say({ t: "hello", doc, resumed: false });
  await settle();
  assert.deepEqual(first.sent.map(({ t }) => t), ["mode"]);
  const tab = await tabs.get(4);
  wanted(tab, "k");
  first.end();
  await settle();
  assert.equal(tab.view().items.length, 0, "the popup of the next page does not show this one's");
  const second = port();
  second.say({ t: "hello", doc, resumed: true });
  await settle();
  assert.deepEqual(second.sent.map(({ t }) => t), ["mode", "again"]);
});

test("the library is told when to stop", async () => {
  const stop = new AbortController();
  verify = (_content, { signal }) => new Promise((_done, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
  const run = library.examine(new Uint8Array([1]), settings.DEFAULTS, "en", stop.signal);
  stop.abort();
  await assert.rejects(run, { name: "AbortError" });
});
