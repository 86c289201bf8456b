// One list for places, streets, things and datasets, grouped, first hit
// selected; a combobox by the ARIA pattern.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../app/api';
import { lang, t } from '../app/lang';
import { useSignal } from '../app/signal';
import { Icon, type IconName } from './icons';
import { knownKey } from './text';
import { IconButton } from './parts';
import { answer } from '../app/news';

export interface Hit { id: string; title: string; sub?: string; lon?: number; lat?: number; href?: string; kind?: string }
interface Groups { groups: { kind: string; hits: Hit[] }[] }

const icons: Record<string, IconName> = { place: 'pin', street: 'road', entity: 'layers', dataset: 'database' };

export function Search({ onChoose, end }: { onChoose: (h: Hit) => void; end?: preact.ComponentChildren }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Groups['groups'] | undefined>();
  const [failed, setFailed] = useState(false);
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const here = useSignal(lang);
  const q = text.trim();

  useEffect(() => {
    if (!q) { setFound(undefined); setFailed(false); return; }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      get<Groups>(`/api/search?q=${encodeURIComponent(q)}&lang=${here}`, stop.signal).then((r) => {
        const groups = (r.groups ?? []).filter((g) => g.hits?.length);
        setFound(groups);
        setFailed(false);
        setAt(0);
        const n = groups.reduce((s, g) => s + g.hits.length, 0);
        answer(n ? t('search.count', { n }) : t('search.none', { q }));
      }, () => { if (!stop.signal.aborted) setFailed(true); });
    }, 160);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [q, here]);

  useEffect(() => {
    const away = (e: Event): void => { if (!box.current?.contains(e.target as Node)) setOpen(false); };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, []);

  const flat = (found ?? []).flatMap((g) => g.hits.map((h) => ({ ...h, kind: g.kind })));
  const shown = open && q !== '' && (found !== undefined || failed);
  const choose = (h: Hit | undefined): void => {
    if (!h) return;
    setOpen(false);
    setText(h.title);
    input.current?.blur();
    onChoose(h);
  };
  let index = -1;
  return (
    <div class="search" ref={box} role="search">
      <div class="search-field">
        <Icon name="search" />
        <input ref={input} id="search" type="text" role="combobox" autocomplete="off" spellcheck={false} enterkeyhint="search" aria-label={t('search.label')} aria-keyshortcuts="/" placeholder={t('search.placeholder')}
          aria-expanded={shown} aria-controls="search-list" aria-autocomplete="list" aria-activedescendant={shown && flat[at] ? `hit-${at}` : undefined}
          value={text} onInput={(e) => { setText(e.currentTarget.value); setOpen(true); }} onFocus={() => setOpen(true)}
          onKeyDown={(e) => {
            if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
              if (!flat.length) return;
              e.preventDefault();
              setOpen(true);
              const n = (at + (e.key === 'ArrowDown' ? 1 : flat.length - 1)) % flat.length;
              setAt(n);
              requestAnimationFrame(() => document.getElementById(`hit-${n}`)?.scrollIntoView({ block: 'nearest' }));
            } else if (e.key === 'Enter') { e.preventDefault(); choose(flat[at]); }
            else if (e.key === 'Escape') {
              e.stopPropagation();
              if (shown) setOpen(false);
              else { setText(''); e.currentTarget.blur(); }
            } else if (e.key === 'Tab') setOpen(false);
          }} />
        {text ? <IconButton icon="x" label={t('search.clear')} side="none" class="plain small" onClick={() => { setText(''); input.current?.focus(); }} /> : <kbd aria-hidden="true">/</kbd>}
        {end}
      </div>
      <div id="search-list" class="search-list" role={flat.length ? 'listbox' : undefined} aria-label={flat.length ? t('search.label') : undefined} hidden={!shown}>
        {shown && failed && <p class="search-note">{t('search.failed')}</p>}
        {shown && !failed && flat.length === 0 && <p class="search-note">{t('search.none', { q })}</p>}
        {shown && (found ?? []).map((g) => {
          const k = knownKey(`search.${g.kind}`);
          return (
            <div role="group" aria-labelledby={`group-${g.kind}`} key={g.kind}>
              <p class="group" id={`group-${g.kind}`}>{k ? t(k) : g.kind}</p>
              {g.hits.map((h) => {
                const i = ++index;
                return (
                  <div role="option" id={`hit-${i}`} key={`${g.kind}${h.id}`} aria-selected={i === at} class="hit" onPointerMove={() => setAt(i)} onClick={() => choose(flat[i])}>
                    <Icon name={icons[g.kind] ?? 'pin'} /><span class="hit-title">{h.title}</span>{h.sub && <span class="hit-sub">{h.sub}</span>}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
