import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { config } from '../config.js';
import type { Language } from '../i18n/words.js';
import { languages, useLanguage, useWords } from '../i18n/words.js';
import { toHref } from '../router.js';

/** One card in the middle: for signing in and for links from emails. */
export function FrontLayout({ title, children }: { title: string; children?: ComponentChildren }) {
  useTitle(title);
  return (
    <div class="front">
      <header>
        <Brand />
      </header>
      <main class="card">
        <h1>{title}</h1>
        {children}
      </main>
      <Footer />
    </div>
  );
}

/** One column of cards: for tools that need no sign-in. */
export function WideLayout({
  title,
  opening,
  children,
}: {
  title: string;
  opening: string;
  children: ComponentChildren;
}) {
  useTitle(title);
  return (
    <div class="wide">
      <header>
        <Brand />
      </header>
      <main>
        <PageHeading title={title} opening={opening} />
        {children}
      </main>
      <Footer />
    </div>
  );
}

/** The heading of a page. */
export function PageHeading({ title, opening }: { title: string; opening: string }) {
  return (
    <div class="page-heading">
      <h1>{title}</h1>
      <p class="muted">{opening}</p>
    </div>
  );
}

/** Whose pages these are. Leads to their app. */
export function Brand() {
  const content = (
    <>
      {config.hasLogo && <img src={toHref('/account/logo')} alt="" />}
      <span>{config.brandName}</span>
    </>
  );
  if (config.brandUrl === undefined) return <span class="brand">{content}</span>;
  return (
    <a class="brand" href={config.brandUrl}>
      {content}
    </a>
  );
}

export function Footer() {
  const { language, setLanguage } = useLanguage();
  const { common } = useWords();
  return (
    <footer>
      <select
        aria-label={common.language}
        value={language}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)}
      >
        {languages.map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </footer>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** A part of a page, with its own heading. */
export function Section({
  title,
  opening,
  children,
}: {
  title: string;
  opening?: string;
  children: ComponentChildren;
}) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {opening && <p class="muted">{opening}</p>}
      {children}
    </section>
  );
}
