// What the tests share.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const VECTORS = join(ROOT, "test-vectors");
export const PACKAGE = fileURLToPath(new URL("../", import.meta.url));

/** The command of the workspace, which makes keys and labels. */
export const BIAOSHI = process.env.BIAOSHI ?? join(ROOT, "target/debug/biaoshi");

const NAMES = { main: ["ed25519", "Vectors"], p256: ["es256", "Vectors P-256"], lookalike: ["ed25519", "Vectors"] };

/** Keys for one run. */
export function keys() {
  const folder = mkdtempSync(join(tmpdir(), "biaoshi-keys-"));
  try {
    return Object.fromEntries(
      Object.entries(NAMES).map(([name, [algorithm, organization]]) => {
        const own = join(folder, name);
        execFileSync(BIAOSHI, ["keygen", "--out", own, "--organization", organization, "--name", `${organization} signer`, "--days", "2", "--algorithm", algorithm], { stdio: "pipe" });
        const read = (file) => readFileSync(join(own, file), "utf8");
        return [name, { chain: read("chain.pem"), key: read("key.pem"), root: read("root.pem") }];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every suite: its folder, its kind and its tests. */
export function suites() {
  const manifest = JSON.parse(readFileSync(join(VECTORS, "MANIFEST.json"), "utf8"));
  return manifest.suites.map((path) => {
    const suite = JSON.parse(readFileSync(join(VECTORS, path), "utf8"));
    return { ...suite, folder: path.split("/").slice(0, -1).join("/") };
  });
}
