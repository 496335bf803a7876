/** What may wait in this process for a slow reader. */
const maxWaitingBytes = 1024 * 1024;

/** As much of a stream as is written to. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string): unknown;
}

/** Writes lines; those that a slow reader leaves no room for are counted instead of kept. */
export class Output {
  readonly #stream: OutputStream;
  #leftOut = 0;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Shows where a command is, in place of what it showed before; only where somebody watches. */
  progress(text: string): void {
    if (this.isTerminal) this.#stream.write(`\r\x1b[K${text}`);
  }

  line(text: string): void {
    if (this.#stream.writableLength > maxWaitingBytes) {
      this.#leftOut++;
      return;
    }
    if (this.#leftOut > 0) this.#stream.write(`(${this.#leftOut} lines left out)\n`);
    this.#leftOut = 0;
    this.#stream.write(`${text}\n`);
  }
}
