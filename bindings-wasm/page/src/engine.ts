/** The work: files wait in a queue, a few at a time are verified in the workers of the library. */
import { libraryLanguage } from "./i18n/index.js";
import * as store from "./store.js";
import type { Api, BiaoshiError, Failure, Label, LabelOptions, Pool, PropagateOptions, Receipt, Report, VerifyOptions } from "./types.js";

export type State = "waiting" | "reading" | "done" | "failed" | "cancelled";

export interface Item {
  readonly id: number;
  readonly file: Blob;
  readonly name: string;
  state: State;
  look: boolean;
  /** Whether somebody waits for it: it goes before the others. */
  urgent: boolean;
  report: Report | null;
  /** The language of the texts in `report`. */
  lang: string;
  /** Whether `report` came from looking at the picture or sound itself. */
  looked: boolean;
  /** Why it could not be read, or, beside a report, why a closer look failed. */
  error: Failure | null;
  stop: AbortController | null;
}

interface PoolModule {
  Pool: new (options: { size: number }) => Pool;
}

/** Workers at the same time: one processor is left to the page. */
const SIZE = Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1));
/** Most files in the list. */
export const MOST = 2000;

const items: Item[] = [];
const watchers: ((item: Item | null) => void)[] = [];
let made: Promise<Pool> | null = null;
let running = 0;
let next = 1;

// The library's modules lie beside the page, as the build puts them.
const POOL = "./biaoshi/pool.js";
const INDEX = "./biaoshi/index.js";

export function library(): Promise<Api> {
  return import(INDEX) as Promise<Api>;
}

function pool(): Promise<Pool> {
  made ??= (import(POOL) as Promise<PoolModule>).then((module) => new module.Pool({ size: SIZE }));
  made.catch(() => {
    made = null;
  });
  return made;
}

export function all(): readonly Item[] {
  return items;
}

export function watch(watcher: (item: Item | null) => void): void {
  watchers.push(watcher);
}

function changed(item: Item | null): void {
  for (const watcher of watchers) watcher(item);
}

export interface Progress {
  done: number;
  all: number;
  cancelled: number;
  busy: boolean;
}

export function progress(): Progress {
  let done = 0;
  let cancelled = 0;
  let busy = false;
  for (const item of items) {
    if (item.state === "done" || item.state === "failed") done += 1;
    else if (item.state === "cancelled") cancelled += 1;
    else busy = true;
  }
  return { done, all: items.length, cancelled, busy };
}

/** Takes files into the list; those beyond the bound are left. Returns what was taken. */
export function add(files: readonly { file: Blob; name: string }[]): Item[] {
  const fresh = files.slice(0, Math.max(0, MOST - items.length)).map(({ file, name }) => ({
    id: next++,
    file,
    name,
    state: "waiting" as State,
    look: store.get().look,
    urgent: false,
    report: null,
    lang: "",
    looked: false,
    error: null,
    stop: null,
  }));
  items.push(...fresh);
  changed(null);
  work();
  return fresh;
}

function options(item: Item, signal: AbortSignal): VerifyOptions {
  const { profiles, anchors, declared } = store.get();
  const look = item.look ? "everything" : "words";
  const out: VerifyOptions = { name: item.name, profiles: [...profiles], declared, look, lang: libraryLanguage().lang, signal };
  if (anchors.length > 0) out.trust = anchors.map(({ pem }) => pem);
  return out;
}

function work(): void {
  while (running < SIZE) {
    const waiting = items.filter(({ state }) => state === "waiting");
    const item = waiting.find(({ urgent }) => urgent) ?? waiting[0];
    if (item === undefined) return;
    running += 1;
    void one(item).finally(() => {
      running -= 1;
      work();
    });
  }
}

/** What was thrown, as the library tells it, or as the browser does. */
export function failure(thrown: unknown): Failure {
  const { kind, code, texts } = thrown as Partial<BiaoshiError>;
  if (kind !== undefined && code !== undefined && texts !== undefined) return { kind, code, texts };
  const text = { message: thrown instanceof Error ? thrown.message : String(thrown), hint: "" };
  const name = thrown instanceof DOMException ? thrown.name : "failed";
  return { kind: name === "NotReadableError" || name === "NotFoundError" ? "io" : "internal", code: `page.${name}`, texts: { en: text, zh: text } };
}

async function one(item: Item): Promise<void> {
  const stop = new AbortController();
  item.stop = stop;
  item.state = "reading";
  changed(item);
  try {
    const asked = options(item, stop.signal);
    const found = await (await pool()).verify(item.file, asked);
    // Asked for no rule set, the library takes one of its own.
    const report = asked.profiles?.length === 0 ? { ...found, verdicts: [], duties: [] } : found;
    if (stop.signal.aborted) return;
    Object.assign(item, { report, error: null, state: "done", looked: asked.look === "everything", lang: libraryTag(asked.lang) });
  } catch (thrown) {
    if (stop.signal.aborted) return;
    const earlier = item.report !== null && item.look;
    Object.assign(item, { error: failure(thrown), state: earlier ? "done" : "failed", look: false });
  } finally {
    if (item.stop === stop) item.stop = null;
    changed(item);
  }
}

function libraryTag(lang: string | undefined): string {
  return lang === "zh" ? "zh-Hans" : "en";
}

function halt(item: Item, to: State): void {
  item.state = to;
  item.stop?.abort();
  item.stop = null;
}

/** Ends what runs and what waits. Reports that are there stay. */
export function stop(): void {
  for (const item of items) {
    if (item.state === "waiting" || item.state === "reading") halt(item, item.report === null ? "cancelled" : "done");
  }
  changed(null);
}

export function clear(): void {
  stop();
  items.length = 0;
  changed(null);
}

/** Verifies one file again, for example to look at the picture too. It goes before the others. */
export function again(item: Item, look = item.look): void {
  if (!items.includes(item)) return;
  halt(item, "waiting");
  item.look = look;
  item.urgent = true;
  changed(item);
  work();
}

/** Verifies all again, because the rule sets, anchors or the language changed. */
export function renew(): void {
  for (const item of items) {
    if (item.state === "cancelled") continue;
    halt(item, "waiting");
    if (store.get().look) item.look = true;
  }
  changed(null);
  work();
}

/** Labels a file. The key goes to a worker of this page and no further. */
export async function label(
  file: Blob,
  fields: Label,
  asked: LabelOptions,
): Promise<{ content: Blob; receipt: Receipt }> {
  return (await pool()).label(file, fields, { ...asked, lang: libraryLanguage().lang });
}

/** Adds a platform's record (Measures, Article 6). */
export async function propagate(file: Blob, propagator: string, asked: PropagateOptions): Promise<{ content: Blob; receipt: Receipt }> {
  return (await pool()).propagate(file, propagator, { ...asked, lang: libraryLanguage().lang });
}

/** The text of an error in the language of the library's texts. */
export function errorText(error: Failure): { message: string; hint: string } {
  return error.texts[libraryLanguage().lang];
}
