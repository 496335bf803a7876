/**
 * Loads a module of the user's, be it of ES or CommonJS. Bundlers make a `require` of an `import()` in
 * CommonJS, which refuses modules of ES on some versions of Node; they do not look into a text.
 */
export const importModule = new Function("url", "return import(url)") as (
  url: string,
) => Promise<unknown>;
