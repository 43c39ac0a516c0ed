/** Line icons on a 24 × 24 grid. Their shapes differ, so that meaning is never in colour alone. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS: Readonly<Record<string, string>> = {
  // Status: a filled statement, a question, an eye, a crack, an empty ring.
  confirmed: "M4 5h16v11H12l-4 4v-4H4zM8 9h8M8 12h5",
  possible: "M4 5h16v11H12l-4 4v-4H4zM10 9a2 2 0 1 1 2.6 1.900c-.4.2-.6.5-.6 1M12 13.600v.1",
  suspected: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.700a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.400z",
  inconclusive: "M12 3.5 21.5 20h-19zM12 10v4.500M12 17.200v.1",
  none: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8 12h8",
  failed: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM9 9l6 6M15 9l-6 6",
  waiting: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.500V12l3 2",
  // Integrity.
  intact: "M12 3l7.5 3v5.500c0 4.5-3 7.7-7.5 9.5-4.5-1.8-7.5-5-7.5-9.500V6zM8.5 12l2.5 2.5 4.5-5",
  broken: "M12 3l7.5 3v5.500c0 4.5-3 7.7-7.5 9.5-4.5-1.8-7.5-5-7.5-9.500V6zM9.5 9l5 5M14.5 9l-5 5",
  absent: "M8 11V8a4 4 0 0 1 7.7-1.500M6 11h12v9H6z",
  not_checked: "M12 3l7.5 3v5.500c0 4.5-3 7.7-7.5 9.5-4.5-1.8-7.5-5-7.5-9.500V6zM8.5 12h7",
  unsupported: "M12 3l7.5 3v5.500c0 4.5-3 7.7-7.5 9.5-4.5-1.8-7.5-5-7.5-9.500V6zM10.2 9.700a1.9 1.9 0 1 1 2.5 1.800c-.5.2-.7.5-.7 1.100M12 15v.1",
  // Outcomes and results.
  pass: "M4.5 12.500l5 5 10-11",
  fail: "M6 6l12 12M18 6L6 18",
  not_checkable: "M5 12h14",
  not_applicable: "M12 12h.01",
  // Severity.
  info: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5M12 8v.1",
  warning: "M12 3.5 21.5 20h-19zM12 10v4.500M12 17.200v.1",
  error: "M8.2 3.500h7.600l4.7 4.700v7.600l-4.7 4.700H8.200l-4.7-4.700V8.200zM12 7.500V13M12 16.200v.1",
  // Layers.
  explicit: "M4 4h16v16H4zM13 16h4M7 8h6",
  metadata: "M5 4h9l5 5v11H5zM14 4v5h5M8.5 13h7M8.5 16.500h4",
  manifest: "M5 3.500h14v13H5zM8.5 7.500h7M8.5 11h4M15 13.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM13.5 18v4l1.5-1 1.5 1v-4",
  watermark: "M12 3.500s6 6.5 6 10.700a6 6 0 0 1-12 0C6 10 12 3.5 12 3.500zM9.5 14.500a2.5 2.5 0 0 0 2.5 2.5",
  vendor: "M12.5 3.500H20.500V11.500L11.5 20.5 3.5 12.500zM16.5 7.500v.1",
  // Acts.
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  close: "M6 6l12 12M18 6L6 18",
  drop: "M12 4v11M7.5 10.5 12 15l4.5-4.500M4.5 15.500V20h15v-4.5",
  paste: "M9 4.500h6v3H9zM9 6H5.500v14.500h13V6H15",
  text: "M5 6h14M12 6v13M9 19h6",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  save: "M12 4v11M7.5 10.5 12 15l4.5-4.500M5 20h14",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  stop: "M6.5 6.500h11v11h-11z",
  clear: "M5 7h14M9.5 7V4.500h5V7M7 7l1 13h8l1-13",
  back: "M19 12H5M11 6l-6 6 6 6",
  look: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3 20.5 20.5",
  bytes: "M5 5h4v5H5zM15 5v5M13.5 5H15M6.5 14v5M5 14h1.500M12.5 14h4v5h-4z",
  play: "M8 5.500v13l10.5-6.500z",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.2-5.300M19.5 3.500v4.500H15",
};

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", (Object.hasOwn(PATHS, name) ? PATHS[name] : PATHS["info"]) ?? "");
  svg.append(path);
  return svg;
}

/** Puts icons into the static part of the page (`data-icon`). */
export function addIcons(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLElement>("[data-icon]")) {
    node.prepend(icon(node.dataset["icon"] ?? ""));
  }
}
