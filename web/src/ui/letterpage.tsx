// A letter as the server writes it, set into a page.

/** The body of a letter's page, its headings below those of the page around it. */
export function letterBody(page: string): string {
  const body = new DOMParser().parseFromString(page, 'text/html').querySelector('main');
  for (const h of body?.querySelectorAll('h1, h2') ?? []) {
    const lower = document.createElement(h.tagName === 'H1' ? 'h3' : 'h4');
    lower.innerHTML = h.innerHTML;
    h.replaceWith(lower);
  }
  return body?.innerHTML ?? '';
}

export function LetterPage({ body, lang }: { body: string; lang: string }) {
  return <div class="letter-page" lang={lang} dangerouslySetInnerHTML={{ __html: body }} />;
}
