/** What was found, per tab, and reports by address, for as long as the browser runs. */

import type { Report } from "../shared/report";
import type { Outcome, Item, TabView } from "../shared/state";

const MOST_REPORTS = 400;
const LARGEST_KEPT = 48 * 1024;
const MOST_KEPT = 150;
const SAVE_AFTER = 400;

/** Reports by key, the latest used last. Those of a moderate size outlive the background script. */
export class Reports {
  private readonly memory = new Map<string, Outcome>();
  private kept: string[] = [];

  find(key: string): Outcome | undefined {
    const found = this.memory.get(key);
    if (found) {
      this.memory.delete(key);
      this.memory.set(key, found);
    }
    return found;
  }

  async recall(key: string): Promise<Report | undefined> {
    const found = this.find(key);
    if (found) return found.ok ? found.report : undefined;
    const name = `report:${key}`;
    return (await chrome.storage.session.get(name))[name] as Report | undefined;
  }

  keep(key: string, outcome: Outcome): void {
    // What was refused may go well the next time.
    if (!outcome.ok) return;
    this.memory.set(key, outcome);
    for (const oldest of this.memory.keys()) {
      if (this.memory.size <= MOST_REPORTS) break;
      this.memory.delete(oldest);
    }
    if (JSON.stringify(outcome.report).length <= LARGEST_KEPT) this.persist(key, outcome.report);
  }

  private persist(key: string, report: Report): void {
    this.kept.push(key);
    const gone = this.kept.splice(0, Math.max(0, this.kept.length - MOST_KEPT));
    if (gone.length > 0) void chrome.storage.session.remove(gone.map((old) => `report:${old}`));
    void chrome.storage.session.set({ [`report:${key}`]: report }).catch(() => undefined);
  }

  clear(): void {
    this.memory.clear();
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
  singles: { frame: number; url: string; kind: Item["kind"] }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

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

  reset(doc: string): void {
    this.items.clear();
    this.counts.clear();
    this.origins.clear();
    this.doc = doc;
    this.more = false;
    this.focus = "";
    this.all = false;
  }

  /** A frame has another document now. */
  forget(frame: number): void {
    for (const item of this.items.values()) {
      const left = item.places.filter((place) => place.frame !== frame);
      if (left.length !== item.places.length) item.places = left;
    }
  }

  view(): TabView {
    const counts = [...this.counts.values()];
    const covered = new Set(this.origins.values());
    const foreign = new Set(counts.flatMap((count) => count.foreign).filter((origin) => !covered.has(origin)));
    return {
      tab: this.id,
      origin: this.origin,
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
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const { doc, origin, url, scan, all } = this;
      const items = [...this.items.values()];
      void chrome.storage.session.set({ [`tab:${this.id}`]: { doc, origin, url, scan, all, items } }).catch(() => undefined);
    }, SAVE_AFTER);
  }

  drop(): void {
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
    const saved = await chrome.storage.session.get(null);
    for (const [name, value] of Object.entries(saved)) {
      if (!name.startsWith("tab:")) continue;
      const tab = new Tab(Number(name.slice(4)));
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

  async get(id: number): Promise<Tab> {
    await this.ready;
    let tab = this.tabs.get(id);
    if (!tab) {
      tab = new Tab(id);
      this.tabs.set(id, tab);
    }
    return tab;
  }

  async remove(id: number): Promise<void> {
    await this.ready;
    this.tabs.get(id)?.drop();
    this.tabs.delete(id);
  }

  outdate(): void {
    for (const tab of this.tabs.values()) tab.outdated = tab.items.size > 0;
  }

  known(id: number): Tab | undefined {
    return this.tabs.get(id);
  }
}
