/** Building elements from values. There is no way here to turn a string into markup. */
import { isKey, parts, t, type Key } from "./i18n/index.js";

export type Child = Node | string | null | undefined | false;

interface Props {
  class?: string;
  id?: string;
  key?: string;
  attrs?: Readonly<Record<string, string | null | undefined>>;
  on?: Partial<{ [E in keyof HTMLElementEventMap]: (event: HTMLElementEventMap[E]) => void }>;
}

/** An element with children; strings become text nodes. */
export function h<T extends keyof HTMLElementTagNameMap>(tag: T, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[T] {
  const out = document.createElement(tag);
  if (props.class !== undefined) out.className = props.class;
  if (props.id !== undefined) out.id = props.id;
  if (props.key !== undefined) out.dataset["key"] = props.key;
  for (const [name, value] of Object.entries(props.attrs ?? {})) {
    if (value !== null && value !== undefined) out.setAttribute(name, value);
  }
  for (const [name, handler] of Object.entries(props.on ?? {})) {
    out.addEventListener(name, handler as EventListener);
  }
  out.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return out;
}

/** The element with this id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as T;
}

/** A text of the table whose arguments are nodes. */
export function tn(key: Key, nodes: Readonly<Record<string, Node | string>>): DocumentFragment {
  const out = document.createDocumentFragment();
  for (const { text, name } of parts(key)) out.append(text ?? nodes[name ?? ""] ?? "");
  return out;
}

/** Fills in the texts of the static part of the page (`data-t`, `data-t-label`). */
export function translate(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLElement>("[data-t]")) {
    const key = node.dataset["t"] ?? "";
    if (!isKey(key)) continue;
    const icon = node.querySelector(":scope > svg");
    node.textContent = t(key);
    if (icon !== null) node.prepend(icon);
  }
  for (const node of root.querySelectorAll<HTMLElement>("[data-t-label]")) {
    const key = node.dataset["tLabel"] ?? "";
    if (!isKey(key)) continue;
    node.setAttribute("aria-label", t(key));
    if (node.classList.contains("icon-only")) node.title = t(key);
  }
}

let clearing = 0;

/** Tells people who listen instead of look. */
export function announce(text: string): void {
  const live = byId("live");
  live.textContent = "";
  window.clearTimeout(clearing);
  // A change after a moment is read out even where the same text was there before.
  clearing = window.setTimeout(() => {
    live.textContent = text;
  }, 60);
}

/** Hands a file to the user. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = h("a", { attrs: { href: url, download: name } });
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Calls `run` once before the next frame, however often it was asked for. */
export function perFrame(run: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const go = (): void => {
      asked = false;
      run();
    };
    if (document.hidden) window.setTimeout(go, 100);
    else requestAnimationFrame(go);
  };
}
