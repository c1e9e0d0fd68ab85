import { unwrap } from '@pawl/client';
import { pawl } from '../pawl.js';
import { Select } from '../ui/field.js';
import { useLoad } from '../ui/load.js';
import { useAdminWords } from './words.js';

interface RoleSelectProps {
  value: string;
  /** Offers not to choose. */
  any?: boolean;
  hint?: string;
}

/** The roles of the settings, and the one that is there: it may have left the settings. */
export function RoleSelect({ value, any = false, hint }: RoleSelectProps) {
  const { users } = useAdminWords();
  const { data } = useLoad(() => unwrap(pawl.api.GET('/admin/roles')));
  const roles = new Set([...(data?.roles ?? []), ...(value ? [value] : [])]);
  const options = [...roles].map((role) => [role, role] as const);
  return (
    <Select
      // Options that arrive later do not select themselves.
      key={String(data !== undefined)}
      label={users.role}
      name="role"
      value={value}
      options={any ? [['', users.anyRole], ...options] : options}
      {...(hint !== undefined && { hint })}
    />
  );
}
