import type { Locale } from '../common/locale.js';

interface DevMailWords {
  title: string;
  none: string;
  all: string;
  source: string;
  to: (address: string) => string;
  asHtml: string;
  asText: string;
}

/** What the pages under `/dev/mail` say. */
export const devMailWords: Readonly<Record<Locale, DevMailWords>> = {
  en: {
    title: 'Emails',
    none: 'No emails yet.',
    all: 'All emails',
    source: 'Source',
    to: (address) => `To ${address}`,
    asHtml: 'The email as it looks',
    asText: 'As text',
  },
  ko: {
    title: '이메일',
    none: '아직 이메일이 없습니다.',
    all: '모든 이메일',
    source: '원본',
    to: (address) => `받는 사람: ${address}`,
    asHtml: '보이는 그대로의 이메일',
    asText: '텍스트',
  },
};
