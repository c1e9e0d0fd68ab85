import { useState } from 'preact/hooks';
import { useWords } from '../i18n/words.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { downloadFile } from '../ui/download-file.js';

/** Shows recovery codes, for the only time. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { security } = useWords();
  const [isCopied, setCopied] = useState(false);
  const text = `${codes.join('\n')}\n`;
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <Dialog title={security.codesTitle} onClose={onClose} keepsOpen>
      <p class="muted">{security.codesOpening}</p>
      <ul class="codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div class="actions">
        <Button kind="secondary" onClick={() => downloadFile('recovery-codes.txt', text, 'text/plain')}>
          {security.codesDownload}
        </Button>
        {/* Absent without HTTPS. */}
        {'clipboard' in navigator && (
          <Button kind="secondary" onClick={copy}>
            {isCopied ? security.codesCopied : security.codesCopy}
          </Button>
        )}
      </div>
      <div class="actions">
        <Button onClick={onClose}>{security.codesDone}</Button>
      </div>
    </Dialog>
  );
}
