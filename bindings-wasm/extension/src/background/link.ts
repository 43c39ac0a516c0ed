/** The connections with the scripts in pages, and what goes over them. */

import { fromPage, type FromPage, type Kind, type ToPage, type Unread, type Wanted } from "../shared/messages";
import { originOf, type Settings } from "../shared/settings";
import type { Item } from "../shared/state";
import { faceOf } from "../shared/wording";
import type { Words } from "../shared/i18n";
import { type Checker, keyOf, newItem } from "./checker";
import { isAllowed } from "./fetcher";
import type { Tab, Tabs } from "./store";

export interface Around {
  tabs: Tabs;
  settings(): Promise<Settings>;
  words(): Promise<Words>;
  checker(): Checker;
  changed(tab: Tab): void;
  open(tab: Tab): void;
  /** Brings the script into every frame of a tab that may be read. */
  inject(tab: Tab): void;
}

const MOST_PLACES = 50;

type Answer = Uint8Array<ArrayBuffer> | Unread;

/** Where a message came from, as the browser says, not as the message does. */
interface From { tab: Tab; frame: number; page: string; port: chrome.runtime.Port }

export class Link {
  private readonly asked = new Map<number, { port: chrome.runtime.Port; limit: number; answer(value: Answer): void }>();
  private next = 1;

  constructor(private readonly around: Around) {}

  accept(port: chrome.runtime.Port): void {
    const { sender } = port;
    const tabId = sender?.tab?.id;
    if (port.name !== "page" || sender?.id !== chrome.runtime.id || tabId === undefined || sender.frameId === undefined) {
      port.disconnect();
      return;
    }
    const frame = sender.frameId;
    // A frame without an address of its own (about:blank, data:) is its maker's.
    const page = originOf(sender.url ?? "") ? (sender.url ?? "") : (sender.origin ?? sender.tab?.url ?? "");
    let order = this.around.tabs.get(tabId, sender.tab?.incognito === true).then((tab) => ({ tab, frame, page, port }));
    port.onMessage.addListener((raw: unknown) => {
      const message = fromPage(raw);
      if (!message) return;
      order = order.then(async (from) => {
        await this.take(message, from).catch((error: unknown) => console.error("biaoshi:", error));
        return from;
      });
    });
    port.onDisconnect.addListener(() => {
      for (const [ask, pending] of this.asked) {
        if (pending.port === port) this.answer(ask, "gone");
      }
      void order.then(({ tab }) => {
        if (tab.ports.get(frame) === port) this.gone(tab, frame);
      });
    });
  }

  /** A frame shows something else, or is no more. */
  private gone(tab: Tab, frame: number): void {
    if (frame === 0) {
      this.around.checker().leave(tab);
      tab.leave();
    } else {
      this.around.checker().leave(tab, frame);
      tab.forget(frame);
    }
    this.around.changed(tab);
  }

  private async take(message: FromPage, from: From): Promise<void> {
    const { tab, frame, port } = from;
    if (message.t === "hello") return this.hello(message, from);
    if (tab.ports.get(frame) !== port) return;
    switch (message.t) {
      case "check":
        for (const wanted of message.items) await this.want(wanted, from);
        break;
      case "counts":
        tab.counts.set(frame, { found: message.found, waiting: message.waiting, foreign: message.foreign });
        this.around.changed(tab);
        await this.cover(message.foreign, from);
        break;
      case "seen":
        this.seen(message.items, from);
        break;
      case "open": {
        const item = tab.at(frame, message.id);
        if (!item || Date.now() - tab.opened < 1000) return;
        tab.opened = Date.now();
        tab.focus = item.key;
        this.around.open(tab);
        break;
      }
      case "bytes":
        this.bytes(message.ask, message.data, port);
        break;
      case "unread":
        if (this.asked.get(message.ask)?.port === port) this.answer(message.ask, message.why);
        break;
    }
  }

  /** Frames of other origins that the user allowed belong to a page that is checked. */
  private async cover(foreign: readonly string[], { tab }: From): Promise<void> {
    if (!tab.scan) return;
    const known = new Set(tab.origins.values());
    for (const origin of foreign) {
      if (known.has(origin) || tab.covered.has(origin) || !(await isAllowed(origin))) continue;
      tab.covered.add(origin);
      this.around.inject(tab);
    }
  }

  private async hello({ doc, resumed }: { doc: string; resumed: boolean }, from: From): Promise<void> {
    const { tab, frame, page, port } = from;
    const settings = await this.around.settings();
    const origin = originOf(page) ?? "";
    if (frame === 0 && tab.doc !== doc) {
      this.around.checker().leave(tab);
      tab.reset(doc);
      tab.origin = origin;
      tab.url = page;
      tab.scan = tab.armed || settings.sites.includes(origin);
      tab.granted = tab.armed;
      tab.armed = false;
    }
    tab.ports.set(frame, port);
    tab.origins.set(frame, origin);
    if (frame !== 0) this.mode(tab, port);
    else for (const other of tab.ports.values()) this.mode(tab, other);
    for (const single of tab.singles.filter((one) => one.frame === frame)) {
      send(port, { t: "single", url: single.url, kind: single.kind });
    }
    tab.singles = tab.singles.filter((one) => one.frame !== frame);
    // A page that comes back has asked before, and what was found then is forgotten.
    if (resumed && !tab.has(frame)) send(port, { t: "again" });
    this.around.changed(tab);
  }

  mode(tab: Tab, port: chrome.runtime.Port): void {
    // Where messages are JSON the buffer does not arrive as one, and the page's script writes Base64.
    send(port, { t: "mode", scan: tab.scan, all: tab.all, probe: new ArrayBuffer(1) });
  }

  private async want(wanted: Wanted, from: From): Promise<void> {
    const { tab, frame, page } = from;
    const { id, kind, url } = wanted;
    const key = await keyOf(url, tab, frame);
    const item = tab.item(key, () => newItem(key, url, kind, wanted.width, wanted.height));
    if (!item) return;
    // The place may have shown something else before.
    const before = tab.at(frame, id);
    if (before) before.places = before.places.filter((place) => place.frame !== frame || place.id !== id);
    if (item.places.length < MOST_PLACES) item.places.push({ frame, id, seen: "none" });
    if (item.state === "done") void this.show(tab, item);
    else this.around.checker().want({ tab, item, address: url, page, frame });
    this.around.changed(tab);
  }

  private seen(items: { id: number; seen: Item["places"][number]["seen"] }[], { tab, frame }: From): void {
    for (const { id, seen } of items) {
      const place = tab.at(frame, id)?.places.find((one) => one.frame === frame && one.id === id);
      if (place) place.seen = seen;
    }
    this.around.changed(tab);
  }

  /** Sends the badges of an item to every place where it stands. */
  async show(tab: Tab, item: Item): Promise<void> {
    if (item.state !== "done" || !item.status || !item.standing) return;
    const [words, settings] = await Promise.all([this.around.words(), this.around.settings()]);
    const face = faceOf(words, item.status, item.standing, settings.showNone);
    for (const [frame, port] of tab.ports) {
      const ids = item.places.filter((place) => place.frame === frame).map((place) => place.id);
      if (ids.length > 0) send(port, { t: "result", items: ids.map((id) => ({ id, face })) });
    }
  }

  /** Asks the script in a frame to read something. */
  ask(tab: Tab, frame: number, url: string, limit: number, cookies: boolean, signal: AbortSignal): Promise<Answer> {
    const port = tab.ports.get(frame);
    if (!port || signal.aborted) return Promise.resolve("network");
    const ask = this.next;
    this.next += 1;
    return new Promise((answer) => {
      const over = () => this.answer(ask, "network");
      signal.addEventListener("abort", over);
      this.asked.set(ask, { port, limit, answer: (value) => { signal.removeEventListener("abort", over); answer(value); } });
      send(port, { t: "read", ask, url, limit, cookies });
    });
  }

  private answer(ask: number, value: Answer): void {
    const pending = this.asked.get(ask);
    this.asked.delete(ask);
    pending?.answer(value);
  }

  private bytes(ask: number, data: string | ArrayBuffer, port: chrome.runtime.Port): void {
    const pending = this.asked.get(ask);
    if (pending?.port !== port) return;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = typeof data === "string" ? fromBase64(data) : new Uint8Array(data);
    } catch {
      return this.answer(ask, "network");
    }
    this.answer(ask, bytes.byteLength > pending.limit ? "too_large" : bytes);
  }

  single(tab: Tab, frame: number, url: string, kind: Kind): void {
    const port = tab.ports.get(frame);
    if (port) send(port, { t: "single", url, kind });
    else tab.singles.push({ frame, url, kind });
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const modern = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  return modern.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

export function send(port: chrome.runtime.Port, message: ToPage): void {
  try {
    port.postMessage(message);
  } catch {
    // The page went away in the meantime; its disconnection is handled where it is told.
  }
}
