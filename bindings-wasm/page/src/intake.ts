/** Ways in: drop, choose, paste, a text, a link. */
import { announce, byId } from "./dom.js";
import * as engine from "./engine.js";
import type { Item } from "./engine.js";
import { isKey, number, size, t, type Key, type Values } from "./i18n/index.js";

interface Named {
  file: Blob;
  name: string;
}

/** Most bytes that a link may bring; what is larger belongs on the disk first. */
const LINK_MOST = 512_000_000;

let onAdd: (fresh: Item[]) => void = () => undefined;
let noted: { key: Key; values: Values } | null = null;

function note(key: Key | null, values: Values = {}): void {
  noted = key === null ? null : { key, values };
  const node = byId("intake-note");
  node.hidden = key === null;
  node.textContent = key === null ? "" : t(key, values);
}

function take(files: Named[]): void {
  if (files.length === 0) return;
  const fresh = engine.add(files);
  note(null);
  if (fresh.length < files.length) note("in.many", { count: number(engine.MOST) });
  announce(t("in.added", { count: number(fresh.length) }));
  if (fresh.length > 0) onAdd(fresh);
}

function named(files: Iterable<File>): Named[] {
  return [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

async function entries(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const out: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0 || out.length > engine.MOST) return out;
    out.push(...some);
  }
}

/** The files below dropped entries; folders are walked, with a stack and a bound. */
async function walk(roots: FileSystemEntry[]): Promise<Named[]> {
  const stack = [...roots].reverse();
  const out: Named[] = [];
  while (stack.length > 0 && out.length <= engine.MOST) {
    const entry = stack.pop();
    if (entry?.isDirectory === true) {
      const inside = await entries(entry as FileSystemDirectoryEntry).catch(() => []);
      stack.push(...inside.reverse());
    } else if (entry?.isFile === true) {
      const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail)).catch(() => null);
      if (file !== null) out.push({ file, name: entry.fullPath.replace(/^\//, "") });
    }
  }
  return out;
}

async function dropped(data: DataTransfer): Promise<void> {
  const roots = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (roots.some(({ isDirectory }) => isDirectory)) take(await walk(roots));
  else if (data.files.length > 0) take(named(data.files));
  else takeText(data.getData("text/plain"));
}

function takeText(text: string): void {
  if (text !== "") take([{ file: new Blob([text], { type: "text/plain" }), name: t("in.text.name") }]);
}

function startDrop(): void {
  const zone = byId("drop");
  let depth = 0;
  const over = (on: boolean): void => {
    zone.classList.toggle("over", on);
  };
  document.addEventListener("dragenter", () => {
    depth += 1;
    over(true);
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) over(false);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "file") return;
    event.preventDefault();
    depth = 0;
    over(false);
    if (event.dataTransfer !== null) void dropped(event.dataTransfer);
  });
}

function pasted(event: ClipboardEvent): void {
  const target = event.target as HTMLElement | null;
  if (target?.closest("input, textarea, select") || event.clipboardData === null) return;
  const { files } = event.clipboardData;
  event.preventDefault();
  if (files.length > 0) take(named(files));
  else takeText(event.clipboardData.getData("text/plain"));
}

async function pasteButton(): Promise<void> {
  try {
    const files: Named[] = [];
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith("image/")) ?? item.types.find((name) => name === "text/plain");
      if (type === undefined) continue;
      const file = await item.getType(type);
      files.push({ file, name: type === "text/plain" ? t("in.text.name") : `clipboard.${type.slice(6).replace(/\W.*/, "")}` });
    }
    if (files.length === 0) note("in.paste.none");
    take(files);
  } catch {
    note("in.paste.denied");
  }
}

/** A name for what a link brought, from its path. */
function linkName(url: URL): string {
  const last = url.pathname.split("/").pop() ?? "";
  try {
    return decodeURIComponent(last) || url.hostname;
  } catch {
    return last || url.hostname;
  }
}

async function body(response: Response): Promise<Blob | null> {
  const reader = response.body?.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  for (;;) {
    const step = await reader?.read();
    if (step === undefined || step.done) return new Blob(parts);
    held += step.value.length;
    if (held > LINK_MOST) {
      void reader?.cancel();
      return null;
    }
    parts.push(step.value);
  }
}

async function link(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const button = byId<HTMLButtonElement>("link-go");
  if (button.getAttribute("aria-disabled") === "true") return;
  const given = byId<HTMLInputElement>("link").value.trim();
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || (url.protocol !== "https:" && url.origin !== location.origin) || url.username !== "") {
    note("in.link.bad");
    byId("link").focus();
    return;
  }
  note("in.link.busy");
  button.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", mode: "cors", cache: "no-store" });
    if (!response.ok) {
      note("in.link.status", { status: response.status });
      return;
    }
    const file = await body(response);
    if (file === null) note("in.link.large", { size: size(LINK_MOST) });
    else take([{ file, name: linkName(url) }]);
  } catch {
    note("in.link.cors");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function startWay(button: string, form: string, field: string): void {
  byId(button).addEventListener("click", () => {
    const open = byId(form).hidden;
    for (const [other, its] of [["text-open", "text-form"], ["link-open", "link-form"]] as const) {
      byId(its).hidden = !(open && its === form);
      byId(other).setAttribute("aria-expanded", String(open && its === form));
    }
    if (open) byId(field).focus();
  });
}

export function retell(): void {
  if (noted !== null && isKey(noted.key)) note(noted.key, noted.values);
}

export function start(added: (fresh: Item[]) => void): void {
  onAdd = added;
  const input = byId<HTMLInputElement>("files");
  byId("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(named(input.files ?? []));
    input.value = "";
  });
  startDrop();
  document.addEventListener("paste", pasted);
  byId("paste").addEventListener("click", () => void pasteButton());
  startWay("text-open", "text-form", "text");
  startWay("link-open", "link-form", "link");
  byId("text-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId<HTMLTextAreaElement>("text");
    if (field.value === "") field.focus();
    takeText(field.value);
  });
  byId("link-form").addEventListener("submit", (event) => void link(event as SubmitEvent));
}
