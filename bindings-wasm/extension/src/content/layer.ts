/**
 * The badges of one document: buttons in a closed shadow tree under one element of no size at the end
 * of the document. Nothing of the page is moved, wrapped or styled.
 */

import type { BadgeFace, Seen } from "../shared/messages";
import type { Medium } from "./finder";

export interface Shown {
  seen(items: { id: number; seen: Seen }[]): void;
  open(medium: Medium): void;
}

interface Badge {
  medium: Medium;
  button: HTMLButtonElement;
  seen: Seen;
  x: number;
  y: number;
}

const PLACE_AFTER = 120;
/** What scrolls within the page is followed more closely. */
const FOLLOW_AFTER = 16;
const SETTLED_AFTER = 300;
const LOOK_AFTER = 60;
const MOST_RETURNS = 3;
/** Narrower media than this get a badge without words. */
const WORDS_FROM = 200;
const NOTE_FROM = 320;
const INSET = 6;

const HOST = "all:initial!important;position:absolute!important;left:0!important;top:0!important;width:0!important;height:0!important;"
  + "display:block!important;visibility:visible!important;opacity:1!important;z-index:2147483647!important;pointer-events:none!important;"
  + "contain:layout style!important;";
const BUTTON = "all:initial;position:absolute;left:0;top:0;display:flex;align-items:center;gap:6px;width:max-content;box-sizing:border-box;"
  + "padding:3px 8px 3px 6px;border-radius:7px;border:1px solid rgba(255,255,255,.28);background:rgba(24,28,38,.9);color:#fff;"
  + "font:500 12px/16px system-ui,sans-serif;cursor:pointer;pointer-events:auto;white-space:nowrap;box-shadow:0 1px 3px rgba(0,0,0,.35);";
const SIGN = "all:initial;white-space:nowrap;flex:none;box-sizing:border-box;min-width:18px;height:16px;padding:0 3px;border-radius:4px;text-align:center;"
  + "font:700 10px/16px system-ui,sans-serif;cursor:pointer;";
const WORDS = "all:initial;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:#fff;font:500 12px/16px system-ui,sans-serif;cursor:pointer;";
const NOTE = "all:initial;white-space:nowrap;flex:0 1 auto;overflow:hidden;text-overflow:ellipsis;color:#c9d0dc;font:400 11px/16px system-ui,sans-serif;cursor:pointer;";

const RING = "all:initial;position:absolute;pointer-events:none;box-sizing:border-box;border:3px solid #8fb4ff;border-radius:6px;"
  + "box-shadow:0 0 0 2px rgba(11,27,58,.8);";

const SIGNS: Record<string, { sign: string; style: string }> = {
  confirmed: { sign: "AI", style: "background:#8fb4ff;color:#0b1b3a;" },
  possible: { sign: "AI?", style: "background:#f2cf73;color:#3a2a00;" },
  suspected: { sign: "AI?", style: "border:1px solid #f2cf73;color:#f2cf73;line-height:14px;" },
  inconclusive: { sign: "?", style: "border:1px dashed #c9d0dc;color:#c9d0dc;line-height:14px;" },
  none: { sign: "–", style: "border:1px solid #7d8798;color:#c9d0dc;line-height:14px;" },
};

/** What a page's own handlers need not hear of. */
const OWN_EVENTS = ["pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "touchend", "dblclick", "auxclick", "contextmenu", "keydown", "keyup"];

function part(tag: "span" | "button", css: string, text = ""): HTMLElement {
  const element = document.createElement(tag);
  // A page's policy may forbid style elements; the style of an element may be set by scripts.
  element.style.cssText = css;
  element.textContent = text;
  return element;
}

export class Layer {
  private readonly host = document.createElement("div");
  private readonly shadow = this.host.attachShadow({ mode: "closed" });
  private readonly badges = new Map<Medium, Badge>();
  private readonly owners = new WeakMap<Element, Medium>();
  private readonly models = new Map<string, HTMLButtonElement>();
  private readonly sizes = new ResizeObserver(() => this.place());
  private readonly visible = new Set<Medium>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private placing: ReturnType<typeof setTimeout> | undefined;
  private placeAll = false;
  private returns = 0;
  private listening = false;

  constructor(private readonly shown: Shown) {
    this.host.style.cssText = HOST;
    for (const name of OWN_EVENTS) this.shadow.addEventListener(name, (event) => event.stopPropagation());
    this.shadow.addEventListener("click", (event) => this.clicked(event));
  }

  /** Shows what the background says about a medium. */
  show(medium: Medium, face: BadgeFace | null): void {
    this.take(medium);
    if (!face) return;
    this.attach();
    const button = this.button(medium, face);
    this.badges.set(medium, { medium, button, seen: "none", x: NaN, y: NaN });
    if (medium.isNear) this.visible.add(medium);
    // It has no place yet.
    button.style.visibility = "hidden";
    if (!medium.isNear) button.style.display = "none";
    this.shadow.append(button);
    this.place(PLACE_AFTER, false);
    this.settle();
  }

  clear(): void {
    for (const medium of [...this.badges.keys()]) this.take(medium);
  }

  /** Takes everything of ours out of the page. */
  remove(): void {
    this.clear();
    this.sizes.disconnect();
    removeEventListener("scroll", this.scrolled, true);
    this.host.remove();
  }

  /** A medium came near the view or left it. */
  moved(medium: Medium): void {
    const badge = this.badges.get(medium);
    if (!badge) return;
    if (!medium.element.isConnected) {
      this.take(medium);
      return;
    }
    if (medium.isNear === this.visible.has(medium)) return;
    badge.button.style.display = medium.isNear ? "flex" : "none";
    if (medium.isNear) this.visible.add(medium);
    else this.visible.delete(medium);
    this.place();
    this.settle();
  }

  /** Brings a medium into view and draws a frame around it for a moment. */
  point(medium: Medium): void {
    this.attach();
    medium.element.scrollIntoView({ block: "center", behavior: "instant" });
    const own = this.host.getBoundingClientRect();
    const rect = medium.element.getBoundingClientRect();
    const ring = part("span", `${RING}left:${rect.left - own.left - 4}px;top:${rect.top - own.top - 4}px;width:${rect.width + 8}px;height:${rect.height + 8}px;`);
    this.shadow.append(ring);
    setTimeout(() => ring.remove(), 2500);
  }

  private take(medium: Medium): void {
    const badge = this.badges.get(medium);
    if (!badge) return;
    badge.button.remove();
    this.badges.delete(medium);
    this.visible.delete(medium);
  }

  /** Only a click of the user opens anything. */
  private clicked(event: Event): void {
    event.preventDefault();
    event.stopPropagation();
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const medium = button && this.owners.get(button);
    if (medium && event.isTrusted) this.shown.open(medium);
  }

  /** A badge; those that look alike are copies of one. */
  private button(medium: Medium, face: BadgeFace): HTMLButtonElement {
    const size = medium.width < WORDS_FROM ? 0 : medium.width < NOTE_FROM ? 1 : 2;
    const look = JSON.stringify([size, face]);
    let model = this.models.get(look);
    if (!model) {
      model = makeButton(face, size);
      this.models.set(look, model);
    }
    const button = model.cloneNode(true) as HTMLButtonElement;
    button.style.maxWidth = `${Math.max(34, Math.min(380, medium.width - 2 * INSET))}px`;
    this.owners.set(button, medium);
    return button;
  }

  private attach(): void {
    if (!this.host.isConnected) document.documentElement.append(this.host);
    if (this.listening) return;
    this.listening = true;
    addEventListener("scroll", this.scrolled, { capture: true, passive: true });
    this.sizes.observe(document.documentElement);
    if (document.body) this.sizes.observe(document.body);
  }

  /** The layer scrolls with the document; what scrolls within it is followed. */
  private readonly scrolled = (event: Event): void => {
    if (event.target !== document && this.visible.size > 0) this.place(FOLLOW_AFTER);
    this.settle();
  };

  /** Puts the badges near the view where their media are, soon, and for all changes until then at once. */
  private place(after = PLACE_AFTER, all = true): void {
    this.placeAll ||= all;
    this.placing ??= setTimeout(() => {
      this.placing = undefined;
      this.measure(this.placeAll);
      this.placeAll = false;
    }, after);
  }

  /**
   * An observer of its own tells where the media are when the browser has laid out the page anyway:
   * no layout is forced.
   */
  private measure(all: boolean): void {
    const media = [...this.visible].filter((medium) => all || Number.isNaN(this.badges.get(medium)?.x));
    if (media.length === 0 || !this.host.isConnected) return;
    const observer = new IntersectionObserver((entries) => {
      observer.disconnect();
      this.put(entries);
    });
    observer.observe(this.host);
    for (const { element } of media) observer.observe(element);
  }

  private put(entries: IntersectionObserverEntry[]): void {
    const own = entries.find((entry) => entry.target === this.host)?.boundingClientRect;
    if (!own) return;
    const rects = new Map(entries.map((entry) => [entry.target, entry.boundingClientRect]));
    for (const medium of this.visible) {
      const badge = this.badges.get(medium);
      const rect = rects.get(medium.element);
      if (!badge || !rect) continue;
      const x = Math.round(rect.left - own.left + INSET);
      const y = Math.round(rect.top - own.top + INSET);
      if (x === badge.x && y === badge.y) continue;
      if (Number.isNaN(badge.x)) badge.button.style.visibility = "visible";
      badge.x = x;
      badge.y = y;
      badge.button.style.transform = `translate(${x}px,${y}px)`;
    }
  }

  /** When nothing has moved for a moment: follow what is fixed to the window, and look what can be seen. */
  private settle(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.measure(true);
      this.timer = setTimeout(() => this.look(), LOOK_AFTER);
    }, SETTLED_AFTER);
  }

  /** Looks whether the badges can be seen, and says so where that has changed. */
  private look(): void {
    const wasRemoved = this.badges.size > 0 && !this.host.isConnected;
    if (wasRemoved && this.returns < MOST_RETURNS) {
      this.returns += 1;
      this.attach();
      this.settle();
    }
    const told: { id: number; seen: Seen }[] = [];
    const plain = !wasRemoved && this.badges.size > 0 && this.hostIsPlain();
    const own = this.host.getBoundingClientRect();
    const above = [...document.querySelectorAll(":popover-open, :modal")].map((element) => element.getBoundingClientRect());
    for (const badge of this.badges.values()) {
      if (badge.seen === "away" && !badge.medium.isNear) continue;
      const seen = wasRemoved || this.returns >= MOST_RETURNS ? "removed" : this.sight(badge, plain, own, above);
      if (seen === badge.seen) continue;
      badge.seen = seen;
      told.push({ id: badge.medium.id, seen });
    }
    for (let at = 0; at < told.length; at += 1024) this.shown.seen(told.slice(at, at + 1024));
  }

  /** Whether the page has left our element as it was. */
  private hostIsPlain(): boolean {
    const style = getComputedStyle(this.host);
    return style.display === "block" && style.visibility === "visible" && style.opacity === "1" && style.clipPath === "none"
      && style.transform === "none" && style.filter === "none" && style.zIndex === "2147483647" && style.contentVisibility !== "hidden"
      && (this.host.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true);
  }

  private sight(badge: Badge, plain: boolean, own: DOMRect, above: DOMRect[]): Seen {
    if (!badge.medium.isNear || Number.isNaN(badge.x)) return "away";
    if (!plain) return "covered";
    // In the middle of the sign, which every badge has.
    const [x, y] = [own.left + badge.x + 12, own.top + badge.y + 11];
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return "away";
    // What lies in the browser's top layer may let clicks through, and be seen all the same.
    const isUnder = above.some((over) => over.left < x && over.right > x && over.top < y && over.bottom > y);
    return !isUnder && document.elementFromPoint(x, y) === this.host ? "shown" : "covered";
  }
}

function makeButton(face: BadgeFace, size: 0 | 1 | 2): HTMLButtonElement {
  const button = part("button", BUTTON) as HTMLButtonElement;
  const look = SIGNS[face.tone] ?? SIGNS.inconclusive;
  button.type = "button";
  button.title = face.title;
  button.lang = face.lang;
  button.setAttribute("aria-label", face.title);
  button.append(part("span", `${SIGN}${look?.style ?? ""}`, look?.sign));
  if (size > 0) button.append(part("span", WORDS, face.text));
  if (size > 1 && face.note) button.append(part("span", NOTE, face.note));
  if (size === 0) button.style.padding = "2px";
  return button;
}
