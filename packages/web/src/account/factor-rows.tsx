import type { components } from '@pawl/client';
import { useDates, useWords } from '../i18n/words.js';
import { Button } from '../ui/button.js';
import type { Factor } from './factors.js';

/** As many as the email about few codes says (docs/factors.md). */
const fewCodes = 3;

interface FactorRowsProps {
  list: components['schemas']['FactorList'];
  onRename: (factor: Factor) => void;
  onRemove: (factor: Factor) => void;
  onNewCodes: () => Promise<void>;
}

export function FactorRows({ list, onRename, onRemove, onNewCodes }: FactorRowsProps) {
  const { security } = useWords();
  const { date } = useDates();
  const { factors, recovery_codes_left: codesLeft } = list;
  if (factors.length === 0) return <p class="empty">{security.noFactors}</p>;
  return (
    <ul class="rows">
      {factors.map((factor) => (
        <li key={factor.id}>
          <div>
            <strong>{factor.name ?? security.factor[factor.type]}</strong>
            <span class="muted">
              {[
                factor.name !== null && security.factor[factor.type],
                security.added(date(factor.created_at)),
                factor.last_used_at !== null && security.lastUsed(date(factor.last_used_at)),
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </div>
          <div class="actions">
            {factor.type === 'passkey' && (
              <Button kind="secondary" onClick={() => onRename(factor)}>
                {security.rename}
              </Button>
            )}
            <Button kind="secondary" danger onClick={() => onRemove(factor)}>
              {security.remove}
            </Button>
          </div>
        </li>
      ))}
      <li>
        <div>
          <strong>
            {security.codesLeft(codesLeft)}{' '}
            {codesLeft <= fewCodes && <span class="badge warn">{security.fewCodes}</span>}
          </strong>
          <span class="muted">{codesLeft <= fewCodes ? security.fewCodesHint : security.codesHint}</span>
        </div>
        <Button kind="secondary" onClick={onNewCodes}>
          {security.newCodes}
        </Button>
      </li>
    </ul>
  );
}
