// What a steward does in a real browser against the real server: describe,
// be told while typing, meet a colleague, replace a file.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startServer } from './server.mjs';
import { openPage, sizes, startBrowser } from './browser.mjs';

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

async function go(path, options = {}) {
  if (!open) open = await openPage(browser, options);
  await open.page.goto(server.url + path);
  await open.page.waitForSelector('h1');
  return open.page;
}

/** Asks the API. */
async function ask(method, path, body, want = 204, headers = {}) {
  const r = await fetch(server.url + path, { method, headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
  assert.equal(r.status, want, `${method} ${path}: ${r.status}`);
  return r.headers.get('content-type')?.includes('json') ? r.json() : undefined;
}

const looks = async (page, what) => {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' ; ')}`));
  assert.deepEqual(found, [], what);
};

const lamps = (rows) => ({ name: 'lanterns.csv', mimeType: 'text/csv', buffer: Buffer.from(`Code;Hauteur (m);Longitude;Latitude\r\n${rows.join('\r\n')}\r\n`) });

async function fillFile(page, rows, title) {
  await page.setInputFiles('#file', lamps(rows));
  await page.getByLabel('What is one row?').fill('Lantern');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.locator('#title-en').waitFor();
  for (const l of ['fr', 'nl', 'en']) { await page.fill(`#title-${l}`, `${title} ${l}`); await page.fill(`#text-${l}`, `${title}.`); }
  await page.selectOption('#theme', 'ENER');
  await page.fill('#contact', 'Open data');
  await page.fill('#email', 'opendata@city.example');
  await page.getByRole('button', { name: 'Publish for everybody' }).click();
}

describe('the editor', () => {
  test('tells at the field what is wrong while it is typed, and keeps what was typed when saving fails', async () => {
    const page = await go('/describe?lang=en');
    await page.getByRole('heading', { name: 'Needed to publish' }).waitFor();
    await page.fill('#f-title-en', 'Drinking fountains');
    await page.getByText('/id/dataset/drinking-fountains').waitFor();
    await page.fill('#f-contact-email', 'nobody');
    await page.locator('#f-contact-email-found').getByText('is not an address').waitFor();
    const email = page.locator('#f-contact-email');
    assert.equal(await email.getAttribute('aria-invalid'), 'true');
    assert.match(await email.getAttribute('aria-describedby'), /f-contact-email-found/);
    await page.getByRole('button', { name: 'Save the draft' }).click();
    await page.locator('.edit-summary').getByText('1 field needs you').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains('edit-summary')), true, 'the summary takes focus');
    await page.locator('.edit-summary a').first().click();
    await page.waitForFunction(() => document.activeElement.id === 'f-contact-email');
    await page.route('**/api/datasets/drinking-fountains', (r) => r.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"type":"about:blank","title":"busy","status":503}' }));
    await page.fill('#f-contact-email', 'desk@city.example');
    await page.locator('#f-contact-email-found').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Save the draft' }).click();
    await page.getByText('What you typed is still here').waitFor();
    assert.equal(await page.inputValue('#f-title-en'), 'Drinking fountains');
    await page.unroute('**/api/datasets/drinking-fountains');
    await page.getByRole('button', { name: 'Save the draft' }).click();
    await page.waitForURL(/\/inventory\/drinking-fountains\/edit/);
    const kept = await ask('GET', '/api/datasets/drinking-fountains/description', undefined, 200);
    assert.equal(kept.description.contact.email, 'desk@city.example');
    assert.equal(kept.state, 'draft');
  });

  test('shows the selection in words, what is measured, and where the description and the data disagree', async () => {
    const page = await go('/inventory/trees/edit?lang=en');
    await page.getByText('All entities of the type Tree').waitFor();
    await page.getByText(/\d+ entities with \d+ attributes/).waitFor();
    await page.fill('#f-temporal-from', '2999-01-01');
    await page.fill('#f-temporal-until', '2001-01-01');
    await page.locator('#f-temporal-from-found').getByText('The end is before the start').waitFor();
    await page.getByRole('group', { name: 'Themes' }).getByText('Transport').click();
    await page.locator('.quality-list, .score').first().waitFor();
    await looks(page, 'the editor with findings');
  });

  test('two stewards: what only one changed is put together, and a person chooses for the rest', async () => {
    const page = await go('/inventory/noise/edit?lang=en');
    const before = await ask('GET', '/api/datasets/noise/description', undefined, 200);
    await page.fill('#f-title-en', 'Noise, as I call it');
    await page.fill('#f-contact-name', 'My desk');
    await ask('PUT', '/api/datasets/noise', { ...before.description, title: { ...before.description.title, en: 'Noise, as they call it', nl: 'Geluid, nieuw' } });
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Somebody else saved this description meanwhile').waitFor();
    await page.getByText('Noise, as they call it').waitFor();
    await looks(page, 'a conflict');
    assert.equal(await page.inputValue('#f-title-nl'), 'Geluid, nieuw', 'what only they changed is taken');
    await page.locator('.conflict .check').filter({ hasText: 'Noise, as they call it' }).click();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('published in all channels').first().waitFor();
    const now = (await ask('GET', '/api/datasets/noise/description', undefined, 200)).description;
    assert.deepEqual([now.title.en, now.title.nl, now.contact.name], ['Noise, as they call it', 'Geluid, nieuw', 'My desk']);
    await ask('PUT', '/api/datasets/noise', before.description);
  });
});

describe('a file under a title that exists', () => {
  test('is asked about: nothing changes before the answer, then rows are replaced and the description stays', async () => {
    let page = await go('/publish?lang=en');
    await fillFile(page, ['L1;8,5;3,2050;50,6210', 'L2;6;3,2100;50,6230'], 'Lanterns');
    await page.waitForURL(/\/id\/dataset\/lanterns-en/);
    const before = await ask('GET', '/api/datasets/lanterns-en/description', undefined, 200);
    page = await go('/publish?lang=en');
    await fillFile(page, ['L2;6,5;3,2100;50,6230', 'L3;4;3,2150;50,6230'], 'Lanterns');
    await page.getByText('There is a dataset with this title already').waitFor();
    await looks(page, 'the question');
    assert.equal((await ask('GET', '/ngsi-ld/v1/entities?type=Lantern&options=keyValues', undefined, 200)).find((e) => e.id.endsWith('L2')).hauteur, 6, 'nothing is touched before the answer');
    await page.getByRole('button', { name: /Replace the data of/ }).click();
    await page.waitForURL(/\/id\/dataset\/lanterns-en/);
    const after = await ask('GET', '/ngsi-ld/v1/entities?type=Lantern&options=keyValues', undefined, 200);
    assert.deepEqual(after.map((e) => [e.id.slice(-2), e.hauteur]).sort(), [['L2', 6.5], ['L3', 4]]);
    assert.deepEqual(await ask('GET', '/api/datasets/lanterns-en/description', undefined, 200), before);
  });
  test('never takes the place of data that comes from elsewhere', async () => {
    const page = await go('/publish?lang=en');
    await page.setInputFiles('#file', lamps(['L1;8,5;3,2050;50,6210']));
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.locator('#title-en').waitFor();
    for (const l of ['fr', 'nl', 'en']) { await page.fill(`#title-${l}`, 'Trees'); await page.fill(`#text-${l}`, 'x.'); }
    await page.selectOption('#theme', 'ENER');
    await page.fill('#contact', 'Open data');
    await page.fill('#email', 'opendata@city.example');
    await page.getByRole('button', { name: 'Publish for everybody' }).click();
    await page.getByText('does not come from a file of such rows').waitFor();
    assert.equal(await page.getByRole('button', { name: /Replace/ }).count(), 0);
    await page.getByRole('button', { name: 'Choose another title' }).click();
    await page.waitForFunction(() => document.activeElement.id === 'title-en');
  });
});

describe('the page of a dataset', () => {
  test('the last days as a chart and as numbers, of the thing and value that one chooses', async () => {
    const page = await go('/id/dataset/shared-bikes?lang=en');
    const days = page.locator('.days');
    await days.locator('.chart-box canvas').first().waitFor();
    assert.match(await days.locator('.chart-box').getAttribute('aria-label'), /Hourly mean of Bikes/);
    await days.getByLabel('Value').selectOption('freeSlotNumber');
    await page.waitForFunction(() => /Free docks/.test(document.querySelector('.days .chart-box')?.getAttribute('aria-label') ?? ''));
    await days.getByRole('button', { name: 'Table' }).click();
    assert.ok(await days.locator('tbody tr').count() > 24, 'an hour a row');
  });
  test('says to programs in three languages what to ask, and QGIS where it opens a file', async () => {
    const page = await go('/id/dataset/shared-bikes?lang=en');
    const box = page.locator('.programs');
    for (const way of ['NGSI-LD', 'File', 'History', 'Live events', 'Be told of changes']) {
      await box.getByRole('button', { name: way, exact: true }).click();
      for (const tongue of ['curl', 'Python', 'JavaScript']) {
        await box.getByRole('button', { name: tongue, exact: true }).click();
        assert.match(await box.locator('code').first().innerText(), new RegExp(server.url.replace(/[.:/]/g, '\\$&')), `${way} in ${tongue}`);
      }
      assert.equal(await box.getByRole('button', { name: 'QGIS' }).count(), way === 'File' ? 1 : 0);
    }
    await box.getByRole('button', { name: 'History', exact: true }).click();
    await box.getByRole('button', { name: 'curl', exact: true }).click();
    const url = /'(http[^']+)'/.exec(await box.locator('code').first().innerText())[1];
    assert.equal((await fetch(url)).status, 200, 'what is shown can be asked');
    await page.getByRole('button', { name: 'Be told of changes' }).last().click();
    await page.waitForFunction(() => document.activeElement.id === 'programs');
  });
  test('seven files with their size, now or at another moment', async () => {
    const page = await go('/id/dataset/shared-bikes?lang=en');
    const list = page.locator('section[aria-labelledby=downloads]');
    await list.locator('.n').nth(6).waitFor();
    assert.match((await list.locator('.n').allInnerTexts()).join(' '), /^(\d[\d.,]*\s(B|kB|MB) ?){7}$/);
    await list.getByText('State of another moment').click();
    await list.getByLabel('Moment').fill('2999-01-01T10:00');
    await list.getByText('Choose a moment that has passed.').waitFor();
    const before = new Date(Date.now() - 3600_000).toISOString().slice(0, 16);
    await list.getByLabel('Moment').fill(before);
    const href = await list.getByRole('link', { name: 'CSV' }).getAttribute('href');
    assert.match(href, /\.csv\?at=20\d\d-/);
    const file = await fetch(server.url + href);
    assert.equal(file.status, 200);
    assert.match(await file.text(), /validAt/);
    await looks(page, 'another moment');
  });
  test('says how its description came to be, and names no person to the public', async () => {
    const d = (await ask('GET', '/api/datasets/weather/description', undefined, 200)).description;
    await ask('PUT', '/api/datasets/weather', { ...d, keywords: { ...d.keywords, en: ['rain'] } });
    const page = await go('/id/dataset/weather?lang=en');
    await page.locator('.past').getByText('Changed: keywords').waitFor();
    await page.locator('.past').getByText('Published').waitFor();
    await page.locator('.worth summary').click();
    await page.getByText('Can it be found').waitFor();
    await ask('PUT', '/api/datasets/weather', d);
  });
  test('shows on its map the things that no layer shows, and nothing of what is closed', async () => {
    let page = await go('/inventory?lang=en');
    const points = page.waitForResponse((r) => r.url().includes('/lanterns-en/points'));
    await page.goto(`${server.url}/id/dataset/lanterns-en?lang=en`);
    assert.equal((await (await points).json()).points.length, 2);
    const d = (await ask('GET', '/api/datasets/lanterns-en/description', undefined, 200)).description;
    await ask('PUT', '/api/datasets/lanterns-en', { ...d, access: 'RESTRICTED', reason: 'security' });
    page = await go('/id/dataset/lanterns-en?lang=en');
    await page.getByText('The data is not public').waitFor();
    assert.equal(await page.locator('.preview, section[aria-labelledby=downloads]').count(), 0);
    await looks(page, 'a closed dataset');
    assert.equal((await fetch(`${server.url}/datasets/lanterns-en.csv`)).status, 403);
    await ask('PUT', '/api/datasets/lanterns-en', d);
  });
});

describe('a series', () => {
  test('is made by a steward, has a page and metadata, and its datasets say where they stand in it', async () => {
    const page = await go('/series?lang=en');
    await page.getByText('New series').click();
    for (const l of ['fr', 'nl', 'en']) { await page.fill(`#s-title-${l}`, `Sky ${l}`); await page.fill(`#s-text-${l}`, 'What the sky does.'); }
    await page.getByText('Each dataset follows the one before it').click();
    for (const x of ['weather', 'air-quality']) { await page.locator(`#s-add option[value=${x}]`).waitFor({ state: 'attached' }); await page.selectOption('#s-add', x); }
    await page.getByRole('button', { name: /^Up\s*: Air/ }).click();
    await looks(page, 'the form of a series');
    await page.getByRole('button', { name: 'Save the series' }).click();
    await page.waitForURL(/\/id\/series\/sky-en/);
    await page.getByRole('heading', { level: 1, name: 'Sky en' }).waitFor();
    assert.deepEqual((await ask('GET', '/api/series/sky-en', undefined, 200)).datasets.map((d) => d.slug), ['air-quality', 'weather']);
    await looks(page, 'the page of a series');
    const ttl = await (await fetch(`${server.url}/id/series/sky-en`, { headers: { accept: 'text/turtle' } })).text();
    assert.match(ttl, /dcat:DatasetSeries/);
    await go('/id/dataset/weather?lang=en');
    await page.locator('.in-series').getByText('Before it').waitFor();
    await page.locator('.in-series a[rel=prev]').click();
    await page.waitForURL(/\/id\/dataset\/air-quality/);
    await go('/id/series/sky-en?lang=en');
    await page.getByText('Edit the series').click();
    await page.getByRole('button', { name: 'Withdraw the series' }).click();
    await page.getByRole('button', { name: 'Yes, withdraw it' }).click();
    await page.waitForURL(/\/series(\?|$)/);
    assert.equal((await fetch(`${server.url}/id/series/sky-en`, { headers: { accept: 'text/turtle' } })).status, 410);
  });
});

describe('the pages of stewards', () => {
  const langs = ['en', 'fr', 'nl'];
  const states = [['editor', '/inventory/shared-bikes/edit'], ['new', '/describe'], ['series', '/series'], ['no such dataset', '/inventory/none/edit']];
  let turn = 0;
  for (const theme of ['light', 'dark']) for (const [name, size] of Object.entries(sizes)) {
    test(`axe finds nothing: ${theme}, ${name}`, async () => {
      for (const [what, path] of states) {
        const lang = langs[turn++ % 3];
        const page = await go(`${path}?theme=${theme}&lang=${lang}`, { size });
        await page.waitForTimeout(1200);
        if (name === 'phone' && ['editor', 'new'].includes(what)) await page.locator('.findings-open').click();
        await looks(page, `${what}, ${theme}, ${name}, ${lang}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} scrolls sideways by ${wide} px`);
      }
    });
  }
  test('they hold at 320 px and at twice the text size', async () => {
    for (const lang of langs) for (const [what, path] of states) {
      const page = await go(`${path}?lang=${lang}`, { size: { width: 320, height: 640 } });
      for (const big of [false, true]) {
        await page.evaluate((b) => { document.documentElement.style.fontSize = b ? '200%' : ''; }, big);
        await page.waitForTimeout(300);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} in ${lang}${big ? ' at 200 %' : ''} scrolls sideways by ${wide} px`);
      }
    }
  });
});
