// A browser that watches what a page may not do: leave its origin, break the
// content security policy, throw.
import { chromium } from 'playwright-core';
import { existsSync } from 'node:fs';

const found = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));

export async function startBrowser() {
  if (!found) throw new Error('no Chromium found; install it (apt-get install chromium) or name it in CHROMIUM');
  return chromium.launch({ executablePath: found, args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });
}

export const sizes = { desktop: { width: 1280, height: 720 }, phone: { width: 390, height: 844 } };

/** A page with its own storage. faults collects everything that must not happen. */
export async function openPage(browser, { size = sizes.desktop, reduced = true, colour = 'light', locale = 'en-GB' } = {}) {
  const context = await browser.newContext({ viewport: size, locale, colorScheme: colour, reducedMotion: reduced ? 'reduce' : 'no-preference', ...(size.width < 700 ? { isMobile: true, hasTouch: true } : {}) });
  const page = await context.newPage();
  const faults = [];
  let origin;
  page.on('request', (r) => {
    const u = new URL(r.url());
    if (r.isNavigationRequest() && !origin) origin = u.origin;
    if (u.protocol !== 'blob:' && u.origin !== origin) faults.push(`request left the origin: ${r.url().slice(0, 200)}`);
  });
  page.on('console', (m) => { if (/content security policy/i.test(m.text())) faults.push(`policy: ${m.text().slice(0, 300)}`); });
  page.on('pageerror', (e) => faults.push(`thrown: ${e.message}`));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (e) => console.error(`Content Security Policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`)));
  return { page, faults, close: () => context.close() };
}

/** Waits until the map has drawn its first picture. */
export const firstView = async (page) => {
  await page.waitForFunction(() => performance.getEntriesByName('beffroi:first-view').length > 0, undefined, { timeout: 90_000 });
  return page.evaluate(() => Math.round(performance.getEntriesByName('beffroi:first-view')[0].startTime));
};
