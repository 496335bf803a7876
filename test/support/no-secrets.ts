import crypto from "node:crypto";

/*
 * Every test file runs this first: what its plugins log, and what they warn the process of, must not
 * hold a key that the file has used, nor anything that looks like a token.
 */
interface Emissions {
  readonly keys: Set<string>;
  readonly lines: string[];
}

// The file is loaded twice, as what prepares each test file and by those who tell it what was emitted.
const shared = globalThis as { emissions?: Emissions };
const isFirst = shared.emissions === undefined;
shared.emissions ??= { keys: new Set(), lines: [] };
const { keys, lines } = shared.emissions;

export const noteEmitted = (line: string): void => void lines.push(line);

/** Shorter ones are words of the tests, such as `k`. */
const MIN_KEY_LENGTH = 12;
const LOOKS_SECRET = [
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/, // a token
  /access_token=|Bearer \S|(Access|Account)Key=|[?&]sig=/,
  /:\/\/[^/\s"@]*:[^/\s"@]+@/, // the password of a URL
  /\bA[Qg][\w-]{46,}\b/, // a grant
];

/** Lines that tell what nobody must know. */
export function leaksOf(emitted: readonly string[], used: Iterable<string>): string[] {
  const secrets = [...used].flatMap((key) => [key, JSON.stringify(key).slice(1, -1)]);
  const isLeak = (line: string): boolean =>
    LOOKS_SECRET.some((pattern) => pattern.test(line)) ||
    secrets.some((secret) => line.includes(secret));
  return emitted.filter(isLeak);
}

function watch(): void {
  const { createSecretKey } = crypto;
  const { emitWarning } = process;
  // Every key that a plugin or an emulator is given becomes one of these.
  crypto.createSecretKey = ((key: string, encoding: BufferEncoding) => {
    if (typeof key === "string" && key.length >= MIN_KEY_LENGTH) keys.add(key);
    return createSecretKey(key, encoding);
  }) as typeof createSecretKey;
  process.emitWarning = ((warning: unknown, ...rest: never[]) => {
    noteEmitted(`${warning} ${JSON.stringify(rest)}`);
    emitWarning.call(process, warning as never, ...rest);
  }) as typeof emitWarning;
  afterAll(() => {
    crypto.createSecretKey = createSecretKey;
    process.emitWarning = emitWarning;
    expect(leaksOf(lines, keys)).toEqual([]);
  });
}

if (isFirst) watch();
