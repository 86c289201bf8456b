// Runs before the first paint: sets theme and language on <html>, so that
// nothing flashes. Address first, then the stored choice, then the browser.
(function () {
  var q = new URLSearchParams(location.search), root = document.documentElement, stored = {};
  try { stored = { theme: localStorage.getItem('beffroi.theme'), lang: localStorage.getItem('beffroi.lang') }; } catch (e) { /* storage refused: fine */ }
  var theme = q.get('theme') || stored.theme;
  if (theme !== 'light' && theme !== 'dark') theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  root.dataset.theme = theme;
  var known = ['fr', 'nl', 'en'], wanted = [q.get('lang'), stored.lang].concat(navigator.languages || []);
  for (var i = 0; i < wanted.length; i++) {
    var two = String(wanted[i] || '').slice(0, 2).toLowerCase();
    if (known.indexOf(two) >= 0) { root.lang = two; break; }
  }
})();
