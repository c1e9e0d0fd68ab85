import type { ComponentType } from 'preact';
import { useWords } from '../i18n/words.js';
import { FrontLayout } from './layout.js';
import { Load, useLoad } from './load.js';

/** A page whose script is loaded when it is opened. `load` must not change. */
export function Later({ load }: { load: () => Promise<ComponentType> }) {
  const { common } = useWords();
  // A component is a function, which a state would call.
  const loaded = useLoad(async () => ({ Page: await load() }));
  if (loaded.data) return <loaded.data.Page />;
  return (
    <FrontLayout title={loaded.error === undefined ? common.loading : common.unavailable}>
      <Load from={loaded}>{() => null}</Load>
    </FrontLayout>
  );
}
