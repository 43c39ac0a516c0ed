// Signed vectors: how one is made, and what is done to it afterwards (test-vectors/README.md).

const RUNS = new Set(["bytes", "offset", "length", "serial", "time", "issuer", "certificate_sha256", "unique_id"]);
const text = new TextEncoder();

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function number(value, little) {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, little);
  return out;
}

/** A camel-cased copy of a label or its origin. */
export function labelOf(label) {
  const camel = (key) => key.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(
    Object.entries(label).map(([key, value]) => [camel(key), key === "origin" ? labelOf(value) : value]),
  );
}

/** Carries out recipes with the functions of the package and the keys that were made for the run. */
export function recipes(api, keys) {
  const sign = async (content, op) => {
    const { chain, key } = keys[op.key ?? "main"];
    const made = await api.label(content, labelOf(op.label), { notice: { waived: "vector" }, sign: { chain, key } });
    return made.content;
  };
  const slot = async (content, name) => {
    const parts = (await api.inspect(content)).segments.filter((part) => part.slot === name);
    return [parts[0].offset, parts.at(-1).offset + parts.at(-1).length];
  };
  const replaced = (content, [start, end], by) => joined(content.subarray(0, start), by, content.subarray(end));

  /** Makes checksums and sizes right again, as an attacker would. */
  const repair = async (content, form, at) => {
    if (form === "png") {
      for (const { name, offset, length } of (await api.inspect(content)).segments) {
        if (name === "signature" || at < offset || at >= offset + length) continue;
        const end = offset + length;
        content.set(number(crc32(content.subarray(offset + 4, end - 4)), false), end - 4);
      }
    } else if (form === "webp") {
      content.set(number(content.length - 8, true), 4);
    }
    return content;
  };
  const foreign = (form, data) => {
    if (form === "png") {
      const body = joined(text.encode("prVt"), data);
      return joined(number(data.length, false), body, number(crc32(body), false));
    }
    if (form === "jpeg") return joined(Uint8Array.of(0xff, 0xec, (data.length + 2) >> 8, (data.length + 2) & 255), data);
    return joined(text.encode("JUNK"), number(data.length, true), data, new Uint8Array(data.length % 2));
  };

  async function step(held, op, file) {
    const { format: form, segments } = await api.inspect(held);
    const content = held.slice();
    switch (op.op) {
      case "sign":
        return sign(held, op);
      case "strip_store":
      case "drop_metadata": {
        const place = await slot(content, op.op === "strip_store" ? "c2pa" : "xmp");
        return repair(replaced(content, place, new Uint8Array()), form, 0);
      }
      case "edit_metadata":
      case "edit_store": {
        const [start, end] = await slot(content, op.op === "edit_store" ? "c2pa" : "xmp");
        const [find, by] = [text.encode(op.find), text.encode(op.replace)];
        if (find.length !== by.length) throw new Error("lengths differ");
        let found = 0;
        for (let at = start; at + find.length <= end; at++) {
          if (find.every((byte, n) => content[at + n] === byte)) {
            content.set(by, at);
            found++;
          }
        }
        if (!found) throw new Error(`${op.find} is not there`);
        return repair(content, form, start);
      }
      case "flip_pixel": {
        // Of several equally large parts the last.
        const parts = segments.filter((part) => part.essence).reverse();
        const part = parts.reduce((best, one) => (one.length > best.length ? one : best));
        const at = part.offset + Math.floor(part.length / 2);
        content[at] ^= 1;
        return repair(content, form, at);
      }
      case "corrupt_store": {
        const [start, end] = await slot(content, "c2pa");
        const at = start + Math.floor((end - start) / 2);
        content[at] ^= 1;
        return repair(content, form, at);
      }
      case "transplant_from": {
        const other = await sign(await file(op.file), op);
        const store = other.subarray(...(await slot(other, "c2pa")));
        return repair(replaced(content, await slot(content, "c2pa"), store), form, 0);
      }
      case "foreign_segment": {
        const [start, end] = await slot(content, "c2pa");
        const at = op.where === "before_store" ? start : end;
        return repair(replaced(content, [at, at], foreign(form, text.encode("another picture could hide here"))), form, 0);
      }
      case "trailing":
        return joined(content, text.encode(op.text));
      case "truncate":
        return content.slice(0, content.length - op.bytes);
      default:
        throw new Error(`unknown operation ${op.op}`);
    }
  }

  return async (content, recipe, file) => {
    for (const op of recipe.ops) content = await step(content, op, file);
    const trust = recipe.trust ? { trust: keys[recipe.trust].root } : {};
    return normal({ report: await api.verify(content, trust) });
  };
}

/** Leaves out what differs from run to run. */
export function normal(value) {
  if (typeof value === "string") {
    const at = value.indexOf("biaoshi-c2pa-1:");
    return at < 0 ? value : `${value.slice(0, at)}biaoshi-c2pa-1:*`;
  }
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== "object") return value;
  const manifest = String(value.code ?? "").startsWith("manifest.");
  const kept = Object.entries(value).filter(([key]) => !RUNS.has(key) && !(manifest && key === "message"));
  return Object.fromEntries(
    kept.map(([key, one]) => [key, key === "codes" && Array.isArray(one) ? [...new Set(one)].sort() : normal(one)]),
  );
}
