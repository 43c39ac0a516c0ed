import { describe } from "node:test";
import { startChromium } from "./browsers.mjs";
import { scenarios } from "./shared.mjs";

describe("Chromium", () => scenarios(startChromium));
