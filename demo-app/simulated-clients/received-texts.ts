import type { Recipient } from "./process-messages.ts";

const maxTexts = 300;

/** Who has received which text; only the last texts are remembered. */
export class ReceivedTexts {
  readonly #recipients = new Map<string, Recipient[]>();

  add(text: string, id: number): void {
    const recipients = this.#recipients.get(text) ?? this.#addText(text);
    recipients.push({ id, at: Date.now() });
  }

  recipientsOf(text: string): readonly Recipient[] {
    return this.#recipients.get(text) ?? [];
  }

  #addText(text: string): Recipient[] {
    const [oldest] = this.#recipients.keys();
    if (oldest !== undefined && this.#recipients.size >= maxTexts) this.#recipients.delete(oldest);
    const recipients: Recipient[] = [];
    this.#recipients.set(text, recipients);
    return recipients;
  }
}
