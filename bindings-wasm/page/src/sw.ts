/** The service worker: keeps the files of the page, and only those, for use without a network. */

export {};

declare const self: ServiceWorkerGlobalScope;
/** A file and its hash, as `integrity` has it. */
type Kept = readonly [path: string, integrity: string];

/** Put in by the build: the version of the whole, the files needed at once, the files fetched afterwards. */
declare const VERSION: string;
declare const FIRST: readonly Kept[];
declare const LATER: readonly Kept[];

const PREFIX = "biaoshi-page-";
const CACHE = `${PREFIX}${VERSION}`;
const root = new URL("./", self.location.href);
const known = new Set([...FIRST, ...LATER].map(([path]) => new URL(path, root).href));

function fresh([path, integrity]: Kept): Request {
  // Past the browser's own cache, and by its hash: a file of another version must not get in, nor
  // half of one that was being replaced on the server.
  return new Request(new URL(path, root), { cache: "no-cache", credentials: "same-origin", integrity });
}

async function keepAll(files: readonly Kept[]): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const file of files) {
    if ((await cache.match(new URL(file[0], root).href)) === undefined) await cache.add(fresh(file));
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
