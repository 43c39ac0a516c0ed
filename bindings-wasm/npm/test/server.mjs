// Serves folders, and what a test adds, with the headers that a careful site sends.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg" };

/** Scripts of this site alone, WebAssembly, and nothing else that runs. */
export const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data: blob:; require-trusted-types-for 'script'";

/**
 * `folders`: what lies under which first part of the path. `pages`: bodies by path, or functions of
 * request and response. Answers with the address, the paths asked for and what closes it.
 */
export async function serve(folders, pages = {}, headers = { "content-security-policy": CSP }) {
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    asked.push(pathname);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const page = pages[pathname];
    if (typeof page === "function") return page(request, response);
    if (page !== undefined) {
      response.setHeader("content-type", TYPES[extname(pathname)] ?? "text/html; charset=utf-8");
      return response.end(page);
    }
    const [, first, ...rest] = normalize(decodeURIComponent(pathname)).split("/");
    const file = folders[first] && join(folders[first], ...rest);
    if (!file || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.statusCode = 404;
      return response.end();
    }
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}`, asked, close: () => new Promise((done) => server.close(done).closeAllConnections()) };
}
