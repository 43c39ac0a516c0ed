/** The service worker: keeps the files of the page, and only those, for use without a network. */

export {};

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: the version of the whole, the files needed at once, the files fetched afterwards. */
declare const VERSION: string;
declare const FIRST: readonly string[];
declare const LATER: readonly string[];

const PREFIX = "biaoshi-page-";
const CACHE = `${PREFIX}${VERSION}`;
const root = new URL("./", self.location.href);
const known = new Set([...FIRST, ...LATER].map((path) => new URL(path, root).href));

function fresh(path: string): Request {
  // Past the browser's own cache: a file of an older version must not get in.
  return new Request(new URL(path, root), { cache: "no-cache", credentials: "same-origin" });
}

async function keepAll(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const path of paths) {
    if ((await cache.match(new URL(path, root).href)) === undefined) await cache.add(fresh(path));
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll(FIRST));
});

self.addEventListener("activate", (event) => {
  const clean = async (): Promise<void> => {
    for (const name of await caches.keys()) {
      if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("message", (event) => {
  if (event.data !== "keep") return;
  const { source } = event;
  event.waitUntil(
    keepAll(LATER).then(
      () => source?.postMessage({ kept: "all" }),
      () => source?.postMessage({ kept: "some" }),
    ),
  );
});

async function answer(request: Request, href: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(href)) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  url.hash = "";
  url.search = "";
  const href = url.href === root.href ? new URL("index.html", root).href : url.href;
  if (known.has(href)) event.respondWith(answer(request, href));
});
