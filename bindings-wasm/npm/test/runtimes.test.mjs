// The package where neither Node nor a browser runs it, and its slim entry in a process that has nothing else of it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "esbuild";
import { label, verify } from "biaoshi";

import { expected, installed, PLAIN, READ, SIGNED } from "./installed.mjs";
import { PACKAGE, VECTORS } from "./support.mjs";

const MODULES = ["small", "manifests", "whole"];
const PICTURE = join(VECTORS, "signed/input.png");
const bytes = (path) => new Uint8Array(readFileSync(path));
const findings = (report) => report.findings.map((finding) => finding.code);

let home;
let project;
let remove;
let labelled;
before(async () => {
  ({ home, project, remove } = installed());
  labelled = (await label(bytes(PICTURE), "example", { notice: { waived: "a test" } })).content;
});
after(() => remove?.());

/** The program of a development dependency. */
const program = (name) => join(PACKAGE, "node_modules/.bin", name);

it("slim loads a module when it is needed, and nothing that was not given", async () => {
  const folder = project("slim", {
    "a.mjs": `import { readFileSync } from "node:fs";
import { initialize, label, verify } from "biaoshi/slim";
const dist = new URL("../node_modules/biaoshi/dist/", import.meta.url);
const asked = [];
const from = (name) => () => (asked.push(name), readFileSync(new URL(name, dist)));
const picture = readFileSync(${JSON.stringify(PICTURE)});
const code = (run) => run.then(() => "none", (error) => error.code);
const steps = [];
const step = async (what) => steps.push([await what, asked.splice(0)]);
await step(code(verify(picture)));
initialize({ small: from("small.wasm") });
await step((await verify(picture)).status);
const signed = readFileSync(${JSON.stringify(SIGNED)});
await step(code(verify(signed)));
initialize({ manifests: from("manifests.wasm") });
await step((await verify(signed)).findings.map((finding) => finding.code));
await step(code(label(picture, "example")));
initialize({ whole: from("whole.wasm") });
await step((await verify((await label(picture, "example", { notice: { waived: "a test" } })).content)).status);
console.log(JSON.stringify(steps));`,
  });
  const steps = JSON.parse(execFileSync(process.execPath, ["a.mjs"], { cwd: folder, encoding: "utf8" }));
  assert.deepEqual(steps, [
    ["js.module", []],
    ["none", ["small.wasm"]],
    ["js.module", []],
    [findings(await verify(bytes(SIGNED))), ["manifests.wasm"]],
    ["js.module", []],
    ["confirmed", ["whole.wasm"]],
  ]);
});

describe("Deno", () => {
  const deno = (folder) => JSON.parse(execFileSync(program("deno"), ["run", "--quiet", "--no-remote", "--node-modules-dir=manual", "--allow-read", "a.mjs"], { cwd: folder, encoding: "utf8", env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", DENO_DIR: join(home, "deno") } }));

  it("verifies and labels with leave to read files, and no other", async () => {
    const folder = project("deno", { "a.mjs": `import { label, verify } from "biaoshi"; import { readFileSync } from "node:fs";\n${READ}` });
    await expected(deno(folder));
  });

  it("does so in threads", async () => {
    const folder = project("deno-pool", { "a.mjs": `import { Pool } from "biaoshi/pool"; import { readFileSync } from "node:fs";
const pool = new Pool({ size: 2 });
const { verify, label } = { verify: (...given) => pool.verify(...given), label: (...given) => pool.label(...given) };
${READ}
pool.close();` });
    await expected(deno(folder));
  });
});

describe("workerd", () => {
  const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = (
    compatibilityDate = "2026-01-01",
    modules = [
      (name = "worker.js", esModule = embed "bundle.js"),
${MODULES.map((name) => `      (name = "${name}.wasm", wasm = embed "${name}.wasm"),`).join("\n")}
    ],
  )) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ],
);`;
  const WORKER = `${MODULES.map((name) => `import ${name} from "./${name}.wasm";`).join("\n")}
import { initialize, label, verify } from "biaoshi/slim";
initialize({ ${MODULES.join(", ")} });
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/label") return new Response((await label(new Uint8Array(await request.arrayBuffer()), "example")).content);
    return Response.json(await verify(new Response(request.body)));
  },
};`;

  /** Starts the worker; answers with its address and what ends it. */
  async function start(folder) {
    const child = spawn(program("workerd"), ["serve", "config.capnp", "--control-fd=3"], { cwd: folder, stdio: ["ignore", "inherit", "inherit", "pipe"] });
    const ended = new Promise((done) => child.on("exit", done));
    const port = await new Promise((done, failed) => {
      let text = "";
      child.stdio[3].on("data", (piece) => {
        text += piece;
        const [line] = text.split("\n").filter((one) => one.includes('"listen"'));
        if (line) done(JSON.parse(line).port);
      });
      child.on("error", failed);
      child.on("exit", (code) => failed(new Error(`workerd ends with ${code}`)));
    });
    return { url: `http://127.0.0.1:${port}`, stop: () => (child.kill(), ended) };
  }

  it("verifies and labels what is sent to it, its modules imported", async () => {
    const folder = project("workerd", { "config.capnp": CONFIG, "worker.js": WORKER });
    await build({ entryPoints: [join(folder, "worker.js")], bundle: true, format: "esm", outfile: join(folder, "bundle.js"), external: ["*.wasm"], logLevel: "error" });
    for (const name of MODULES) cpSync(join(home, `node_modules/biaoshi/dist/${name}.wasm`), join(folder, `${name}.wasm`));
    const worker = await start(folder);
    try {
      const send = async (path, body) => {
        const answer = await fetch(`${worker.url}${path}`, { method: "POST", body });
        assert.equal(answer.status, 200, await answer.clone().text());
        return answer;
      };
      const report = await (await send("/", labelled)).json();
      assert.equal(report.status, "confirmed");
      assert.deepEqual(report, await verify(labelled));
      assert.deepEqual(findings(await (await send("/", bytes(SIGNED))).json()), findings(await verify(bytes(SIGNED))));
      const made = new Uint8Array(await (await send("/label", bytes(PLAIN))).arrayBuffer());
      assert.equal((await verify(made)).status, "confirmed");
    } finally {
      await worker.stop();
    }
  });
});
