// What stands beside the editor's form: findings by weight, the score, and
// what a portal will show.
import { themeText } from '../app/datasets';
import { inputOf, linesOf, type Check, type Existing, type Finding, type Form, type Vocabularies } from '../app/editor';
import { number } from '../app/format';
import { all, lang, pick, t, type Key } from '../app/lang';
import { StatusMark } from '../ui/marks';
import type { Mark } from '../live/model';
import { knownKey } from '../ui/text';

export const marks: Record<Finding['severity'], Mark> = { wrong: 'fail', missing: 'attention', violation: 'fail', contradiction: 'attention', warning: 'attention', info: 'none' };
const order: Finding['severity'][] = ['wrong', 'missing', 'violation', 'contradiction', 'warning', 'info'];

/** All findings, worst first; one more if the address is taken. */
export function problems(found: Finding[], taken: Existing | undefined): Finding[] {
  const out = [...found];
  if (taken) {
    const message = Object.fromEntries((['fr', 'nl', 'en'] as const).map((l) => [l, t('edit.addressTaken', { name: taken.title[l] || taken.slug }, l)]));
    out.push({ field: 'title.en', severity: 'wrong', message });
  }
  return out.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** The label of an input; "" for what nobody types. */
export function labelOf(k: string): string {
  const [head = '', tail = ''] = k.split('.');
  const inLang: Record<string, Key> = { title: 'edit.titleIn', description: 'edit.textIn', keywords: 'edit.keywordsIn' };
  if (inLang[head]) return t(inLang[head]!, { lang: tail.toUpperCase() });
  const keys: Record<string, Key> = {
    'selection.types': 'edit.types', 'selection.scope': 'edit.scope', frequency: 'edit.frequency', period: 'edit.period', 'temporal.from': 'edit.from', 'temporal.until': 'edit.until', spatial: 'edit.spatial', themes: 'edit.themes',
    highValue: 'edit.highValue', conformsTo: 'edit.conformsTo', 'publisher.name': 'edit.publisher', 'publisher.url': 'edit.publisherUrl', 'contact.name': 'edit.contact', 'contact.email': 'edit.email', 'contact.url': 'edit.contactUrl',
    access: 'edit.rights', reason: 'edit.reason', license: 'edit.licence',
  };
  const key = keys[k];
  return key && Object.hasOwn(all.en, key) ? t(key) : '';
}

export function Findings({ seen, findings, looking, failed, form, words, onGo }: { seen?: Check; findings: Finding[]; looking: boolean; failed: string; form: Form; words: Vocabularies; onGo: () => void }) {
  const q = seen?.quality;
  const title = pick({ fr: form['title.fr'], nl: form['title.nl'], en: form['title.en'] });
  const text = pick({ fr: form['description.fr'], nl: form['description.nl'], en: form['description.en'] });
  const here = lang.get();
  return (
    <>
      <section class="card" aria-labelledby="findings">
        <div class="card-head"><h2 id="findings">{t('edit.findings')}</h2><span class="quiet-text" role="status">{looking ? t('edit.looking') : seen ? t('edit.findingsOpen', { n: findings.length }) : ''}</span></div>
        <div class="card-text">
          {failed && <p class="field-error"><StatusMark mark="fail" />{t('edit.checkFailed', { why: failed })}</p>}
          {seen && findings.length === 0 && <p class="says"><StatusMark mark="ok" />{t('edit.none')}</p>}
          {order.map((s) => {
            const some = findings.filter((f) => f.severity === s);
            return some.length > 0 && <div class="finding-group" key={s}><h3><StatusMark mark={marks[s]} />{t(`edit.${s}`)} <span class="n">{number(some.length)}</span></h3><ul>{some.map((f, i) => <li key={i}><FieldLink f={f} onGo={onGo} />{f.rules && f.rules.length > 0 && <span class="sub quiet-text">{t('edit.rules')} {f.rules.join('; ')}</span>}</li>)}</ul></div>;
          })}
        </div>
      </section>
      {q && (
        <section class="card" aria-labelledby="would">
          <h2 id="would">{t('edit.score')}</h2>
          <div class="card-text">
            <p><strong>{ratingText(q.rating)}</strong> · {t('quality.points', { n: q.points, max: q.max })}</p>
            <div class="score" aria-hidden="true"><span style={{ width: `${Math.round(100 * q.points / q.max)}%` }} /></div>
            {q.missing.length > 0 && <details><summary>{t('quality.missing', { n: q.missing.length })}</summary><ul class="quality-list">{q.missing.map((m) => { const k = inputOf(m.field); const label = labelOf(k); return <li key={m.key}>{label ? <a href={`#f-${k.replace(/\./g, '-')}`} onClick={(e) => { e.preventDefault(); onGo(); requestAnimationFrame(() => document.getElementById(`f-${k.replace(/\./g, '-')}`)?.focus()); }}>{pick(m.title).text}</a> : <span lang={pick(m.title).lang}>{pick(m.title).text}</span>} <span class="quiet-text">+{number(m.points)}</span></li>; })}</ul></details>}
          </div>
        </section>
      )}
      <section class="card" aria-labelledby="portal">
        <h2 id="portal">{t('edit.preview')}</h2>
        <div class="card-text portal-preview">
          <p class="portal-title" lang={title.lang}>{title.text || t('edit.noTitle')}</p>
          <p lang={text.lang}>{text.text || t('edit.noText')}</p>
          <p class="facts"><span>{form['publisher.name']}</span><span>{words.licences.find((x) => x.id === form['license'])?.title}</span><span>{linesOf(form['themes']).map(themeText).join(', ')}</span></p>
          <p class="formats">{(form[`keywords.${here}`] ?? '').split(',').map((x) => x.trim()).filter(Boolean).map((x) => <span class="chip-s" key={x}>{x}</span>)}</p>
        </div>
      </section>
    </>
  );
}

/** What was found, and what to do. */
export function Say({ f }: { f: Finding }) {
  const message = pick(f.message);
  const mend = f.mend ? pick(f.mend) : undefined;
  return <><span lang={message.lang}>{message.text}</span>{mend?.text && <> <span lang={mend.lang}>{mend.text.charAt(0).toLocaleUpperCase() + mend.text.slice(1)}</span></>}</>;
}

/** Leads to the field of a finding. */
export function FieldLink({ f, onGo }: { f: Finding; onGo?: () => void }) {
  const k = inputOf(f.field);
  const label = labelOf(k);
  if (!label) return <Say f={f} />;
  const id = `f-${k.replace(/\./g, '-')}`;
  return <><a href={`#${id}`} onClick={(e) => { e.preventDefault(); onGo?.(); requestAnimationFrame(() => { const el = document.getElementById(id); el?.closest('details')?.setAttribute('open', ''); el?.focus(); el?.scrollIntoView({ block: 'center' }); }); }}>{label}</a>{'\u2002'}{f.severity === 'missing' && f.mend ? <span lang={pick(f.mend).lang}>{pick(f.mend).text}</span> : <Say f={f} />}</>;
}

export const ratingText = (r: string): string => { const k = knownKey(`quality.${r}`); return k ? t(k) : r; };
