/** Which addresses may be read, and how they are shown. */

/** Whether a host is this machine or one of a private network, as far as its name tells. */
export function isLocal(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (host === "localhost" || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)) return true;
  if (host.startsWith("[")) return isLocalV6(host.slice(1, -1));
  const parts = host.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return !host.includes(".");
  const [a = 0, b = 0] = parts;
  return a === 0 || a === 10 || a === 127 || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32)
    || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128);
}

function isLocalV6(host: string): boolean {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped) {
    const [high, low] = [parseInt(mapped[1] ?? "0", 16), parseInt(mapped[2] ?? "0", 16)];
    return isLocal(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
  }
  return host === "::" || host === "::1" || /^f[cd]/.test(host) || /^fe[89ab]/.test(host);
}

export type Reach =
  | { how: "http"; url: string; origin: string }
  | { how: "data"; url: string }
  | { how: "blob"; url: string }
  | { how: "no"; why: "scheme" | "local" };

/**
 * How a medium of a page may be read: only as the page itself could have. A page that was sent over
 * https gets no http, and a public page no address of a private network.
 */
export function reach(address: string, page: string): Reach {
  if (address.startsWith("data:")) return { how: "data", url: address };
  let url: URL, from: URL;
  try {
    url = new URL(address);
    from = new URL(page);
  } catch {
    return { how: "no", why: "scheme" };
  }
  if (url.protocol === "blob:") return { how: "blob", url: address };
  if (url.protocol !== "http:" && url.protocol !== "https:") return { how: "no", why: "scheme" };
  if (url.username || url.password) return { how: "no", why: "scheme" };
  if (isLocal(url.hostname) && !isLocal(from.hostname)) return { how: "no", why: "local" };
  if (url.protocol === "http:" && from.protocol === "https:") url.protocol = "https:";
  url.hash = "";
  return { how: "http", url: url.href, origin: url.origin };
}

/** An address for people, short enough to be kept. */
export function shown(address: string): string {
  if (address.startsWith("data:")) return `${address.slice(0, 40).replace(/[,;].*$/s, "")}…`;
  return address.length > 2048 ? `${address.slice(0, 2047)}…` : address;
}
