// What beffroi's own engine (internal/shacl) finds equals what
// rdf-validate-shacl finds: on every official file of shapes and every emitted
// catalogue, and on catalogues with one property removed. A Go test keeps
// verdicts.json equal to what the engine says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import SHACLValidator from 'rdf-validate-shacl';
import { rdf, read, shapes } from './validate.mjs';

const verdicts = JSON.parse(readFileSync(new URL('testdata/verdicts.json', import.meta.url), 'utf8'));
const sh = 'http://www.w3.org/ns/shacl#';
const local = (term) => (term?.value ?? '').replace(sh, '');

async function judge(validator, data) {
  const report = await validator.validate(data);
  const lines = report.results.map((r) => [local(r.severity), r.focusNode?.value ?? '', r.path?.termType === 'NamedNode' ? r.path.value : '', local(r.sourceConstraintComponent), r.value?.value ?? ''].join(' '));
  return [...new Set(lines)].sort();
}

const groups = new Map();
for (const v of verdicts) {
  const name = `${v.shapes} on ${v.data}`;
  groups.set(name, [...(groups.get(name) ?? []), v]);
}
for (const [name, group] of groups) {
  test(`${name}: both engines agree`, async (t) => {
    const validator = new SHACLValidator(shapes(`testdata/shapes/${group[0].shapes}`), { factory: rdf });
    const data = () => read(`../../internal/api/dcat/testdata/golden/${group[0].data}`);
    const whole = await judge(validator, data());
    for (const v of group) {
      if (!v.without) {
        assert.deepEqual(whole, [...v.found].sort());
        continue;
      }
      const less = data();
      for (const q of [...less.match(rdf.namedNode(v.without[0]), rdf.namedNode(v.without[1]))]) less.delete(q);
      const found = await judge(validator, less);
      assert.deepEqual({ found: found.filter((l) => !whole.includes(l)), gone: whole.filter((l) => !found.includes(l)) }, { found: [...v.found].sort(), gone: [...(v.gone ?? [])].sort() }, v.without.join(' '));
    }
    t.diagnostic(`${group.length} graphs`);
  });
}

test('the file of verdicts is whole', () => {
  assert.ok(verdicts.length > 200, `${verdicts.length} verdicts`);
  assert.equal(groups.size, 11);
});
