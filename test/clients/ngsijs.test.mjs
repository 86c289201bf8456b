// ngsijs, unmodified: it creates, reads, queries, changes, subscribes and is
// told of a change (CIM 009, 5.6.1, 5.7.1, 5.7.2, 5.8.1, 5.8.6).
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import NGSI from 'ngsijs';
import { startServer } from './server.mjs';

let server, endpoint, ld;
const told = [];
let tell;

before(async () => {
  endpoint = createServer((req, res) => {
    let body = '';
    req.on('data', (d) => { body += d; });
    req.on('end', () => { told.push(JSON.parse(body)); res.end(); tell?.(); });
  });
  await new Promise((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  server = await startServer('--outbound-allow', `127.0.0.1:${endpoint.address().port}`);
  ld = new NGSI.Connection(server.url).ld;
});

after(async () => {
  await server?.stop();
  endpoint?.close();
});

const road = (n, speed) => ({ id: `urn:ngsi-ld:Road:${n}`, type: 'Road', name: { type: 'Property', value: `A ${n}` }, speed: { type: 'Property', value: speed } });

test('entities are created, read and queried', async () => {
  for (const [n, speed] of [[1, 50], [2, 90], [3, 130]]) await ld.createEntity(road(n, speed));
  await assert.rejects(ld.createEntity(road(1, 50)), NGSI.AlreadyExistsError);
  const { entity } = await ld.getEntity('urn:ngsi-ld:Road:2');
  assert.equal(entity.speed.value, 90);
  await assert.rejects(ld.getEntity('urn:ngsi-ld:Road:9'), NGSI.NotFoundError);
  const { results } = await ld.queryEntities({ type: 'Road', q: 'speed>60' });
  assert.deepEqual(results.map((e) => e.id), ['urn:ngsi-ld:Road:2', 'urn:ngsi-ld:Road:3']);
  const page = await ld.queryEntities({ type: 'Road', limit: 2, count: true });
  assert.equal(page.results.length, 2);
  assert.equal(page.count, 3);
});

test('a subscription is told of a change', async () => {
  const { subscription, location } = await ld.createSubscription({
    type: 'Subscription', entities: [{ type: 'Road' }], watchedAttributes: ['speed'],
    notification: { format: 'keyValues', endpoint: { uri: `http://127.0.0.1:${endpoint.address().port}/`, accept: 'application/json' } },
    '@context': ['https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld'],
  });
  assert.ok(location);
  const arrived = new Promise((resolve) => { tell = resolve; });
  await ld.updateEntityAttributes({ id: 'urn:ngsi-ld:Road:1', speed: { type: 'Property', value: 70 } });
  await arrived;
  assert.equal(told[0].type, 'Notification');
  assert.equal(told[0].subscriptionId, subscription.id);
  assert.equal(told[0].data[0].id, 'urn:ngsi-ld:Road:1');
  assert.equal(told[0].data[0].speed, 70);
  const { results } = await ld.listSubscriptions();
  assert.deepEqual(results.map((s) => s.id), [subscription.id]);
  await ld.deleteSubscription(subscription.id);
  await assert.rejects(ld.getSubscription(subscription.id), NGSI.NotFoundError);
});

test('an attribute and an entity are deleted', async () => {
  await ld.deleteEntityAttribute({ id: 'urn:ngsi-ld:Road:3', attribute: 'speed' });
  const { entity } = await ld.getEntity('urn:ngsi-ld:Road:3');
  assert.equal(entity.speed, undefined);
  await ld.deleteEntity('urn:ngsi-ld:Road:3');
  const { results } = await ld.queryEntities({ type: 'Road' });
  assert.equal(results.length, 2);
});
