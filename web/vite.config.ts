import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

// Third parties whose work ends up in dist, with the licence file to quote.
const parts: [string, string][] = [
  ['maplibre-gl', 'LICENSE.txt'], ['preact', 'LICENSE'], ['uplot', 'LICENSE'], ['lucide-static', 'LICENSE'], ['source-sans', 'LICENSE.md'],
];

// licences writes third-party.txt beside the shell: the licences ask that
// their text goes wherever the code goes.
function licences(): Plugin {
  return {
    name: 'beffroi-licences',
    generateBundle() {
      const text = parts.map(([name, file]) => {
        const dir = new URL(`./node_modules/${name}/`, import.meta.url);
        const { version } = JSON.parse(readFileSync(new URL('package.json', dir), 'utf8')) as { version: string };
        return `${name} ${version}\n${'='.repeat(70)}\n${readFileSync(new URL(file, dir), 'utf8').trim()}\n`;
      }).join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'third-party.txt', source: text });
    },
  };
}

export default defineConfig({
  plugins: [licences()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // no data: addresses, the content security policy refuses them
    modulePreload: { polyfill: false }, // the polyfill would be an inline-like extra; browsers of ES2022 preload by themselves
    cssCodeSplit: false,
    chunkSizeWarningLimit: 1300,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        manualChunks: (id: string) => (id.includes('node_modules/maplibre-gl') ? 'maplibre' : id.includes('node_modules/uplot') ? 'uplot' : undefined),
      },
    },
  },
});
