/** Pages that the user set to automatic get the script by themselves, and no others. */

import { patternOf, type Settings } from "../shared/settings";

const ID = "pages";

let order: Promise<void> = Promise.resolve();

/** Registers the page script for the automatic sites that may be read now: one call after the other. */
export function registerPages(settings: () => Promise<Settings>): Promise<void> {
  order = order.catch(() => undefined).then(async () => register((await settings()).sites));
  return order;
}

async function register(sites: readonly string[]): Promise<void> {
  // Patterns name no port: what else runs on the host is told by the background that nothing is wanted.
  const wanted = [...new Set(sites.map(patternOf))];
  const allowed = await Promise.all(wanted.map((pattern) => chrome.permissions.contains({ origins: [pattern] })));
  const matches = wanted.filter((_, at) => allowed[at]);
  const known = await chrome.scripting.getRegisteredContentScripts({ ids: [ID] });
  if (matches.length === 0) {
    if (known.length > 0) await chrome.scripting.unregisterContentScripts({ ids: [ID] });
    return;
  }
  const script = { id: ID, matches, js: ["content.js"], allFrames: true, matchOriginAsFallback: true, runAt: "document_idle" as const };
  await (known.length > 0 ? chrome.scripting.updateContentScripts([script]) : chrome.scripting.registerContentScripts([script]));
}
