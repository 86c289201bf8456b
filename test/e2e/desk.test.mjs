// A request for data from the form to the register, in a real browser against
// the real server: asked without an account, followed with a code, answered by
// a steward, and forgotten.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startServer } from './server.mjs';
import { openPage, startBrowser } from './browser.mjs';

const axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
let server, browser, open;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  if (!open) return;
  const { faults, close } = open;
  open = undefined;
  await close();
  assert.deepEqual(faults, [], 'a page left its origin, broke the policy or threw');
});

async function go(path) {
  if (!open) open = await openPage(browser);
  await open.page.goto(server.url + path);
  await open.page.waitForSelector('h1');
  return open.page;
}

/** What axe finds in the state that the page is in. */
async function clean(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' ; ')}`));
  assert.deepEqual(found, [], what);
}

const button = (page, name) => page.getByRole('button', { name });

describe('the request desk', () => {
  let id;
  test('somebody asks without an account and follows the request', async () => {
    const page = await go('/requests/new?lang=en');
    await button(page, 'Send the request').click();
    await page.getByText('The request was not sent yet').waitFor();
    await clean(page, 'the form with its errors');
    await page.getByRole('radio', { name: /Re-use of protected data/ }).check();
    await page.getByLabel('What exactly, in a line').fill('Bus positions');
    await page.getByLabel('Name', { exact: true }).fill('Walker Test');
    await page.getByLabel('E-mail').fill('walker@test.example');
    await button(page, 'Send the request').click();
    await page.getByRole('heading', { name: 'We have your request' }).waitFor();
    await clean(page, 'the receipt');
    await page.getByRole('link', { name: 'Follow the request' }).click();
    await page.getByText('No letter was sent yet').waitFor();
    await clean(page, 'the request as its requester sees it');
    id = new URL(page.url()).pathname.split('/')[2];
    await go(`/requests/${id}?lang=en&again=1`);
    await page.getByLabel('Secret code').fill('wrong');
    await button(page, 'Show the request').click();
    await page.getByText('There is no request with this number and this code.').waitFor();
  });
  test('a steward answers, the register shows it, and the requester is erased', { timeout: 300_000 }, async () => {
    const page = await go(`/desk/${id}?lang=en`);
    await button(page, 'Acknowledge receipt').click();
    await button(page, 'Preview: Acknowledgement').click();
    await page.locator('.letter-page').waitFor();
    await clean(page, 'a letter');
    await button(page, 'Record as sent').click();
    await page.getByText(/Sent .* \(e-mail\)/).waitFor();
    await page.getByRole('radio', { name: 'Granted in part' }).check();
    const summary = page.getByLabel('What was asked, for the public register');
    await summary.fill('Bus positions, for Walker');
    await page.getByRole('checkbox', { name: 'Commercial confidentiality' }).check();
    await page.getByLabel('Reasons, a line each').fill('One operator does not agree.');
    await button(page, 'Preview of the letter').click();
    await page.getByText(/which is of the requester/).waitFor();
    await summary.fill('Bus positions');
    await button(page, 'Preview of the letter').click();
    await page.getByRole('heading', { name: /granted in part/ }).waitFor();
    await page.getByRole('checkbox', { name: /I have read/ }).check();
    await button(page, 'Decide for good').click();
    await button(page, 'Record as sent').click();
    await page.getByText('Nothing to do').waitFor();
    await clean(page, 'a request that is answered');
    await page.locator('summary', { hasText: 'Erase who asked' }).click();
    await button(page, 'Erase Walker Test').click();
    await page.getByRole('heading', { name: `Request ${id}` }).waitFor({ timeout: 180_000 });
    const left = await (await fetch(`${server.url}/api/desk/requests/${id}`)).text();
    assert.doesNotMatch(left, /walker/i);
    await go('/registers?lang=en');
    await page.getByRole('rowheader', { name: /Bus positions/ }).first().waitFor();
  });
});
