/** Knobs come from the environment, so that a short look and a long run are the same program. */
export function readCount(name, otherwise) {
  const text = process.env[name];
  if (text === undefined) return otherwise;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name} must be a positive integer.`);
  return count;
}
