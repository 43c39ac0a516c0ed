/** What the user chose. It stays in this browser (`storage.local`). */

import { LOCALES, type Locale } from "./i18n";

export const PROFILES = ["cn-gb45438", "eu-ai-act-50", "us-ca-sb942", "kr", "in", "vn", "c2pa"] as const;

export interface Settings {
  language: Locale | "auto";
  profiles: string[];
  /** Certificates that signers have to chain to, PEM. */
  anchors: string;
  /** Origins whose pages are checked without being asked. */
  sites: string[];
  /** Most bytes that are read of one medium, in MiB: 1 to 256. */
  megabytes: number;
  /** Whether cookies are sent when a medium is read again. */
  cookies: boolean;
  /** Whether media in which nothing was found get a badge, too. */
  showNone: boolean;
}

export const DEFAULTS: Settings = {
  language: "auto", profiles: ["cn-gb45438"], anchors: "", sites: [], megabytes: 64, cookies: false, showNone: false,
};

export const LONGEST_ANCHORS = 512 * 1024;
const MOST_SITES = 500;

/** The origin of an http or https address; undefined for any other. */
export function originOf(url: string): string | undefined {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.origin : undefined;
  } catch {
    return undefined;
  }
}

/** The match pattern for all pages of an origin. Patterns name no port. */
export function patternOf(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}

/** Settings as stored, every field checked; what does not fit is the default. */
export function readSettings(stored: unknown): Settings {
  const raw = (typeof stored === "object" && stored !== null ? stored : {}) as Record<string, unknown>;
  const strings = (value: unknown) => (Array.isArray(value) ? value.filter((v): v is string => typeof v === "string") : []);
  const profiles = strings(raw.profiles).filter((p) => (PROFILES as readonly string[]).includes(p));
  const known = (LOCALES as readonly unknown[]).includes(raw.language);
  const size = Number(raw.megabytes);
  return {
    language: known ? (raw.language as Locale) : "auto",
    profiles: profiles.length > 0 ? [...new Set(profiles)] : [...DEFAULTS.profiles],
    anchors: typeof raw.anchors === "string" && raw.anchors.length <= LONGEST_ANCHORS ? raw.anchors : "",
    sites: [...new Set(strings(raw.sites).filter((site) => originOf(site) === site))].slice(0, MOST_SITES),
    megabytes: Number.isInteger(size) && size >= 1 && size <= 256 ? size : DEFAULTS.megabytes,
    cookies: raw.cookies === true,
    showNone: raw.showNone === true,
  };
}

export async function loadSettings(): Promise<Settings> {
  return readSettings((await chrome.storage.local.get("settings")).settings);
}

export async function saveSettings(change: Partial<Settings>): Promise<Settings> {
  const settings = readSettings({ ...(await loadSettings()), ...change });
  await chrome.storage.local.set({ settings });
  return settings;
}
