// The catalogue that beffroi writes, held against the shapes of DCAT-AP 3.0.1.
// It is the golden file of internal/api/dcat, which a Go test keeps equal to
// what the program answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mandatory, nodesOf, rdf, read, shapes, type, validate } from './validate.mjs';

const catalogue = () => read('../../internal/api/dcat/testdata/golden/catalog.ttl');

const dcat = 'http://www.w3.org/ns/dcat#';
const dct = 'http://purl.org/dc/terms/';
const foaf = 'http://xmlns.com/foaf/0.1/';
const skos = 'http://www.w3.org/2004/02/skos/core#';
const vcard = 'http://www.w3.org/2006/vcard/ns#';

// What the golden catalogue holds: a validation that looked at fewer nodes has
// not validated it.
const core = { [`${dcat}Catalog`]: 1, [`${dcat}Dataset`]: 12, [`${dcat}Distribution`]: 96, [`${dcat}DataService`]: 1, [`${foaf}Agent`]: 4, [`${dct}LicenseDocument`]: 2, [`${dct}PeriodOfTime`]: 1 };
const files = {
  'dcat-ap-SHACL.ttl': { ...core, [`${dct}Location`]: 2, [`${skos}Concept`]: 24, [`${skos}ConceptScheme`]: 8, [`${vcard}Kind`]: 12, [`${foaf}Document`]: 15, 'http://data.europa.eu/eli/ontology#LegalResource': 1, [`${dct}Frequency`]: 4, [`${dct}LinguisticSystem`]: 3, [`${dct}MediaType`]: 5, [`${dct}MediaTypeOrExtent`]: 4, [`${dct}Standard`]: 3, [`${dct}ProvenanceStatement`]: 12, [`${dct}RightsStatement`]: 13 },
  'shapes.ttl': { ...core, [`${dct}Location`]: 2, [`${skos}Concept`]: 24, [`${skos}ConceptScheme`]: 8 },
  'range.ttl': core,
  'shapes_recommended.ttl': { ...core, [`${dct}Location`]: 2 },
  'mdr-vocabularies.shape.ttl': { [`${dcat}Catalog`]: 1, [`${dcat}Dataset`]: 12, [`${dcat}Distribution`]: 96, [`${dcat}DataService`]: 1, [`${dct}LicenseDocument`]: 2 },
  'deprecateduris.ttl': { [`${dcat}Dataset`]: 12, [`${dcat}Distribution`]: 96, [`${dct}PeriodOfTime`]: 1 },
};

for (const [file, expected] of Object.entries(files)) {
  test(`${file}: no violation`, async (t) => {
    const report = await validate(shapes(`testdata/shapes/${file}`), catalogue());
    assert.deepEqual(report.violations, []);
    const looked = Object.fromEntries(Object.entries(report.focus).filter(([, n]) => n > 0));
    t.diagnostic(`${Object.values(looked).reduce((a, b) => a + b, 0)} focus nodes: ${Object.entries(looked).map(([c, n]) => `${c.replace(/^.*[/#]/, '')} ${n}`).join(', ')}; ${report.others.length} recommendations not followed`);
    assert.deepEqual(looked, expected);
  });
}

for (const file of ['dcat-ap-SHACL.ttl', 'shapes.ttl']) {
  test(`${file}: each mandatory property, removed, fails`, async (t) => {
    const set = shapes(`testdata/shapes/${file}`);
    const tried = [];
    for (const { cls, path } of mandatory(set)) {
      const data = catalogue();
      const node = nodesOf(cls, data)[0];
      if (!node) continue;
      const values = [...data.match(node, path)];
      assert.ok(values.length > 0, `${node.value} has no ${path.value}`);
      for (const q of values) data.delete(q);
      const { violations } = await validate(set, data);
      const name = `${cls.value.replace(/^.*[/#]/, '')} ${path.value.replace(/^.*[/#]/, '')}`;
      assert.ok(violations.some((v) => v.node === node.value && v.path === path.value), `without ${name} nothing is found wrong`);
      tried.push(name);
    }
    t.diagnostic(`${tried.length} tried: ${tried.join(', ')}`);
    for (const must of ['Catalog title', 'Catalog description', 'Catalog publisher', 'Dataset title', 'Dataset description', 'Distribution accessURL', 'DataService endpointURL', 'DataService title', 'Agent name', 'Concept prefLabel']) {
      assert.ok(tried.includes(must), `${must} was not tried`);
    }
  });
}

// The shapes ask that what is referred to has its type in the same graph.
test('range.ttl: each type of a thing referred to, removed, fails', async (t) => {
  const set = shapes('testdata/shapes/range.ttl');
  const tried = [];
  for (const [cls, from] of [[`${foaf}Agent`, `${dct}publisher`], [`${dct}LicenseDocument`, `${dct}license`], [`${dcat}Distribution`, `${dcat}distribution`], [`${vcard}Kind`, `${dcat}contactPoint`], [`${dct}Frequency`, `${dct}accrualPeriodicity`], [`${skos}Concept`, `${dcat}theme`]]) {
    const data = catalogue();
    const used = [...data.match(null, rdf.namedNode(from))][0];
    assert.ok(used, from);
    for (const q of [...data.match(used.object, type)]) data.delete(q);
    const { violations } = await validate(set, data);
    assert.ok(violations.some((v) => v.value === used.object.value), `${cls} without its type is not found wrong`);
    tried.push(cls.replace(/^.*[/#]/, ''));
  }
  t.diagnostic(tried.join(', '));
});

// High-value datasets, as the State's portal would harvest them: DCAT-AP HVD
// 3.0.0 beside the base profile.
const highValue = () => read('../../internal/api/dcat/testdata/golden/high-value.ttl');

for (const file of ['hvd-SHACL.ttl', 'hvd-SHACL-full.ttl', 'dcat-ap-SHACL.ttl', 'shapes.ttl', 'range.ttl']) {
  test(`high-value datasets, ${file}: no violation`, async (t) => {
    const report = await validate(shapes(`testdata/shapes/${file}`), highValue());
    assert.deepEqual(report.violations, []);
    const looked = [`${dcat}Catalog`, `${dcat}Dataset`, `${dcat}Distribution`, `${dcat}DataService`].map((c) => report.focus[c]);
    t.diagnostic(`focus nodes: catalogue ${looked[0]}, datasets ${looked[1]}, distributions ${looked[2]}, service ${looked[3]}; ${report.others.length} recommendations not followed`);
    assert.deepEqual(looked, [1, 3, 24, 1]);
  });
}

test('hvd-SHACL-full.ttl: each mandatory property, removed, fails', async (t) => {
  const set = shapes('testdata/shapes/hvd-SHACL-full.ttl');
  const tried = [];
  for (const { cls, path } of mandatory(set)) {
    const data = highValue();
    const node = nodesOf(cls, data)[0];
    if (!node) continue;
    const values = [...data.match(node, path)];
    assert.ok(values.length > 0, `${node.value} has no ${path.value}`);
    for (const q of values) data.delete(q);
    const { violations } = await validate(set, data);
    const name = `${cls.value.replace(/^.*[/#]/, '')} ${path.value.replace(/^.*[/#]/, '')}`;
    assert.ok(violations.some((v) => v.node === node.value && v.path === path.value), `without ${name} nothing is found wrong`);
    tried.push(name);
  }
  t.diagnostic(`${tried.length} tried: ${tried.join(', ')}`);
  for (const must of ['Dataset applicableLegislation', 'Dataset hvdCategory', 'Distribution applicableLegislation', 'DataService applicableLegislation', 'DataService hvdCategory', 'DataService endpointURL', 'DataService contactPoint', 'DataService page']) {
    assert.ok(tried.includes(must), `${must} was not tried`);
  }
});

test('hvd-SHACL-full.ttl: a high-value dataset without an API fails', async () => {
  const data = highValue();
  for (const p of [`${dcat}servesDataset`, `${dcat}accessService`]) for (const q of [...data.match(null, rdf.namedNode(p))]) data.delete(q);
  const { violations } = await validate(shapes('testdata/shapes/hvd-SHACL-full.ttl'), data);
  assert.ok(violations.some((v) => /\/dataset\//.test(v.node)), 'nothing is found wrong');
});
