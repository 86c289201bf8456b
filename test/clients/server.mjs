// Starts a server as a user would, with a binary built now or the one named in
// BEFFROI_BINARY.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A port that was free a moment ago. */
const freePort = () => new Promise((resolve, reject) => {
  const s = createServer();
  s.once('error', reject);
  s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});

/** Runs a server with more flags on loopback ports and a folder of its own. */
export async function startServer(...flags) {
  const dir = mkdtempSync(join(tmpdir(), 'beffroi-clients-'));
  const binary = process.env.BEFFROI_BINARY ?? join(dir, 'beffroi');
  const built = process.env.BEFFROI_BINARY ? { status: 0 } : spawnSync('go', ['build', '-o', binary, './cmd/beffroi'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('go build ./cmd/beffroi failed');
  const http = await freePort();
  const child = spawn(binary, ['serve', '--data', join(dir, 'data'), '--addr', `127.0.0.1:${http}`, '--mqtt', 'off', ...flags], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (d) => { said += d; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (d) => { out += d; if (/listening on http/.test(out)) resolve(); });
    void ended.then((code) => reject(new Error(`beffroi serve ended with ${code}:\n${out}\n${said}`)));
  });
  return {
    url: `http://127.0.0.1:${http}`,
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(dir, { recursive: true, force: true });
      if (code !== 0) throw new Error(`beffroi serve ended with ${code} after SIGTERM:\n${said}`);
    },
  };
}
