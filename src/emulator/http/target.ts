/** The two parts of a request target, as they came. */
export interface Target {
  readonly rawPath: string;
  readonly rawQuery: string;
}

export function splitTarget(url: string | undefined): Target {
  const [rawPath = "", ...rest] = (url ?? "").split("?");
  return { rawPath, rawQuery: rest.join("?") };
}

/** Undefined when the percent-encoding is malformed. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
