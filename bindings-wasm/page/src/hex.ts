/**
 * The bytes of the file around a place. Only slices of it are read, and only the rows in sight are there:
 * a file of any length costs the same.
 */
import { h, perFrame } from "./dom.js";
import { number, t } from "./i18n/index.js";
import { icon } from "./icons.js";
import { fileText } from "./safe.js";
import type { Site } from "./types.js";

const ROW = 24;
/** Rows that one can scroll through at once; buttons lead on. */
const WINDOW = 4096;
const CHUNK = 4096;
/** Bytes of the highlighted range that are shown as text. */
const TEXT = 8192;

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

function ascii(value: number): string {
  return value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : "·";
}

export class HexView {
  readonly node: HTMLElement;
  private site: Site | null = null;
  private per = 16;
  /** First byte of the window. */
  private base = 0;
  private chunks = new Map<number, Uint8Array>();
  private reading = new Set<number>();
  private view: HTMLElement | null = null;
  private rows: HTMLElement | null = null;
  private paint: () => void = () => undefined;
  private from: HTMLElement | null = null;
  private readonly resize = new ResizeObserver(() => this.fit());

  constructor(private readonly file: Blob) {
    this.node = h("section", { class: "block hex", attrs: { hidden: "" } });
  }

  close(): void {
    this.resize.disconnect();
    this.chunks.clear();
  }

  /** Shows the bytes of a place and moves there. */
  show(site: Site, from: HTMLElement): void {
    this.site = site;
    this.from = from;
    this.node.hidden = false;
    this.build();
    this.go(site.offset);
    this.node.querySelector<HTMLElement>("h3")?.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.node.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  /** Says everything again in the language of now. */
  retell(): void {
    if (!this.node.hidden) {
      this.build();
      this.go(this.site?.offset ?? 0);
    }
  }

  private hide(): void {
    this.node.hidden = true;
    const key = this.from?.dataset["key"];
    const back = key === undefined ? null : document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    back?.focus();
  }

  private build(): void {
    const { site } = this;
    if (site === null) return;
    const last = Math.min(this.file.size, site.offset + site.length) - 1;
    const button = (name: string, run: () => void): HTMLElement =>
      h("button", { class: "quiet", attrs: { type: "button" }, on: { click: run } }, name);
    const input = h("input", { id: "hex-offset", attrs: { inputmode: "numeric", autocomplete: "off", size: "10" } });
    const form = h("form", { class: "hex-go" }, h("label", { attrs: { for: "hex-offset" } }, t("hex.offset")), input, h("button", { attrs: { type: "submit" } }, t("hex.go")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const asked = Number(input.value.trim().replace(/[\s,._]/g, ""));
      if (Number.isFinite(asked)) this.go(asked);
    });
    const page = WINDOW * this.per;
    this.rows = h("div", { class: "hex-rows" });
    this.view = h("div", { class: "hex-view", attrs: { tabindex: "0", role: "region", "aria-label": t("hex.region") } }, this.rows);
    this.paint = perFrame(() => this.draw());
    this.view.addEventListener("scroll", this.paint, { passive: true });
    this.resize.disconnect();
    this.resize.observe(this.view);
    const text = h("div", { class: "hex-text" });
    this.node.replaceChildren(
      h("div", { class: "hex-head" },
        h("h3", { attrs: { tabindex: "-1" } }, t("hex.title")),
        h("button", { class: "quiet icon-only", attrs: { type: "button", "aria-label": t("app.close"), title: t("app.close") }, on: { click: () => this.hide() } }, icon("close"))),
      h("p", { class: "hint hex-site" }, siteLine(site, last)),
      h("div", { class: "hex-tools" }, form,
        h("div", { class: "row-actions" },
          button(t("hex.first"), () => this.go(site.offset)),
          button(t("hex.last"), () => this.go(last)),
          this.file.size > page && button(t("hex.earlier"), () => this.go(this.base - page / 2)),
          this.file.size > page && button(t("hex.later"), () => this.go(this.base + page)))),
      this.view,
      text,
    );
    void this.readText(site, text);
  }

  private async readText(site: Site, into: HTMLElement): Promise<void> {
    const end = Math.min(site.offset + site.length, site.offset + TEXT);
    try {
      const bytes = new Uint8Array(await this.file.slice(site.offset, end).arrayBuffer());
      const text = new TextDecoder().decode(bytes).trim();
      const odd = text.match(/[\0-\x08\x0e-\x1f\ufffd]/g)?.length ?? 0;
      // Compressed or packed bytes make no text that anyone could read.
      if (text === "" || odd > text.length / 20) return;
      into.replaceChildren(
        h("h4", {}, t("hex.text")),
        h("pre", { attrs: { tabindex: "0", role: "region", "aria-label": t("hex.text") } }, fileText(text, { lines: true, long: TEXT })),
      );
    } catch {
      // The rows say that the bytes can't be read.
    }
  }

  private fit(): void {
    const wide = (this.view?.clientWidth ?? 800) >= 600 ? 16 : 8;
    if (wide !== this.per) {
      this.per = wide;
      this.go(this.site?.offset ?? 0);
    } else this.paint();
  }

  private get count(): number {
    return Math.min(WINDOW, Math.max(1, Math.ceil((this.file.size - this.base) / this.per)));
  }

  /** Moves to a byte. */
  private go(offset: number): void {
    const { view, rows, per } = this;
    if (view === null || rows === null) return;
    const at = Math.min(Math.max(0, Math.floor(offset)), Math.max(0, this.file.size - 1));
    const half = (WINDOW / 2) * per;
    const least = Math.max(0, Math.ceil(this.file.size / per) * per - WINDOW * per);
    this.base = Math.min(Math.max(0, Math.floor((at - half) / per) * per), least);
    rows.style.height = `${this.count * ROW}px`;
    view.scrollTop = Math.max(0, (Math.floor((at - this.base) / per) - 2) * ROW);
    this.draw();
  }

  private draw(): void {
    const { view, rows, per } = this;
    if (view === null || rows === null) return;
    const first = Math.max(0, Math.floor(view.scrollTop / ROW) - 4);
    const last = Math.min(this.count, first + Math.ceil((view.clientHeight || 320) / ROW) + 8);
    const out: HTMLElement[] = [];
    for (let row = first; row < last; row += 1) out.push(this.row(this.base + row * per, row));
    rows.replaceChildren(...out);
  }

  private row(offset: number, index: number): HTMLElement {
    const digits = Math.max(8, this.file.size.toString(16).length);
    const hex = h("span", { class: "hex-bytes" });
    const text = h("span", { class: "hex-ascii", attrs: { "aria-hidden": "true" } });
    const bytes = this.bytes(offset);
    let run: { on: boolean; hex: string; text: string } | null = null;
    const flush = (): void => {
      if (run === null) return;
      hex.append(run.on ? h("mark", {}, run.hex.trimEnd()) : run.hex, run.on && run.hex.endsWith(" ") ? " " : "");
      text.append(run.on ? h("mark", {}, run.text) : run.text);
    };
    for (let at = 0; at < this.per; at += 1) {
      const place = offset + at;
      if (place >= this.file.size) break;
      const on = this.inSite(place);
      const value = bytes?.[at];
      const gap = at === this.per / 2 - 1 ? "  " : " ";
      if (run === null || run.on !== on) {
        flush();
        run = { on, hex: "", text: "" };
      }
      run.hex += (value === undefined ? "··" : hexByte(value)) + gap;
      run.text += value === undefined ? " " : ascii(value);
    }
    flush();
    const node = h("div", { class: "hex-row" }, h("span", { class: "hex-offset" }, offset.toString(16).padStart(digits, "0")), hex, text);
    node.style.top = `${index * ROW}px`;
    return node;
  }

  private inSite(offset: number): boolean {
    const { site } = this;
    return site !== null && offset >= site.offset && offset < site.offset + site.length;
  }

  /** The bytes of a row, if they were read already; asks for them otherwise. */
  private bytes(offset: number): Uint8Array | undefined {
    const chunk = Math.floor(offset / CHUNK);
    const held = this.chunks.get(chunk);
    if (held !== undefined) return held.subarray(offset % CHUNK, (offset % CHUNK) + this.per);
    void this.load(chunk);
    return undefined;
  }

  private async load(chunk: number): Promise<void> {
    if (this.reading.has(chunk)) return;
    this.reading.add(chunk);
    try {
      const slice = this.file.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
      if (this.chunks.size >= 64) this.chunks.clear();
      this.chunks.set(chunk, new Uint8Array(await slice.arrayBuffer()));
      this.reading.delete(chunk);
      this.paint();
    } catch {
      // The chunk stays in `reading`: what can't be read once is not asked for at every frame.
      this.rows?.replaceChildren(h("p", { class: "hint" }, t("hex.failed")));
    }
  }
}

function siteLine(site: Site, last: number): HTMLElement {
  const text = t("hex.site", { from: number(site.offset), to: number(last) });
  const [before = "", after = ""] = text.split("{slot}");
  return h("span", {}, before, fileText(site.slot), after);
}
