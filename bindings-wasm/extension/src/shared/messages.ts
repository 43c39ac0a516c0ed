/**
 * Messages between the parts. Content scripts run inside pages: what comes from them is checked field
 * by field before anything is done with it, and a message that doesn't fit is dropped.
 */

import { LONGEST_ANCHORS } from "./settings";

export type Kind = "picture" | "background" | "video" | "audio";
const KINDS: readonly Kind[] = ["picture", "background", "video", "audio"];

/** Whether the badge could be seen when it was last looked at. */
export type Seen = "none" | "shown" | "away" | "covered" | "removed";
const SEEN: readonly Seen[] = ["none", "shown", "away", "covered", "removed"];

/** Why a page's script could not read something. */
export type Unread = "network" | "http" | "too_large" | "gone" | "local";
const UNREAD: readonly Unread[] = ["network", "http", "too_large", "gone", "local"];

export interface Wanted { id: number; kind: Kind; url: string; width: number; height: number }

export type FromPage =
  | { t: "hello"; doc: string; resumed: boolean }
  | { t: "check"; items: Wanted[] }
  | { t: "counts"; found: number; waiting: number; foreign: string[] }
  | { t: "seen"; items: { id: number; seen: Seen }[] }
  | { t: "open"; id: number }
  | { t: "bytes"; ask: number; data: string | ArrayBuffer }
  | { t: "unread"; ask: number; why: Unread };

export interface BadgeFace { tone: string; text: string; note: string; title: string; lang: string }

export type ToPage =
  | { t: "mode"; scan: boolean; all: boolean; probe: ArrayBuffer }
  | { t: "result"; items: { id: number; face: BadgeFace | null }[] }
  | { t: "read"; ask: number; url: string; limit: number; cookies: boolean }
  | { t: "single"; url: string; kind: Kind }
  | { t: "again" }
  | { t: "show"; id: number };

export type FromOwn =
  | { t: "start"; tab: number; all: boolean }
  | { t: "report"; key: string }
  | { t: "show"; tab: number; frame: number; id: number }
  | { t: "anchors"; text: string }
  | { t: "again"; tab: number };

const MOST_ITEMS = 64;
const MOST_FOREIGN = 32;
export const LONGEST_URL = 8192;
/** A data: address of the largest medium that can be asked for, in Base64. */
export const LONGEST_DATA = 360 * 1024 * 1024;
const LARGEST = 10_000_000;

type Bag = Record<string, unknown>;

const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST;
const isText = (value: unknown, longest: number): value is string => typeof value === "string" && value.length <= longest;

/** Whether every key of `bag` is one of these, and all of them are there. */
function holds(bag: Bag, ...keys: string[]): boolean {
  const own = Object.keys(bag);
  return own.length === keys.length + 1 && keys.every((key) => own.includes(key));
}

export function isAddress(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (value.startsWith("data:")) return value.length <= LONGEST_DATA;
  return value.length > 0 && value.length <= LONGEST_URL;
}

function isWanted(value: unknown): value is Wanted {
  return isBag(value) && Object.keys(value).length === 5 && isCount(value.id) && isAddress(value.url)
    && (KINDS as readonly unknown[]).includes(value.kind) && isCount(value.width) && isCount(value.height);
}

function isSeen(value: unknown): boolean {
  return isBag(value) && Object.keys(value).length === 2 && isCount(value.id) && (SEEN as readonly unknown[]).includes(value.seen);
}

function listOf(value: unknown, most: number, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(is);
}

const isData = (value: unknown) => value instanceof ArrayBuffer || isText(value, LONGEST_DATA);

const PAGE: Record<string, (m: Bag) => boolean> = {
  hello: (m) => holds(m, "doc", "resumed") && typeof m.doc === "string" && /^[0-9a-f]{32}$/.test(m.doc) && typeof m.resumed === "boolean",
  check: (m) => holds(m, "items") && listOf(m.items, MOST_ITEMS, isWanted)
    && (m.items as Wanted[]).reduce((sum, { url }) => sum + url.length, 0) <= LONGEST_DATA,
  counts: (m) => holds(m, "found", "waiting", "foreign") && isCount(m.found) && isCount(m.waiting)
    && listOf(m.foreign, MOST_FOREIGN, (origin) => isText(origin, 300) && /^https?:\/\/[^/\s]+$/.test(origin)),
  seen: (m) => holds(m, "items") && listOf(m.items, 1024, isSeen),
  open: (m) => holds(m, "id") && isCount(m.id),
  bytes: (m) => holds(m, "ask", "data") && isCount(m.ask) && isData(m.data),
  unread: (m) => holds(m, "ask", "why") && isCount(m.ask) && (UNREAD as readonly unknown[]).includes(m.why),
};

const OWN: Record<string, (m: Bag) => boolean> = {
  start: (m) => holds(m, "tab", "all") && isTab(m.tab) && typeof m.all === "boolean",
  report: (m) => holds(m, "key") && isText(m.key, LONGEST_URL + 64),
  show: (m) => holds(m, "tab", "frame", "id") && isTab(m.tab) && isTab(m.frame) && isCount(m.id),
  anchors: (m) => holds(m, "text") && isText(m.text, LONGEST_ANCHORS),
  again: (m) => holds(m, "tab") && isTab(m.tab),
};

const isTab = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function read(table: typeof PAGE, value: unknown): unknown {
  if (!isBag(value) || typeof value.t !== "string" || !Object.hasOwn(table, value.t)) return undefined;
  return table[value.t]?.(value) ? value : undefined;
}

/** A message of a page's script; undefined if it is none. */
export const fromPage = (value: unknown) => read(PAGE, value) as FromPage | undefined;
/** A message of the extension's own pages; undefined if it is none. */
export const fromOwn = (value: unknown) => read(OWN, value) as FromOwn | undefined;
/** Most items of one `check`. */
export const BATCH = MOST_ITEMS;
