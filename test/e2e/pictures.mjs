// Takes the pictures of the README and the documents from the running demo:
// npm run pictures (or BEFFROI_URL=... npm run pictures). They go to
// docs/pictures; a person looks at them before they are committed.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startServer } from './server.mjs';
import { firstView, openPage, sizes, startBrowser } from './browser.mjs';

const out = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
mkdirSync(out, { recursive: true });
const server = await startServer();
const browser = await startBrowser();
try {
  const q = new URLSearchParams({ type: 'https://smartdatamodels.org/dataModel.Transportation/BikeHireDockingStation', limit: '40', options: 'keyValues' });
  const stations = await (await fetch(`${server.url}/ngsi-ld/v1/entities?${q}`, { headers: { accept: 'application/json' } })).json();
  const { center } = await (await fetch(`${server.url}/api/city`)).json();
  const far = (e) => { const [x, y] = e.location.coordinates; return Math.hypot((x - center[0]) * 0.63, y - center[1]); };
  const station = stations.sort((a, b) => far(a) - far(b))[2]?.id;
  const { datasets } = await (await fetch(`${server.url}/api/datasets`)).json();
  const { slug } = datasets.find((d) => d.layer === 'bikes');
  const shots = [
    ['map-light', '/map?view=3d&lang=en&theme=light', 'desktop'], ['map-dark', '/map?view=3d&lang=en&theme=dark', 'desktop'],
    ['map-entity-light', `/map?view=3d&lang=en&theme=light&sel=${station}`, 'desktop'], ['map-table-light', '/map?view=3d&lang=nl&theme=light&table=bikes', 'desktop'],
    ['catalogue-light', '/catalogue?lang=en&theme=light', 'desktop'], ['dataset-light', `/id/dataset/${slug}?lang=en&theme=light`, 'desktop'],
    ['phone-map-fr', `/map?view=3d&lang=fr&theme=light&sel=${station}`, 'phone'], ['phone-map-fr-dark', `/map?view=3d&lang=fr&theme=dark&sel=${station}`, 'phone'],
  ];
  const wanted = process.argv.slice(2);
  for (const [name, path, size] of shots) {
    if (wanted.length && !wanted.includes(name)) continue;
    const { page, faults, close } = await openPage(browser, { size: sizes[size] });
    await page.goto(server.url + path);
    if (path.startsWith('/map')) await firstView(page);
    await page.waitForTimeout(6000); // live marks and the last tiles
    await page.screenshot({ path: `${out}${name}.png` });
    console.log(name, faults.join(' ') || 'ok');
    await close();
  }
} finally {
  await browser.close();
  await server.stop();
}
