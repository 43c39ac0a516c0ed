// The functions in Node: every kind of content, errors, signals, what is read of large blobs, pools.
import assert from "node:assert/strict";
import { openAsBlob, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createRequire } from "node:module";

import * as biaoshi from "biaoshi";
import { Pool } from "biaoshi/pool";

import { api } from "../dist/api.js";
import { PoolCore } from "../dist/pool-core.js";
import { PACKAGE, ROOT, VECTORS } from "./support.mjs";

const { BiaoshiError, decide, about, inspect, label, propagate, readLabel, readProviderCode, verify } = biaoshi;
const PATH = join(VECTORS, "hostile/jpeg/unread/input.jpg");
const JPEG = new Uint8Array(readFileSync(PATH));
/** A picture without a label. */
const PLAIN_PATH = join(ROOT, "core/src/codec/tests/cjpeg-2x2.jpg");
const PLAIN = new Uint8Array(readFileSync(PLAIN_PATH));
const refused = (kind, code) => (error) => {
  assert.ok(error instanceof BiaoshiError, String(error?.stack ?? error));
  assert.deepEqual([error.kind, error.code], [kind, code]);
  for (const { message } of Object.values(error.texts)) assert.ok(message.length > 0);
  return true;
};

/** A blob of this beginning and then zeros, that counts what is asked of it. */
class Long extends Blob {
  fetched = 0;
  slices = 0;
  constructor(head, size) {
    super([head]);
    this.head = head;
    Object.defineProperty(this, "size", { value: size });
  }
  slice(from, to) {
    this.slices++;
    this.fetched += to - from;
    const out = new Uint8Array(to - from);
    if (from < this.head.length) out.set(this.head.subarray(from, Math.min(to, this.head.length)));
    return new Blob([out]);
  }
}

describe("content", () => {
  const shared = () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(PLAIN.length));
    bytes.set(PLAIN);
    return bytes;
  };
  const inside = () => {
    const bytes = new Uint8Array(PLAIN.length + 20);
    bytes.set(PLAIN, 7);
    return bytes.subarray(7, 7 + PLAIN.length);
  };
  const kinds = {
    "Uint8Array": () => PLAIN,
    "a part of a buffer": inside,
    "DataView": () => new DataView(inside().buffer, 7, PLAIN.length),
    "ArrayBuffer": () => PLAIN.slice().buffer,
    "SharedArrayBuffer": () => shared().buffer,
    "a view of shared memory": shared,
    "Buffer": () => readFileSync(PLAIN_PATH),
    "Blob": () => new Blob([PLAIN]),
    "Blob of a file": () => openAsBlob(PLAIN_PATH),
    "Response": () => new Response(PLAIN),
    "ReadableStream": () => new Blob([PLAIN]).stream(),
  };
  for (const [name, make] of Object.entries(kinds)) {
    it(`${name} is read like any other`, async () => {
      assert.deepEqual(await verify(await make()), await verify(PLAIN));
      assert.deepEqual(await inspect(await make()), await inspect(PLAIN));
    });
    it(`${name} is labelled like any other`, async () => {
      const given = await make();
      const made = await label(given, { producer: "example", produceId: "1" });
      assert.equal(made.content instanceof Blob, given instanceof Blob);
      const bytes = made.content instanceof Blob ? new Uint8Array(await made.content.arrayBuffer()) : made.content;
      assert.deepEqual(bytes, (await label(PLAIN, { producer: "example", produceId: "1" })).content);
    });
  }

  it("a file lends its name and keeps it", async () => {
    const file = new File(["# Spring\n"], "a.md", { type: "text/markdown" });
    const made = await label(file, "example");
    assert.ok(made.content instanceof File);
    assert.deepEqual([made.content.name, made.content.type, made.receipt.format], ["a.md", "text/markdown", "markdown"]);
    const report = await verify(made.content);
    assert.deepEqual([report.file, report.status], ["a.md", "confirmed"]);
    assert.equal(report.verdicts[0].outcome, "compliant");
  });

  it("what is no content is a TypeError", async () => {
    for (const value of ["text", 1, null, undefined, {}, []]) await assert.rejects(verify(value), TypeError);
  });

  it("a refusal by a server is no content", async () => {
    await assert.rejects(verify(new Response("no", { status: 404 })), refused("io", "io"));
  });

  it("a part of a file is no file", async () => {
    await assert.rejects(verify(new Response(PLAIN, { status: 206 })), refused("io", "io"));
  });

  it("a blob that gives less than it has is refused", async () => {
    const short = new Blob([PLAIN]);
    Object.defineProperty(short, "size", { value: PLAIN.length + 200_000 });
    await assert.rejects(verify(short), refused("io", "io"));
  });

  it("settings are looked at before a stream is read", async () => {
    let sent = 0;
    const endless = () => new ReadableStream({ pull: (controller) => (sent++, controller.enqueue(new Uint8Array(65536))) });
    await assert.rejects(verify(endless(), { limits: { file_bytes: Number.NaN } }), RangeError);
    assert.ok(sent < 10, `${sent} pieces`);
  });

  it("a stream ends where it is longer than it may be", async () => {
    let sent = 0;
    const endless = new ReadableStream({ pull: (controller) => (sent++, controller.enqueue(new Uint8Array(65536))) });
    await assert.rejects(verify(endless, { limits: { file_bytes: 1 << 20 } }), refused("limit", "limit"));
    assert.ok(sent < 100, `${sent} pieces`);
  });

  it("a stream of unknown length is held up to 256 MiB, and the error names the way out", async () => {
    const stream = (most) => {
      let sent = 0;
      const piece = new Uint8Array(1 << 20);
      // The bound is on what is held, whatever it is.
      return { sent: () => sent, body: new ReadableStream({ pull: (to) => (sent >= most ? to.close() : (sent++, to.enqueue(piece))) }, { highWaterMark: 0 }) };
    };
    const long = stream(1024);
    await assert.rejects(verify(long.body), (error) => {
      assert.deepEqual([error.kind, error.code], ["limit", "js.stream_bytes"]);
      for (const { message } of Object.values(error.texts)) assert.match(message, /268435456.*limits\.file_bytes.*Blob/);
      return true;
    });
    assert.ok(long.sent() >= 257 && long.sent() < 270, `${long.sent()} pieces`);
    const answer = stream(1024);
    await assert.rejects(verify(new Response(answer.body)), refused("limit", "js.stream_bytes"));
    // A limit that was asked for holds, and a blob is not held.
    const allowed = stream(300);
    await assert.rejects(verify(allowed.body, { limits: { file_bytes: 512 << 20 } }), refused("unsupported", "format.unknown"));
    assert.equal(allowed.sent(), 300);
    await assert.rejects(verify(new Blob(Array(300).fill(new Uint8Array(1 << 20)))), refused("unsupported", "format.unknown"));
  });

  it("what the content throws comes through", async () => {
    const broken = new (class extends Blob {
      slice() {
        return { arrayBuffer: () => Promise.reject(new Error("gone")) };
      }
    })([JPEG]);
    await assert.rejects(verify(broken), /^Error: gone$/);
    // What is no error comes through as it is, too.
    for (const reason of ["gone", new RangeError("gone"), undefined]) {
      const other = new (class extends Blob {
        slice() {
          return { arrayBuffer: () => Promise.reject(reason) };
        }
      })([PLAIN]);
      assert.equal(await verify(other).then(() => "nothing", (thrown) => thrown), reason);
    }
  });
});

describe("large blobs", () => {
  it("of four gigabytes of film kilobytes are read", async () => {
    const film = new Uint8Array(readFileSync(join(ROOT, "xtask/bases/mp4/base-offsets-ok.mp4")));
    const labelled = (await label(film, "example", { notice: { waived: "a test" } })).content;
    // A box of 64-bit length behind the rest.
    const size = 4 * 1024 ** 3;
    const box = new Uint8Array(16);
    new DataView(box.buffer).setUint32(0, 1);
    box.set(new TextEncoder().encode("mdat"), 4);
    new DataView(box.buffer).setBigUint64(8, BigInt(size - labelled.length));
    const long = new Long(new Uint8Array([...labelled, ...box]), size);
    const report = await verify(long);
    assert.deepEqual([report.status, report.bytes], ["confirmed", size]);
    assert.ok(long.fetched < 1 << 20, `${long.fetched} bytes in ${long.slices} slices`);
  });

  it("what needs every byte of a blob that is too large says what to do", async () => {
    // The scan of a JPEG goes on to its end.
    const long = new Long(JPEG.subarray(0, JPEG.length - 2), 2 * 1024 ** 3);
    await assert.rejects(verify(long), refused("limit", "js.blob_bytes"));
    const report = await verify(long, { limits: { coded_bytes: 1 << 20 } });
    assert.ok(report.findings.some((finding) => finding.code === "file.unread"));
    assert.equal(report.status, "confirmed");
  });
});

describe("settings", () => {
  it("what is not known is refused", async () => {
    await assert.rejects(verify(JPEG, { profile: "x" }), refused("invalid", "js.invalid"));
    await assert.rejects(verify(JPEG, { profiles: ["x"] }), refused("invalid", "js.invalid"));
    await assert.rejects(verify(JPEG, { limits: { x: 1 } }), refused("invalid", "js.invalid"));
    await assert.rejects(verify(JPEG, { look: "everywhere" }), refused("invalid", "js.invalid"));
    await assert.rejects(label(JPEG, { producer: "a", level: "sure" }), refused("invalid", "js.invalid"));
    await assert.rejects(label(JPEG, { contentProducer: "a" }), refused("invalid", "js.invalid"));
    await assert.rejects(verify(JPEG, { trust: "no certificate" }), refused("signing", "sign.certificate_missing"));
  });

  it("errors of content say who can act", async () => {
    await assert.rejects(verify(new Uint8Array()), refused("unsupported", "format.unknown"));
    await assert.rejects(verify(JPEG, { limits: { file_bytes: 10 } }), refused("limit", "limit"));
  });

  it("every rule set judges when it is asked to", async () => {
    const { profiles, limits, version } = await about();
    const report = await verify(JPEG, { profiles });
    assert.deepEqual(report.verdicts.map((verdict) => verdict.profile), profiles);
    assert.ok(limits.file_bytes > 0);
    assert.equal(version, createRequire(import.meta.url)(`${PACKAGE}package.json`).version);
  });

  it("texts come in both languages", async () => {
    const [en, zh] = await Promise.all([verify(JPEG), verify(JPEG, { lang: "zh" })]);
    assert.deepEqual(en.findings.map((f) => f.code), zh.findings.map((f) => f.code));
    assert.match(zh.findings[0].message, /[\u4e00-\u9fff]/);
    assert.doesNotMatch(en.findings[0].message, /[\u4e00-\u9fff]/);
  });
});

describe("signals", () => {
  it("an aborted signal ends the work before it begins", async () => {
    const reason = new Error("enough");
    await assert.rejects(verify(JPEG, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(await verify(JPEG, { signal: AbortSignal.abort("enough") }).catch((thrown) => thrown), "enough");
  });

  it("a reason of any kind comes through while a module reads", async () => {
    const control = new AbortController();
    const blob = new Blob([JPEG]);
    const slice = blob.slice.bind(blob);
    blob.slice = (...given) => (control.abort("enough"), slice(...given));
    assert.equal(await verify(blob, { signal: control.signal }).catch((thrown) => thrown), "enough");
  });

  it("an abort between pieces ends the reading", async () => {
    const control = new AbortController();
    const long = new Long(JPEG.subarray(0, JPEG.length - 2), 400 * 1024 ** 2);
    const slice = long.slice.bind(long);
    long.slice = (from, to) => (control.abort(), slice(from, to));
    await assert.rejects(verify(long, { signal: control.signal }), { name: "AbortError" });
    assert.equal(long.slices, 1);
  });

  it("an abort ends a stream", async () => {
    const control = new AbortController();
    const slow = new ReadableStream({ pull: () => new Promise(() => {}) });
    setTimeout(() => control.abort(), 10);
    await assert.rejects(verify(slow, { signal: control.signal }), { name: "AbortError" });
  });
});

describe("labels", () => {
  it("a platform's fields stand beside the producer's", async () => {
    const first = await label(PLAIN, "producer");
    const passed = await propagate(first.content, "platform", { id: "7" });
    const fields = (await verify(passed.content)).evidence.find((one) => one.carrier === "aigc_metadata").label;
    assert.deepEqual([fields.content_producer, fields.content_propagator, fields.propagate_id], [first.receipt.label.content_producer, "platform", "7"]);
  });

  it("values and provider codes are read", async () => {
    assert.equal((await readLabel('{"Label":"1","ContentProducer":"a"}')).level, "1");
    assert.deepEqual([(await readProviderCode("12")).result, (await readProviderCode("001191110102MACQD9K64010000")).result], ["invalid", "valid"]);
    for (const wrong of [5, null, { length: -1 }]) {
      await assert.rejects(readLabel(wrong), TypeError);
      await assert.rejects(readProviderCode(wrong), TypeError);
      await assert.rejects(propagate(PLAIN, wrong), TypeError);
    }
    assert.equal(await decide([{ claim: "ai", integrity: "absent", bound: "content" }]), "confirmed");
  });
});

describe("modules", () => {
  it("one that stops is started anew, and its error is one of ours", async () => {
    let resets = 0;
    const module = {
      verify() {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    };
    const own = api(async () => ({ module, reset: () => resets++ }));
    await assert.rejects(own.verify(JPEG), refused("internal", "js.trap"));
    assert.equal(resets, 1);
  });

  it("a module that was reset works as before", async () => {
    const glue = await import("../dist/glue/small.js");
    const before = await verify(JPEG);
    glue.__wbg_reset_state();
    assert.deepEqual(await verify(JPEG), before);
  });

  it("that lack a part are followed by larger ones, and what none can do is said", async () => {
    const lacking = (code) => {
      throw JSON.stringify({ kind: "unsupported", code, message: ["lacking", "缺"], hint: ["", ""], offset: null });
    };
    const asked = [];
    const report = { findings: [] };
    const modules = {
      small: { verify: () => lacking("build.documents"), inspect: () => lacking("build.documents") },
      manifests: { verify: () => lacking("build.look"), inspect: () => "{}" },
      whole: { verify: () => JSON.stringify(report) },
    };
    const own = api(async (which) => (asked.push(which), { module: modules[which], reset() {} }));
    assert.deepEqual(await own.verify(JPEG), report);
    assert.deepEqual(asked.splice(0), ["small", "manifests", "whole"]);
    assert.deepEqual(await own.inspect(JPEG), {});
    assert.deepEqual(asked.splice(0), ["small", "manifests"]);
    modules.small.verify = () => JSON.stringify({ findings: [{ code: "manifest.not_checked" }] });
    modules.manifests.verify = () => lacking("build.pdf_manifests");
    assert.deepEqual(await own.verify(JPEG), report);
    assert.deepEqual(asked.splice(0), ["small", "manifests", "whole"]);
    modules.whole.verify = () => lacking("build.look");
    await assert.rejects(own.verify(JPEG), refused("unsupported", "build.look"));
  });

  it("give the same for documents, whichever reads them", async () => {
    for (const format of ["pdf", "docx"]) {
      const folder = join(VECTORS, "formats", format);
      const name = readdirSync(folder).find((name) => name.endsWith(`.${format}`));
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      assert.deepEqual(await verify(bytes), await verify(bytes, { look: "everything" }), name);
    }
  });
});

/** A file with a manifest. */
const SIGNED = (() => {
  const suite = JSON.parse(readFileSync(join(VECTORS, "verdict/manifests/vectors.json"), "utf8"));
  return `verdict/manifests/${suite.tests[0].file}`;
})();

describe("pools", () => {
  it("give what the functions give, in any order", async () => {
    const pool = new Pool({ size: 2 });
    try {
      const whole = await verify(JPEG);
      const all = Array.from({ length: 12 }, (_, n) => pool.verify(n % 2 ? JPEG : new Blob([JPEG])));
      for (const report of await Promise.all(all)) assert.deepEqual(report, whole);
      assert.deepEqual(await pool.inspect(JPEG), await inspect(JPEG));
      const made = await pool.label(PLAIN, { producer: "example", produceId: "1" });
      assert.deepEqual(new Uint8Array(made.content), (await label(PLAIN, { producer: "example", produceId: "1" })).content);
      const passed = await pool.propagate(made.content, "platform", { id: "7" });
      assert.equal(passed.receipt.propagated, true);
      assert.ok(PLAIN.byteLength > 0, "what was given stays");
    } finally {
      pool.close();
    }
  });

  it("files keep their names, and blobs are blobs again", async () => {
    const pool = new Pool({ size: 1 });
    try {
      const file = () => new File(["# Spring\n"], "a.md", { type: "text/markdown" });
      assert.deepEqual(await pool.verify(file()), await verify(file()));
      const made = await pool.label(file(), "example");
      assert.ok(made.content instanceof File);
      assert.deepEqual([made.content.name, (await pool.verify(made.content)).format], ["a.md", "markdown"]);
      const blob = await pool.label(await openAsBlob(PLAIN_PATH), { producer: "example", produceId: "1" });
      assert.ok(blob.content instanceof Blob);
      assert.equal((await pool.verify(blob.content)).status, "confirmed");
    } finally {
      pool.close();
    }
  });

  it("a thread that can't be made rejects the job and no other", async () => {
    let made = 0;
    const pool = new PoolCore(
      (answered) => {
        if (made++ % 2 === 0) throw new Error("no thread");
        return { send: (job) => queueMicrotask(() => answered({ id: job.id, value: "done" })), end() {} };
      },
      { size: 2 },
    );
    const asked = [pool.verify(PLAIN), pool.verify(PLAIN), pool.verify(PLAIN)];
    const ends = (await Promise.allSettled(asked)).map((one) => one.status);
    assert.deepEqual(ends, ["rejected", "fulfilled", "fulfilled"]);
  });

  it("errors keep their kind", async () => {
    const pool = new Pool({ size: 1 });
    await assert.rejects(pool.verify(new Uint8Array([1, 2])), refused("unsupported", "format.unknown"));
    pool.close();
    await assert.rejects(pool.verify(JPEG), refused("invalid", "js.closed"));
  });

  it("an abort ends the thread, and the others go on", async () => {
    const pool = new Pool({ size: 1 });
    try {
      const control = new AbortController();
      const first = pool.verify(JPEG, { signal: control.signal });
      const second = pool.verify(JPEG);
      setTimeout(() => control.abort(), 0);
      await assert.rejects(first, { name: "AbortError" });
      assert.equal((await second).status, "confirmed");
    } finally {
      pool.close();
    }
  });

  it("what waits when a pool is closed is rejected", async () => {
    const pool = new Pool({ size: 1 });
    const asked = [pool.verify(JPEG), pool.verify(JPEG)];
    setTimeout(() => pool.close(), 0);
    for (const one of asked) await assert.rejects(one, refused("invalid", "js.closed"));
  });

  it("a size that is none is refused", () => {
    for (const size of [0, -1, 1.5, Number.NaN]) assert.throws(() => new Pool({ size }), RangeError);
  });
});
