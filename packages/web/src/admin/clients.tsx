import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { useDates } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Dialog } from '../ui/dialog.js';
import { PageHeading } from '../ui/layout.js';
import { CreateClient } from './create-client.js';
import { Paged } from './paged.js';
import { useAdminWords } from './words.js';

type Client = components['schemas']['Client'];
type ClientWithSecret = components['schemas']['ClientWithSecret'];

const pageOf = (cursor: string | undefined) =>
  unwrap(pawl.api.GET('/admin/clients', { params: { query: { cursor } } }));

export function ClientsPage() {
  const { clients: texts } = useAdminWords();
  const [readings, setReadings] = useState(0);
  const [shown, setShown] = useState<ClientWithSecret>();
  const [deleting, setDeleting] = useState<Client>();
  const [rotating, setRotating] = useState<Client>();

  const show = (client: ClientWithSecret) => {
    if (client.client_secret !== undefined) setShown(client);
    setReadings((before) => before + 1);
  };
  const rotate = async (id: string) => {
    const client = await unwrap(pawl.api.POST('/admin/clients/{id}/secret', { params: { path: { id } } }));
    setRotating(undefined);
    show(client);
  };
  const remove = async (id: string) => {
    await unwrap(pawl.api.DELETE('/admin/clients/{id}', { params: { path: { id } } }));
    setDeleting(undefined);
    setReadings((before) => before + 1);
  };
  return (
    <>
      <PageHeading title={texts.title} opening={texts.opening} />
      <section class="card">
        <Paged key={readings} load={pageOf}>
          {(pages) => (
            <ClientRows
              clients={pages.flatMap(({ clients }) => clients)}
              onRotate={setRotating}
              onDelete={setDeleting}
            />
          )}
        </Paged>
      </section>
      <section class="card">
        <details>
          <summary>{texts.create}</summary>
          <CreateClient onCreated={show} />
        </details>
      </section>
      {shown && (
        <Dialog title={texts.secretTitle} onClose={() => setShown(undefined)} keepsOpen>
          <p class="muted">{texts.secretOpening}</p>
          <dl class="claims">
            <div>
              <dt>client_id</dt>
              <dd>
                <code>{shown.client_id}</code>
              </dd>
            </div>
            <div>
              <dt>client_secret</dt>
              <dd>
                <code>{shown.client_secret}</code>
              </dd>
            </div>
          </dl>
          <div class="actions">
            <Button onClick={() => setShown(undefined)}>{texts.secretDone}</Button>
          </div>
        </Dialog>
      )}
      {rotating && (
        <ConfirmDialog
          title={texts.rotateTitle(rotating.client_name)}
          opening={texts.rotateOpening}
          submit={texts.rotate}
          onConfirm={() => rotate(rotating.client_id)}
          onClose={() => setRotating(undefined)}
        />
      )}
      {deleting && (
        <ConfirmDialog
          title={texts.deleteTitle(deleting.client_name)}
          opening={texts.deleteOpening}
          submit={texts.delete}
          onConfirm={() => remove(deleting.client_id)}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

interface ClientRowsProps {
  clients: Client[];
  onRotate: (client: Client) => void;
  onDelete: (client: Client) => void;
}

function ClientRows({ clients, onRotate, onDelete }: ClientRowsProps) {
  const { clients: texts } = useAdminWords();
  const { date } = useDates();
  if (clients.length === 0) return <p class="empty">{texts.empty}</p>;
  return (
    <ul class="rows wrapping">
      {clients.map((client) => (
        <li key={client.client_id}>
          <div>
            <strong>
              {client.client_name} {client.role !== 'user' && <span class="badge">{client.role}</span>}
            </strong>
            <code>{client.client_id}</code>
            <span class="muted block">
              {[
                ...client.grant_types.map((grant) => texts.grants[grant] ?? grant),
                client.scope,
                texts.methods[client.token_endpoint_auth_method],
                ...client.secrets.map(({ created_at: createdAt }) => texts.secretOf(date(createdAt))),
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </div>
          <div class="actions">
            {client.token_endpoint_auth_method.startsWith('client_secret') && (
              <Button kind="secondary" onClick={() => onRotate(client)}>
                {texts.rotate}
              </Button>
            )}
            <Button kind="secondary" danger onClick={() => onDelete(client)}>
              {texts.delete}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}
