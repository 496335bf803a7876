import type {
  AppendResult,
  HistoryAppend,
  HistoryConnection,
  HistoryEntry,
  HistoryLimits,
  KnownPosition,
  LoggedMessage,
  OutboxTask,
  StreamPosition,
} from "../../src/contract/history-store.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import { memoryBackend, redisBackend, roomyLimits } from "./support/history-backends.ts";
import { soon } from "./support/soon.ts";

/** A connection of a store of its own, as in a process of its own. */
type Open = (hub?: string, limits?: Partial<HistoryLimits>) => Promise<HistoryConnection>;

const aDay = 86_400_000;

function message(id: string, more: Partial<LoggedMessage> = {}): LoggedMessage {
  return { id, dataType: "text", data: `data of ${id}`, ...more };
}

/** The place of one of several results. */
const placeOf = (results: readonly AppendResult[], index: number): StreamPosition =>
  (results[index] as AppendResult).position;

function appendOf(stream: string, id: string, more: Partial<HistoryAppend> = {}): HistoryAppend {
  return { stream, known: undefined, message: message(id), dueInMs: aDay, ...more };
}

/** Logs them, and gives the place of the last. */
async function log(
  connection: HistoryConnection,
  stream: string,
  ...ids: string[]
): Promise<StreamPosition> {
  const results = await connection.append(
    ids.map((id) => appendOf(stream, id)),
    soon(),
  );
  return placeOf(results, ids.length - 1);
}

async function topOf(
  connection: HistoryConnection,
  stream: string,
  known?: KnownPosition,
): Promise<StreamPosition> {
  const [top] = await connection.tops([{ stream, known }], soon());
  return top as StreamPosition;
}

async function idsOf(
  connection: HistoryConnection,
  stream: string,
  epoch: string,
  from: number,
  to: number,
): Promise<string[] | undefined> {
  const [entries] = await connection.ranges([{ stream, epoch, from, to }], soon());
  return entries?.map(({ id }) => id);
}

const claim = (connection: HistoryConnection, endpoints: string[], leaseInMs = aDay) =>
  connection.claim({ endpoints, limit: 100, leaseInMs }, soon());

/** Endpoints that have been named before are not owed anything on that account. */
async function introduce(connection: HistoryConnection, ...endpoints: string[]): Promise<void> {
  for (const task of await claim(connection, endpoints)) {
    await connection.finish(task, "done", soon());
  }
}

const told = ({ endpoint, stream, offsets }: OutboxTask) => ({ endpoint, stream, offsets });

const sortedTasks = (tasks: OutboxTask[]) =>
  tasks.map(told).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));

const check = (endpoint: string, stream: string | undefined) => ({
  endpoint,
  stream,
  offsets: [],
});

const positions: Record<string, (open: Open) => Promise<void>> = {
  async "a stream that there is not is begun by whoever asks for its top, before its first message"(
    open,
  ) {
    const top = await topOf(await open(), "a");
    expect(top).toEqual({ epoch: expect.stringMatching(/^[\w-]{8}$/), offset: 0 });
    expect(await topOf(await open(), "a")).toEqual(top);
  },

  async "offsets go up by one from 1 on, whoever appends"(open) {
    const [one, other] = [await open(), await open()];
    const found = [await log(one, "a", "1"), await log(other, "a", "2"), await log(one, "a", "3")];
    expect(found.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect(new Set(found.map(({ epoch }) => epoch)).size).toBe(1);
    expect(await topOf(other, "a")).toEqual(found[2]);
  },

  async "appends of one call, and of calls that do not wait for each other, keep their order"(
    open,
  ) {
    const connection = await open();
    const ids = Array.from({ length: 60 }, (_, index) => String(index));
    const calls = [];
    for (let at = 0; at < ids.length; at += 3) {
      const three = ids.slice(at, at + 3).map((id) => appendOf("a", id));
      calls.push(connection.append(three, soon()));
    }
    const results = (await Promise.all(calls)).flat();
    expect(results.map(({ position }) => position.offset)).toEqual(ids.map((id) => Number(id) + 1));
    const { epoch } = await topOf(connection, "a");
    expect(await idsOf(connection, "a", epoch, 1, 60)).toEqual(ids);
  },

  async "of many servers that append at once, none is given the place of another"(open) {
    const connections = [await open(), await open(), await open()];
    const calls = Array.from({ length: 60 }, (_, at) =>
      connections[at % 3]?.append([appendOf("a", String(at))], soon()),
    );
    const offsets = (await Promise.all(calls)).map((result) => result?.[0]?.position.offset);
    expect(offsets.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
  },

  async "streams and hubs do not see each other, whatever their names"(open) {
    const names = ["a", "g:a", "g:{x}", "g:x}y", "u:größe 1:2", "g:a:b", "g:", "u:__proto__"];
    for (const hub of ["chat", "a/b", "{x}"]) {
      const connection = await open(hub);
      for (const name of names) await log(connection, name, `${hub} ${name}`);
      for (const name of names) {
        const { epoch, offset } = await topOf(connection, name);
        expect(offset).toBe(1);
        expect(await idsOf(connection, name, epoch, 1, 1)).toEqual([`${hub} ${name}`]);
      }
    }
  },

  async "hubs are one, whatever their case"(open) {
    const position = await log(await open("Chat"), "a", "1");
    expect(await topOf(await open("cHAT"), "a")).toEqual(position);
  },
};

const entries: Record<string, (open: Open) => Promise<void>> = {
  async "an entry is read as it was logged, with the time when it was"(open) {
    const connection = await open();
    const messages: LoggedMessage[] = [
      message("text", { data: "naïve \u{1F30D}\n\r\n\t" }),
      message("json", { dataType: "json", data: '{"a":[1,null]}', fromUserId: "ada lovelace=" }),
      message("binary", { dataType: "binary", data: "AAECAw==", excluded: ["one", 'tw"o,'] }),
      message("empty", { data: "" }),
    ];
    const before = Date.now();
    const appends = messages.map((one) => ({ ...appendOf("a", ""), message: one }));
    const results = await connection.append(appends, soon());
    const epoch = results[0]?.position.epoch ?? "";
    const [found] = await connection.ranges([{ stream: "a", epoch, from: 1, to: 4 }], soon());
    expect(found).toEqual(
      messages.map((one, index) => ({
        ...one,
        excluded: one.excluded,
        fromUserId: one.fromUserId,
        offset: index + 1,
        loggedAt: expect.any(Number),
      })),
    );
    for (const { loggedAt } of found as HistoryEntry[]) {
      expect(loggedAt).toBeGreaterThanOrEqual(before - 1_000);
      expect(loggedAt).toBeLessThanOrEqual(Date.now() + 1_000);
    }
  },

  async "a range includes both its ends, and one that ends before it begins is empty"(open) {
    const connection = await open();
    const { epoch } = await log(connection, "a", "1", "2", "3");
    expect(await idsOf(connection, "a", epoch, 2, 3)).toEqual(["2", "3"]);
    expect(await idsOf(connection, "a", epoch, 1, 1)).toEqual(["1"]);
    expect(await idsOf(connection, "a", epoch, 4, 3)).toEqual([]);
  },

  async "several ranges are read at once, and one that is not there spoils no other"(open) {
    const connection = await open();
    const a = await log(connection, "a", "1", "2");
    const g = await log(connection, "g:x", "3");
    const found = await connection.ranges(
      [
        { stream: "a", epoch: a.epoch, from: 1, to: 3 },
        { stream: "g:x", epoch: g.epoch, from: 1, to: 1 },
        { stream: "a", epoch: g.epoch, from: 1, to: 1 },
        { stream: "u:nobody", epoch: a.epoch, from: 1, to: 1 },
        { stream: "a", epoch: a.epoch, from: 1, to: 2 },
      ],
      soon(),
    );
    expect(found.map((range) => range?.map(({ id }) => id))).toEqual([
      undefined,
      ["3"],
      undefined,
      undefined,
      ["1", "2"],
    ]);
  },

  async "nothing is asked where there is no question"(open) {
    const connection = await open();
    expect(await connection.append([], soon())).toEqual([]);
    expect(await connection.tops([], soon())).toEqual([]);
    expect(await connection.ranges([], soon())).toEqual([]);
    await connection.settle([], soon());
    await connection.renewEpochs([], soon());
  },

  async "no more messages are kept of a stream than the limit, exactly"(open) {
    const connection = await open("chat", { maxMessages: 3 });
    const { epoch } = await log(connection, "a", "1", "2", "3", "4", "5");
    expect(await idsOf(connection, "a", epoch, 3, 5)).toEqual(["3", "4", "5"]);
    expect(await idsOf(connection, "a", epoch, 2, 5)).toBeUndefined();
    expect(await topOf(connection, "a")).toEqual({ epoch, offset: 5 });
  },

  async "no more bytes of data are kept of a stream than the limit, counted as UTF-8"(open) {
    const connection = await open("chat", { maxBytesPerStream: 30 });
    const ten = { data: "\u{1F30D}\u{1F30D}xx" };
    const appends = ["1", "2", "3", "4"].map((id) => ({
      ...appendOf("a", id),
      message: message(id, ten),
    }));
    const results = await connection.append(appends, soon());
    const { epoch } = placeOf(results, 0);
    expect(await idsOf(connection, "a", epoch, 2, 4)).toEqual(["2", "3", "4"]);
    expect(await idsOf(connection, "a", epoch, 1, 4)).toBeUndefined();
  },

  async "a message that alone is more than the limit leaves nothing, and the next is kept"(open) {
    const connection = await open("chat", { maxBytesPerStream: 10 });
    await connection.append(
      [
        appendOf("a", "1"),
        { ...appendOf("a", "2"), message: message("2", { data: "x".repeat(50) }) },
      ],
      soon(),
    );
    const { epoch, offset } = await topOf(connection, "a");
    expect(offset).toBe(2);
    expect(await idsOf(connection, "a", epoch, 2, 2)).toBeUndefined();
    await connection.append(
      [{ ...appendOf("a", "3"), message: message("3", { data: "x".repeat(10) }) }],
      soon(),
    );
    expect(await idsOf(connection, "a", epoch, 3, 3)).toEqual(["3"]);
  },

  async "a message that is too old is not there any more, although the stream and its top are"(
    open,
  ) {
    const connection = await open("chat", { ttlInMs: 300 });
    const { epoch } = await log(connection, "a", "1");
    await until(async () => (await idsOf(connection, "a", epoch, 1, 1)) === undefined);
    expect(await topOf(connection, "a")).toEqual({ epoch, offset: 1 });
    expect(await log(connection, "a", "2")).toEqual({ epoch, offset: 2 });
    expect(await idsOf(connection, "a", epoch, 2, 2)).toEqual(["2"]);
  },
};

const keys: Record<string, (open: Open) => Promise<void>> = {
  async "a second append with a key logs nothing, and is told where the first is"(open) {
    const [one, other] = [await open(), await open()];
    const [first] = await one.append([appendOf("a", "1", { key: "p:ada:7" })], soon());
    expect(first?.isRepeated).toBe(false);
    const again = [appendOf("a", "2", { key: "p:ada:7" }), appendOf("a", "3", { key: "p:ada:8" })];
    const results = await other.append(again, soon());
    expect(results.map(({ isRepeated }) => isRepeated)).toEqual([true, false]);
    expect(results[0]?.position).toEqual(first?.position);
    expect(results[1]?.position.offset).toBe(2);
  },

  async "a key is of one stream, and of the call that repeats it as well"(open) {
    const connection = await open();
    const results = await connection.append(
      [
        appendOf("a", "1", { key: "k" }),
        appendOf("a", "2", { key: "k" }),
        appendOf("g:x", "3", { key: "k" }),
      ],
      soon(),
    );
    expect(results.map(({ isRepeated }) => isRepeated)).toEqual([false, true, false]);
  },

  async "a key holds over the end of an epoch"(open) {
    const connection = await open();
    const [first] = await connection.append([appendOf("a", "1", { key: "k" })], soon());
    await connection.renewEpochs(["a"], soon());
    const [again] = await connection.append([appendOf("a", "1", { key: "k" })], soon());
    expect(again).toEqual({ position: first?.position, isRepeated: true });
  },

  async "a key is forgotten as soon as the messages of its time are"(open) {
    const connection = await open("chat", { ttlInMs: 300 });
    await connection.append([appendOf("a", "1", { key: "k" })], soon());
    await until(async () => {
      const [result] = await connection.append([appendOf("a", "2", { key: "k" })], soon());
      return result?.isRepeated === false;
    });
  },
};

const epochs: Record<string, (open: Open) => Promise<void>> = {
  async "what somebody knows of this epoch, up to its top, changes nothing"(open) {
    const connection = await open();
    const { epoch } = await log(connection, "a", "1", "2");
    for (const known of [
      { epoch, offset: 0 },
      { epoch, offset: 1, id: "1" },
      { epoch, offset: 2, id: "2" },
      { epoch, offset: 2 },
    ]) {
      expect(await topOf(connection, "a", known)).toEqual({ epoch, offset: 2 });
    }
  },

  async "an epoch ends when somebody knows of a place above its top"(open) {
    const connection = await open();
    const { epoch } = await log(connection, "a", "1");
    const top = await topOf(connection, "a", { epoch, offset: 2 });
    expect(top).toEqual({ epoch: expect.not.stringContaining(epoch), offset: 0 });
    expect(await idsOf(connection, "a", epoch, 1, 1)).toBeUndefined();
    expect(await topOf(connection, "a")).toEqual(top);
  },

  async "an epoch ends when somebody knows another message at its top, or below"(open) {
    const connection = await open();
    for (const offset of [1, 2]) {
      const { epoch } = await log(connection, `g:${offset}`, "1", "2");
      const top = await topOf(connection, `g:${offset}`, { epoch, offset, id: "other" });
      expect(top.epoch).not.toBe(epoch);
    }
  },

  async "an epoch goes on when the message that somebody knows is not kept any more"(open) {
    const connection = await open("chat", { maxMessages: 1 });
    const { epoch } = await log(connection, "a", "1", "2");
    const top = await topOf(connection, "a", { epoch, offset: 1, id: "whatever it was" });
    expect(top).toEqual({ epoch, offset: 2 });
  },

  async "an epoch ends when somebody knows an earlier one of whose end there is no record"(open) {
    const connection = await open();
    const { epoch } = await log(connection, "a", "1");
    const known = { epoch: "unheard0", offset: 4 };
    const top = await topOf(connection, "a", known);
    expect(top.epoch).not.toBe(epoch);
    // It is on record now, so that the same server's next calls find it.
    expect(await topOf(connection, "a", known)).toEqual(top);
    expect(await topOf(connection, "a", { ...known, offset: 3 })).toEqual(top);
    expect((await topOf(connection, "a", { ...known, offset: 5 })).epoch).not.toBe(top.epoch);
  },

  async "an epoch ends when somebody knows that an earlier one went further than is on record"(
    open,
  ) {
    const connection = await open();
    const ended = await log(connection, "a", "1", "2");
    await connection.renewEpochs(["a"], soon());
    const top = await topOf(connection, "a");
    expect(await topOf(connection, "a", ended)).toEqual(top);
    const further = await topOf(connection, "a", { ...ended, offset: 3 });
    expect(further.epoch).not.toBe(top.epoch);
  },

  async "a stream that there is not, and of which somebody knows, begins an epoch of another name"(
    open,
  ) {
    const connection = await open();
    await introduce(connection, "east");
    const top = await topOf(connection, "a", { epoch: "unheard0", offset: 4 });
    expect(top).toEqual({ epoch: expect.not.stringContaining("unheard0"), offset: 0 });
    expect(sortedTasks(await claim(connection, ["east"]))).toEqual([check("east", "a")]);
  },

  async "the last eight ends of epochs are on record"(open) {
    const connection = await open();
    const ended: StreamPosition[] = [];
    for (let count = 0; count < 9; count += 1) {
      ended.push(await log(connection, "a", String(count)));
      await connection.renewEpochs(["a"], soon());
    }
    const top = await topOf(connection, "a");
    for (const known of ended.slice(1)) expect(await topOf(connection, "a", known)).toEqual(top);
    expect(await topOf(connection, "a", ended[0])).not.toEqual(top);
  },

  async "an append finds out as well, and its message is the first of the new epoch"(open) {
    const connection = await open();
    const { epoch } = await log(connection, "a", "1");
    const known = { epoch, offset: 9 };
    const results = await connection.append(
      [appendOf("a", "2", { known }), appendOf("a", "3", { known })],
      soon(),
    );
    const [first, second] = results.map(({ position }) => position) as [
      StreamPosition,
      StreamPosition,
    ];
    expect(first.epoch).not.toBe(epoch);
    expect([first.offset, second]).toEqual([1, { epoch: first.epoch, offset: 2 }]);
    expect(await idsOf(connection, "a", first.epoch, 1, 2)).toEqual(["2", "3"]);
  },

  async "an epoch goes on when the message that somebody knows has gone for others of the call"(
    open,
  ) {
    const connection = await open("chat", { maxMessages: 2 });
    const { epoch } = await log(connection, "a", "1", "2");
    const known = { epoch, offset: 2, id: "other" };
    const appends = [appendOf("a", "3"), appendOf("a", "4"), appendOf("a", "5", { known })];
    const results = await connection.append(appends, soon());
    expect(placeOf(results, 2)).toEqual({ epoch, offset: 5 });
  },

  async "an epoch that begins amid an append has nothing of the messages before"(open) {
    const connection = await open();
    const known = { epoch: "unheard0", offset: 4 };
    const results = await connection.append(
      [
        appendOf("a", "1", { key: "k" }),
        appendOf("a", "2"),
        appendOf("a", "3", { known }),
        appendOf("a", "1", { key: "k" }),
      ],
      soon(),
    );
    const [before, after] = [placeOf(results, 1), placeOf(results, 2)];
    expect(after).toEqual({ epoch: expect.not.stringContaining(before.epoch), offset: 1 });
    expect(results[3]).toEqual({ position: { ...before, offset: 1 }, isRepeated: true });
    expect(await topOf(connection, "a", before)).toEqual(after);
    expect(await idsOf(connection, "a", after.epoch, 1, 1)).toEqual(["3"]);
  },

  async "renewing names the streams whose epochs end"(open) {
    const connection = await open();
    const [a, g] = [await log(connection, "a", "1"), await log(connection, "g:x", "2")];
    await connection.renewEpochs(["a", "u:nobody"], soon());
    expect((await topOf(connection, "a")).epoch).not.toBe(a.epoch);
    expect(await topOf(connection, "g:x")).toEqual(g);
  },

  async "renewing all ends the epochs of all streams, also for connections that were open before"(
    open,
  ) {
    const [one, other] = [await open(), await open()];
    const [a, g] = [await log(one, "a", "1"), await log(one, "g:x", "2")];
    await other.renewEpochs("all", soon());
    expect(await idsOf(one, "a", a.epoch, 1, 1)).toBeUndefined();
    for (const [stream, before] of [
      ["a", a],
      ["g:x", g],
    ] as const) {
      const top = await topOf(one, stream);
      expect(top).toEqual({ epoch: expect.not.stringContaining(before.epoch), offset: 0 });
      expect(await topOf(one, stream, before)).toEqual(top);
      expect((await topOf(one, stream, { ...before, offset: 2 })).epoch).not.toBe(top.epoch);
    }
  },
};

const outbox: Record<string, (open: Open) => Promise<void>> = {
  async "an endpoint that is named for the first time is sent one check of all streams"(open) {
    const [one, other] = [await open(), await open()];
    const tasks = await claim(one, ["east", "west"]);
    expect(sortedTasks(tasks)).toEqual([check("east", undefined), check("west", undefined)]);
    await one.finish(tasks[0] as OutboxTask, "done", soon());
    await one.finish(tasks[1] as OutboxTask, "done", soon());
    expect(await claim(other, ["east", "west"])).toEqual([]);
  },

  async "a message that nobody has settled in time is claimed, in one task for its stream"(open) {
    const [one, other] = [await open(), await open()];
    await introduce(one, "east");
    const due = { dueInMs: 0 };
    const results = await one.append(
      [appendOf("a", "1", due), appendOf("a", "2"), appendOf("a", "3", due)],
      soon(),
    );
    const { epoch } = placeOf(results, 0);
    const tasks = await claim(other, ["east"]);
    expect(tasks).toEqual([
      { endpoint: undefined, stream: "a", epoch, offsets: [1, 3], claim: expect.any(String) },
    ]);
    expect(await claim(one, ["east"])).toEqual([]);
    await other.finish(tasks[0] as OutboxTask, "done", soon());
    expect(await claim(one, ["east"])).toEqual([]);
  },

  async "a task is had by nobody else until its lease is over, or it is due again"(open) {
    const [one, other] = [await open(), await open()];
    await introduce(one, "east");
    await one.append([appendOf("a", "1", { dueInMs: 0 })], soon());
    const [first] = await claim(one, ["east"], 0);
    const [second] = await claim(other, ["east"]);
    expect([first?.offsets, second?.offsets]).toEqual([[1], [1]]);
    await other.finish(second as OutboxTask, { retryInMs: aDay }, soon());
    expect(await claim(one, ["east"])).toEqual([]);
    await other.finish(second as OutboxTask, { retryInMs: 0 }, soon());
    expect(await claim(one, ["east"])).toHaveLength(1);
  },

  async "what is settled is not claimed, but for endpoints that have not accepted it"(open) {
    const connection = await open();
    await introduce(connection, "east", "west");
    const results = await connection.append(
      [appendOf("a", "1", { dueInMs: 0 }), appendOf("a", "2", { dueInMs: 0 })],
      soon(),
    );
    const [one, two] = results.map(({ position }) => position) as [StreamPosition, StreamPosition];
    const settled = { stream: "a", retryInMs: 0 };
    await connection.settle(
      [
        { ...settled, position: one, undelivered: [] },
        { ...settled, position: two, undelivered: ["west"] },
      ],
      soon(),
    );
    const tasks = await claim(connection, ["east", "west"]);
    expect(tasks).toEqual([
      { endpoint: "west", stream: "a", epoch: two.epoch, offsets: [2], claim: expect.any(String) },
    ]);
  },

  async "tasks of endpoints that are not in use wait"(open) {
    const connection = await open();
    await introduce(connection, "east", "west");
    const position = await log(connection, "a", "1");
    await connection.settle(
      [{ stream: "a", position, undelivered: ["west"], retryInMs: 0 }],
      soon(),
    );
    expect(await claim(connection, ["east"])).toEqual([]);
    expect(await claim(connection, ["east", "west"])).toHaveLength(1);
  },

  async "the backlog counts what is to be sent to all endpoints, and says for how long it has been due"(
    open,
  ) {
    const connection = await open();
    await introduce(connection, "east", "west");
    expect(await connection.backlog?.(soon())).toEqual({ tasks: 0, overdueInMs: 0 });
    await connection.append([appendOf("a", "1", { dueInMs: aDay })], soon());
    expect(await connection.backlog?.(soon())).toEqual({ tasks: 0, overdueInMs: 0 });
    await connection.append([appendOf("a", "2", { dueInMs: 0 })], soon());
    await connection.owe(["east", "west"], ["g:x"], soon());
    await connection.owe(["west"], ["g:y"], soon());
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { tasks, overdueInMs } = (await connection.backlog?.(soon())) ?? {};
    expect(tasks).toBe(4);
    expect(overdueInMs).toBeGreaterThanOrEqual(1);
    await claim(connection, ["east", "west"]);
    expect(await connection.backlog?.(soon())).toEqual({ tasks: 3, overdueInMs: 0 });
  },

  async "no more tasks are claimed than asked for"(open) {
    const connection = await open();
    await introduce(connection, "east");
    await connection.owe(["east"], ["a", "g:x", "g:y"], soon());
    const question = { endpoints: ["east"], limit: 2, leaseInMs: aDay };
    expect(await connection.claim(question, soon())).toHaveLength(2);
    expect(await connection.claim(question, soon())).toHaveLength(1);
    expect(await connection.claim(question, soon())).toEqual([]);
  },

  async "what an endpoint has missed of a stream is one task, in the order of the offsets"(open) {
    const connection = await open();
    await introduce(connection, "east");
    const { epoch } = await log(connection, "a", "1", "2", "3");
    const missed = (offset: number) => ({
      stream: "a",
      position: { epoch, offset },
      undelivered: ["east"],
      retryInMs: 0,
    });
    await connection.settle([missed(3), missed(1), missed(3)], soon());
    expect((await claim(connection, ["east"])).map(told)).toEqual([
      { endpoint: "east", stream: "a", offsets: [1, 3] },
    ]);
  },

  async "an endpoint that has missed more than a few messages of a stream is sent one check"(open) {
    const connection = await open("chat", { maxResends: 2 });
    await introduce(connection, "east");
    const { epoch } = await log(connection, "a", "1", "2", "3");
    const missed = [1, 2, 3].map((offset) => ({
      stream: "a",
      position: { epoch, offset },
      undelivered: ["east"],
      retryInMs: 0,
    }));
    await connection.settle(missed, soon());
    expect((await claim(connection, ["east"])).map(told)).toEqual([check("east", "a")]);
  },

  async "of more than a few messages that nobody has settled, every endpoint is sent one check"(
    open,
  ) {
    const connection = await open("chat", { maxResends: 2 });
    await introduce(connection, "east", "west");
    const due = { dueInMs: 0 };
    await connection.append(
      ["1", "2", "3"].map((id) => appendOf("a", id, due)),
      soon(),
    );
    const tasks = await claim(connection, ["east", "west"]);
    expect(sortedTasks(tasks)).toEqual([check("east", "a"), check("west", "a")]);
  },

  async "a message that is not kept any more makes a check of its task"(open) {
    const connection = await open("chat", { maxMessages: 1 });
    await introduce(connection, "east");
    const position = await log(connection, "a", "1");
    await connection.settle(
      [{ stream: "a", position, undelivered: ["east"], retryInMs: 0 }],
      soon(),
    );
    await connection.append([appendOf("g:x", "3", { dueInMs: 0 })], soon());
    await log(connection, "a", "2");
    await log(connection, "g:x", "4");
    const tasks = await claim(connection, ["east"]);
    expect(sortedTasks(tasks)).toEqual([check("east", "a"), check("east", "g:x")]);
  },

  async "what is added to a claimed task outlives the claim, and nothing else of it does"(open) {
    const connection = await open();
    await introduce(connection, "east");
    const { epoch } = await log(connection, "a", "1", "2");
    const missed = (offset: number) => ({
      stream: "a",
      position: { epoch, offset },
      undelivered: ["east"],
      retryInMs: 0,
    });
    await connection.settle([missed(1)], soon());
    const [task] = await claim(connection, ["east"]);
    await connection.settle([missed(2)], soon());
    // Somebody is at it.
    expect(await claim(connection, ["east"])).toEqual([]);
    await connection.finish(task as OutboxTask, "done", soon());
    const [left] = await claim(connection, ["east"]);
    expect(left).toMatchObject({ stream: "a", offsets: [2] });
    expect(left?.claim).not.toBe(task?.claim);
    await connection.finish(left as OutboxTask, "done", soon());
    expect(await claim(connection, ["east"])).toEqual([]);
  },

  async "a check that is owed anew while it is sent is sent again"(open) {
    const connection = await open();
    await introduce(connection, "east");
    for (const streams of [["a"], "all"] as const) {
      await connection.owe(["east"], streams, soon());
      const [task] = await claim(connection, ["east"]);
      await connection.owe(["east"], streams, soon());
      await connection.finish(task as OutboxTask, "done", soon());
      const [again] = await claim(connection, ["east"]);
      expect(again?.stream).toBe(streams === "all" ? undefined : "a");
      await connection.finish(again as OutboxTask, "done", soon());
      expect(await claim(connection, ["east"])).toEqual([]);
    }
  },

  async "who comes too late with a task that another has claimed since puts it off for nobody"(
    open,
  ) {
    const [one, other] = [await open(), await open()];
    await introduce(one, "east");
    await one.owe(["east"], ["a"], soon());
    const [late] = await claim(one, ["east"], 0);
    const [task] = await claim(other, ["east"], 0);
    await one.finish(late as OutboxTask, { retryInMs: aDay }, soon());
    expect(await claim(one, ["east"])).toHaveLength(1);
    await other.finish(task as OutboxTask, "done", soon());
  },

  async "a check of all streams takes the place of all tasks of the endpoint"(open) {
    const connection = await open();
    await introduce(connection, "east");
    const position = await log(connection, "a", "1");
    await connection.owe(["east"], ["g:x"], soon());
    await connection.owe(["east"], "all", soon());
    await connection.settle(
      [{ stream: "a", position, undelivered: ["east"], retryInMs: 0 }],
      soon(),
    );
    expect((await claim(connection, ["east"])).map(told)).toEqual([check("east", undefined)]);
  },

  async "the end of an epoch drops what there was to be sent of it, and has every endpoint sent a check"(
    open,
  ) {
    const connection = await open();
    await introduce(connection, "east", "west");
    const due = { dueInMs: 0 };
    const results = await connection.append(
      [appendOf("a", "1", due), appendOf("a", "2", due)],
      soon(),
    );
    const [one, two] = results.map(({ position }) => position) as [StreamPosition, StreamPosition];
    const missed = { stream: "a", undelivered: ["east"], retryInMs: 0 };
    await connection.settle([{ ...missed, position: one }], soon());
    await topOf(connection, "a", { ...two, offset: 7 });
    await connection.settle([{ ...missed, position: two }], soon());
    const tasks = await claim(connection, ["east", "west"]);
    expect(sortedTasks(tasks)).toEqual([check("east", "a"), check("west", "a")]);
    expect(await claim(connection, ["east", "west"])).toEqual([]);
  },

  async "the end of all epochs drops all tasks, and has every endpoint sent one check of all streams"(
    open,
  ) {
    const connection = await open();
    await introduce(connection, "east", "west");
    const due = { dueInMs: 0 };
    const results = await connection.append(
      [appendOf("a", "1", due), appendOf("g:x", "2", due)],
      soon(),
    );
    const position = placeOf(results, 0);
    await connection.settle(
      [{ stream: "a", position, undelivered: ["west"], retryInMs: 0 }],
      soon(),
    );
    await connection.renewEpochs("all", soon());
    const tasks = await claim(connection, ["east", "west"]);
    expect(sortedTasks(tasks)).toEqual([check("east", undefined), check("west", undefined)]);
    expect(await claim(connection, ["east", "west"])).toEqual([]);
  },

  async "closing twice is harmless, and leaves other connections open"(open) {
    const [one, other] = [await open(), await open()];
    const position = await log(one, "a", "1");
    await one.close();
    await one.close();
    expect(await topOf(other, "a")).toEqual(position);
  },
};

const cases = Object.entries({ ...positions, ...entries, ...keys, ...epochs, ...outbox });

describe.each([memoryBackend, redisBackend()])("the history $name", (backend) => {
  if (backend.isAbsent) {
    it.skip("is not tried: there is no redis-server on the PATH", () => {});
    return;
  }
  beforeAll(() => backend.start(), 60_000);

  it.each(cases)(
    "%s",
    async (_, run) => {
      const makeStore = backend.makeStores();
      await run(async (hub = "chat", limits = {}) =>
        closeAfterTest(
          await makeStore().open(hub, { ...roomyLimits, ...limits }, () => {}, soon()),
        ),
      );
    },
    30_000,
  );
});
