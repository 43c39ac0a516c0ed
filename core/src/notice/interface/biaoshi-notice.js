// <biaoshi-notice>: a notice beside AI-generated content, for as long as the content is shown.
//
// Load it as a module; then:
//
//   <biaoshi-notice level="1" lang="zh-Hans" also="en" position="top">…
//
// level     1 is AI-generated (the default), 2 possibly, 3 suspected
// lang      BCP 47 tag; else that of the element around it, else zh-Hans
// also      a second language beside it
// position  top, bottom (of the part that scrolls), corner (of the window), inline (the default)
//
// Words within the element stand instead of its own.

const WORDS = {
  "zh-Hans": { name: "提示", 1: "AI生成", 2: "可能为AI生成", 3: "疑似AI生成" },
  "zh-Hant": { name: "提示", 1: "AI生成", 2: "可能為AI生成", 3: "疑似AI生成" },
  en: { name: "Notice", 1: "AI-generated", 2: "Possibly AI-generated", 3: "Suspected AI-generated" },
  pt: { name: "Aviso", 1: "Gerado por IA", 2: "Possivelmente gerado por IA", 3: "Suspeito de ser gerado por IA" },
};

const STYLE = `
:host { display: block; box-sizing: border-box; max-inline-size: 100%; --ink: #1f1f1f; --paper: #fff7e0; --edge: #6b5300; }
:host([position="top"]) { position: sticky; inset-block-start: 0; z-index: 2147483647; }
:host([position="bottom"]) { position: sticky; inset-block-end: 0; z-index: 2147483647; }
:host([position="corner"]) { position: fixed; inset-block-end: 0.5rem; inset-inline-end: 0.5rem; max-inline-size: calc(100% - 1rem); z-index: 2147483647; }
.note { display: flex; flex-wrap: wrap; gap: 0.25em 1.25em; margin: 0; padding: 0.5em 0.75em; box-sizing: border-box; border: 1px solid var(--edge); border-radius: 0.25em;
  background: var(--paper); color: var(--ink); font: 600 max(1rem, 14px)/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  overflow-wrap: anywhere; text-align: start; }
@media (prefers-color-scheme: dark) { :host { --ink: #f5f0e1; --paper: #2b2618; --edge: #d9b84a; } }
@media (forced-colors: active) { .note { border: 2px solid CanvasText; background: Canvas; color: CanvasText; } }
@media print { :host([position]) { position: static; } .note { --ink: #000; --paper: #fff; border-color: #000; } }
`;

/** The language of the table that a tag means. */
function known(tag) {
  const lower = (tag || "").toLowerCase();
  if (/^zh(-|$)/.test(lower)) return /hant|-tw|-hk|-mo/.test(lower) ? "zh-Hant" : "zh-Hans";
  const first = lower.split("-")[0];
  return Object.hasOwn(WORDS, first) ? first : null;
}

/** The language of the nearest element around it that states one of the table, through shadow trees too. */
function around(element) {
  for (let node = element; node; ) {
    node = node.parentElement || node.getRootNode().host;
    const language = known(node?.getAttribute?.("lang"));
    if (language) return language;
  }
  return null;
}

class BiaoshiNotice extends HTMLElement {
  static observedAttributes = ["level", "lang", "also", "position"];
  #note = document.createElement("div");
  // Its own words may come or go at any time, also while the page is still being read.
  #watch = new MutationObserver(() => this.#render());

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    this.#note.className = "note";
    this.#note.setAttribute("role", "note");
    try {
      // Not an inline style: rules of content security allow it.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    }
    root.append(this.#note);
  }

  connectedCallback() {
    this.#watch.observe(this, { childList: true, characterData: true, subtree: true });
    this.#render();
  }

  disconnectedCallback() {
    this.#watch.disconnect();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#render();
  }

  #render() {
    const first = known(this.getAttribute("lang")) || around(this) || "zh-Hans";
    const second = known(this.getAttribute("also"));
    const given = this.getAttribute("level");
    const level = ["1", "2", "3"].includes(given) ? given : "1";
    const tags = second && second !== first ? [first, second] : [first];
    const lines = tags.map((tag) => {
      const line = document.createElement("span");
      line.lang = tag;
      line.textContent = WORDS[tag][level];
      return line;
    });
    // Words of the page's own, where there are any.
    const slot = document.createElement("slot");
    slot.append(...lines);
    const own = this.textContent.trim() !== "";
    this.#note.setAttribute("aria-label", WORDS[first].name);
    this.#note.lang = own ? "" : first;
    if (own) this.#note.removeAttribute("lang");
    this.#note.replaceChildren(...(own ? [slot] : lines));
  }
}

if (!customElements.get("biaoshi-notice")) customElements.define("biaoshi-notice", BiaoshiNotice);

export { BiaoshiNotice };
