// A line over the last 24 hours. uPlot has no accessibility of its own, so the
// wrapper carries a sentence, arrow keys read points out, and the same numbers
// stand in a table one click away.
import uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import { dayShort, dayTime, hourInZone, number, reading, theZone, time } from '../app/format';
import { lang, t } from '../app/lang';
import { answer } from '../app/news';
import { useSignal } from '../app/signal';
import { theme } from '../app/theme';
import { extremes, usualAt, type Series, type Usual } from '../live/history';
import { ticks } from './ticks';

interface Props { series: Series; usual?: Usual | undefined; name: string; unit: string; stepped: boolean; from: number; to: number; /** More than a day: times carry their date. */ days?: boolean }

const token = (n: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--bf-${n}`).trim();

function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, ratio: number): void {
  ctx.save();
  ctx.beginPath(); ctx.rect(x, y, w, h); ctx.clip();
  ctx.fillStyle = token('chart-gap'); ctx.fillRect(x, y, w, h);
  ctx.strokeStyle = token('text-3'); ctx.globalAlpha = 0.55; ctx.lineWidth = ratio;
  ctx.beginPath();
  for (let i = x - h; i < x + w; i += 5 * ratio) { ctx.moveTo(i, y + h); ctx.lineTo(i + h, y); }
  ctx.stroke();
  ctx.restore();
}

export function Chart({ series, usual, name, unit, stepped, from, to, days = false }: Props) {
  const stamp = (ms: number): string => (days ? `${dayTime(ms)}` : time(ms));
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [at, setAt] = useState<number | undefined>();
  const dark = useSignal(theme);
  const l = useSignal(lang);
  const e = extremes(series);

  useEffect(() => {
    const el = box.current;
    if (!el || !e) return;
    const ratio = window.devicePixelRatio || 1;
    const values = series.values.filter((v): v is number => v !== null);
    const band = usual ? series.times.map((ms) => usualAt(usual, ms, hourInZone)) : undefined;
    const seen = [...values, ...(band ?? []).flatMap((b) => b ?? [])];
    const low = stepped || Math.min(...seen) >= 0 && Math.min(...seen) < Math.max(...seen) * 0.6 ? Math.min(0, ...seen) : Math.min(...seen);
    const lines = ticks(low, Math.max(...seen, low + 1e-6));
    const axis = token('chart-axis');
    const font = `12px "Beffroi Sans"`;
    const u = new uPlot({
      width: el.clientWidth, height: 144, padding: [8, 10, 0, 0], legend: { show: false },
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), theZone()),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8, fill: token('surface'), stroke: token('cat-1'), width: 2 } },
      scales: { x: { time: true, range: [from / 1000, to / 1000] }, y: { range: [lines[0]!, lines[lines.length - 1]!] } },
      axes: [
        { stroke: axis, font, size: 26, gap: 4, grid: { show: false }, ticks: { show: true, stroke: axis, width: 1, size: 4 },
          splits: () => { const out: number[] = []; for (let s = Math.ceil(from / 3600_000) * 3600; s * 1000 <= to; s += 3600) if (hourInZone(s * 1000) % (days ? 24 : 6) === 0) out.push(s); return out; },
          values: (_, splits) => splits.map((s) => (days ? dayShort(s * 1000) : time(s * 1000))) },
        { stroke: axis, font, size: Math.max(26, 12 + 7 * Math.max(...lines.map((v) => number(v).length))), gap: 6, grid: { stroke: token('chart-grid'), width: 1 }, ticks: { show: false }, splits: () => lines, values: (_, s) => s.map((v) => number(v)) },
      ],
      bands: band ? [{ series: [2, 1], fill: token('chart-band') }] : [],
      series: [{}, ...(band ? [{ points: { show: false }, width: 0 }, { points: { show: false }, width: 0 }] : []), { stroke: token('cat-1'), width: 2, points: { show: false }, spanGaps: false, ...(stepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}) }],
      hooks: {
        drawClear: [(p) => {
          const { top, height } = p.bbox;
          for (const [a, b] of series.gaps) {
            const x = p.valToPos(a / 1000, 'x', true);
            hatch(p.ctx, x, top, Math.max(2, p.valToPos(b / 1000, 'x', true) - x), height, ratio);
          }
        }],
        draw: [(p) => {
          const x = p.valToPos(e.lastAt / 1000, 'x', true);
          const y = p.valToPos(e.last, 'y', true);
          p.ctx.beginPath(); p.ctx.arc(x, y, 5.5 * ratio, 0, 7); p.ctx.fillStyle = token('surface'); p.ctx.fill();
          p.ctx.beginPath(); p.ctx.arc(x, y, 4 * ratio, 0, 7); p.ctx.fillStyle = token('cat-1'); p.ctx.fill();
        }],
        setCursor: [(p) => setAt(p.cursor.idx ?? undefined)],
      },
    }, [series.times.map((m) => m / 1000), ...(band ? [band.map((b) => b?.[0]), band.map((b) => b?.[1])] : []), series.values] as uPlot.AlignedData, el);
    plot.current = u;
    u.root.querySelectorAll('canvas').forEach((c) => c.setAttribute('aria-hidden', 'true'));
    const resize = new ResizeObserver(() => { if (el.clientWidth) u.setSize({ width: el.clientWidth, height: 144 }); });
    resize.observe(el);
    return () => { resize.disconnect(); u.destroy(); plot.current = undefined; };
  }, [series, usual, dark, l, from, to]);

  if (!e) return null;
  const now = usual && usualAt(usual, e.lastAt, hourInZone);
  const say = (v: number): string => `${reading(v)}${unit ? `\u00a0${unit}` : ''}`;
  const summary = [
    t('chart.summary', { name, from: stamp(from), to: stamp(to), min: say(e.min), minAt: stamp(e.minAt), max: say(e.max), maxAt: stamp(e.maxAt), last: say(e.last) }),
    series.gaps.length ? t('chart.gaps', { n: series.gaps.length }) : '', now ? t('chart.usually', { from: say(now[0]), to: say(now[1]) }) : '', t('chart.keys'),
  ].filter(Boolean).join(' ');
  const v = at === undefined ? null : series.values[at] ?? null;
  const move = (ev: KeyboardEvent): void => {
    const step = ev.key === 'ArrowRight' ? 1 : ev.key === 'ArrowLeft' ? -1 : 0;
    if (!step && ev.key !== 'Home' && ev.key !== 'End') return;
    ev.preventDefault();
    ev.stopPropagation();
    const n = series.times.length;
    let i = ev.key === 'Home' ? 0 : ev.key === 'End' ? n - 1 : (at ?? n) + step * (ev.shiftKey ? 10 : 1);
    i = Math.max(0, Math.min(n - 1, i));
    while (series.values[i] === null && i > 0 && i < n - 1) i += step || 1;
    plot.current?.setCursor({ left: plot.current.valToPos(series.times[i]! / 1000, 'x'), top: 10 });
    setAt(i);
    const value = series.values[i];
    if (value !== null && value !== undefined) answer(t('chart.at', { value: say(value), time: stamp(series.times[i]!) }));
  };
  return (
    <div class="chart">
      <div class="chart-box" ref={box} role="img" tabIndex={0} aria-label={summary} onKeyDown={move} onBlur={() => { setAt(undefined); plot.current?.setCursor({ left: -10, top: -10 }); }} />
      <p class="chart-key">
        <span class="key-line" aria-hidden="true" /> {name}{unit && `, ${unit}`}
        {usual && v === null && <><span class="key-band" aria-hidden="true" /> {t('chart.usual')}</>}
        {series.gaps.length > 0 && v === null && <><span class="key-gap" aria-hidden="true" /> {t('chart.noData')}</>}
        {v !== null && at !== undefined && <span class="chart-at">{t('chart.at', { value: say(v), time: stamp(series.times[at]!) })}</span>}
      </p>
    </div>
  );
}

/** The same numbers as a table: one row for each hour's last reading, newest first. */
export function SeriesTable({ series, name, unit, days = false }: { series: Series; name: string; unit: string; days?: boolean }) {
  const rows: [number, number][] = [];
  let quarter = -1;
  for (let i = series.times.length - 1; i >= 0; i--) {
    const v = series.values[i];
    if (v === null || v === undefined) continue;
    const q = Math.floor(series.times[i]! / 900_000);
    if (q === quarter) continue;
    quarter = q;
    rows.push([series.times[i]!, v]);
  }
  return (
    <div class="series-table" tabIndex={0} role="group" aria-label={t('chart.title', { name })}>
      <table>
        <caption class="sr">{t('chart.title', { name })}</caption>
        <thead><tr><th scope="col">{t('chart.time')}</th><th scope="col" class="n">{name}{unit && `, ${unit}`}</th></tr></thead>
        <tbody>{rows.map(([ms, v]) => <tr key={ms}><th scope="row"><time dateTime={new Date(ms).toISOString()}>{days ? dayTime(ms) : time(ms)}</time></th><td class="n">{reading(v)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}
