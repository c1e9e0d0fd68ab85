import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { Words } from './en.js';
import { en } from './en.js';
import { ko } from './ko.js';

export type Language = 'en' | 'ko';

export const languages: readonly (readonly [Language, string])[] = [
  ['en', 'English'],
  ['ko', '한국어'],
];

const words: Readonly<Record<Language, Words>> = { en, ko };
const storageKey = 'pawl:language';

interface Spoken {
  language: Language;
  /** Undefined: the language of the browser. */
  setLanguage: (language: Language | undefined) => void;
}

const LanguageContext = createContext<Spoken>({ language: 'en', setLanguage: () => undefined });

/** The service has chosen the language of the page by `Accept-Language`. */
const browserLanguage: Language = document.documentElement.lang === 'ko' ? 'ko' : 'en';

export function LanguageProvider({ children }: { children: ComponentChildren }) {
  const [chosen, setChosen] = useState(storedLanguage);
  const language = chosen ?? browserLanguage;
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const spoken = useMemo(() => {
    const setLanguage = (next: Language | undefined) => {
      if (next) localStorage.setItem(storageKey, next);
      else localStorage.removeItem(storageKey);
      setChosen(next);
    };
    return { language, setLanguage };
  }, [language]);
  return <LanguageContext.Provider value={spoken}>{children}</LanguageContext.Provider>;
}

export function useWords(): Words {
  return words[useContext(LanguageContext).language];
}

export function useLanguage(): Spoken {
  return useContext(LanguageContext);
}

/** Dates and times as people of the language write them. */
export function useDates() {
  const { language } = useLanguage();
  return {
    date: (iso: string) => new Date(iso).toLocaleDateString(language, { dateStyle: 'medium' }),
    dateTime: (iso: string) => new Date(iso).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' }),
  };
}

function storedLanguage(): Language | undefined {
  const stored = localStorage.getItem(storageKey);
  return stored === 'en' || stored === 'ko' ? stored : undefined;
}
