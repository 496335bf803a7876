const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g;
const STEPS: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };

/**
 * Whether an object has the same key twice. `JSON.parse` keeps the last one and says nothing.
 *
 * @param json - An object, known to be JSON.
 * @param member - Of that object; it is the one that is looked at.
 */
export function hasRepeatedKey(json: string, member: string): boolean {
  let known: Set<string> | undefined;
  for (const [depth, key] of keysOf(json)) {
    if (depth === 1) known = key === member ? new Set() : undefined;
    if (depth !== 2 || !known) continue;
    if (known.has(key)) return true;
    known.add(key);
  }
  return false;
}

/** Every key, with the number of objects and lists around it. */
function* keysOf(json: string): Generator<[depth: number, key: string]> {
  let depth = 0;
  for (const [token, colon] of json.matchAll(TOKEN)) {
    if (colon === undefined) depth += STEPS[token] ?? 0;
    else yield [depth, JSON.parse(token.slice(0, -colon.length))];
  }
}
