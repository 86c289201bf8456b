// Validates a graph against SHACL shapes, and counts what each shape looked at:
// a shape without a focus node has proved nothing.
import { readFileSync } from 'node:fs';
import rdf from '@zazuko/env';
import { Parser } from 'n3';
import SHACLValidator from 'rdf-validate-shacl';

const sh = 'http://www.w3.org/ns/shacl#';
const type = rdf.namedNode('http://www.w3.org/1999/02/22-rdf-syntax-ns#type');

/** Reads a Turtle or N-Triples file. */
export function read(file) {
  return rdf.dataset(new Parser({ factory: rdf }).parse(readFileSync(new URL(file, import.meta.url), 'utf8')));
}

/** Shapes without the addresses of others that they would import. */
export function shapes(file) {
  const all = read(file);
  for (const q of [...all.match(null, rdf.namedNode('http://www.w3.org/2002/07/owl#imports'))]) all.delete(q);
  return all;
}

/** What validating says: violations, warnings, and focus nodes by shape. */
export async function validate(shapeSet, data) {
  const report = await new SHACLValidator(shapeSet, { factory: rdf }).validate(data);
  const results = report.results.map((r) => ({
    severity: r.severity?.value.replace(sh, '') ?? 'Violation',
    node: r.focusNode?.value,
    path: r.path?.value,
    message: r.message.map((m) => m.value).join(' ') || r.sourceConstraintComponent?.value,
    value: r.value?.value,
  }));
  return { violations: results.filter((r) => r.severity === 'Violation'), others: results.filter((r) => r.severity !== 'Violation'), focus: focusNodes(shapeSet, data) };
}

/** The number of nodes in data that each shape with a target class is about. */
export function focusNodes(shapeSet, data) {
  const out = {};
  for (const q of shapeSet.match(null, rdf.namedNode(`${sh}targetClass`))) {
    out[q.object.value] = nodesOf(q.object, data).length;
  }
  return out;
}

/** The nodes of a class. */
export function nodesOf(cls, data) {
  return [...new Map([...data.match(null, type, cls)].map((q) => [q.subject.value, q.subject])).values()];
}

/** The properties that shapes ask for at least once: class, path, by shape. */
export function mandatory(shapeSet) {
  const out = [];
  const at = (s, p) => [...shapeSet.match(s, rdf.namedNode(sh + p))].map((q) => q.object);
  for (const { subject: shape, object: cls } of shapeSet.match(null, rdf.namedNode(`${sh}targetClass`))) {
    for (const property of at(shape, 'property')) {
      const severity = at(property, 'severity')[0]?.value ?? `${sh}Violation`;
      const path = at(property, 'path')[0];
      if (Number(at(property, 'minCount')[0]?.value ?? 0) < 1 || severity !== `${sh}Violation` || path?.termType !== 'NamedNode') continue;
      if (!out.some((m) => m.cls.equals(cls) && m.path.equals(path))) out.push({ cls, path });
    }
  }
  return out;
}

export { rdf, type };
