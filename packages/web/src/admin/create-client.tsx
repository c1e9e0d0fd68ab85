import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { pawl } from '../pawl.js';
import { Checkboxes, checkedOf } from '../ui/checkboxes.js';
import { Field, Select } from '../ui/field.js';
import { Form, WrongField } from '../ui/form.js';
import { TextArea } from '../ui/text-area.js';
import { RoleSelect } from './role-select.js';
import { useAdminWords } from './words.js';

type NewClient = components['schemas']['CreateClient'];
type ClientWithSecret = components['schemas']['ClientWithSecret'];

const signsItself = 'private_key_jwt';

/** The fields have the names of the API, so that its errors are shown at the right one. */
export function CreateClient({ onCreated }: { onCreated: (client: ClientWithSecret) => void }) {
  const { clients: texts } = useAdminWords();
  const [method, setMethod] = useState('client_secret_basic');
  const create = async (values: Record<string, string>, form: HTMLFormElement) => {
    const { client_name = '', scope = '', role = '', jwks } = values;
    const body: NewClient = {
      client_name,
      token_endpoint_auth_method: method as NewClient['token_endpoint_auth_method'],
      grant_types: checkedOf(values, 'grant_types') as NewClient['grant_types'],
      scope: scope.trim().replace(/\s+/g, ' '),
      role,
      ...(jwks !== undefined && { jwks: parseKeys(jwks, texts.notJson) }),
    };
    const client = await unwrap(pawl.api.POST('/admin/clients', { body }));
    form.reset();
    setMethod('client_secret_basic');
    onCreated(client);
  };
  return (
    <Form submit={texts.submit} onSubmit={create}>
      <Field label={texts.name} name="client_name" maxLength={200} />
      <Select
        label={texts.method}
        name="token_endpoint_auth_method"
        value="client_secret_basic"
        options={Object.entries(texts.methods)}
        onChange={setMethod}
      />
      {method === signsItself && <TextArea label={texts.jwks} name="jwks" hint={texts.jwksHint} />}
      <Checkboxes
        legend={texts.grant}
        name="grant_types"
        options={Object.entries(texts.grants)}
        checked={['client_credentials']}
      />
      <div class="columns">
        <RoleSelect value="user" />
        <Field label={texts.scope} name="scope" hint={texts.scopeHint} required={false} maxLength={1000} />
      </div>
    </Form>
  );
}

/** A JWK Set, or one JWK of it. */
function parseKeys(text: string, notJson: string): NonNullable<NewClient['jwks']> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new WrongField('jwks', notJson);
  }
  const isOneKey = typeof parsed === 'object' && parsed !== null && 'kty' in parsed;
  return (isOneKey ? { keys: [parsed] } : parsed) as NonNullable<NewClient['jwks']>;
}
