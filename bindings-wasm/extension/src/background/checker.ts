/** From an address on a page to an outcome. */

import { reach, type Reach, shown } from "../shared/addresses";
import type { Kind, Unread } from "../shared/messages";
import { standing } from "../shared/report";
import type { Settings } from "../shared/settings";
import type { Item, Outcome, Why } from "../shared/state";
import { Budget, type Share, SMALL } from "./budget";
import { isAllowed, readData, readHttp, type Bounds } from "./fetcher";
import { Stop, examine } from "./library";
import { Queue } from "./queue";
import type { Reports, Tab } from "./store";

const MEBI = 1024 * 1024;
/** Media larger than this are held one at a time. */
const LARGE = 8 * MEBI;
/** Most characters of data: addresses that wait. */
const WAITING_DATA = 96 * MEBI;
const PATIENCE = 60_000;

const isFirefox = () => chrome.runtime.getURL("").startsWith("moz-");

export interface Job { tab: Tab; item: Item; address: string; page: string; frame: number }

/** Asks a page's script for the bytes of something that only the page can read. */
export type AskPage = (tab: Tab, frame: number, url: string, limit: number, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer> | Unread>;

export interface Surroundings {
  settings(): Promise<Settings>;
  language(): Promise<"en" | "zh">;
  reports: Reports;
  ask: AskPage;
  done(job: Job): void;
}

/** All who want the same report, and what ends the work when none of them is left. */
interface Errand { jobs: Job[]; stop: AbortController }

type Reachable = Exclude<Reach, { how: "no" }>;

/** The key of an address: by it reports are found again. */
export async function keyOf(address: string, tab: Tab, frame: number): Promise<string> {
  // The address of a blob means something to one document only.
  const scope = address.startsWith("blob:") ? `${tab.id}/${frame}/${tab.doc}/` : "";
  const text = new TextEncoder().encode(`${tab.isPrivate ? "private" : ""}|${scope}${address}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newItem(key: string, address: string, kind: Kind, width: number, height: number): Item {
  return { key, url: shown(address), kind, width, height, places: [], state: "waiting" };
}

export class Checker {
  readonly queue = new Queue();
  readonly budget = new Budget();
  /** Lets one through at a time. */
  private readonly gate = new Budget(1);
  private readonly underWay = new Map<string, Errand>();
  private waitingData = 0;
  private alive: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly around: Surroundings) {}

  /** How many reports are being made or wait for their turn. */
  get errands(): number {
    return this.underWay.size;
  }

  /** Sees to it that the item gets its outcome. */
  want(job: Job): void {
    const { item } = job;
    // First: a report that one page may have is none for a page that may not read the address.
    const way = reach(job.address, job.page);
    if (way.how === "no") return this.tell(job, { ok: false, refusal: { why: way.why } });
    const known = this.around.reports.find(item.key, job.tab.isPrivate);
    if (known) return this.tell(job, known);
    item.state = "waiting";
    const errand = this.underWay.get(item.key);
    if (errand) {
      errand.jobs.push(job);
      return;
    }
    const length = way.how === "data" ? job.address.length : 0;
    if (length > SMALL && this.waitingData + length > WAITING_DATA) return this.tell(job, { ok: false, refusal: { why: "limit" } });
    this.waitingData += length;
    const made: Errand = { jobs: [job], stop: new AbortController() };
    this.underWay.set(item.key, made);
    this.keepAlive();
    this.queue.add(() => this.work(item.key, made).finally(() => { this.waitingData -= length; }));
  }

  /** Ends what only this tab wanted, or one frame of it: it was closed, or shows something else. */
  leave(tab: Tab, frame?: number): void {
    for (const [key, errand] of this.underWay) {
      errand.jobs = errand.jobs.filter((job) => job.tab !== tab || (frame !== undefined && job.frame !== frame));
      if (errand.jobs.length > 0) continue;
      errand.stop.abort();
      this.underWay.delete(key);
    }
  }

  private tell(job: Job, outcome: Outcome): void {
    settle(job.item, outcome);
    this.around.done(job);
  }

  /** A service worker is stopped when nothing happens for half a minute, a long download included. */
  private keepAlive(): void {
    this.alive ??= setInterval(() => {
      if (this.underWay.size > 0) void chrome.runtime.getPlatformInfo();
      else {
        clearInterval(this.alive);
        this.alive = undefined;
      }
    }, 20_000);
  }

  private async work(key: string, errand: Errand): Promise<void> {
    for (;;) {
      const [first] = errand.jobs;
      if (!first) return;
      const outcome = await this.attempt(first, errand.stop.signal);
      if (errand.stop.signal.aborted) return;
      // Another page may still be able to read what one that has gone could not.
      if (!outcome.ok && !errand.jobs.includes(first)) continue;
      this.underWay.delete(key);
      this.around.reports.keep(key, outcome, first.tab.isPrivate);
      for (const job of errand.jobs) this.tell(job, outcome);
      return;
    }
  }

  private async attempt(job: Job, stop: AbortSignal): Promise<Outcome> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]);
    const share = this.budget.share(signal);
    try {
      return await this.outcome(job, signal, share);
    } catch (error) {
      if (error instanceof Stop) return { ok: false, refusal: error.refusal };
      if (signal.aborted) return { ok: false, refusal: { why: "network" } };
      return { ok: false, refusal: { why: "internal", detail: String(error), lang: "en" } };
    } finally {
      share.free();
    }
  }

  private async outcome(job: Job, signal: AbortSignal, share: Share): Promise<Outcome> {
    const settings = await this.around.settings();
    const lang = await this.around.language();
    const read = async () => examine(await this.content(job, settings, signal, share), settings, lang, signal);
    // The size is known only when the bytes are there: sound and film are taken for large.
    const large = isFilm(job) || job.address.length > LARGE;
    if (!large) return read();
    await this.gate.take(1, signal);
    try {
      return await read();
    } finally {
      this.gate.give(1);
    }
  }

  private async content(job: Job, settings: Settings, signal: AbortSignal, share: Share): Promise<Blob | Uint8Array<ArrayBuffer>> {
    const way = reach(job.address, job.page);
    const limit = settings.megabytes * MEBI;
    const bounds: Bounds = { limit, cookies: settings.cookies, signal, share };
    if (way.how === "no") throw new Stop({ why: way.why });
    if (way.how === "data") return readData(way.url, bounds);
    if (way.how === "blob" || job.tab.isPrivate) return this.fromPage(job, way, bounds);
    if (await isAllowed(way.origin)) {
      try {
        return await readHttp(way.url, bounds, isFilm(job));
      } catch (error) {
        if (!(error instanceof Stop) || error.refusal.why !== "redirect") throw error;
        return this.fromPage(job, way, bounds, "redirect");
      }
    }
    if (job.tab.granted && way.origin === job.tab.origin && !isFirefox()) {
      try {
        return await readHttp(way.url, bounds, isFilm(job));
      } catch (error) {
        if (!(error instanceof Stop) || !["network", "redirect"].includes(error.refusal.why)) throw error;
      }
    }
    return this.fromPage(job, way, bounds);
  }

  /** Lets the page's script read it, with the page's own rights. `before`: why the extension did not. */
  private async fromPage(job: Job, way: Reachable, bounds: Bounds, before?: Why): Promise<Uint8Array<ArrayBuffer>> {
    const { limit, share, signal } = bounds;
    const ask = (most: number) => this.around.ask(job.tab, job.frame, way.url, most, signal);
    // Small ones are sent at once; the larger ones when there is room for them.
    const small = Math.min(SMALL, limit);
    let answer = await ask(small);
    if (answer === "too_large" && limit > small) {
      await share.reach(limit, limit);
      answer = await ask(limit);
    }
    if (typeof answer !== "string") return answer;
    if (way.how === "http" && answer === "network") {
      if (job.tab.isPrivate) throw new Stop({ why: "private" });
      throw new Stop(before ? { why: before } : { why: "permission", origin: way.origin });
    }
    const why: Why = way.how !== "http" && answer !== "too_large" ? (isFilm(job) ? "stream" : "gone") : answer;
    throw new Stop({ why });
  }
}

const isFilm = ({ item }: Job) => item.kind === "video" || item.kind === "audio";

/** Writes an outcome into an item. */
export function settle(item: Item, outcome: Outcome): void {
  if (outcome.ok) {
    item.state = "done";
    item.status = outcome.report.status;
    item.standing = standing(outcome.report);
    item.format = outcome.report.format;
    delete item.refusal;
  } else {
    item.state = "refused";
    item.refusal = outcome.refusal;
    delete item.status;
    delete item.standing;
  }
}
