import { locales } from '../../src/common/locale.js';
import type { EmailTemplate } from '../../src/emails/email-templates.js';
import { linkMinutes, linkOf, linkTo } from '../../src/emails/email-templates.js';
import type { EmailWords } from '../../src/emails/email-words.js';
import { emailWords } from '../../src/emails/email-words.js';
import { renderHtml, renderText } from '../../src/emails/render.js';

const facts = { site: 'accounts.example.com', minutes: 4620, code: '012345' };
const templates = Object.keys(emailWords.en(facts)) as EmailTemplate[];
const all = locales.flatMap((locale) =>
  templates.map((template) => [locale, template, emailWords[locale](facts)[template]] as const),
);
const textOf = ({ subject, opening, link, closing }: EmailWords) => [subject, ...opening, link ?? '', ...closing];

describe('the words', () => {
  it('exist for every template with a link', () => {
    expect(Object.keys(linkOf)).toHaveLength(7);
    expect(templates).toEqual(expect.arrayContaining(Object.keys(linkOf)));
  });

  it.each(locales)('in %s exist for every template, and for no other', (locale) => {
    expect(Object.keys(emailWords[locale](facts)).sort()).toEqual([...templates].sort());
  });

  it.each(all)('%s %s: subject, opening and closing are single lines with text', (_locale, _template, words) => {
    const { subject, opening, closing } = words;
    for (const paragraphs of [[subject], opening, closing]) {
      expect(paragraphs.length).toBeGreaterThan(0);
      for (const paragraph of paragraphs) expect(paragraph).toMatch(/^\S[^\p{Cc}]+\S$/u);
    }
    // Mail programs truncate longer ones in their lists.
    expect(subject.length).toBeLessThanOrEqual(78);
  });

  it.each(all)('%s %s: name the service in the subject, and contain no placeholder', (_l, _n, words) => {
    expect(words.subject).toContain(facts.site);
    expect(textOf(words).join(' ')).not.toMatch(/undefined|null|\[object|NaN|https?:|\$\{/);
  });

  it.each(all)(
    '%s %s: a link is announced, and how long it works, exactly where there is one',
    (_l, template, words) => {
      const hasLink = linkOf[template] !== undefined;
      expect(words.link !== undefined && words.link !== '').toBe(hasLink);
      expect(/4620 minutes|4620분|77 hours|77시간/.test(words.closing.join(' '))).toBe(hasLink);
    },
  );

  it.each(templates)('of %s differ from one language to the other in every paragraph', (template) => {
    const [en, ko] = [emailWords.en(facts)[template], emailWords.ko(facts)[template]];
    const inEnglish = textOf(en).filter(Boolean);
    for (const paragraph of textOf(ko).filter(Boolean)) {
      expect(paragraph).toMatch(/\p{Script=Hangul}/u);
      expect(inEnglish).not.toContain(paragraph);
    }
    for (const paragraph of inEnglish) expect(paragraph).not.toMatch(/\p{Script=Hangul}/u);
  });
});

describe('the links', () => {
  const publicUrl = 'https://auth.example.com/pawl';

  it.each([
    ['verify_email', undefined, 'https://auth.example.com/pawl/account/verify-email#token=T'],
    ['change_email', undefined, 'https://auth.example.com/pawl/account/verify-email#token=T'],
    ['reset_password', undefined, 'https://auth.example.com/pawl/account/reset-password#token=T'],
    ['verify_email', 'https://app.example.com/login', 'https://app.example.com/login/verify-email#token=T'],
    ['reset_password', 'https://app.example.com', 'https://app.example.com/reset-password#token=T'],
  ] as const)('of %s with FRONTEND_URL %s is %s', (purpose, frontendUrl, link) => {
    expect(linkTo(purpose, 'T', { frontendUrl, publicUrl })).toBe(link);
  });

  it('work for an hour at most: reading a mailbox later grants no access', () => {
    // Except an invitation, whose account is empty until it is accepted.
    const { invitation, ...others } = linkMinutes;
    for (const minutes of Object.values(others)) {
      expect(minutes).toBeGreaterThan(0);
      expect(minutes).toBeLessThanOrEqual(60);
    }
    expect(invitation).toBeLessThanOrEqual(7 * 24 * 60);
  });
});

describe('an email as text', () => {
  const words = { subject: 'S', opening: ['one', 'two'], link: 'L', closing: ['three'] };
  const link = 'https://app.example.com/verify-email#token=abc';

  it('has its link on a line of its own, between opening and closing', () => {
    expect(renderText(words, link)).toBe(`one\n\ntwo\n\n${link}\n\nthree\n`);
  });

  it('has no link if there is none', () => {
    expect(renderText({ ...words, link: undefined }, undefined)).toBe('one\n\ntwo\n\nthree\n');
  });
});

describe('an email as HTML', () => {
  const hostile = `<b>"bold"</b> & 'more'`;
  const escaped = '&lt;b&gt;&quot;bold&quot;&lt;/b&gt; &amp; &#39;more&#39;';
  const words = { subject: hostile, opening: [hostile], link: hostile, closing: [hostile] };

  it('escapes every word and the link', () => {
    const html = renderHtml(words, `https://app.example.com/?a="b'&c=<d>#token=abc`, 'en');
    expect(html).not.toContain('<b>');
    // Subject, opening, label, closing.
    expect(html.split(escaped)).toHaveLength(5);
    const link = 'https://app.example.com/?a=&quot;b&#39;&amp;c=&lt;d&gt;#token=abc';
    expect(html).toContain(`<a href="${link}"`);
    expect(html).toContain(`>${link}</p>`);
  });

  it.each(locales)('says that it is in %s', (locale) => {
    expect(renderHtml(words, undefined, locale)).toContain(`<html lang="${locale}">`);
  });

  it('has no link if there is none', () => {
    expect(renderHtml({ ...words, link: undefined }, undefined, 'en')).not.toMatch(/<a |href/);
  });
});
