import type { HerdServer } from "./app-server.ts";

/** An app server that lacks a rule, to see that it is missed. */
export type Mutation = (server: HerdServer, random: () => number) => HerdServer;

const wrapped = (server: HerdServer, changes: Partial<HerdServer>): HerdServer => ({
  get isServed() {
    return server.isServed;
  },
  tell: (region, ok) => server.tell(region, ok),
  review: (client, at) => server.review(client, at),
  evacuate: (name, pace) => server.evacuate(name, pace),
  place: (client, at) => server.place(client, at),
  counted: (region) => server.counted(region),
  negotiate: (client, failed) => server.negotiate(client, failed),
  readHistory: (client, at) => server.readHistory(client, at),
  ...changes,
});

const OLD_LONGEST_WAIT_IN_SECONDS = 120;

export const MUTATIONS = {
  "no client is told a spread": (server) =>
    wrapped(server, {
      review: (client, at) => {
        server.review(client, at);
        return undefined;
      },
    }),
  "the spread is that of 70 % of the limit": (server) =>
    wrapped(server, {
      review: (client, at) => {
        const spreadInMs = server.review(client, at);
        return spreadInMs && (spreadInMs * 0.95) / 0.7;
      },
    }),
  "every other client is not counted": (server) =>
    wrapped(server, {
      review: (client, at) => (client % 2 === 0 ? server.review(client, at) : undefined),
    }),
  "no limit holds": (server) =>
    wrapped(server, {
      negotiate: (client, failed) => {
        const admission = server.negotiate(client, failed);
        return server.isServed ? { inMs: 0 } : admission;
      },
    }),
  "nobody is known who has waited": (server, random) =>
    wrapped(server, {
      negotiate: (_, failed) => server.negotiate(Math.floor(random() * 2 ** 48), failed),
    }),
  "nobody is told to wait for more than two minutes": (server, random) =>
    wrapped(server, {
      negotiate: (client, failed) => {
        const admission = server.negotiate(client, failed);
        const { inMs } = admission;
        if (inMs !== undefined) return admission;
        const isLonger = admission.retryAfterInSeconds > OLD_LONGEST_WAIT_IN_SECONDS;
        const shortened = Math.ceil((OLD_LONGEST_WAIT_IN_SECONDS / 2) * (1 + random()));
        return isLonger ? { retryAfterInSeconds: shortened } : admission;
      },
    }),
  "all who are refused are told the same time": (server) =>
    wrapped(server, {
      negotiate: (client, failed) => {
        const admission = server.negotiate(client, failed);
        return admission.inMs === undefined ? { retryAfterInSeconds: 5 } : admission;
      },
    }),
  "one in a thousand is always refused": (server) =>
    wrapped(server, {
      negotiate: (client, failed) =>
        client % 1000 === 7 ? { retryAfterInSeconds: 60 } : server.negotiate(client, failed),
    }),
  "histories are read without a limit": (server) =>
    wrapped(server, { readHistory: () => ({ inMs: 0 }) }),
  "while no region serves, all ask again within five seconds": (server, random) =>
    wrapped(server, {
      negotiate: (client, failed) =>
        server.isServed
          ? server.negotiate(client, failed)
          : { retryAfterInSeconds: 1 + Math.floor(5 * random()) },
    }),
} satisfies Record<string, Mutation>;

export type MutationName = keyof typeof MUTATIONS;
