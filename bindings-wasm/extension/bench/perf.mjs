// What the extension costs a page of 200 pictures, in Chromium: prints the numbers, and ends with an error
// where one is above its bound. `node bench/perf.mjs`, with the extension built; on a machine that does nothing else.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { openDesk, startChromium, until } from "../test/browsers.mjs";
import { startSite } from "../test/site.mjs";

const MAIN_THREAD_MS = 50;
const MEMORY_MIB = 150;

/** Memory of processes of this profile by what they say of themselves: private bytes, in MiB. */
function memory(profile) {
  const sizes = {};
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const type = /--type=([a-z-]+)/.exec(command)?.[1];
      if (type !== "renderer" || parentProfile(pid) !== profile) continue;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      const kib = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
      const role = command.includes("--extension-process") ? "extension" : "page";
      sizes[role] = Math.max(sizes[role] ?? 0, kib / 1024);
    } catch {
      // The process has ended.
    }
  }
  return sizes;
}

/** The profile folder that the browser of a process was started with. */
function parentProfile(pid) {
  for (let at = pid, depth = 0; Number(at) > 1 && depth < 8; depth += 1) {
    const found = /--user-data-dir=([^\0 ]+)/.exec(readFileSync(`/proc/${at}/cmdline`, "utf8"))?.[1];
    if (found) return found;
    at = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/status`, "utf8"))?.[1] ?? "0";
  }
  return "";
}

/** Milliseconds of samples in whose stack our script stands. */
function sampled(profile, url) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const ours = new Set();
  const visit = (node, inside) => {
    const within = inside || node.callFrame.url.startsWith(url);
    if (within) ours.add(node.id);
    for (const child of node.children ?? []) visit(nodes.get(child), within);
  };
  visit(profile.nodes[0], false);
  return profile.samples.reduce((sum, id, at) => sum + (ours.has(id) ? profile.timeDeltas[at] : 0), 0) / 1000;
}

/** Milliseconds of calls into our script, as the browser's own time line has them. */
function traced(events, url) {
  const named = (event) => event.args?.data?.url ?? event.args?.fileName ?? "";
  const calls = events.filter((event) => event.ph === "X" && ["FunctionCall", "EvaluateScript", "v8.compile"].includes(event.name) && named(event).startsWith(url));
  calls.sort((a, b) => a.ts - b.ts);
  let total = 0, end = 0, cpu = 0;
  for (const { ts, dur = 0, tdur = dur } of calls) {
    if (ts < end) continue;
    end = ts + dur;
    total += dur;
    cpu += tdur;
  }
  if (process.env.BIAOSHI_CALLS) printCalls(calls);
  return { wall: total / 1000, cpu: cpu / 1000, calls: calls.length };
}

/** Where the time went, by place in our script. */
function printCalls(calls) {
  const sums = new Map();
  for (const { name, args, tdur = 0 } of calls) {
    const place = `${name} ${args?.data?.functionName ?? ""}:${args?.data?.lineNumber ?? ""}`;
    const [count, time] = sums.get(place) ?? [0, 0];
    sums.set(place, [count + 1, time + tdur / 1000]);
  }
  for (const [place, [count, time]] of [...sums].sort((a, b) => b[1][1] - a[1][1])) console.log(`  ${place}: ${count} calls, ${time.toFixed(1)} ms`);
}

async function trace(session, work) {
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline", "v8", "disabled-by-default-v8.compile"], excludedCategories: ["*"] } });
  await work();
  const done = new Promise((end) => session.once("Tracing.tracingComplete", end));
  await session.send("Tracing.end");
  await done;
  return events;
}

async function measure(site, browser, desk, how) {
  const page = await browser.context.newPage();
  const session = await browser.context.newCDPSession(page);
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 200 });
  let view, profile;
  const work = async () => {
    if (how === "sampled") await session.send("Profiler.start");
    await page.goto(`${site.origins[0]}/perf.html`);
    const tab = await desk.tab();
    // As a reader does: down to the end of the page.
    view = await until("all 200", async () => {
      await page.mouse.wheel(0, 500);
      return desk.view(tab);
    }, (now) => now.items.length === 200 && now.items.every((item) => item.state === "done"));
    await new Promise((done) => setTimeout(done, 700));
    if (how === "sampled") ({ profile } = await session.send("Profiler.stop"));
  };
  const events = how === "traced" ? await trace(session, work) : (await work(), []);
  const url = `${browser.root}content.js`;
  const held = memory(browser.profile);
  await page.close();
  return { view, held, sampled: profile && sampled(profile, url), traced: events.length > 0 ? traced(events, url) : undefined };
}

const site = await startSite();
const browser = await startChromium({ hosts: ["http://127.0.0.1/*"] });
try {
  const desk = await openDesk(browser);
  await desk.settings({ sites: [] });
  const bare = await browser.open(`${site.origins[0]}/perf.html`);
  const without = memory(browser.profile).page;
  await bare.close();
  await desk.settings({ sites: [site.origins[0]] });
  const line = await measure(site, browser, desk, "traced");
  await desk.ask({ t: "again", tab: line.view.tab }).catch(() => undefined);
  const samples = await measure(site, browser, desk, "sampled");
  const labelled = line.view.items.filter((item) => item.status === "confirmed").length;
  console.log(`200 pictures of 110 KB, ${labelled} labelled`);
  console.log(`main thread, time line: ${line.traced.wall.toFixed(1)} ms in ${line.traced.calls} calls (${line.traced.cpu.toFixed(1)} ms of processor time)`);
  console.log(`main thread, samples every 0.2 ms: ${samples.sampled.toFixed(1)} ms`);
  console.log(`memory: extension ${line.held.extension.toFixed(0)} MiB, page ${line.held.page.toFixed(0)} MiB (without the extension ${without.toFixed(0)} MiB)`);
  assert.equal(labelled, 100);
  assert.ok(line.traced.calls > 20, "the time line shows our script");
  assert.ok(line.traced.cpu < MAIN_THREAD_MS, `${line.traced.cpu} ms`);
  assert.ok(samples.sampled < 2 * MAIN_THREAD_MS, `${samples.sampled} ms`);
  assert.ok(line.held.extension < MEMORY_MIB, `${line.held.extension} MiB`);
} finally {
  await browser.close();
  site.close();
}
