// Plugins of every size in one process, called without sockets, HTTP and Express; a broadcast goes over sockets.
import { randomUUID } from "node:crypto";
import express from "express";
import { endpointsAt } from "../support/endpoints.mjs";
import { cpuInMs, options, serveCalls } from "../support/serve-calls.mjs";

const { urls, module = "../dist/index.mjs" } = options;
const { memoryHistory, resilientPubSub } = await import(module);

async function pluginOf({ endpoints = 2, hub = "bench", groups = 0, path = "/negotiate" }) {
  const names = Array.from({ length: groups }, (_, index) => `g${index}`);
  const pubsub = resilientPubSub({
    hub,
    endpoints: endpointsAt(urls.slice(0, endpoints)),
    negotiate: { path, authenticate: () => ({ userId: "ada", groups: names }) },
    // Nothing else is to happen while something is measured.
    health: { schedule: false, onDemandMaxAgeInMs: 3_600_000, passive: false },
  });
  pubsub.events.on("handlerError", () => {});
  await pubsub.ready();
  return pubsub;
}

/** Resolves when the request is answered, or all have passed it on. */
const call = (app, middlewares, path) =>
  new Promise((resolve, reject) => {
    const req = {
      method: "GET",
      path,
      url: path,
      originalUrl: path,
      baseUrl: "",
      app,
      headers: {},
      query: {},
      get: () => undefined,
    };
    const res = {
      locals: {},
      statusCode: 0,
      headersSent: false,
      setHeader: () => res,
      getHeader() {},
      set: () => res,
      type: () => res,
      status: (code) => {
        res.statusCode = code;
        return res;
      },
      write() {},
      json: () => resolve(res.statusCode),
      send: () => resolve(res.statusCode),
      end: () => resolve(res.statusCode),
    };
    let index = 0;
    const next = (error) => {
      if (error) return reject(error);
      const middleware = middlewares[index];
      index += 1;
      if (middleware) middleware(req, res, next);
      else resolve(404);
    };
    next();
  });

const app = express();
const subjects = {
  async endpoints(size) {
    const pubsub = await pluginOf({ endpoints: size });
    return {
      negotiate: () => call(app, [pubsub], "/negotiate"),
      "another route": () => call(app, [pubsub], "/other"),
      snapshot: () => pubsub.endpoints.snapshot(),
      broadcast: () => pubsub.broadcast("hello"),
    };
  },
  async hubs(size) {
    const plugins = [];
    for (let index = 0; index < size; index += 1) {
      plugins.push(await pluginOf({ hub: `hub${index}`, path: `/${index}/negotiate` }));
    }
    return {
      "negotiate of the last": () => call(app, plugins, `/${size - 1}/negotiate`),
      "another route": () => call(app, plugins, "/other"),
    };
  },
  async groups(size) {
    const pubsub = await pluginOf({ groups: size });
    return { negotiate: () => call(app, [pubsub], "/negotiate") };
  },
  async messages(size) {
    const maxMessages = 100_000;
    const store = memoryHistory({ maxBytes: 4 * 1024 ** 3 });
    const limits = {
      maxMessages,
      maxBytesPerStream: 1024 ** 3,
      ttlInMs: 86_400_000,
      maxResends: 100,
    };
    const within = { timeoutInMs: 1000, signal: new AbortController().signal };
    const log = await store.open("bench", limits, () => {}, within);
    const streams = Math.ceil(size / maxMessages);
    let count = 0;
    const append = async () => {
      const stream = `g:${count % streams}`;
      count += 1;
      const message = { id: randomUUID(), dataType: "text", data: "x" };
      const entry = { stream, known: undefined, message, dueInMs: 60_000 };
      const [{ position }] = await log.append([entry], within);
      await log.settle([{ stream, position, undelivered: [], retryInMs: 1000 }], within);
      return position;
    };
    while (count < size - 1) await append();
    const { epoch, offset } = await append();
    const stream = `g:${(count - 1) % streams}`;
    return {
      "log one": append,
      "read the last": () => log.ranges([{ stream, epoch, from: offset, to: offset }], within),
      "where it ends": () => log.tops([{ stream, known: undefined }], within),
    };
  },
};

const prepared = new Map();

serveCalls({
  info: () => ({}),

  async prepare({ subject, size }) {
    const operations = await subjects[subject](size);
    prepared.set(`${subject} ${size}`, operations);
    return Object.keys(operations);
  },

  /** @returns Microseconds of this process for one call. */
  async measure({ subject, size, operation, calls }) {
    const run = prepared.get(`${subject} ${size}`)[operation];
    const before = cpuInMs();
    for (let made = 0; made < calls; made += 1) await run();
    return ((cpuInMs() - before) * 1000) / calls;
  },
});
