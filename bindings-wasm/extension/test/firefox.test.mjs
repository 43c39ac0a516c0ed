import { describe } from "node:test";
import { startFirefox } from "./browsers.mjs";
import { inPrivate, scenarios } from "./shared.mjs";

describe("Firefox", () => scenarios(startFirefox));
describe("Firefox, private windows", () => inPrivate(startFirefox));
