import type {
  HistoryConnection,
  HistoryLimits,
  KnownPosition,
  OutboxTask,
  StreamPosition,
} from "../../src/contract/history-store.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { between, createRandomSource, oneOf, type RandomSource } from "../support/random-source.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { runs } from "../support/runs.ts";
import { memoryBackend, redisBackend, roomyLimits } from "./support/history-backends.ts";
import { soon } from "./support/soon.ts";

const aDay = 86_400_000;
const stepsOfRun = 40;
const streams: [string, ...string[]] = ["a", "g:x", "u:1"];
const endpoints: [string, ...string[]] = ["east", "west"];
const limits: HistoryLimits = {
  ...roomyLimits,
  maxMessages: 4,
  maxBytesPerStream: 40,
  maxResends: 2,
};

/** A history, and what was learned from it so far. */
interface Subject {
  readonly connection: HistoryConnection;
  /** By when they were first heard of: the names differ, their order does not. */
  readonly epochs: string[];
  readonly positions: StreamPosition[];
  tasks: OutboxTask[];
}

/** What is done in one step, to each of the histories; the answer, with epochs as numbers. */
type Step = (subject: Subject) => Promise<unknown>;

/** An epoch as the number of those that were heard of before. */
function numbered(subject: Subject, position: StreamPosition): StreamPosition {
  const { epoch, offset } = position;
  if (!subject.epochs.includes(epoch)) subject.epochs.push(epoch);
  subject.positions.push(position);
  return { epoch: String(subject.epochs.indexOf(epoch)), offset };
}

/** What a server may claim to know: the truth, less, more, another message, an epoch that never was. */
function drawKnown(random: RandomSource): (subject: Subject) => KnownPosition | undefined {
  const [kind, at, more, which] = [random(), random(), between(random, 0, 2), random()];
  return ({ positions }) => {
    const position = positions[Math.floor(at * positions.length)];
    if (kind < 0.4 || !position) return undefined;
    if (kind < 0.7) return position;
    if (kind < 0.8) return { ...position, offset: position.offset + more };
    if (kind < 0.9) return { ...position, id: which < 0.8 ? `m${position.offset}` : "other" };
    if (kind < 0.95) return { ...position, offset: Math.max(position.offset - 1, 0) };
    return { epoch: `never${more}`, offset: 1 + more };
  };
}

const soonOrNever = (random: RandomSource) => oneOf(random, [0, 0, aDay]);
const someOf = (random: RandomSource, names: readonly string[]) =>
  names.filter(() => random() < 0.6);

const draws: readonly ((random: RandomSource) => Step)[] = [
  function append(random) {
    const drawn = Array.from({ length: between(random, 1, 4) }, () => ({
      stream: oneOf(random, streams),
      known: drawKnown(random),
      id: `m${between(random, 1, 4)}`,
      data: "x".repeat(between(random, 0, 15)),
      key: random() < 0.3 ? `k${between(random, 1, 6)}` : undefined,
      dueInMs: soonOrNever(random),
    }));
    return async (subject) => {
      const appends = drawn.map(({ known, id, data, ...one }) => ({
        ...one,
        known: known(subject),
        message: { id, dataType: "text" as const, data },
      }));
      const results = await subject.connection.append(appends, soon());
      return results.map(({ position, isRepeated }) => [numbered(subject, position), isRepeated]);
    };
  },

  function tops(random) {
    const drawn = someOf(random, streams).map((stream) => ({ stream, known: drawKnown(random) }));
    return async (subject) => {
      const questions = drawn.map(({ stream, known }) => ({ stream, known: known(subject) }));
      const found = await subject.connection.tops(questions, soon());
      return found.map((position) => numbered(subject, position));
    };
  },

  function ranges(random) {
    const drawn = [1, 2, 3].map(() => ({
      stream: oneOf(random, streams),
      at: random(),
      less: between(random, 0, 3),
      more: between(random, -1, 1),
    }));
    return async ({ connection, positions }) => {
      const questions = drawn.flatMap(({ stream, at, less, more }) => {
        const position = positions[Math.floor(at * positions.length)];
        if (!position) return [];
        const from = Math.max(position.offset - less, 1);
        return [{ stream, epoch: position.epoch, from, to: position.offset + more }];
      });
      const found = await connection.ranges(questions, soon());
      return found.map((range) => range?.map(({ loggedAt: _, ...entry }) => entry));
    };
  },

  function settle(random) {
    const drawn = [1, 2, 3].map(() => ({
      stream: oneOf(random, streams),
      at: random(),
      undelivered: someOf(random, endpoints),
      retryInMs: soonOrNever(random),
    }));
    return async ({ connection, positions }) => {
      const settlements = drawn.flatMap(({ at, ...settlement }) => {
        const position = positions[Math.floor(at * positions.length)];
        return position ? [{ ...settlement, position }] : [];
      });
      await connection.settle(settlements, soon());
    };
  },

  function renewEpochs(random) {
    const drawn = random() < 0.2 ? "all" : someOf(random, streams);
    return ({ connection }) => connection.renewEpochs(drawn, soon());
  },

  function owe(random) {
    const drawn = random() < 0.2 ? "all" : someOf(random, streams);
    const owed = someOf(random, endpoints);
    return ({ connection }) => connection.owe(owed, drawn, soon());
  },

  function claim(random) {
    const question = {
      endpoints: someOf(random, endpoints),
      limit: 1_000,
      leaseInMs: soonOrNever(random),
    };
    return async (subject) => {
      const tasks = await subject.connection.claim(question, soon());
      const named = (task: OutboxTask) => JSON.stringify([task.endpoint ?? "", task.stream ?? ""]);
      tasks.sort((one, other) => (named(one) < named(other) ? -1 : 1));
      subject.tasks = [...tasks, ...subject.tasks].slice(0, 12);
      return tasks.map(({ endpoint, stream, epoch, offsets }) => ({
        endpoint,
        stream,
        offsets,
        epoch: epoch === undefined ? undefined : subject.epochs.indexOf(epoch),
      }));
    };
  },

  function finish(random) {
    const at = random();
    const result = random() < 0.6 ? "done" : { retryInMs: soonOrNever(random) };
    return async ({ connection, tasks }) => {
      const task = tasks[Math.floor(at * tasks.length)];
      if (task) await connection.finish(task, result, soon());
    };
  },
];

describeWithRedis(`random calls of a history in memory and one in ${REDIS_OR_ITS_ABSENCE}`, () => {
  const redis = redisBackend();
  beforeAll(() => redis.start(), 60_000);

  it("are answered alike, up to the names of the epochs", async () => {
    const { numRuns } = runs(500, 20);
    for (let seed = 1; seed <= numRuns; seed += 1) {
      const random = createRandomSource(seed);
      const subjects = await Promise.all(
        [memoryBackend, redis].map(async (backend): Promise<Subject> => {
          const store = backend.makeStores()();
          const connection = closeAfterTest(await store.open("chat", limits, () => {}, soon()));
          return { connection, epochs: [], positions: [], tasks: [] };
        }),
      );
      for (let count = 1; count <= stepsOfRun; count += 1) {
        const draw = draws[Math.floor(random() * draws.length)] ?? draws[0];
        const step = draw?.(random);
        const [inMemory, inRedis] = await Promise.all(subjects.map((subject) => step?.(subject)));
        const where = { seed, count, step: draw?.name };
        expect({ ...where, answer: inRedis }).toEqual({ ...where, answer: inMemory });
      }
      await Promise.all(subjects.map(({ connection }) => connection.close()));
    }
  }, 300_000);
});
