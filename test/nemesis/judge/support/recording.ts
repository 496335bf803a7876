import type { Entry, Happening, Settings } from "../../recording/entry.ts";

export const settings: Settings = {
  seed: 1,
  store: "redis",
  servers: ["s1", "s2", "s3"],
  endpoints: ["e1", "e2"],
  clients: ["c1", "c2"],
  pollInMs: 100,
  leaseInMs: 1000,
  clientSilenceInMs: 2000,
  clientPauseInMs: 1000,
};

/** Something that happened at a moment, said by the conductor unless it says otherwise. */
export const at = (time: number, happening: Happening, by = "conductor"): Entry => ({
  at: time,
  by,
  ...happening,
});

export const agreed = (
  time: number,
  server: string,
  epoch: number,
  active: string,
  reason = "switched",
  incarnation = "",
): Entry =>
  at(
    time,
    { kind: "agreed", server, run: 1, epoch, incarnation, active, previous: undefined, reason },
    server,
  );

export const answer = (
  time: number,
  server: string,
  epoch: number,
  endpoint: string,
  { run = 1, incarnation = "" } = {},
): Entry =>
  at(time, {
    kind: "answer",
    server,
    run,
    askedAt: time - 5,
    status: 200,
    code: undefined,
    endpoint,
    epoch,
    incarnation,
  });

export const refusal = (time: number, server: string): Entry =>
  at(time, {
    kind: "answer",
    server,
    run: 1,
    askedAt: time - 5,
    status: 503,
    code: "ERR_NO_HEALTHY_ENDPOINT",
    endpoint: undefined,
    epoch: 0,
    incarnation: "",
  });

/** The same answer, so often as servers are asked. */
export const answers = (
  from: number,
  to: number,
  server: string,
  epoch: number,
  endpoint: string,
): Entry[] =>
  Array.from({ length: Math.floor((to - from) / 200) }, (_, index) =>
    answer(from + 200 * index, server, epoch, endpoint),
  );

export const link = (time: number, name: string, mode: "open" | "cut"): Entry =>
  at(time, { kind: "link", link: name, mode });

export const became = (
  time: number,
  process: string,
  state: "running" | "frozen" | "dead",
  { run = 1, isAsked = true } = {},
): Entry => at(time, { kind: "process", process, run, state, isAsked });

export const health = (time: number, server: string, endpoint: string, isUp: boolean): Entry =>
  at(time, { kind: "health", server, run: 1, endpoint, isUp, reason: undefined }, server);

export const closing = (time: number, server: string, endpoint: string): Entry =>
  at(time, { kind: "closing", server, run: 1, endpoint, decidedBy: time });

export const client = (time: number, name: string, endpoint: string | undefined): Entry =>
  at(time, { kind: "client", client: name, endpoint }, "clients-1");

export const store = (time: number, isUp: boolean): Entry => at(time, { kind: "store", isUp });

export const loss = (
  time: number,
  what: "everything" | "latest" | "everything-and-all-servers",
): Entry => at(time, { kind: "loss", loss: what });

export const lag = (time: number, by: string, forInMs: number): Entry =>
  at(time, { kind: "lag", forInMs }, by);

/** Three servers that have agreed on e1 a moment ago, two clients that are there, and what happens then. */
export function recordingOf(...entries: (Entry | Entry[])[]): Entry[] {
  const { servers, endpoints, clients } = settings;
  return [
    at(0, { kind: "settings", settings }),
    ...[...servers, ...endpoints].map((name) => became(10, name, "running")),
    ...servers.map((name) => agreed(100, name, 1, "e1", "first")),
    ...clients.map((name) => client(200, name, "e1")),
    ...entries.flat(),
  ].sort((a, b) => a.at - b.at);
}
