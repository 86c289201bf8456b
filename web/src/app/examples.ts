// What a program says to get a dataset: the same few lines in three languages.
export type Tongue = 'curl' | 'Python' | 'JavaScript' | 'QGIS';
export type Way = 'ngsi' | 'file' | 'history' | 'live' | 'subscribe';
export const tongues: Tongue[] = ['curl', 'Python', 'JavaScript', 'QGIS'];

/** A text inside quotes of a kind, whatever is in it. */
const shell = (s: string): string => `'${s.replace(/'/g, `'\\''`)}'`;
const string = (s: string): string => JSON.stringify(s);

/** What is asked for when somebody wants to be told of changes (CIM 009, 5.2.12). */
export function subscription(types: string[]): string {
  return JSON.stringify({ type: 'Subscription', entities: types.map((type) => ({ type })), notification: { endpoint: { uri: 'https://your.example/notify', accept: 'application/json' } } }, null, 1);
}

/** The example; url is absolute, body what a subscription says. */
export function example(way: Way, tongue: Tongue, url: string, body = ''): string {
  if (tongue === 'QGIS') return way === 'file' ? url : '';
  if (way === 'subscribe') {
    if (tongue === 'curl') return `curl -X POST ${shell(url)} -H 'Content-Type: application/json' -d ${shell(body)}`;
    if (tongue === 'Python') return `import requests\n\nbody = ${python(body)}\nr = requests.post(${string(url)}, json=body, timeout=30)\nr.raise_for_status()\nprint(r.headers["Location"])`;
    return `const r = await fetch(${string(url)}, {\n  method: "POST",\n  headers: { "content-type": "application/json" },\n  body: JSON.stringify(${body}),\n});\nif (!r.ok) throw new Error(await r.text());\nconsole.log(r.headers.get("location"));`;
  }
  if (way === 'live') {
    if (tongue === 'curl') return `curl -N ${shell(url)}`;
    if (tongue === 'Python') return `import json, requests\n\nwith requests.get(${string(url)}, stream=True, timeout=(10, 120)) as r:\n    r.raise_for_status()\n    for line in r.iter_lines():\n        if line.startswith(b"data: "):\n            print(json.loads(line[6:]))`;
    return `const events = new EventSource(${string(url)});\nfor (const kind of ["state", "change"]) {\n  events.addEventListener(kind, (e) => console.log(JSON.parse(e.data)));\n}`;
  }
  if (tongue === 'curl') return way === 'file' ? `curl -O ${shell(url)}` : `curl ${shell(url)}`;
  if (tongue === 'Python') {
    if (way === 'file') return `import geopandas\n\ndata = geopandas.read_file(${string(url)})\nprint(data.head())`;
    return `import requests\n\nr = requests.get(${string(url)}, timeout=30)\nr.raise_for_status()\nprint(r.json())`;
  }
  return `const r = await fetch(${string(url)});\nif (!r.ok) throw new Error(await r.text());\nconsole.log(await r.json());`;
}

/** JSON as Python writes it. */
function python(body: string): string {
  return body.replace(/: true\b/g, ': True').replace(/: false\b/g, ': False').replace(/: null\b/g, ': None');
}

/** A text as one cell of a CSV file: quoted where need be, and never a formula to a spreadsheet. */
export function csvCell(v: unknown): string {
  let x = v === undefined || v === null ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v);
  if (typeof v !== 'number' && /^[=+\-@\t\r\n]/.test(x)) x = `'${x}`;
  return /[",\r\n]/.test(x) ? `"${x.replace(/"/g, '""')}"` : x;
}
