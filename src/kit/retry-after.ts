/** As in RFC 9110; of what else there is, `Date.parse` takes a lot for a day long ago: come at once. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How long a `Retry-After` header asks to wait, in milliseconds: whole seconds or a date, as in RFC
 * 9110 (section 10.2.3), and nothing else. Undefined without a value that can be read.
 *
 * @param now Epoch milliseconds.
 */
export function parseRetryAfter(text: string | null | undefined, now: number): number | undefined {
  if (text === null || text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
