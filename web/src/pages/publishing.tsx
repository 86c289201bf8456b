// What stewards publish in the registers: exclusive arrangements and fees.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../app/api';
import { post, type Arrangement, type Schedule, type Terms } from '../app/desk';
import { languages, pick, t, type Lang, type Names } from '../app/lang';
import { show } from '../app/news';
import { Note, useAnswer } from '../ui/parts';
import { capital, why } from '../ui/text';

type Texts = Record<Lang, string>;
const texts = (n?: Names): Texts => ({ fr: n?.fr ?? '', nl: n?.nl ?? '', en: n?.en ?? '' });

/** One text in the three languages that everything published has. */
function Three({ id, label, value, set, rows = 0 }: { id: string; label: 'arr.data' | 'arr.reason' | 'fee.method' | 'fee.name' | 'fee.unit' | 'fee.basis'; value: Texts; set: (v: Texts) => void; rows?: number }) {
  return (
    <div class="three">{languages.map((l) => (
      <div class="field" key={l}><label for={`${id}-${l}`}>{t(label, { lang: l.toUpperCase() })}</label>{rows
        ? <textarea id={`${id}-${l}`} lang={l} rows={rows} value={value[l]} onInput={(e) => set({ ...value, [l]: e.currentTarget.value })} />
        : <input id={`${id}-${l}`} lang={l} value={value[l]} onInput={(e) => set({ ...value, [l]: e.currentTarget.value })} />}</div>
    ))}</div>
  );
}

export function Arrange({ again }: { again: () => void }) {
  const none = { law: 'dga', holder: '', dataset: '', from: '', until: '', data: texts(), reason: texts() };
  const [f, set] = useState(none);
  const [failed, setFailed] = useState('');
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault(); setFailed('');
    try { const made = await post<Arrangement>('/api/desk/arrangements', f); show(t('file.done', { what: made.id })); set(none); again(); } catch (err) { setFailed(t('file.failed', { why: why(err) })); }
  };
  return (
    <details class="card moderate"><summary><strong>{t('arr.title')}</strong></summary>
      <form class="step" onSubmit={(e) => void submit(e)}>
        {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
        <div class="two">
          <div class="field"><label for="arr-law">{t('arr.law')}</label><select id="arr-law" value={f.law} onChange={(e) => set({ ...f, law: e.currentTarget.value })}><option value="dga">{t('arr.dga')}</option><option value="odd">{t('arr.odd')}</option></select></div>
          <div class="field"><label for="arr-holder">{t('arr.holder')}</label><input id="arr-holder" required value={f.holder} onInput={(e) => set({ ...f, holder: e.currentTarget.value })} /></div>
          <div class="field"><label for="arr-from">{t('arr.from')}</label><input id="arr-from" type="date" required value={f.from} onInput={(e) => set({ ...f, from: e.currentTarget.value })} /></div>
          <div class="field"><label for="arr-until">{t('arr.until')}</label><input id="arr-until" type="date" required value={f.until} onInput={(e) => set({ ...f, until: e.currentTarget.value })} /></div>
        </div>
        <Three id="arr-data" label="arr.data" value={f.data} set={(data) => set({ ...f, data })} />
        <Three id="arr-reason" label="arr.reason" rows={2} value={f.reason} set={(reason) => set({ ...f, reason })} />
        <button type="submit" class="button">{t('arr.submit')}</button>
      </form>
    </details>
  );
}

interface Row { id: string; category: string; name: Texts; unit: Texts; basis: Texts; euros: string }

export function PublishFees({ now, again }: { now: Schedule | undefined; again: () => void }) {
  const terms = useAnswer((s) => get<Terms>('/api/desk/terms', s), []);
  const [from, setFrom] = useState('');
  const [method, setMethod] = useState<Texts>(texts());
  const [rows, setRows] = useState<Row[]>([]);
  const [failed, setFailed] = useState('');
  useEffect(() => {
    setMethod(texts(now?.method));
    setRows((now?.prices ?? []).map((p) => ({ id: p.id, category: p.category, name: texts(p.name), unit: texts(p.unit), basis: texts(p.basis), euros: (p.cents / 100).toFixed(2) })));
  }, [now?.version]);
  const change = (i: number, part: Partial<Row>): void => setRows(rows.map((r, j) => (i === j ? { ...r, ...part } : r)));
  const fresh = (): string => { let n = rows.length + 1; while (rows.some((r) => r.id === `p${n}`)) n++; return `p${n}`; };
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault(); setFailed('');
    try {
      const prices = rows.map(({ euros, ...r }) => ({ ...r, cents: Math.round(Number(euros.replace(',', '.')) * 100) }));
      const made = await post<Schedule>('/api/desk/fees', { from, method, prices, reductions: now?.reductions ?? [] });
      show(t('file.done', { what: made.version })); again();
    } catch (err) { setFailed(t('file.failed', { why: why(err) })); }
  };
  return (
    <details class="card moderate"><summary><strong>{t('fee.title')}</strong></summary>
      <form class="step" onSubmit={(e) => void submit(e)}>
        {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
        <p class="quiet-text">{t('fee.same')}</p>
        <div class="field short"><label for="fee-from">{t('fee.from')}</label><input id="fee-from" type="date" value={from} onInput={(e) => setFrom(e.currentTarget.value)} /></div>
        <Three id="fee-method" label="fee.method" rows={2} value={method} set={setMethod} />
        {rows.map((r, i) => (
          <fieldset class="price" key={r.id}><legend>{t('fee.price', { n: i + 1 })}</legend>
            <div class="two">
              <div class="field"><label for={`cat-${r.id}`}>{t('fee.category')}</label><select id={`cat-${r.id}`} value={r.category} onChange={(e) => change(i, { category: e.currentTarget.value })}>{(terms.value?.costs ?? []).map((c) => <option key={c.id} value={c.id}>{capital(pick(c.name).text)}</option>)}</select></div>
              <div class="field"><label for={`euros-${r.id}`}>{t('fee.amount')}</label><input id={`euros-${r.id}`} inputMode="decimal" value={r.euros} onInput={(e) => change(i, { euros: e.currentTarget.value })} /></div>
            </div>
            <Three id={`name-${r.id}`} label="fee.name" value={r.name} set={(name) => change(i, { name })} />
            <Three id={`unit-${r.id}`} label="fee.unit" value={r.unit} set={(unit) => change(i, { unit })} />
            <Three id={`basis-${r.id}`} label="fee.basis" value={r.basis} set={(basis) => change(i, { basis })} />
            <button type="button" class="button" aria-label={`${t('fee.remove')}: ${t('fee.price', { n: i + 1 })}`} onClick={() => setRows(rows.filter((_, j) => j !== i))}>{t('fee.remove')}</button>
          </fieldset>
        ))}
        <div class="actions"><button type="button" class="button" onClick={() => setRows([...rows, { id: fresh(), category: 'reproduction', name: texts(), unit: texts(), basis: texts(), euros: '0.00' }])}>{t('fee.add')}</button><button type="submit" class="button">{t('arr.submit')}</button></div>
      </form>
    </details>
  );
}
