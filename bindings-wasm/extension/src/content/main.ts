import { Page } from "./page";

// The script may be injected again into a document that has it; the world of content scripts keeps it.
const world = globalThis as { biaoshiPage?: Page };
if (world.biaoshiPage) world.biaoshiPage.wake();
else world.biaoshiPage = new Page();
