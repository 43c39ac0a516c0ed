/** The languages of the page and the words in the one chosen. */
import { checks } from "./checks.js";
import { en, type Key, type Table } from "./en.js";
import { pt } from "./pt.js";
import { zhHans } from "./zh-hans.js";
import { zhHant } from "./zh-hant.js";

export type { Key } from "./en.js";

export const LANGUAGES = ["en", "zh-Hans", "zh-Hant", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Their own names, in the order of `LANGUAGES`. */
export const NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  "zh-Hans": "简体中文",
  "zh-Hant": "繁體中文",
  pt: "Português",
};

export const TABLES: Readonly<Record<Language, Table>> = { en, "zh-Hans": zhHans, "zh-Hant": zhHant, pt };
export const CHECKS = checks;

let current: Language = "en";

export function language(): Language {
  return current;
}

export function setLanguage(to: Language): void {
  current = to;
}

/** The language that the browser asks for first, of those there are. */
export function preferred(asked: readonly string[]): Language {
  for (const tag of asked) {
    const low = tag.toLowerCase();
    if (/^zh\b.*\b(hant|tw|hk|mo)\b/.test(low)) return "zh-Hant";
    if (/^zh\b/.test(low)) return "zh-Hans";
    if (/^pt\b/.test(low)) return "pt";
    if (/^en\b/.test(low)) return "en";
  }
  return "en";
}

/** The language of the library's own texts beside this language of the page. */
export function libraryLanguage(): { lang: "en" | "zh"; tag: string } {
  return current.startsWith("zh") ? { lang: "zh", tag: "zh-Hans" } : { lang: "en", tag: "en" };
}

export type Values = Readonly<Record<string, string | number>>;

export function isKey(name: string): name is Key {
  return Object.hasOwn(en, name);
}

/** The text for a key, its arguments filled in. */
export function t(key: Key, values: Values = {}): string {
  return TABLES[current][key].replace(/\{(\w+)\}/g, (all, name: string) => {
    return Object.hasOwn(values, name) ? String(values[name]) : all;
  });
}

/** The parts of a text: strings, and the names of its arguments. */
export function parts(key: Key): { text?: string; name?: string }[] {
  return TABLES[current][key]
    .split(/(\{\w+\})/)
    .filter((part) => part !== "")
    .map((part) => (/^\{\w+\}$/.test(part) ? { name: part.slice(1, -1) } : { text: part }));
}

/** The word for a value of the report, such as `status` `none`; the value itself where there is none. */
export function word(group: string, value: string, suffix = ""): string {
  const key = `${group}.${value}${suffix}`;
  return isKey(key) ? t(key) : value;
}

/** The name of a check of a rule set; its id where there is none. */
export function checkName(id: string): string {
  const row = Object.hasOwn(checks, id) ? checks[id] : undefined;
  return row?.[LANGUAGES.indexOf(current)] ?? id;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(current, { maximumFractionDigits: digits }).format(value);
}

/** A size in MB or KB, for people. */
export function size(bytes: number): string {
  const mega = bytes / 1_000_000;
  return mega >= 1 ? `${number(mega, 1)} MB` : `${number(Math.max(1, Math.round(bytes / 1000)))} KB`;
}
