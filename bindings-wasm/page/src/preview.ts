/** The content itself: picture with the places of notices, sound and film with controls, the beginning of a text. */
import { h } from "./dom.js";
import type { Item } from "./engine.js";
import { t } from "./i18n/index.js";
import { icon } from "./icons.js";
import { fileText, plain } from "./safe.js";
import type { Report } from "./types.js";

const SVG = "http://www.w3.org/2000/svg";
/** Larger content is shown when asked for. */
const LARGE = 64_000_000;
const TEXT = 3000;

const TYPES: Readonly<Record<string, string>> = {
  png: "image/png", jpeg: "image/jpeg", webp: "image/webp", gif: "image/gif", avif: "image/avif", svg: "image/svg+xml",
  heif: "image/heic", jxl: "image/jxl", mp4: "video/mp4", mov: "video/mp4", m4a: "audio/mp4", "3gp": "video/3gpp",
  matroska: "video/webm", webm: "video/webm", wav: "audio/wav", mp3: "audio/mpeg", aac: "audio/aac", flac: "audio/flac",
  ogg: "audio/ogg", opus: "audio/ogg",
};
const PLAIN = ["txt", "markdown", "html", "json", "csv", "srt", "vtt", "javascript"];

export class Preview {
  readonly node: HTMLElement = h("section", { class: "block preview", attrs: { hidden: "" } });
  private url: string | null = null;
  private media: HTMLMediaElement | null = null;
  private picture: HTMLImageElement | null = null;
  private overlay: SVGSVGElement | null = null;
  private toggle: HTMLInputElement | null = null;
  private asked = false;
  private now: Report | null = null;

  constructor(private readonly item: Item) {}

  close(): void {
    this.media?.pause();
    if (this.url !== null) URL.revokeObjectURL(this.url);
    this.url = null;
  }

  /** Shows the content that a report is about. */
  report(report: Report): void {
    this.now = report;
    // A text is a region of its own, which can be scrolled.
    if (PLAIN.includes(report.format)) this.node.removeAttribute("aria-label");
    else this.node.setAttribute("aria-label", t("preview.title"));
    const type = TYPES[report.format];
    const text = PLAIN.includes(report.format);
    if (type === undefined && !text) return;
    this.node.hidden = false;
    if (report.bytes > LARGE && !this.asked) {
      const button = h("button", { attrs: { type: "button" } }, icon("look"), t("preview.show"));
      button.addEventListener("click", () => {
        this.asked = true;
        this.report(report);
      });
      this.node.replaceChildren(button);
      return;
    }
    if (text) void this.showText();
    else if (type?.startsWith("image/") === true) this.showPicture(type);
    else this.showMedia(type ?? "", report.modality === "audio");
  }

  private source(type: string): string {
    // The type is the one that was found in the content, never the one that the name claims.
    this.url ??= URL.createObjectURL(this.item.file.slice(0, this.item.file.size, type));
    return this.url;
  }

  private failed(): void {
    this.node.replaceChildren(h("p", { class: "hint" }, t("preview.failed")));
  }

  private async showText(): Promise<void> {
    const long = this.item.file.size > TEXT;
    const bytes = await this.item.file.slice(0, TEXT).arrayBuffer();
    const shown = new TextDecoder().decode(bytes, { stream: long });
    this.node.replaceChildren(
      h("pre", { class: "preview-text", attrs: { tabindex: "0", role: "region", "aria-label": t("preview.title") } }, fileText(shown, { lines: true })),
      ...(long ? [h("p", { class: "hint" }, t("preview.cut"))] : []),
    );
  }

  private showMedia(type: string, sound: boolean): void {
    if (this.media === null) {
      this.media = h(sound ? "audio" : "video", { attrs: { controls: "", preload: "metadata" } });
      this.media.addEventListener("error", () => this.failed());
      this.media.src = this.source(type);
    }
    this.media.setAttribute("aria-label", plain(this.item.name));
    this.node.replaceChildren(this.media);
  }

  private showPicture(type: string): void {
    if (this.picture === null) {
      this.picture = h("img", { attrs: { decoding: "async" } });
      this.picture.addEventListener("load", () => this.draw());
      this.picture.addEventListener("error", () => this.failed());
      this.picture.src = this.source(type);
      this.overlay = document.createElementNS(SVG, "svg");
      this.overlay.setAttribute("class", "overlay");
      this.overlay.setAttribute("aria-hidden", "true");
      this.toggle = h("input", { attrs: { type: "checkbox" } });
      this.toggle.checked = true;
      this.toggle.addEventListener("change", () => this.overlay?.classList.toggle("off", this.toggle?.checked === false));
    }
    this.picture.alt = t("preview.alt");
    const frame = h("div", { class: "frame" }, this.picture);
    if (this.overlay !== null) frame.append(this.overlay);
    const any = this.now?.evidence.some(({ notice }) => notice?.rect) === true;
    this.node.replaceChildren(frame, ...(any && this.toggle !== null ? [h("label", { class: "check" }, this.toggle, h("span", {}, t("preview.overlay")))] : []));
    this.draw();
  }

  /** Draws the rectangles of the notices over the picture, in its own pixels. */
  private draw(): void {
    const { picture, overlay, now } = this;
    if (picture === null || overlay === null || now === null || picture.naturalWidth === 0) return;
    const { naturalWidth: width, naturalHeight: height } = picture;
    overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const pad = Math.max(2, Math.round(Math.min(width, height) / 120));
    const out: SVGElement[] = [];
    now.evidence.forEach(({ notice }, index) => {
      if (!notice?.rect) return;
      const [x = 0, y = 0, wide = 0, high = 0] = notice.rect;
      const box = document.createElementNS(SVG, "rect");
      const given = { x: x - pad, y: y - pad, width: wide + 2 * pad, height: high + 2 * pad, rx: pad };
      for (const [name, value] of Object.entries(given)) box.setAttribute(name, String(value));
      box.dataset["index"] = String(index);
      out.push(box);
    });
    overlay.replaceChildren(...out);
  }

  /** Points at one notice in the picture. */
  point(index: number): void {
    if (this.toggle !== null) this.toggle.checked = true;
    this.overlay?.classList.remove("off");
    const box = this.overlay?.querySelector(`[data-index="${index}"]`);
    box?.classList.remove("flash");
    void box?.getBoundingClientRect();
    box?.classList.add("flash");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.node.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  }

  play(ms: number): void {
    if (this.media === null) return;
    this.media.currentTime = ms / 1000;
    void this.media.play().catch(() => undefined);
    this.node.scrollIntoView({ block: "nearest" });
  }
}
