/** Words for people, from `_locales`, in the language of the browser or the one chosen in the settings. */

export const LOCALES = ["en", "zh_CN", "zh_TW", "pt_BR"] as const;
export type Locale = (typeof LOCALES)[number];

const TAGS: Record<Locale, string> = { en: "en", zh_CN: "zh-Hans", zh_TW: "zh-Hant", pt_BR: "pt" };

type Messages = Record<string, { message: string }>;

/** The locale for a BCP 47 tag. */
export function localeOf(tag: string): Locale {
  const low = tag.toLowerCase().replaceAll("_", "-");
  if (/^zh\b/.test(low)) return /hant|-tw\b|-hk\b|-mo\b/.test(low) ? "zh_TW" : "zh_CN";
  return /^pt\b/.test(low) ? "pt_BR" : "en";
}

export interface Words {
  locale: Locale;
  /** For the attribute `lang`. */
  tag: string;
  /** The library's language that is nearest to it, and its tag. */
  library: "en" | "zh";
  libraryTag: string;
  /** The message, with $1, $2 replaced; its key if there is none. */
  say(key: string, ...values: (string | number)[]): string;
}

export function wordsFrom(locale: Locale, own: Messages, english: Messages): Words {
  const chinese = locale === "zh_CN" || locale === "zh_TW";
  return {
    locale,
    tag: TAGS[locale],
    library: chinese ? "zh" : "en",
    libraryTag: chinese ? "zh-Hans" : "en",
    say(key, ...values) {
      const text = (own[key] ?? english[key])?.message ?? key;
      return text.replace(/\$([1-9])/g, (_, at: string) => String(values[Number(at) - 1] ?? ""));
    },
  };
}

const loaded = new Map<Locale, Promise<Messages>>();

async function load(locale: Locale): Promise<Messages> {
  const answer = await fetch(chrome.runtime.getURL(`_locales/${locale}/messages.json`));
  return (await answer.json()) as Messages;
}

function messages(locale: Locale): Promise<Messages> {
  let found = loaded.get(locale);
  if (!found) {
    found = load(locale);
    loaded.set(locale, found);
    found.catch(() => loaded.delete(locale));
  }
  return found;
}

/** Words in `language`: a locale, or `auto` for the browser's own. */
export async function words(language: Locale | "auto"): Promise<Words> {
  const locale = language === "auto" ? localeOf(chrome.i18n.getUILanguage()) : language;
  const [own, english] = await Promise.all([messages(locale), messages("en")]);
  return wordsFrom(locale, own, english);
}
