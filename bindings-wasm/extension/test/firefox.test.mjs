import { describe } from "node:test";
import { startFirefox } from "./browsers.mjs";
import { scenarios } from "./shared.mjs";

describe("Firefox", () => scenarios(startFirefox));
