// Makes the two font files of the interface from the makers' own package:
// only the characters of DESIGN section 2, weight axis 400 to 700. Run it with
// "npm run fonts" when the package or the character list changes; the result
// is committed, so that a build does not need it.
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import subsetFont from 'subset-font';

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('');
const text = [
  range(0x20, 0x7e), range(0xa0, 0x17f), range(0x218, 0x21b), range(0x2002, 0x200a), '\u202f', range(0x2010, 0x2014),
  range(0x2018, 0x201e), '\u2020\u2021\u2022\u2026\u2039\u203a', range(0x2030, 0x2033), '\u2070', range(0x2074, 0x2079),
  range(0x2080, 0x2089), '\u20ac\u2116\u2122', range(0x2190, 0x2199), '\u2212\u2248\u2260\u2264\u2265',
].join('');

const from = new URL('../node_modules/source-sans/', import.meta.url);
const to = new URL('../src/fonts/', import.meta.url);
await mkdir(to, { recursive: true });
for (const [file, name] of [['SourceSans3VF-Upright.ttf', 'beffroi-sans.woff2'], ['SourceSans3VF-Italic.ttf', 'beffroi-sans-italic.woff2']]) {
  const out = await subsetFont(await readFile(new URL(`VF/${file}`, from)), text, {
    targetFormat: 'woff2', noLayoutClosure: true, variationAxes: { wght: { min: 400, max: 700 } },
  });
  await writeFile(new URL(name, to), out);
  console.log(`${name}: ${out.length} bytes`);
}
await writeFile(new URL('LICENSE.md', to), await readFile(new URL('LICENSE.md', from)));
