import { request } from "node:http";

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  readonly body: any;
}

/** `fetch` would not let us lie about Host and Origin. */
export function ask(
  method: string,
  url: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers });
    sent.on("error", reject).on("response", async (response) => {
      const text = (await response.toArray()).join("");
      const isJson = response.headers["content-type"]?.includes("json");
      const read = isJson ? JSON.parse(text) : text;
      resolve({ status: response.statusCode, headers: response.headers, body: read });
    });
    sent.end(body);
  });
}

export const get = (url: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask("GET", url, { headers });

export const post = (
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  ask("POST", url, {
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
