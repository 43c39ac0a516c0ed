/**
 * Finds media in a document, open shadow trees included, with as little work on the page's thread as
 * can be: media elements by the browser's own query, their coming into view by an
 * IntersectionObserver (which also gives sizes without a layout), changes of address by their `load`
 * events; backgrounds in slices of idle time.
 */

import type { Kind } from "../shared/messages";

export interface Medium {
  readonly id: number;
  readonly element: Element;
  readonly kind: Kind;
  url: string;
  /** The address that was asked about last. */
  asked: string;
  width: number;
  height: number;
  isNear: boolean;
}

export interface Found {
  near(medium: Medium): void;
  moved(medium: Medium): void;
  counted(): void;
}

const MEDIA = "img,video,audio,input[type=image],svg image";
/** Shorter sides than this, in CSS pixels, are signs and spacers. */
const LEAST_SIDE = 32;
const MARGIN = "200px";
/** Longest piece of idle work, in milliseconds. */
const SLICE = 3;
const MOST_ELEMENTS = 50_000;
const MOST_MEDIA = 4000;

type Root = Document | ShadowRoot;

function kindOf(element: Element): Kind {
  const name = element.localName;
  return name === "video" || name === "audio" ? name : "picture";
}

/** The address that the browser shows: the one chosen out of `srcset`, not the first. */
function addressOf(element: Element, kind: Kind): string {
  if (kind === "background") return backgroundOf(element);
  const { localName } = element;
  if (localName === "input") return (element as HTMLInputElement).src;
  if (localName === "image") {
    const href = element.getAttribute("href") ?? element.getAttribute("xlink:href") ?? "";
    return href && new URL(href, document.baseURI).href;
  }
  const media = element as HTMLImageElement | HTMLMediaElement;
  return media.currentSrc || media.src;
}

/** The first picture of an element's background; empty if it has none. */
function backgroundOf(element: Element): string {
  const value = getComputedStyle(element).backgroundImage;
  if (value === "none" || !value.includes("url(")) return "";
  const match = /url\((?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^)"']*))\)/s.exec(value);
  return (match?.[1] ?? match?.[2] ?? match?.[3] ?? "").replace(/\\(.)/gs, "$1");
}

export class Finder {
  private readonly known = new Map<Element, Medium>();
  private readonly ids = new Map<number, Medium>();
  private readonly roots = new Set<Root>();
  private pending: Iterator<Element>[] = [];
  private idle = false;
  private all = false;
  private started = false;
  private examined = 0;
  private next = 1;
  private readonly views = new IntersectionObserver((entries) => this.viewed(entries), { rootMargin: MARGIN });
  private readonly changes = new MutationObserver((records) => this.changed(records));

  constructor(private readonly found: Found) {}

  start(): void {
    this.started = true;
    this.addRoot(document);
  }

  stop(): void {
    this.views.disconnect();
    this.changes.disconnect();
    for (const root of this.roots) {
      for (const name of ["load", "loadeddata"]) root.removeEventListener(name, this.loaded, true);
    }
    this.pending = [];
  }

  byId(id: number): Medium | undefined {
    return this.ids.get(id);
  }

  /** Those out of view are wanted, too. */
  wantAll(): void {
    this.all = true;
    for (const medium of this.known.values()) this.want(medium);
  }

  /** Everything is to be asked about once more. */
  again(): void {
    for (const medium of this.known.values()) {
      medium.asked = "";
      this.views.unobserve(medium.element);
      this.views.observe(medium.element);
    }
  }

  /** The media that show an address, found by looking through the document now. */
  withAddress(url: string, kind: Kind): Medium[] {
    const roots: Root[] = [document, ...this.roots];
    const elements = new Set(roots.flatMap((root) => [...root.querySelectorAll(MEDIA)]));
    const matching = [...elements].filter((element) => kindOf(element) === kind && addressOf(element, kind) === url);
    return matching.map((element) => {
      const medium = this.take(element, kind);
      medium.url = url;
      return medium;
    });
  }

  counts(): { found: number; waiting: number; foreign: string[] } {
    const media = [...this.known.values()].filter((medium) => medium.url);
    const foreign = new Set<string>();
    for (const root of this.roots) {
      for (const frame of root.querySelectorAll("iframe")) {
        if (!/^https?:/.test(frame.src)) continue;
        const { origin } = new URL(frame.src);
        if (origin !== location.origin && foreign.size < 32) foreign.add(origin);
      }
    }
    return { found: media.length, waiting: media.filter((medium) => !medium.asked).length, foreign: [...foreign] };
  }

  private addRoot(root: Root): void {
    if (this.roots.has(root)) return;
    this.roots.add(root);
    for (const name of ["load", "loadeddata"]) root.addEventListener(name, this.loaded, { capture: true, passive: true });
    this.changes.observe(root, { childList: true, subtree: true });
    this.addTree(root);
  }

  private addTree(root: Root | Element): void {
    if (root instanceof Element && root.matches(MEDIA)) this.take(root, kindOf(root));
    for (const element of root.querySelectorAll(MEDIA)) this.take(element, kindOf(element));
    const rest = root.querySelectorAll("*")[Symbol.iterator]();
    this.pending.push(root instanceof Element ? withFirst(root, rest) : rest);
    this.whenIdle();
    this.found.counted();
  }

  private take(element: Element, kind: Kind): Medium {
    const known = this.known.get(element);
    if (known) return known;
    const medium: Medium = { id: this.next, element, kind, url: "", asked: "", width: 0, height: 0, isNear: false };
    this.next += 1;
    if (this.known.size >= MOST_MEDIA) return medium;
    this.known.set(element, medium);
    this.ids.set(medium.id, medium);
    this.views.observe(element);
    return medium;
  }

  private readonly loaded = (event: Event): void => {
    const element = event.target;
    if (!(element instanceof Element) || !element.matches(MEDIA)) return;
    const known = this.known.get(element);
    if (!known) {
      this.take(element, kindOf(element));
    } else if (known.width >= LEAST_SIDE && known.height >= LEAST_SIDE) {
      if (known.isNear || this.all) this.want(known);
    } else {
      // What has arrived may have another size: observed anew, it is measured without a layout.
      this.views.unobserve(element);
      this.views.observe(element);
    }
  };

  private viewed(entries: IntersectionObserverEntry[]): void {
    let counted = false;
    for (const entry of entries) {
      const medium = this.known.get(entry.target);
      if (!medium) continue;
      const rect = entry.boundingClientRect;
      medium.isNear = entry.isIntersecting;
      medium.width = Math.round(rect.width);
      medium.height = Math.round(rect.height);
      if (medium.isNear || this.all) this.want(medium);
      else if (!medium.url) medium.url = addressOf(medium.element, medium.kind);
      this.found.moved(medium);
      counted = true;
    }
    if (counted) this.found.counted();
  }

  private want(medium: Medium): void {
    const isLarge = medium.width >= LEAST_SIDE && medium.height >= LEAST_SIDE;
    if (!isLarge && medium.kind !== "audio") return;
    medium.url = addressOf(medium.element, medium.kind);
    // A picture that has not arrived is asked about when it has; one that can't be shown, never.
    const { element } = medium;
    if (element instanceof HTMLImageElement && (!element.complete || element.naturalWidth === 0)) return;
    this.found.near(medium);
    this.found.counted();
  }

  private changed(records: MutationRecord[]): void {
    for (const { addedNodes, removedNodes } of records) {
      for (const node of addedNodes) if (node instanceof Element) this.addTree(node);
      for (const node of removedNodes) if (node instanceof Element) this.dropLater(node);
    }
  }

  /** What was taken out may only have been moved. */
  private dropLater(node: Element): void {
    const media = node.matches(MEDIA) ? [node, ...node.querySelectorAll(MEDIA)] : [...node.querySelectorAll(MEDIA)];
    for (const element of media) {
      const medium = this.known.get(element);
      if (!medium || element.isConnected) continue;
      this.views.unobserve(element);
      this.known.delete(element);
      this.ids.delete(medium.id);
      medium.isNear = false;
      this.found.moved(medium);
    }
  }

  private whenIdle(): void {
    if (this.idle || this.pending.length === 0 || !this.started) return;
    this.idle = true;
    const later = globalThis.requestIdleCallback ?? ((work: IdleRequestCallback) => setTimeout(() => work({ didTimeout: false, timeRemaining: () => SLICE }), 50));
    later((deadline) => {
      this.idle = false;
      this.examine(performance.now() + Math.min(SLICE, deadline.timeRemaining()));
      this.whenIdle();
    });
  }

  /** Looks for backgrounds and shadow trees until the time is up. */
  private examine(until: number): void {
    for (let count = 0; ; count += 1) {
      if (count % 16 === 15 && performance.now() > until) return;
      const walk = this.pending[0];
      const step = walk?.next();
      if (!step) return;
      if (step.done) {
        this.pending.shift();
        continue;
      }
      this.examined += 1;
      if (this.examined > MOST_ELEMENTS) {
        this.pending = [];
        return;
      }
      this.examineOne(step.value);
    }
  }

  private examineOne(element: Element): void {
    if (element.shadowRoot) this.addRoot(element.shadowRoot);
    if (this.known.has(element) || !(element instanceof HTMLElement)) return;
    if (backgroundOf(element)) this.take(element, "background");
  }
}

function* withFirst(first: Element, rest: Iterable<Element>): Generator<Element> {
  yield first;
  yield* rest;
}
