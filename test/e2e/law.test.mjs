// What the law asks, in a real browser against the real server: a steward
// answers, names evidence, signs, compares; two administrators change a rule set.
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
async function ask(method, path, body, want = 204) {
  const r = await fetch(server.url + path, { method, ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}) });
  assert.equal(r.status, want, `${method} ${path}: ${r.status}`);
  return r.headers.get('content-type')?.includes('json') ? r.json() : undefined;
}

const looks = async (page, what) => {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' ; ')}`));
  assert.deepEqual(found, [], what);
};

describe('duties', () => {
  test('the facts of the organisation are kept, with who said them', async () => {
    const page = await go('/duties?lang=en&view=holder');
    await page.getByLabel('Who holds the data?').selectOption('publicSectorBody');
    await page.getByLabel('In which Member State is the holder?').fill('FR');
    await page.getByLabel('How many staff, in full-time equivalents?').fill('950'); // the demo says who it is; this differs
    await page.getByRole('button', { name: 'Keep the answers' }).click();
    await page.getByText(/said by local on/).first().waitFor();
    await go('/duties?lang=en&view=holder');
    await page.waitForFunction(() => document.getElementById('holder.kind')?.value === 'publicSectorBody');
    // They hold for every dataset.
    const { duties } = await ask('GET', '/api/datasets/streets/duties', undefined, 200);
    assert.equal(duties.find((d) => d.id === 'HVD-3.1').standing, 'met');
  });

  test('an answer is a trial until it is kept; evidence settles what a person must say; the state is signed', async () => {
    const page = await go('/inventory/trees?lang=en&know=dataset.environmentalInformation:yes');
    await page.getByText('The answers below are a trial').waitFor();
    assert.deepEqual((await ask('GET', '/api/datasets/trees/answers', undefined, 200)).facts, []);
    await page.getByRole('button', { name: 'Keep these answers' }).click();
    await page.getByText('said by local on').first().waitFor();
    assert.equal(new URL(page.url()).searchParams.get('know'), null);
    const duty = page.locator('.law-list > li', { hasText: 'Older data too' });
    await duty.getByText('Name evidence').click();
    await duty.getByLabel('Address of the evidence').fill('https://city.example/archive');
    await duty.getByRole('button', { name: 'Add' }).click();
    await page.locator('.law-list > li', { hasText: 'Older data too' }).getByRole('link', { name: 'https://city.example/archive' }).waitFor();
    const { duties } = await ask('GET', '/api/datasets/trees/duties', undefined, 200);
    assert.equal(duties.find((d) => d.id === 'HVD-4.2').standing, 'met');
    // One button does what a machine can do.
    const mark = page.locator('.law-list > li', { hasText: 'Mark in the metadata' });
    await mark.getByRole('button', { name: 'Mark as of high value and publish' }).click();
    await mark.getByRole('button', { name: /^Do it/ }).click();
    await page.waitForFunction(() => ![...document.querySelectorAll('.law-list > li')].some((x) => x.textContent.includes('Mark as of high value and publish')));
    const { datasets } = await ask('GET', '/api/inventory', undefined, 200);
    assert.deepEqual(datasets.find((d) => d.slug === 'trees').typed.highValue, ['c_dd313021']);
    await page.getByLabel('Note').fill('for the council');
    await page.getByRole('button', { name: 'Sign how it stands' }).click();
    await page.getByText(/No\. 1, .*, by local/).waitFor();
  });

  test('today, on a day and if adopted stand side by side', async () => {
    const page = await go('/inventory/streets?lang=en&compare=1&adopted=omnibus-data');
    await page.locator('.beside tbody tr').first().waitFor();
    assert.deepEqual(await page.locator('.beside thead th').allInnerTexts(), ['Duties', 'Today', 'If adopted: Digital omnibus: data, GDPR, cyber (proposal)']);
    assert.match(await page.locator('.beside tbody').innerText(), /does not apply/);
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.ok(await page.locator('.beside tbody tr').count() > 10);
  });

  test('the table of datasets and acts filters, and leads on', async () => {
    const page = await go('/duties?lang=en');
    await page.locator('.matrix tbody tr').first().waitFor();
    const inventory = (await ask('GET', '/api/inventory', undefined, 200)).datasets.filter((d) => d.state !== 'withdrawn');
    assert.equal(await page.locator('.matrix tbody tr').count(), inventory.length + 1);
    await page.getByLabel('Act', { exact: true }).selectOption('hvd');
    await page.getByRole('columnheader', { name: /Terms and quality of service/ }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('act'), 'hvd');
    await page.getByLabel('On the day').fill('2026-11-25');
    await page.getByLabel('Act', { exact: true }).selectOption('');
    const first = page.locator('.timeline > li').first();
    await first.waitFor();
    assert.equal(await first.locator('time').getAttribute('datetime'), '2026-12-02');
    for (const format of ['pdf', 'csv', 'jsonld']) {
      const href = await page.locator('.reports > li').nth(1).getByRole('link').nth(['html', 'pdf', 'csv', 'jsonld'].indexOf(format)).getAttribute('href');
      assert.equal((await fetch(server.url + href)).status, 200, href);
    }
    await page.locator('.matrix tbody th a').nth(1).click();
    await page.waitForURL(/\/inventory\/[a-z-]+/);
  });

  test('a processing activity names what it lacks until it is complete', async () => {
    const page = await go('/duties?lang=en&view=processing');
    await page.getByRole('link', { name: 'Record an activity' }).click();
    await page.getByLabel('Name of the activity').fill('Bike hire');
    await page.getByLabel('Purposes').fill('hire\nstatistics');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByText(/Missing: Controller, How to reach it/).waitFor();
    await page.getByRole('link', { name: /Change.*Bike hire/ }).click();
    await page.getByLabel('Controller', { exact: true }).fill('City');
    await page.getByLabel('How to reach it', { exact: true }).fill('mairie@city.example');
    await page.getByLabel('How to reach the officer').fill('dpo@city.example');
    for (const [label, text] of [['Categories of people', 'riders'], ['Categories of data', 'trips'], ['Categories of recipients', 'none']]) await page.getByLabel(label).fill(text);
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByText('Complete', { exact: true }).nth(1).waitFor(); // beside the demo's own
    const csv = await (await fetch(`${server.url}/api/duties/reports/processing?format=csv&lang=en`)).text();
    assert.match(csv, /bike-hire,Bike hire,controller,"City, mairie@city.example".*hire; statistics/);
  });

  test('a rule set waits for a second person', async () => {
    for (const name of ['ann', 'bob']) await ask('POST', '/api/users', { name, role: 'administrator', password: 'correct horse battery' }, 201);
    const enter = async (name) => {
      if (open) { const { faults, close } = open; open = undefined; await close(); assert.deepEqual(faults, []); }
      const page = await go('/login?lang=en&next=%2Fduties%3Fview%3Dacts%26lang%3Den');
      await page.fill('#account', name);
      await page.fill('#password', 'correct horse battery');
      await page.locator('form button[type=submit]').click();
      await page.getByLabel('Text of the rule set (YAML)').waitFor();
      return page;
    };
    let page = await enter('ann');
    const text = (await (await fetch(`${server.url}/api/law/acts/cra/source`)).text()).replace('from: "2027-12-11"', 'from: "2028-01-01"');
    await page.getByLabel('Text of the rule set (YAML)').fill(text.replace(/verification: \w+/, 'verification: perhaps'));
    await page.getByRole('button', { name: 'Hand in' }).click();
    await page.getByText(/"perhaps" is not read, secondary or unverified/).waitFor();
    await page.getByLabel('Text of the rule set (YAML)').fill(text);
    await page.getByLabel('Why').fill('a test');
    await page.getByRole('button', { name: 'Hand in' }).click();
    await page.getByRole('heading', { name: 'What cra-0001 changes' }).waitFor();
    assert.match(await page.locator('.changes').innerText(), /from\s+\d{4}-\d\d-\d\d\s+2028-01-01/);
    await page.getByText('You handed this in').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
    page = await enter('bob');
    await page.getByRole('link', { name: /See what differs/ }).first().click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText(/decided by bob on/).waitFor();
    const { imports } = await ask('GET', '/api/law/imports', undefined, 200);
    assert.deepEqual(imports.map((i) => [i.id, i.state, i.by, i.decidedBy]), [['cra-0001', 'approved', 'ann', 'bob']]);
  });
});

describe('the pages about duties', () => {
  const langs = ['en', 'fr', 'nl'];
  const states = [['duties of a dataset', '/inventory/trees'], ['side by side', '/inventory/trees?compare=1&adopted=omnibus-data'], ['datasets and acts', '/duties'], ['rules of an act', '/duties?act=hvd'], ['the organisation', '/duties?view=holder'], ['record of processing', '/duties?view=processing'], ['an activity', '/duties?view=processing&edit=new'], ['rule sets', '/duties?view=acts'], ['an import', '/duties?view=acts&import=cra-0001']];
  let turn = 0;
  for (const theme of ['light', 'dark']) for (const [name, size] of Object.entries(sizes)) {
    test(`axe finds nothing: ${theme}, ${name}`, async () => {
      for (const [what, path] of states) {
        const lang = langs[turn++ % 3];
        const page = await go(`${path}${path.includes('?') ? '&' : '?'}theme=${theme}&lang=${lang}`, { size });
        await page.waitForFunction(() => !document.querySelector('.skeleton'));
        await looks(page, `${what}, ${theme}, ${name}, ${lang}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} scrolls sideways by ${wide} px`);
      }
    });
  }
  test('they hold at 320 px and at twice the text size', async () => {
    for (const lang of langs) for (const [what, path] of states) {
      const page = await go(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, { size: { width: 320, height: 640 } });
      await page.waitForFunction(() => !document.querySelector('.skeleton'));
      for (const big of [false, true]) {
        await page.evaluate((b) => { document.documentElement.style.fontSize = b ? '200%' : ''; }, big);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} in ${lang}${big ? ' at 200 %' : ''} scrolls sideways by ${wide} px`);
      }
    }
  });
});
