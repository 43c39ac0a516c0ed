/**
 * What was found, per tab, and reports by address, for as long as the browser runs. Of private windows
 * nothing is stored: it is held here until their last tab is closed, or this script is stopped.
 */

import type { Report } from "../shared/report";
import type { Outcome, Item, TabView } from "../shared/state";

const MOST_REPORTS = 400;
const LARGEST_KEPT = 48 * 1024;
const MOST_KEPT = 150;
const SAVE_AFTER = 400;

/** Reports by key, the latest used last. Those of a moderate size outlive the background script. */
export class Reports {
  private readonly memory = new Map<string, Outcome>();
  private readonly hidden = new Map<string, Outcome>();
  private kept: string[] = [];

  find(key: string, isPrivate: boolean): Outcome | undefined {
    const memory = isPrivate ? this.hidden : this.memory;
    const found = memory.get(key);
    if (found) {
      memory.delete(key);
      memory.set(key, found);
    }
    return found;
  }

  async recall(key: string): Promise<Report | undefined> {
    const found = this.find(key, false) ?? this.find(key, true);
    if (found) return found.ok ? found.report : undefined;
    const name = `report:${key}`;
    return (await chrome.storage.session.get(name))[name] as Report | undefined;
  }

  keep(key: string, outcome: Outcome, isPrivate: boolean): void {
    // What was refused may go well the next time.
    if (!outcome.ok) return;
    const memory = isPrivate ? this.hidden : this.memory;
    memory.set(key, outcome);
    for (const oldest of memory.keys()) {
      if (memory.size <= MOST_REPORTS) break;
      memory.delete(oldest);
    }
    if (!isPrivate && JSON.stringify(outcome.report).length <= LARGEST_KEPT) this.persist(key, outcome.report);
  }

  private persist(key: string, report: Report): void {
    this.kept.push(key);
    const gone = this.kept.splice(0, Math.max(0, this.kept.length - MOST_KEPT));
    if (gone.length > 0) void chrome.storage.session.remove(gone.map((old) => `report:${old}`));
    void chrome.storage.session.set({ [`report:${key}`]: report }).catch(() => undefined);
  }

  /** The last private tab was closed. */
  forgetPrivate(): void {
    this.hidden.clear();
  }

  clear(): void {
    this.memory.clear();
    this.hidden.clear();
    void chrome.storage.session.remove(this.kept.map((key) => `report:${key}`));
    this.kept = [];
  }
}

const MOST_ITEMS = 2000;

/** One tab. */
export class Tab {
  readonly items = new Map<string, Item>();
  readonly ports = new Map<number, chrome.runtime.Port>();
  readonly counts = new Map<number, { found: number; waiting: number; foreign: string[] }>();
  readonly origins = new Map<number, string>();
  /** Origins of frames into which the script was brought. */
  readonly covered = new Set<string>();
  /** Which document the items are of. */
  doc = "";
  origin = "";
  url = "";
  /** Whether the media of the page are to be found, not just single ones. */
  scan = false;
  /** Whether the user asked for the next document that reports. */
  armed = false;
  /** Whether those out of view are wanted, too. */
  all = false;
  /** Whether the user acted on the extension here: Chrome then lets it read from this origin. */
  granted = false;
  /** What the popup is to show. */
  focus = "";
  more = false;
  /** Whether its reports were made with other settings. */
  outdated = false;
  opened = 0;
  /** Whether it is of a private window. */
  isPrivate = false;
  singles: { frame: number; url: string; kind: Item["kind"] }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(readonly id: number) {}

  item(key: string, make: () => Item): Item | undefined {
    const found = this.items.get(key);
    if (found) return found;
    if (this.items.size >= MOST_ITEMS) {
      this.more = true;
      return undefined;
    }
    const item = make();
    this.items.set(key, item);
    return item;
  }

  at(frame: number, id: number): Item | undefined {
    for (const item of this.items.values()) {
      if (item.places.some((place) => place.frame === frame && place.id === id)) return item;
    }
    return undefined;
  }

  /** Whether anything is known of a frame. */
  has(frame: number): boolean {
    return [...this.items.values()].some(({ places }) => places.some((place) => place.frame === frame));
  }

  reset(doc: string): void {
    this.items.clear();
    this.counts.clear();
    if (doc !== this.doc) {
      this.origins.clear();
      this.covered.clear();
    }
    this.doc = doc;
    this.more = false;
    this.focus = "";
    this.all = false;
  }

  /** A frame has another document now, or none: what stood there only is no longer on the page. */
  forget(frame: number): void {
    this.ports.delete(frame);
    this.counts.delete(frame);
    this.origins.delete(frame);
    for (const item of [...this.items.values()]) {
      const left = item.places.filter((place) => place.frame !== frame);
      if (left.length === item.places.length) continue;
      item.places = left;
      if (left.length === 0) this.items.delete(item.key);
    }
  }

  /** The page has gone, and with it everything that was found there. */
  leave(): void {
    this.reset("");
    this.ports.clear();
    this.origin = this.url = "";
    this.scan = this.granted = this.more = false;
    this.singles = [];
  }

  view(): TabView {
    const counts = [...this.counts.values()];
    const covered = new Set(this.origins.values());
    const foreign = new Set(counts.flatMap((count) => count.foreign).filter((origin) => !covered.has(origin)));
    return {
      tab: this.id,
      origin: this.origin,
      isPrivate: this.isPrivate,
      running: this.scan || this.items.size > 0,
      items: [...this.items.values()],
      found: counts.reduce((sum, count) => sum + count.found, 0),
      waiting: counts.reduce((sum, count) => sum + count.waiting, 0),
      foreign: [...foreign],
      more: this.more,
    };
  }

  /** Saves the state soon, for the time after this script was stopped. */
  save(): void {
    if (this.isPrivate || this.closed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.isPrivate || this.closed) return;
      const { doc, origin, url, scan, all } = this;
      const items = [...this.items.values()];
      void chrome.storage.session.set({ [`tab:${this.id}`]: { doc, origin, url, scan, all, items } }).catch(() => undefined);
    }, SAVE_AFTER);
  }

  /** It was closed: whatever still happens, nothing of it is saved again. */
  drop(): void {
    this.closed = true;
    clearTimeout(this.timer);
    void chrome.storage.session.remove(`tab:${this.id}`);
  }
}

interface SavedTab { doc: string; origin: string; url: string; scan: boolean; all: boolean; items: Item[] }

/** All tabs, with what was saved before this script was last stopped. */
export class Tabs {
  private readonly tabs = new Map<number, Tab>();
  private readonly ready: Promise<void>;

  constructor() {
    this.ready = this.restore().catch((error: unknown) => console.error("biaoshi:", error));
  }

  private async restore(): Promise<void> {
    const [saved, open] = await Promise.all([chrome.storage.session.get(null), chrome.tabs.query({})]);
    const there = new Set(open.map(({ id }) => id));
    for (const [name, value] of Object.entries(saved)) {
      if (!name.startsWith("tab:")) continue;
      const tab = new Tab(Number(name.slice(4)));
      if (!there.has(tab.id)) {
        // Closed while this script was stopped.
        tab.drop();
        continue;
      }
      const { items, ...rest } = value as SavedTab;
      Object.assign(tab, rest);
      for (const item of items) {
        // What was under way when the script was stopped has no answer.
        if (item.state === "waiting") Object.assign(item, { state: "refused", refusal: { why: "network" } });
        tab.items.set(item.key, item);
      }
      this.tabs.set(tab.id, tab);
    }
  }

  async get(id: number, isPrivate?: boolean): Promise<Tab> {
    await this.ready;
    let tab = this.tabs.get(id);
    if (!tab) {
      tab = new Tab(id);
      this.tabs.set(id, tab);
    }
    tab.isPrivate = isPrivate ?? tab.isPrivate;
    return tab;
  }

  /** What is known of a tab; nothing is begun. */
  async find(id: number): Promise<Tab | undefined> {
    await this.ready;
    return this.tabs.get(id);
  }

  /** Forgets a tab that was closed. */
  async remove(id: number): Promise<Tab | undefined> {
    await this.ready;
    const tab = this.tabs.get(id);
    tab?.drop();
    this.tabs.delete(id);
    return tab;
  }

  get hasPrivate(): boolean {
    return [...this.tabs.values()].some((tab) => tab.isPrivate);
  }

  outdate(): void {
    for (const tab of this.tabs.values()) tab.outdated = tab.items.size > 0;
  }

  known(id: number): Tab | undefined {
    return this.tabs.get(id);
  }
}
