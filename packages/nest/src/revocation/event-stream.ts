/** A server-sent event. */
export interface StreamEvent {
  /** `message` if the event has no name. */
  event: string;
  data: string;
}

/** What the parser has found: an event, an id to resume from, or a sign of life without either. */
export interface StreamHandlers {
  event(event: StreamEvent): void;
  id(id: string): void;
}

const maxLineCharacters = 64 * 1024;

/** Parses `text/event-stream` (WHATWG HTML section 9.2) as it arrives, in pieces of any size. */
export class EventStreamParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private id: string | undefined;

  constructor(private readonly handlers: StreamHandlers) {}

  push(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    if (this.rest.length > maxLineCharacters) throw new Error('a line of the feed is too long');
    for (const line of lines) this.readLine(line);
  }

  private readLine(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
  }

  private dispatch(): void {
    const { event, data, id } = this;
    this.event = '';
    this.data = [];
    this.id = undefined;
    if (data.length > 0) this.handlers.event({ event: event || 'message', data: data.join('\n') });
    // After the event: what was not handled must not be skipped by resuming behind it.
    if (id !== undefined) this.handlers.id(id);
  }
}
