/** Runs before the first paint: the colours and the language that were chosen, and the Trusted Types policy. */

interface Policy {
  createScriptURL(url: string): string;
}
interface Types {
  createPolicy(name: string, rules: Policy): unknown;
}

try {
  const kept: unknown = JSON.parse(localStorage.getItem("biaoshi.settings") ?? "{}");
  const { theme, language } = (kept ?? {}) as { theme?: unknown; language?: unknown };
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
  if (typeof language === "string" && /^[A-Za-z-]{2,8}$/.test(language)) document.documentElement.lang = language;
} catch {
  // Storage may be off or hold anything: the page then starts as at a first visit.
}

// Scripts (workers, the service worker) come from this folder and nowhere else.
const folder = new URL("./", document.baseURI).href;
const types = (window as { trustedTypes?: Types }).trustedTypes;
types?.createPolicy("default", {
  createScriptURL(url: string): string {
    const full = new URL(url, document.baseURI).href;
    if (full.startsWith(folder) && /\.js$/.test(full)) return full;
    throw new TypeError("scripts come from the page's own folder");
  },
});
