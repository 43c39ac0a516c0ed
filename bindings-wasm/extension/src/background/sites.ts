/** Pages of the origins that the user allowed get the script by themselves. */

const ID = "pages";

/** Registers the page script for exactly the origins that are allowed now. */
export async function registerPages(): Promise<void> {
  const { origins = [] } = await chrome.permissions.getAll();
  const matches = origins.filter((pattern) => /^(https?|\*):\/\//.test(pattern) || pattern === "<all_urls>");
  const known = await chrome.scripting.getRegisteredContentScripts({ ids: [ID] });
  if (matches.length === 0) {
    if (known.length > 0) await chrome.scripting.unregisterContentScripts({ ids: [ID] });
    return;
  }
  const script = { id: ID, matches, js: ["content.js"], allFrames: true, matchOriginAsFallback: true, runAt: "document_idle" as const };
  await (known.length > 0 ? chrome.scripting.updateContentScripts([script]) : chrome.scripting.registerContentScripts([script]));
}
