/** The script in a page: finds media, asks the background about them, shows badges. */

import { BATCH, LONGEST_URL, type FromPage, type Kind, type Seen, type ToPage, type Wanted } from "../shared/messages";
import { Finder, type Medium } from "./finder";
import { Layer } from "./layer";
import { readHere } from "./reader";

const COUNT_AFTER = 500;

export class Page {
  private port: chrome.runtime.Port | undefined;
  private readonly doc = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  private greeted = false;
  private scanning = false;
  private binary = true;
  private outbox: Wanted[] = [];
  private counting: ReturnType<typeof setTimeout> | undefined;
  private readonly finder = new Finder({
    near: (medium) => this.near(medium),
    moved: (medium) => this.layer.moved(medium),
    counted: () => this.count(),
  });
  private readonly layer = new Layer({
    seen: (items) => this.post({ t: "seen", items }),
    open: (medium) => this.post({ t: "open", id: medium.id }),
  });

  constructor() {
    this.connect();
    // A page that comes back out of the browser's memory has lost its connection.
    addEventListener("pageshow", (event) => { if (event.persisted) this.wake(); });
    chrome.runtime.onMessage.addListener((message, _sender, reply) => {
      if ((message as { t?: unknown }).t !== "wake") return false;
      this.wake();
      reply(true);
      return false;
    });
  }

  /** Connects again if the background was stopped in the meantime. */
  wake(): void {
    if (!this.port) this.connect();
  }

  private connect(): void {
    let port: chrome.runtime.Port;
    try {
      port = chrome.runtime.connect({ name: "page" });
    } catch {
      this.end();
      return;
    }
    this.port = port;
    port.onMessage.addListener((message: ToPage) => void this.take(message));
    port.onDisconnect.addListener(() => { if (this.port === port) this.port = undefined; });
    port.postMessage({ t: "hello", doc: this.doc, resumed: this.greeted } satisfies FromPage);
    this.greeted = true;
  }

  /** The extension was removed or renewed: nothing of this script may stay behind. */
  private end(): void {
    this.finder.stop();
    this.layer.remove();
  }

  private post(message: FromPage): void {
    this.wake();
    try {
      this.port?.postMessage(message);
    } catch {
      this.end();
    }
  }

  private take(message: ToPage): void {
    switch (message.t) {
      case "mode":
        this.binary = Object.prototype.toString.call(message.probe) === "[object ArrayBuffer]";
        if (message.scan && !this.scanning) {
          this.scanning = true;
          this.finder.start();
        }
        if (message.all) this.finder.wantAll();
        break;
      case "result":
        for (const { id, face } of message.items) {
          const medium = this.finder.byId(id);
          if (medium) this.layer.show(medium, face);
        }
        break;
      case "single":
        for (const medium of this.finder.withAddress(message.url, message.kind)) this.near(medium);
        break;
      case "read":
        void readHere(message, this.binary).then((answer) => this.post(answer));
        break;
      case "show": {
        const medium = this.finder.byId(message.id);
        if (medium) this.layer.point(medium);
        break;
      }
      case "again":
        this.layer.clear();
        this.finder.again();
        break;
    }
  }

  /** A medium is in view, or soon will be. */
  private near(medium: Medium): void {
    const { id, kind, url, width, height } = medium;
    if (!url || (!url.startsWith("data:") && url.length > LONGEST_URL) || medium.asked === url) return;
    medium.asked = url;
    if (this.outbox.length === 0) queueMicrotask(() => this.flush());
    this.outbox.push({ id, kind, url, width, height });
  }

  private flush(): void {
    const items = this.outbox;
    this.outbox = [];
    const small = items.filter(({ url }) => url.length <= LONGEST_URL);
    for (let at = 0; at < small.length; at += BATCH) this.post({ t: "check", items: small.slice(at, at + BATCH) });
    for (const item of items) if (item.url.length > LONGEST_URL) this.post({ t: "check", items: [item] });
  }

  private count(): void {
    this.counting ??= setTimeout(() => {
      this.counting = undefined;
      this.post({ t: "counts", ...this.finder.counts() });
    }, COUNT_AFTER);
  }
}

export type { Kind, Seen };
