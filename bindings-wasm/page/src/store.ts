/** The settings. They are kept in this browser; keys are not among them. */
import { LANGUAGES, preferred, type Language } from "./i18n/index.js";

export const PROFILES = ["cn-gb45438", "eu-ai-act-50", "us-ca-sb942", "kr", "in", "vn", "c2pa"] as const;

export interface Anchor {
  name: string;
  pem: string;
}

export interface Settings {
  language: Language;
  theme: "auto" | "light" | "dark";
  profiles: string[];
  anchors: Anchor[];
  declared: boolean;
  look: boolean;
}

const PLACE = "biaoshi.settings";

function defaults(): Settings {
  return {
    language: preferred(navigator.languages),
    theme: "auto",
    profiles: ["cn-gb45438"],
    anchors: [],
    declared: false,
    look: false,
  };
}

/** Whether a text holds a private key, which is never kept. */
export function holdsSecret(pem: string): boolean {
  return /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem);
}

/** Whether a text holds a certificate or a public key. */
export function holdsAnchor(pem: string): boolean {
  return /-----BEGIN (?:TRUSTED |X509 )?(?:CERTIFICATE|PUBLIC KEY)-----/.test(pem);
}

function isAnchor(value: unknown): value is Anchor {
  const { name, pem } = (value ?? {}) as Partial<Record<keyof Anchor, unknown>>;
  return typeof name === "string" && typeof pem === "string" && holdsAnchor(pem) && !holdsSecret(pem);
}

/** What storage holds may be anything: each value is taken only if it is of its kind. */
export function read(kept: unknown, base: Settings): Settings {
  const found = (typeof kept === "object" && kept !== null ? kept : {}) as Partial<Record<keyof Settings, unknown>>;
  const known: readonly string[] = PROFILES;
  return {
    language: LANGUAGES.find((language) => language === found.language) ?? base.language,
    theme: found.theme === "light" || found.theme === "dark" ? found.theme : base.theme,
    profiles: Array.isArray(found.profiles)
      ? found.profiles.filter((id): id is string => typeof id === "string" && known.includes(id))
      : base.profiles,
    anchors: Array.isArray(found.anchors) ? found.anchors.filter(isAnchor) : base.anchors,
    declared: found.declared === true,
    look: found.look === true,
  };
}

function load(): Settings {
  try {
    return read(JSON.parse(localStorage.getItem(PLACE) ?? "{}"), defaults());
  } catch {
    return defaults();
  }
}

const settings = load();
const watchers: ((changed: keyof Settings) => void)[] = [];

export function get(): Readonly<Settings> {
  return settings;
}

export function watch(watcher: (changed: keyof Settings) => void): void {
  watchers.push(watcher);
}

export function set<K extends keyof Settings>(name: K, value: Settings[K]): void {
  settings[name] = value;
  try {
    localStorage.setItem(PLACE, JSON.stringify(settings));
  } catch {
    // Without storage the settings hold until the page is closed.
  }
  for (const watcher of watchers) watcher(name);
}

export function reset(): void {
  const fresh = { ...defaults(), language: settings.language };
  for (const name of ["theme", "profiles", "anchors", "declared", "look"] as const) {
    set(name, fresh[name] as never);
  }
}
