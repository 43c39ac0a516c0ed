// Two origins with every kind of medium a page can show; the second stands for a server of pictures.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

const vectors = join(dirname(fileURLToPath(import.meta.url)), "../../../test-vectors");
const file = (path) => readFileSync(join(vectors, path));

export const MEDIA = {
  "labelled.png": file("carriers/png/plain-ok/expected.png"),
  "labelled.jpg": file("carriers/jpeg/plain-ok/expected.jpg"),
  "labelled.webp": file("carriers/webp/plain-ok/expected.webp"),
  "possible.png": file("verdict/png/level-2.png"),
  "suspected.png": file("verdict/marks/comfyui-workflow.png"),
  "signed.png": file("verdict/manifests/ai.png"),
  "broken.png": file("verdict/manifests/opened-nothing.png"),
  "plain.png": file("carriers/png/plain-ok/input.png"),
  "film.mp4": file("formats/mp4/xmp-read.mp4"),
  "sound.mp3": file("verdict/crooked/vendor-mp3.mp3"),
};

/** A box that any reader skips, of `length` bytes. */
function freeBox(length) {
  const box = Buffer.alloc(length);
  box.writeUInt32BE(length, 0);
  box.write("free", 4, "latin1");
  return box;
}

MEDIA["long.mp4"] = Buffer.concat([MEDIA["film.mp4"], freeBox(6 << 20)]);

const TYPES = { png: "image/png", jpg: "image/jpeg", webp: "image/webp", mp4: "video/mp4", mp3: "audio/mpeg", html: "text/html; charset=utf-8", js: "text/javascript" };

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** The metadata chunks of a labelled picture. */
function labelChunks() {
  const png = MEDIA["labelled.png"];
  const found = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    if (type === "iTXt" || type === "tEXt") found.push(png.subarray(at, at + 12 + length));
    at += 12 + length;
  }
  return Buffer.concat(found);
}

/** A picture that does not compress, as photographs don't: about `side * side * 3` bytes. */
export function heavy(side, seed, labelled) {
  const rows = Buffer.alloc((side * 3 + 1) * side);
  let state = (seed + 1) * 2654435761;
  for (let at = 0; at < rows.length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    rows[at] = at % (side * 3 + 1) === 0 ? 0 : state >>> 24;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const parts = [Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head)];
  if (labelled) parts.push(labelChunks());
  parts.push(chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0)));
  return Buffer.concat(parts);
}

const box = (text) => `<!doctype html><meta charset="utf-8"><title>Pictures</title><style>
body{font:16px/1.5 Georgia,serif;max-width:860px;margin:20px auto;padding:0 20px;color:#222;background:#fff}
img,video,.back,svg{width:240px;height:150px;object-fit:cover;background:#9aa7b5;margin:6px}
.tall{height:2600px}</style>${text}`;

const cases = (other, data) => box(`
<h1>A page with pictures</h1>
<p id="first">Every way in which a page can show a picture.</p>
<img id="plain-img" src="/m/labelled.png?a" alt="one"><img id="possible" src="/m/possible.png" alt="two"><img id="suspected" src="/m/suspected.png" alt="three">
<img id="signed" src="/m/signed.png" alt="four"><img id="broken" src="/m/broken.png" alt="five"><img id="none" src="/m/plain.png" alt="six">
<img id="srcset" srcset="/m/labelled.webp?set 1x, /m/plain.png?set2 2x, /m/plain.png?set3 3x" src="/m/plain.png?fallback" alt="seven">
<div id="back" class="back" style="background-image:url('/m/labelled.jpg?back');background-size:cover"></div>
<img id="cross" src="${other}/m/labelled.png?cross" alt="eight"><img id="shared" src="${other}/cors/labelled.png" alt="nine">
<img id="data" src="data:image/png;base64,${data}" alt="ten"><img id="blob" alt="eleven">
<img id="icon" src="/m/labelled.png?icon" style="width:16px;height:16px" alt="">
<div id="tree"></div>
<svg viewBox="0 0 32 32"><image id="svg" href="/m/labelled.png?svg" width="32" height="32"/></svg>
<video id="film" src="/m/film.mp4" controls></video><audio id="sound" src="/m/sound.mp3" controls></audio>
<iframe id="own" src="/frame.html" width="300" height="200"></iframe><iframe id="foreign" src="${other}/frame.html" width="300" height="200"></iframe>
<div class="tall"></div>
<img id="lazy" loading="lazy" src="/m/labelled.png?lazy" alt="twelve">
<script src="/cases.js"></script>`);

const CASES_JS = `
const tree = document.getElementById("tree").attachShadow({ mode: "open" });
tree.innerHTML = '<img id="inner" src="/m/labelled.png?tree" style="width:240px;height:150px" alt="">';
fetch("/m/labelled.png").then((r) => r.blob()).then((b) => { document.getElementById("blob").src = URL.createObjectURL(b); });
`;

const STRICT_JS = `fetch("/m/labelled.png").then((r) => r.blob()).then((b) => { document.getElementById("blob").src = URL.createObjectURL(b); });`;

const SCROLL_JS = `
let made = 0;
const end = document.getElementById("end");
new IntersectionObserver((entries) => {
  if (!entries.some((e) => e.isIntersecting) || made >= 24) return;
  for (let i = 0; i < 6; i += 1) {
    const img = new Image();
    img.src = "/m/labelled.png?n=" + made;
    img.style.cssText = "display:block;width:400px;height:300px";
    end.before(img);
    made += 1;
  }
}).observe(end);
`;

const HOSTILE = `
<h1>A page that lies</h1>
<div style="position:relative;width:400px;height:250px"><img id="fake" src="/m/plain.png?fake" style="width:400px;height:250px;margin:0" alt="">
<span style="position:absolute;left:8px;top:8px;background:#181c26;color:#fff;font:12px sans-serif;padding:3px 8px;border-radius:7px">Labelled AI-generated · signed by Everybody</span></div>
<div style="position:relative;width:400px;height:250px"><img id="covered" src="/m/labelled.png?covered" style="width:400px;height:250px;margin:0" alt=""></div>
<img id="shown" src="/m/labelled.png?shown" style="width:400px;height:250px;display:block" alt="">
<script src="/hostile.js"></script>`;

const HOSTILE_JS = `
// Covers the badge of one picture with an element above everything, again and again.
const cover = document.createElement("div");
const r = document.getElementById("covered").getBoundingClientRect();
cover.style.cssText = "position:absolute;z-index:2147483647;background:#fff;left:" + (r.left + scrollX) + "px;top:" + (r.top + scrollY) + "px;width:380px;height:40px";
cover.textContent = "No label found: made by hand";
setInterval(() => document.documentElement.append(cover), 200);
window.clicks = 0;
// Clicks on everything that it finds, in the hope that something opens.
setInterval(() => { for (const e of document.documentElement.children) { e.click(); window.clicks += 1; } }, 300);
`;

const REMOVING_JS = `
setInterval(() => { for (const e of [...document.documentElement.children]) if (e !== document.head && e !== document.body) e.remove(); }, 20);
`;

const perf = (count, heavyOnes) => `<!doctype html><meta charset="utf-8"><title>${count} pictures</title>
<style>main{display:grid;grid-template-columns:repeat(8,1fr);gap:8px}article{font:13px sans-serif}img{width:100%;height:140px;object-fit:cover;background:#888}</style>
<main>${Array.from({ length: count }, (_, i) => `<article><img src="/${heavyOnes ? "heavy" : "m"}/${heavyOnes ? `${i}.png` : `labelled.png?p=${i}`}" alt=""><p><b>Picture</b> ${i}</p></article>`).join("")}</main>`;

function page(path, other) {
  const data = MEDIA["labelled.png"].toString("base64");
  if (path === "/cases.html") return cases(other, data);
  if (path === "/strict.html") return box('<img id="blob" alt="" style="width:400px;height:250px"><script src="/strict.js"></script>');
  if (path === "/frame.html") return box('<img id="framed" src="/m/labelled.png?framed" alt="">');
  if (path === "/scroll.html") return box('<h1>More and more</h1><div id="end" style="height:20px"></div><script src="/scroll.js"></script>');
  if (path === "/hostile.html") return box(HOSTILE);
  if (path === "/removing.html") return box('<img src="/m/labelled.png?removed" style="width:400px;height:250px" alt=""><script src="/removing.js"></script>');
  if (path === "/local.html") return box('<img src="file:///etc/hostname" alt=""><img src="/m/labelled.png?x" alt="">');
  if (path === "/perf.html") return perf(200, true);
  if (path === "/bounds.html") {
    return box(`<img id="large" src="/m/large.png" alt=""><img id="login" src="/m/labelled.png?then-login" alt="">
<video id="long" src="/m/long.mp4" controls></video><video id="stream" src="blob:${"http://127.0.0.1/none"}" controls></video>`);
  }
  if (path === "/many.html") return perf(40, false);
  if (path === "/redirects.html") return box('<img src="/on/own.png" alt=""><img src="/on/other.png" alt="">');
  if (path === "/slow.html") return box(Array.from({ length: 12 }, (_, at) => `<img src="/slow/${at}.png" alt="">`).join(""));
  if (path === "/empty.html") return box("<p>Nothing here.</p>");
  return undefined;
}

const SCRIPTS = { "/cases.js": CASES_JS, "/strict.js": STRICT_JS, "/scroll.js": SCROLL_JS, "/hostile.js": HOSTILE_JS, "/removing.js": REMOVING_JS };

/** Starts both servers. `seen` holds every request: port, path, headers of interest; `slow` what is not answered yet. */
export async function startSite() {
  const seen = [];
  const origins = [];
  const heavies = new Map();
  const busy = { now: 0, most: 0 };
  const slow = new Set();
  const serve = (which) => (request, reply) => {
    const { pathname } = new URL(request.url, "http://x");
    seen.push({ which, path: request.url, origin: request.headers.origin, cookie: request.headers.cookie, range: request.headers.range, mode: request.headers["sec-fetch-dest"], site: request.headers["sec-fetch-site"] });
    reply.setHeader("cache-control", "no-store");
    // The page's own rules forbid scripts and styles of others, as many sites do.
    const again = request.headers["sec-fetch-dest"] === "empty";
    if (again) {
      busy.most = Math.max(busy.most, (busy.now += 1));
      reply.on("close", () => { busy.now -= 1; });
    }
    const html = page(pathname, origins[1 - which]);
    if (html !== undefined) {
      reply.setHeader("content-security-policy", "default-src 'self' http://127.0.0.1:* http://localhost:* data: blob:; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'" + (pathname === "/strict.html" ? "" : " blob:"));
      reply.setHeader("set-cookie", "who=me; Path=/");
      return send(request, reply, "html", Buffer.from(html));
    }
    if (SCRIPTS[pathname]) return send(request, reply, "js", Buffer.from(SCRIPTS[pathname]));
    const on = /^\/on\/(own|other)\.png$/.exec(pathname)?.[1];
    if (on) return reply.writeHead(302, { location: `${on === "own" ? "" : origins[1 - which]}/m/labelled.png?${on}-target` }).end();
    if (pathname.startsWith("/slow/")) {
      if (!again) return send(request, reply, "png", MEDIA["labelled.png"]);
      // Never answered: whoever asked has to give up.
      slow.add(reply);
      return reply.on("close", () => slow.delete(reply));
    }
    const heavyOne = /^\/heavy\/(\d+)\.png$/.exec(pathname);
    if (heavyOne) {
      const seed = Number(heavyOne[1]);
      if (!heavies.has(seed)) heavies.set(seed, heavy(192, seed, seed % 2 === 0));
      return send(request, reply, "png", heavies.get(seed));
    }
    if (pathname === "/m/large.png") return send(request, reply, "png", (heavies.get("large") ?? heavies.set("large", heavy(700, 7, true)).get("large")));
    // The second time the same address gives a page to log in.
    if (request.url === "/m/labelled.png?then-login" && again) return send(request, reply, "html", Buffer.from("<p>Log in first.</p>"));
    const name = pathname.replace(/^\/(m|cors)\//, "");
    if (pathname.startsWith("/cors/")) reply.setHeader("access-control-allow-origin", "*");
    // What is read again comes late, so that it can be seen how much is asked for at once.
    if (MEDIA[name]) return setTimeout(() => send(request, reply, name.split(".").pop(), MEDIA[name]), again ? 30 : 0);
    reply.writeHead(404).end();
  };
  const servers = await Promise.all([0, 1].map((which) => new Promise((done) => {
    const server = createServer(serve(which));
    server.listen(0, "127.0.0.1", () => done(server));
  })));
  origins.push(`http://127.0.0.1:${servers[0].address().port}`, `http://localhost:${servers[1].address().port}`);
  return { origins, seen, busy, slow, close: () => { for (const server of servers) { server.closeAllConnections(); server.close(); } } };
}

function send(request, reply, kind, body) {
  reply.setHeader("content-type", TYPES[kind]);
  reply.setHeader("accept-ranges", "bytes");
  reply.setHeader("etag", `"${body.length}"`);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  if (!range) return reply.writeHead(200, { "content-length": body.length }).end(body);
  const start = Number(range[1]);
  const end = Math.min(range[2] ? Number(range[2]) + 1 : body.length, body.length);
  if (start >= body.length) return reply.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
  reply.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${body.length}`, "content-length": end - start });
  return reply.end(body.subarray(start, end));
}
