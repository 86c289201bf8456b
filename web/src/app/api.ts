// Requests to our own server, and failures as sentences.
export interface Problem { type: string; title: string; detail?: string; status: number; traceId?: string; existing?: { slug: string; state: string; title: Record<string, string>; file: boolean } }

export class Failure extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'Failure';
  }
}

const patience = 15_000;

/** The context whose short names this page reads: the server answers it from memory. */
export const cityContext = '<https://beffroi.eu/contexts/city.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';

/** For what works through every file of the server's folder, such as erasing. */
export const longPatience = 180_000;

/** Fetches from this origin. Rejects with a Failure; an abort by the caller rejects with the caller's reason. wait is in ms. */
export async function request(path: string, init: RequestInit = {}, wait = patience): Promise<Response> {
  const timeout = AbortSignal.timeout(wait);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  let r: Response;
  try {
    const headers = new Headers(init.headers);
    if (path.startsWith('/ngsi-ld/')) headers.set('link', cityContext);
    r = await fetch(path, { credentials: 'same-origin', ...init, headers, signal });
  } catch (e) {
    if (init.signal?.aborted) throw e;
    throw new Failure({ type: 'about:blank', title: timeout.aborted ? 'timeout' : 'offline', status: 0 });
  }
  if (r.ok) return r;
  let problem: Problem = { type: 'about:blank', title: r.statusText || String(r.status), status: r.status };
  if ((r.headers.get('content-type') ?? '').includes('json')) {
    try { problem = { ...problem, ...(await r.json() as Partial<Problem>), status: r.status }; } catch { /* the status alone says enough */ }
  }
  throw new Failure(problem);
}

export async function get<T>(path: string, signal?: AbortSignal, accept = 'application/json'): Promise<T> {
  const r = await request(path, { signal, headers: { accept } });
  return await r.json() as T;
}
