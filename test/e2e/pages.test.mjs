// The pages in a real browser against the real server: what a person sees and
// does, and what a page may never do.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startServer } from './server.mjs';
import { firstView, openPage, sizes, startBrowser } from './browser.mjs';
import { publishReading } from './publish.mjs';

const axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
let server, browser, open, city, station, slug, asked;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const { datasets } = await json('/api/datasets');
  slug = datasets.find((d) => d.layer === 'bikes').slug;
  station = await firstEntity('BikeHireDockingStation', (e) => typeof e.p.availableBikeNumber === 'number' && e.p.availableBikeNumber > 0);
  // The first start fills the city in: wait until every feed has spoken.
  for (let i = 0; i < 120; i++) {
    city = await json('/api/city');
    if (city.layers.length >= 7 && city.layers.every((l) => l.count > 0)) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  asked = (await json('/api/desk/requests')).requests[0].id;
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

const json = async (path) => {
  const r = await fetch(server.url + path, { headers: { accept: 'application/json' } });
  assert.equal(r.status, 200, path);
  return r.json();
};

/** The first live thing of a type that a predicate likes, from the event stream itself. */
async function firstEntity(type, like = () => true) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error(`no ${type} in the live stream within 60 s`)), 60_000);
  try {
    const r = await fetch(`${server.url}/live?types=${type}`, { signal: stop.signal });
    assert.equal(r.status, 200);
    let text = '';
    for await (const part of r.body.pipeThrough(new TextDecoderStream())) {
      text += part;
      const events = text.split('\n\n');
      text = events.pop();
      for (const ev of events) {
        if (!/^event: (state|change)$/m.test(ev)) continue;
        const found = JSON.parse(/^data: (.*)$/m.exec(ev)[1]).entities?.find(like);
        if (found) return found;
      }
    }
    throw new Error(`the live stream ended without a ${type}`);
  } finally { clearTimeout(timer); stop.abort(); }
}

async function go(path, options = {}) {
  if (!open) open = await openPage(browser, options);
  await open.page.goto(server.url + path);
  await open.page.waitForSelector('h1');
  return open.page;
}

/** The map flat, north up, with a thing in the middle of the canvas. */
const at = (e, query = '', zoom = 17) => `/map?view=2d&lang=en${query}#${zoom}/${e.lat}/${e.lon}`;

describe('map', () => {
  test('first view: the city by name, marked as synthetic, live', async () => {
    const page = await go('/map?lang=en&view=2d');
    const ms = await firstView(page);
    console.log(`first view after ${ms} ms`);
    assert.match(await page.title(), /Synthetic data/);
    assert.match(await page.title(), new RegExp(city.name));
    await page.waitForSelector('.is-live');
    assert.equal(await page.locator('.bar .synthetic').innerText(), 'Synthetic data');
    const rows = await page.locator('.layer-name > span').allInnerTexts();
    for (const l of city.layers) assert.ok(rows.includes(l.names.en), `${l.names.en} is a row of the layer list: ${rows}`);
  });

  test('a click on a station opens its attributes, their age and the last 24 hours', async () => {
    const page = await go(at(station, '&layers=bikes'));
    await firstView(page);
    await page.waitForSelector('.is-live');
    await page.waitForTimeout(1500); // marks are drawn at most once a second in software
    const box = await page.locator('.map').boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForSelector('.panel.entity h2');
    assert.equal(new URL(page.url()).searchParams.get('sel'), station.id);
    await page.waitForSelector('.readings dd');
    assert.match(await page.locator('.readings').innerText(), /Bikes/);
    assert.match(await page.locator('.freshness').innerText(), /(Live|Late|Silent)/);
    await page.waitForSelector('.attributes tbody tr');
    assert.match(await page.locator('.attributes .age').last().innerText(), /(\d+ (s|min|h|days?))|–/);
    await page.waitForSelector('.chart-box canvas');
    const sentence = await page.locator('.chart-box').getAttribute('aria-label');
    assert.match(sentence, /Lowest .* highest .* now/);
    // the same numbers as a table
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    assert.ok(await page.locator('.series-table tbody tr').count() > 4);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.panel.entity', { state: 'detached' });
  });

  test('a value changes on the map after an MQTT publish', { skip: !process.env.BEFFROI_URL || process.env.BEFFROI_MQTT ? false : 'no MQTT address given' }, async () => {
    const sensor = await firstEntity('AirQualityObserved', (e) => typeof e.p.no2 === 'number');
    const page = await go(at(sensor, '&layers=air'));
    await firstView(page);
    await page.waitForSelector('.is-live');
    await page.waitForTimeout(2500);
    const box = await page.locator('.map').boundingBox();
    const clip = { x: box.x + box.width / 2 - 16, y: box.y + box.height / 2 - 16, width: 32, height: 32 };
    const before = await page.screenshot({ clip });
    const value = Math.round(sensor.p.no2) === 187 ? 186 : 187;
    await publishReading(server, sensor, value);
    await page.goto(page.url().replace('layers=air', `layers=air&sel=${sensor.id}`));
    await page.waitForFunction((v) => document.querySelector('.readings dd')?.textContent?.startsWith(String(v)), value, { timeout: 30_000 });
    await page.keyboard.press('Escape');
    await page.waitForSelector('.panel.entity', { state: 'detached' });
    const deadline = Date.now() + 30_000;
    let now;
    do { await page.waitForTimeout(500); now = await page.screenshot({ clip }); } while (now.equals(before) && Date.now() < deadline);
    assert.ok(!now.equals(before), 'the mark on the canvas changed');
  });

  test('each layer is a table as well, sortable, with every row of the layer', async () => {
    const page = await go('/map?view=2d&lang=en&table=bikes');
    await page.waitForSelector('.twin tbody tr');
    const total = (await page.locator('.panel-foot').innerText()).match(/([\d,]+) rows/)[1].replace(',', '');
    assert.equal(Number(total), city.layers.find((l) => l.id === 'bikes').count);
    await page.getByRole('button', { name: 'Bikes', exact: true }).click();
    await page.waitForSelector('th[aria-sort="ascending"]:has-text("Bikes")');
    const values = (await page.locator('.twin tbody td:nth-child(3)').allInnerTexts()).filter((v) => /^\d/.test(v)).map(Number);
    assert.deepEqual(values, [...values].sort((a, b) => a - b));
    for (const l of city.layers) {
      await page.getByLabel('Layer', { exact: true }).selectOption(l.id);
      await page.waitForSelector('.twin tbody tr, .table-scroll .note');
    }
    await page.getByLabel('Layer', { exact: true }).selectOption('buildings');
    await page.waitForSelector('.twin tbody tr');
    assert.equal(await page.locator('.twin tbody tr').count(), 100);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.waitForSelector('.panel-foot:has-text("Page 2")');
  });

  test('search finds, selects by keyboard and opens', async () => {
    const page = await go('/map?view=2d&lang=en');
    await firstView(page);
    const name = typeof station.p.name === 'string' ? station.p.name : station.p.name.en ?? station.p.name.fr;
    await page.keyboard.press('/');
    // the list follows each letter: wait until it has what was asked for, whole
    const answered = page.waitForResponse((r) => new URL(r.url()).searchParams.get('q') === name);
    await page.keyboard.type(name);
    await answered;
    await page.locator(`[role="option"] .hit-title:text-is(${JSON.stringify(name)})`).first().waitFor();
    const index = (await page.locator('[role="option"] .hit-title').allInnerTexts()).findIndex((x) => x === name);
    assert.ok(index >= 0, `${name} is among the hits`);
    const groups = await page.locator('[role="option"]').evaluateAll((els) => els.map((el) => el.closest('[role="group"]').querySelector('.group').textContent));
    const target = groups.findIndex((g, i) => g === 'Live things' && i >= index);
    assert.ok(target >= 0, `a live thing is among ${groups}`);
    for (let i = 0; i < target; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.panel.entity h2');
    // a place that is not live is shown and marked as well
    await page.keyboard.press('/');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('Belfry');
    await page.waitForSelector('[role="option"]:has-text("Belfry")');
    await page.locator('[role="option"]', { hasText: 'Belfry' }).first().click();
    await page.waitForSelector('.panel.entity h2:has-text("Belfry")');
    await page.keyboard.press('/');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('zzzzqq');
    await page.waitForSelector('.search-note:has-text("Nothing matches")');
  });

  test('works by keyboard alone', async () => {
    const page = await go('/map?view=2d&lang=en');
    await firstView(page);
    await page.waitForSelector('.is-live');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.locator('.maplibregl-canvas').focus();
    const before = page.url();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((u) => location.href !== u, before);
    await page.keyboard.press('n');
    await page.waitForFunction(() => document.querySelector('[role="status"][aria-live]')?.textContent !== '');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.panel.entity h2');
    await page.waitForFunction(() => document.activeElement.tagName === 'H2'); // the panel takes the focus
    await page.keyboard.press('Escape');
    await page.waitForSelector('.panel.entity', { state: 'detached' });
    await page.waitForFunction(() => document.activeElement !== document.body);
    await page.locator('.maplibregl-canvas').focus();
    await page.keyboard.press('Space');
    await page.waitForSelector('.is-paused');
    await page.waitForFunction(() => document.title.startsWith('Paused'));
    await page.keyboard.press('.');
    await page.waitForSelector('.is-live');
    await page.keyboard.press('t');
    await page.waitForSelector('.twin tbody tr');
    await page.keyboard.press('j');
    await page.locator('.twin').press('j');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    await page.getByLabel('Single keys work').uncheck();
    await page.keyboard.press('Escape');
    await page.locator('.maplibregl-canvas').focus();
    await page.keyboard.press('t');
    await page.waitForTimeout(300);
    assert.equal(await page.locator('.twin').count(), 0, 'single keys are off');
  });

  test('the address holds the state: selection, layers, view, camera', async () => {
    const page = await go(`/map?view=2d&lang=en&sel=${station.id}&layers=bikes`);
    await page.waitForSelector('.panel.entity h2');
    assert.equal(await page.locator('.layer input:checked').count() >= 1, true);
    await page.getByRole('checkbox', { name: city.layers[1].names.en }).check();
    await page.waitForFunction((id) => new URLSearchParams(location.search).get('layers')?.includes(id), city.layers[1].id);
    await page.reload();
    await page.waitForSelector('.panel.entity h2');
    assert.ok(await page.getByRole('checkbox', { name: city.layers[1].names.en }).isChecked());
  });
});

describe('data', () => {
  test('the catalogue lists, narrows down and leads to a dataset with downloads', async () => {
    const page = await go('/catalogue?lang=en');
    await page.waitForSelector('.result');
    const { datasets } = await json('/api/datasets?lang=en');
    assert.equal(await page.locator('.result').count(), Math.min(20, datasets.length));
    await page.locator('#search').fill('zzzz');
    await page.waitForSelector('.note:has-text("No dataset has “zzzz”")');
    await page.locator('#search').fill('');
    await page.waitForSelector('.result');
    await page.locator('.facets input').first().check();
    await page.waitForFunction(() => location.search.includes('theme_is'));
    await page.locator('.result h2 a').first().click();
    await page.waitForSelector('.dataset h1');
    assert.match(await page.title(), /Synthetic data/);
    await page.waitForSelector('.sample tbody tr');
    for (const a of await page.locator('#downloads ~ ul a').all()) {
      const href = await a.getAttribute('href');
      const r = await fetch(new URL(href, server.url));
      assert.equal(r.status, 200);
      const types = { geojson: /^application\/geo\+json/, csv: /^text\/csv/, json: /^application\/json/, ndjson: /^application\/x-ndjson/, jsonld: /^application\/ld\+json/, parquet: /parquet/, fgb: /^application\// };
      assert.match(r.headers.get('content-type'), types[href.split('.').pop()], href);
      assert.ok((await r.arrayBuffer()).byteLength > 100);
    }
  });

  test('the catalogue finds words of any language, marks them, and mends an error', async () => {
    const page = await go('/catalogue?lang=en');
    await page.waitForSelector('.result');
    await page.locator('#search').fill('luchtkwalitiet');
    await page.waitForSelector('.mended:has-text("luchtkwaliteit")');
    assert.match(page.url(), /q=luchtkwalitiet/);
    assert.equal(await page.locator('.result').count(), 1);
    await page.locator('#search').fill('bik');
    await page.waitForSelector('.result h2 mark');
    assert.match(await page.locator('.result h2 mark').first().textContent(), /^bik/i);
    await page.waitForSelector('[aria-live="polite"]:has-text("for “bik”")', { state: 'attached' });
    await page.goBack();
    await page.goForward();
    await page.reload();
    await page.waitForSelector('.result h2 mark');
    assert.equal(await page.locator('#search').inputValue(), 'bik', 'the address carries the search');
  });

  test('a catalogue search that finds nothing says what to leave out', async () => {
    const page = await go('/catalogue?lang=en&q=velo&theme_is=ENVI');
    await page.getByRole('button', { name: 'Without the filter “Theme”: 1 dataset' }).click();
    await page.waitForSelector('.result');
    assert.equal(await page.locator('.result').count(), 1);
    assert.doesNotMatch(page.url(), /theme_is/);
    await page.getByRole('button', { name: 'Choose on a map' }).click();
    await page.getByText('Give it in degrees').click();
    for (const [side, v] of [['West', '9'], ['South', '1'], ['East', '1'], ['North', '2']]) await page.getByLabel(side, { exact: true }).fill(v);
    await page.getByRole('button', { name: 'Use this place' }).click();
    await page.getByText('west before east').waitFor();
    await page.getByLabel('West', { exact: true }).fill('0');
    await page.getByRole('button', { name: 'Use this place' }).click();
    await page.getByRole('button', { name: 'Without the filter “Place”: 1 dataset' }).waitFor();
    await page.getByRole('button', { name: 'Everywhere' }).click();
    await page.waitForSelector('.result');
    const box = await page.locator('.place-map canvas').count();
    assert.equal(box, 1, 'there is a map to choose on');
  });

  test('on a phone the filters are a sheet that says how many it will show', async () => {
    const page = await go('/catalogue?lang=en', { size: sizes.phone });
    await page.waitForSelector('.result');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.locator('.facet-sheet input[name="theme_is"]').first().check();
    await page.waitForFunction(() => location.search.includes('theme_is'));
    await page.getByRole('button', { name: /^Show \d+ datasets?$/ }).click();
    await page.waitForSelector('.facet-sheet', { state: 'detached' });
    await page.locator('.chosen button').click();
    await page.waitForFunction(() => !location.search.includes('theme_is'));
  });

  test('signing in says what is missing, beside the field and in a summary that has the focus', async () => {
    const page = await go('/login?lang=en');
    await page.locator('form button[type="submit"]').click();
    await page.waitForFunction(() => document.activeElement?.classList.contains('summary'));
    assert.equal(await page.locator('.field-error').count(), 2);
    await page.getByLabel('Account', { exact: true }).fill('nobody');
    await page.getByLabel('Password', { exact: true }).fill('wrong horse battery');
    await page.locator('form button[type="submit"]').click();
    await page.waitForSelector('.summary:has-text("do not fit together")');
  });
});

describe('languages and themes', () => {
  test('French, Dutch and English, by link and by the browser’s wish', async () => {
    const page = await go('/catalogue', { locale: 'nl-BE' });
    assert.equal(await page.locator('html').getAttribute('lang'), 'nl');
    await page.getByRole('link', { name: 'FR, Français' }).click();
    await page.waitForSelector('h1:has-text("Données")');
    assert.match(page.url(), /lang=fr/);
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
    await page.getByRole('link', { name: 'EN, English' }).click();
    await page.waitForSelector('h1:has-text("Data")');
  });
  test('light and dark', async () => {
    const page = await go('/catalogue?lang=en', { colour: 'dark' });
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    await page.getByRole('button', { name: 'Switch to light' }).click();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
    await page.reload();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'light', 'the choice is kept');
  });
});

describe('a file', () => {
  test('becomes a published dataset, with the keyboard at hand and the server reading it', async () => {
    const page = await go('/inventory?lang=en');
    await page.getByRole('link', { name: 'Publish a file' }).click();
    const csv = 'Code;Rue;Hauteur (m);Posé le;Longitude;Latitude\r\nL1;"Rue Haute; 3";8,5;14/07/2021;3,2050;50,6210\r\nL2;Quai Nord;6;01/02/2020;3,2100;50,6230\r\n';
    await page.setInputFiles('#file', { name: 'lampadaires.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByText('CSV with 2 rows.').waitFor();
    assert.equal(await page.getByLabel('Meaning: Code').inputValue(), 'id');
    assert.equal(await page.getByLabel('Values: Posé le').inputValue(), 'date');
    assert.equal(await page.getByLabel('Meaning: Longitude').inputValue(), 'longitude');
    await page.getByLabel('What is one row?').fill('StreetLamp');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('All 2 rows can be taken').waitFor();
    for (const [l, s] of [['fr', 'Lampadaires'], ['nl', 'Lantaarnpalen'], ['en', 'Street lamps']]) { await page.fill(`#title-${l}`, s); await page.fill(`#text-${l}`, `${s}.`); }
    await page.selectOption('#theme', 'ENER');
    await page.fill('#contact', 'Open data');
    assert.equal(await page.getByRole('button', { name: 'Publish for everybody' }).getAttribute('aria-disabled'), 'true', 'the e-mail is still missing');
    await page.fill('#email', 'opendata@city.example');
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' ; ')}`));
    assert.deepEqual(found, []);
    await page.getByRole('button', { name: 'Publish for everybody' }).click();
    await page.waitForURL(/\/id\/dataset\/street-lamps/);
    await page.getByRole('heading', { level: 1, name: 'Street lamps' }).waitFor();
    const d = await json('/api/datasets/street-lamps');
    assert.equal(d.count, 2);
    const lamps = await json('/ngsi-ld/v1/entities?type=StreetLamp&options=keyValues');
    assert.deepEqual(lamps.map((e) => [e.id, e.hauteur, e.location.coordinates]), [['urn:ngsi-ld:StreetLamp:street-lamps:L1', 8.5, [3.205, 50.621]], ['urn:ngsi-ld:StreetLamp:street-lamps:L2', 6, [3.21, 50.623]]]);
  });
});

describe('what somebody must know', () => {
  const put = (path, body, method = 'PUT') => fetch(server.url + path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });

  test('a promise is made, and stands beside what was measured', async () => {
    assert.equal((await fetch(`${server.url}/datasets/${slug}.csv`)).status, 200);
    const page = await go(`/id/dataset/${slug}?lang=en`);
    const card = page.locator('section.service');
    await card.getByText('Change what is promised').click();
    await card.getByLabel('Availability, %').fill('90');
    await card.getByLabel('Latency of 95 of 100 requests, ms').fill('30000');
    await card.getByLabel('Terms of use, in this language').fill('Free for everybody.');
    await card.getByRole('button', { name: 'Promise this' }).click();
    await card.getByText('\u2265 90\u202f%').waitFor();
    assert.match(await card.locator('tr', { hasText: '95 of 100' }).innerText(), /\u2264 .*ms[\s\S]*\d.*ms/);
    const said = await json(`/api/datasets/${slug}/service`);
    assert.equal(said.kept.latency, true);
    assert.equal(said.promised.use.en, 'Free for everybody.');
  });

  test('a dataset whose data is missing is in the inbox, once, with the way to the place to act', async () => {
    const texts = { fr: 'Arrosage', nl: 'Besproeiing', en: 'Watering' };
    assert.equal((await put('/api/datasets/watering', { title: texts, description: texts, license: 'CC_BY_4_0', publisher: { name: 'Parks' }, contact: { name: 'Parks', email: 'parks@city.example' }, themes: ['ENVI'], frequency: 'HOURLY', selection: { types: ['https://example.org/Watering'] } })).status, 204);
    assert.equal((await put('/api/datasets/watering/publish', undefined, 'POST')).status, 204);
    let told = [];
    for (let i = 0; i < 100 && !told.length; i++) {
      told = (await json('/api/inbox')).notices.filter((n) => n.title.en.includes('Watering'));
      if (!told.length) await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.equal(told.length, 1, 'told once');
    const page = await go('/inbox?lang=en');
    const line = page.locator('.notices > li', { hasText: 'Watering' });
    await line.getByRole('link', { name: /Watering/ }).click();
    await page.waitForURL(/\/inventory\?.*q=watering/);
    await page.getByRole('link', { name: /^Inbox/ }).click();
    await line.getByRole('button', { name: /^Dealt with/ }).click();
    await line.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Dealt with', exact: true }).click();
    await line.getByText(/dealt with by local/).waitFor();
    assert.equal((await put('/api/datasets/watering', undefined, 'DELETE')).status, 204);
  });
});

describe('protected data', () => {
  test('is listed with what may be told, asked for, and never opened', async () => {
    const send = (path, body, method = 'PUT') => fetch(server.url + path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    const texts = { fr: 'Puits priv\u00e9s', nl: 'Priv\u00e9putten', en: 'Private wells' };
    assert.equal((await send('/api/datasets/private-wells', { title: texts, description: texts, license: '', publisher: { name: 'Water' }, contact: { name: 'Water', email: 'water@city.example' }, themes: ['ENVI'], frequency: 'ANNUAL', selection: { types: [] }, access: 'RESTRICTED', reason: 'personal' })).status, 204);
    assert.equal((await send('/api/datasets/private-wells/publish', undefined, 'POST')).status, 204);
    const page = await go('/information-point?lang=en');
    const entry = page.locator('.point-list > li', { hasText: 'Private wells' });
    await entry.getByText('not stated yet').first().waitFor();
    assert.equal(await entry.getByText('not stated yet').count(), 4, 'format, size, conditions, and the choice of a format');
    await entry.getByLabel('File format').selectOption('CSV');
    await entry.getByLabel('Size in kB').fill('1200');
    for (const l of ['FR', 'NL', 'EN']) await entry.getByLabel(`Conditions for re-use, ${l}`).fill(`Research alone (${l}).`);
    await entry.getByRole('button', { name: /^Tell this/ }).click();
    await entry.getByText('1.2\u00a0MB').waitFor();
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' ; ')}`));
    assert.deepEqual(found, []);
    const ttl = await (await fetch(`${server.url}/information-point.ttl`)).text();
    assert.match(ttl, /on-request/);
    assert.match(ttl, /1200000/);
    assert.equal((await fetch(`${server.url}/datasets/private-wells.csv`)).status, 403);
    await entry.getByRole('link', { name: /^Ask for re-use/ }).click();
    await page.waitForURL(/\/requests\/new\?.*dataset=private-wells/);
    assert.equal((await send('/api/datasets/private-wells', undefined, 'DELETE')).status, 204);
  });
});

describe('accessibility', () => {
  const states = () => [
    ['map', '/map?view=2d'], ['thing', `/map?view=2d&sel=${station.id}`], ['table', '/map?view=2d&table=bikes'], ['buildings', '/map?view=2d&table=buildings'],
    ['catalogue', '/catalogue'], ['catalogue, nothing found', '/catalogue?q=zzzz&theme_is=ENVI'], ['catalogue, narrowed', '/catalogue?q=velos&live=1&bbox=3,50,4,51'], ['dataset', `/id/dataset/${slug}`], ['no such dataset', '/id/dataset/nothing'], ['inventory', '/inventory'], ['publish', '/publish'], ['duties', `/inventory/${slug}`], ['inbox', '/inbox'], ['protected data', '/information-point'], ['harvesting', '/harvest'], ['no such record', '/id/record/nothing'], ['sign in', '/login'],
    ['asking', '/requests/new'], ['following', `/requests/${asked}`], ['wanted', '/wanted'], ['registers', '/registers'], ['desk', '/desk'], ['one request', `/desk/${asked}`],
  ];
  const langs = ['en', 'fr', 'nl'];
  let turn = 0;
  for (const theme of ['light', 'dark']) for (const [name, size] of Object.entries(sizes)) {
    test(`axe finds nothing: ${theme}, ${name}, every state`, async () => {
      for (const [what, path] of states()) {
        const lang = langs[turn++ % 3];
        const page = await go(`${path}${path.includes('?') ? '&' : '?'}theme=${theme}&lang=${lang}`, { size });
        await page.waitForTimeout(1200);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' ; ')}`));
        assert.deepEqual(found, [], `${what}, ${theme}, ${name}, ${lang}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} scrolls sideways by ${wide} px`);
      }
    });
  }
  test('every page and language holds at 320 px and at twice the text size', async () => {
    for (const lang of langs) for (const [what, path] of states()) {
      const page = await go(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, { size: { width: 320, height: 640 } });
      for (const big of [false, true]) {
        await page.evaluate((b) => { document.documentElement.style.fontSize = b ? '200%' : ''; }, big);
        await page.waitForTimeout(150);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} in ${lang}${big ? ' at 200 %' : ''} scrolls sideways by ${wide} px`);
      }
    }
  });
});
