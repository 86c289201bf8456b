// The few globals of a page that the logic reads, without a browser.
const page = { pathname: '/map', search: '', hash: '#14/50/3', origin: 'http://localhost', href: 'http://localhost/map' };
Object.assign(globalThis, {
  location: page,
  history: {
    pushState(_s: unknown, _t: string, address: string) { const u = new URL(address, page.origin); page.pathname = u.pathname; page.search = u.search; page.hash = u.hash; },
    replaceState(_s: unknown, _t: string, address: string) { this.pushState(null, '', address); },
  },
});
