// Debian's Chromium, driven by playwright-core.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const SCREENSHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL('./screenshots', import.meta.url));

/** A laptop and a small phone. */
export const WINDOWS = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } };

export async function launch() {
  await mkdir(SCREENSHOTS, { recursive: true });
  // playwright-core makes a new, empty profile directory for each launch, and removes it.
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    // The tests run as root in containers, where Chromium's own sandbox cannot.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A fresh window, with no cookies, that remembers everything the browser complained about. */
export async function openWindow(browser, { viewport = WINDOWS.wide, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`page error: ${error}`));
  page.on('requestfailed', (request) => {
    const error = request.failure()?.errorText;
    // What the browser itself gives up when it goes on to the next page is nobody's fault.
    if (error !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()} ${error}`);
  });
  return { context, page, complaints };
}

/** Takes a picture of the whole page, which must not be wider than the window. */
export async function look(page, name) {
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.ok(content <= window, `${name}: the page is ${content} wide in a window of ${window}`);
}

/** What an address answers to this window's user, read in a tab of its own: the pages' own policy forbids them to fetch anything. */
export async function readJson(context, url) {
  const tab = await context.newPage();
  const response = await tab.goto(url);
  const json = await response.json();
  await tab.close();
  return json;
}

export function slug(text) {
  return text.normalize('NFKD').replace(/[^a-zA-Z0-9]+/g, '-').replace(/^-|-$/g, '').toLowerCase();
}
