/** Fields for a file whose visible words are the page's own; the browser's speak the browser's language. */
import { byId } from "./dom.js";
import { t } from "./i18n/index.js";
import { fileText } from "./safe.js";

const FIELDS = ["label-file", "chain", "key"] as const;

/** Says what is chosen. */
export function retell(): void {
  for (const id of FIELDS) {
    const file = byId<HTMLInputElement>(id).files?.[0];
    byId(`${id}-name`).replaceChildren(file === undefined ? t("file.none") : fileText(file.name, { long: 120 }));
  }
}

export function start(): void {
  for (const id of FIELDS) byId(id).addEventListener("change", retell);
}
