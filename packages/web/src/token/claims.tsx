import { useDates, useLanguage } from '../i18n/words.js';
import { fromNow, isTime } from './time-words.js';
import { tokenWords } from './words.js';

/** NumericDate claims of RFC 7519 section 4.1 and RFC 9068 section 2.2.1. */
const timeNames = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at'];

/** The members of a header or of claims, each with its meaning, and times in words. */
export function Claims({ of }: { of: Record<string, unknown> }) {
  const { language } = useLanguage();
  const { dateTime } = useDates();
  const { meanings } = tokenWords[language];
  const timeOf = (name: string, value: unknown) =>
    timeNames.includes(name) && isTime(value)
      ? `${fromNow(value, Date.now(), language)} · ${dateTime(new Date(value * 1000).toISOString())}`
      : undefined;
  return (
    <dl class="claims">
      {Object.entries(of).map(([name, value]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
            {Object.hasOwn(meanings, name) && <span class="muted">{meanings[name]}</span>}
          </dt>
          <dd>
            <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
            {timeOf(name, value) && <span class="muted">{timeOf(name, value)}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
