/** From an address on a page to an outcome. */

import { reach, shown } from "../shared/addresses";
import type { Kind, Unread } from "../shared/messages";
import { standing } from "../shared/report";
import type { Settings } from "../shared/settings";
import type { Item, Outcome, Why } from "../shared/state";
import { isAllowed, readData, readHttp, type Bounds } from "./fetcher";
import { Stop, examine } from "./library";
import { Gate, Queue } from "./queue";
import type { Reports, Tab } from "./store";

const MEBI = 1024 * 1024;
/** Media larger than this are held one at a time. */
const LARGE = 8 * MEBI;
const PATIENCE = 60_000;

const isFirefox = () => chrome.runtime.getURL("").startsWith("moz-");

export interface Job { tab: Tab; item: Item; address: string; page: string; frame: number }

/** Asks a page's script for the bytes of something that only the page can read. */
export type AskPage = (tab: Tab, frame: number, url: string, limit: number) => Promise<Uint8Array<ArrayBuffer> | Unread>;

export interface Surroundings {
  settings(): Promise<Settings>;
  language(): Promise<"en" | "zh">;
  reports: Reports;
  ask: AskPage;
  done(job: Job): void;
}

/** The key of an address: by it reports are found again. */
export async function keyOf(address: string, tab: Tab, frame: number, isPrivate: boolean): Promise<string> {
  // The address of a blob means something to one document only.
  const scope = address.startsWith("blob:") ? `${tab.id}/${frame}/${tab.doc}/` : "";
  const text = new TextEncoder().encode(`${isPrivate ? "private" : ""}|${scope}${address}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newItem(key: string, address: string, kind: Kind, width: number, height: number): Item {
  return { key, url: shown(address), kind, width, height, places: [], state: "waiting" };
}

export class Checker {
  readonly queue = new Queue();
  private readonly gate = new Gate();
  private readonly underWay = new Map<string, Job[]>();
  private alive: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly around: Surroundings) {}

  /** Sees to it that the item gets its outcome. */
  want(job: Job): void {
    const { item } = job;
    const known = this.around.reports.find(item.key);
    if (known) {
      settle(item, known);
      this.around.done(job);
      return;
    }
    item.state = "waiting";
    const others = this.underWay.get(item.key);
    if (others) {
      others.push(job);
      return;
    }
    this.underWay.set(item.key, [job]);
    this.keepAlive();
    this.queue.add(() => this.work(job));
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

  private async work(first: Job): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.outcome(first);
    } catch (error) {
      outcome = error instanceof Stop
        ? { ok: false, refusal: error.refusal }
        : { ok: false, refusal: { why: "internal", detail: String(error), lang: "en" } };
    }
    const jobs = this.underWay.get(first.item.key) ?? [];
    this.underWay.delete(first.item.key);
    this.around.reports.keep(first.item.key, outcome);
    for (const job of jobs) {
      settle(job.item, outcome);
      this.around.done(job);
    }
  }

  private async outcome(job: Job): Promise<Outcome> {
    const settings = await this.around.settings();
    const lang = await this.around.language();
    const read = async () => examine(await this.content(job, settings), settings, lang);
    // The size is known only when the bytes are there: sound and film are taken for large.
    const large = job.item.kind === "video" || job.item.kind === "audio" || job.address.length > LARGE;
    return large ? this.gate.through(read) : read();
  }

  private async content(job: Job, settings: Settings): Promise<Blob | Uint8Array<ArrayBuffer>> {
    const way = reach(job.address, job.page);
    const limit = settings.megabytes * MEBI;
    const signal = AbortSignal.timeout(PATIENCE);
    const bounds: Bounds = { limit, cookies: settings.cookies, signal, page: job.page };
    if (way.how === "no") throw new Stop({ why: way.why });
    if (way.how === "data") return readData(way.url, bounds);
    if (way.how === "blob") return this.fromPage(job, way.url, limit);
    const pieces = job.item.kind === "video" || job.item.kind === "audio";
    if (await isAllowed(way.origin)) return readHttp(way.url, bounds, pieces);
    if (job.tab.granted && way.origin === job.tab.origin && !isFirefox()) {
      try {
        return await readHttp(way.url, bounds, pieces);
      } catch (error) {
        if (!(error instanceof Stop) || error.refusal.why !== "network") throw error;
      }
    }
    return this.fromPage(job, way.url, limit, way.origin);
  }

  /** Lets the page's script read it, with the page's own rights. */
  private async fromPage(job: Job, url: string, limit: number, origin?: string): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await this.around.ask(job.tab, job.frame, url, limit);
    if (typeof answer !== "string") return answer;
    if (origin !== undefined && answer === "network") throw new Stop({ why: "permission", origin });
    const film = job.item.kind === "video" || job.item.kind === "audio";
    const why: Why = origin === undefined && answer !== "too_large" ? (film ? "stream" : "gone") : answer;
    throw new Stop({ why });
  }
}

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
