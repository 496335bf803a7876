import { quantile } from "./statistics.mjs";

/**
 * What `load.mjs` does, by calls of a middleware of the app: with neither sockets nor HTTP nor Express, what is
 * left is the middleware's own. The body has been read before, as by a parser.
 */
export const directCallsOf =
  (app, middleware) =>
  async ({ seconds, connections, requests }) => {
    const durations = [];
    const start = performance.now();
    const connection = async () => {
      while (performance.now() - start < seconds * 1000) {
        const began = performance.now();
        await answerOf(app, middleware, requests[durations.length % requests.length]);
        durations.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: connections }, connection));
    const perSecond = (durations.length / (performance.now() - start)) * 1000;
    return { count: durations.length, perSecond, p99InMs: quantile(durations, 0.99) };
  };

function answerOf(app, middleware, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const req = {
      method,
      path,
      url: path,
      originalUrl: path,
      baseUrl: "",
      app,
      headers,
      get: (name) => headers[name],
      readableDidRead: true,
      complete: true,
      body: Buffer.from(body),
    };
    const res = {
      locals: {},
      statusCode: 0,
      setHeader() {},
      write() {},
      end() {
        if (this.statusCode === 200) resolve();
        else reject(new Error(`A direct call was answered ${this.statusCode}.`));
      },
      getHeader() {},
      status(code) {
        this.statusCode = code;
      },
      set() {},
      type() {},
    };
    middleware(req, res, reject);
  });
}
