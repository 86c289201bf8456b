// Signing in: two fields, their errors beside them and in a summary that takes focus.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, request } from '../app/api';
import { city, loadCity } from '../app/city';
import { lang, t } from '../app/lang';
import { go, place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { SyntheticTag, usePhone } from '../ui/parts';
import { why } from '../ui/text';

type Errors = { account?: string; password?: string; whole?: string };

export function Login() {
  const c = useSignal(city);
  const here = useSignal(lang);
  const phone = usePhone();
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<Errors>({});
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  useEffect(() => { document.title = [t('login.title'), c?.name, c?.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);

  const check = (a: string, p: string): Errors => ({ ...(a.trim() ? {} : { account: t('login.needAccount') }), ...(p ? {} : { password: t('login.needPassword') }) });
  const focusSummary = (): void => { requestAnimationFrame(() => summary.current?.focus()); };
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    setTried(true);
    const wrong = check(account, password);
    setErrors(wrong);
    if (Object.keys(wrong).length) { focusSummary(); return; }
    setBusy(true);
    try {
      await request('/api/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ account: account.trim(), password }) });
      await loadCity();
      const next = place.get().query.get('next');
      go(next && /^\/(?!\/|\\)/.test(next) ? next : to('/map'));
    } catch (err) {
      setErrors({ whole: err instanceof Failure && err.problem.status === 401 ? t('login.wrong') : t('login.failed', { why: why(err) }) });
      focusSummary();
    } finally { setBusy(false); }
  };
  const field = (id: 'account' | 'password', label: string, value: string, set: (v: string) => void, secret: boolean) => (
    <div class={errors[id] ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      <input id={id} name={id} required autocapitalize="none" spellcheck={false} type={(secret ? 'password' : 'text') as 'text'} autocomplete={secret ? 'current-password' : 'username'} value={value} aria-invalid={errors[id] ? true : undefined} aria-describedby={errors[id] ? `${id}-error` : undefined}
        onInput={(e) => { const v = e.currentTarget.value; set(v); if (tried && errors[id]) setErrors((x) => { const y = { ...x }; if (v) delete y[id]; return y; }); }} />
      {errors[id] && <p class="field-error" id={`${id}-error`}><StatusMark mark="fail" />{errors[id]}</p>}
    </div>
  );
  const list = [errors.whole, errors.account, errors.password].filter((x): x is string => Boolean(x));
  const me = c?.account;
  return (
    <main id="main" class="page login" tabIndex={-1}>
      <div class="login-card card">
        {phone && c?.synthetic && <p><SyntheticTag /></p>}
        <h1 tabIndex={-1}>{t('login.title')}</h1>
        <p class="quiet-text">{t('login.lead')}</p>
        {me && <p class="note note-ok"><StatusMark mark="ok" /><span>{t(me.anonymous ? 'login.local' : 'login.already', { name: me.name })} <a href={to('/map')}>{t('login.toMap')}</a></span></p>}
        {list.length > 0 && <div class="note note-fail summary" ref={summary} tabIndex={-1} role="alert"><StatusMark mark="fail" /><div><strong>{t('login.summary')}</strong><ul>{list.map((x) => <li key={x}>{x === errors.account ? <a href="#account" onClick={(e) => { e.preventDefault(); document.getElementById('account')?.focus(); }}>{x}</a> : x === errors.password ? <a href="#password" onClick={(e) => { e.preventDefault(); document.getElementById('password')?.focus(); }}>{x}</a> : x}</li>)}</ul></div></div>}
        <form onSubmit={(e) => void submit(e)} noValidate method="post" action="/api/session">
          {field('account', t('login.account'), account, setAccount, false)}
          {field('password', t('login.password'), password, setPassword, true)}
          <button type="submit" class="button primary" aria-disabled={busy}>{t('login.submit')}</button>
        </form>
        <p class="quiet-text">{t('login.help')}</p>
      </div>
    </main>
  );
}
