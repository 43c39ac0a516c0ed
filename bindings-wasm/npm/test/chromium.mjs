// Debian's Chromium, or the one that CHROMIUM names.
import { chromium } from "playwright-core";

/** A browser without a window; what its pages throw or block is an error of the test. */
export async function launch(options = {}) {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args, timeout: 180_000, ...options });
}

/** A page that remembers what went wrong in it. */
export async function opened(browser, url) {
  const page = await browser.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  await page.goto(url);
  return { page, wrong };
}
