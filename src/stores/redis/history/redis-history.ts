import type { AbortSignalLike } from "../../../contract/abort-signal.ts";
import type {
  AppendResult,
  ClaimQuestion,
  HistoryAppend,
  HistoryConnection,
  HistoryEntry,
  HistoryLimits,
  HistoryStore,
  OutboxBacklog,
  OutboxTask,
  RangeQuestion,
  Settlement,
  StreamPosition,
  StreamQuestion,
} from "../../../contract/history-store.ts";
import type { StoreCallOptions } from "../../../contract/store.ts";
import { canonicalHub } from "../../../kit/hub-name.ts";
import { freshEpoch } from "../../fresh-epoch.ts";
import { type Backend, backendOf, callRedis, listIn } from "../backend.ts";
import { loadRedis } from "../dial.ts";
import { inspectRedis } from "../inspect.ts";
import { parseRedisOptions, type RedisStoreOptions } from "../options.ts";
import { InFlight } from "./in-flight.ts";
import { ScriptCalls } from "./script-calls.ts";
import { HISTORY, type Operation } from "./scripts.ts";
import * as wire from "./wire.ts";

/** Seconds of appends at thousands a second: whoever is still slower than that has lost its redis. */
const maxCalls = 10_000;
const maxBytes = 64 * 1024 * 1024;

const COMMANDS =
  "EVAL, EVALSHA, INFO, TIME, DEL, PEXPIRE, GET, SET and the commands of hashes, sorted sets and streams";

/** The history of one hub in redis. */
class RedisHistoryConnection implements HistoryConnection {
  readonly #backend: Backend;
  readonly #scripts: ScriptCalls;
  readonly #hubKey: string;
  readonly #limits: HistoryLimits;
  readonly #inFlight = new InFlight(maxCalls, maxBytes);
  #unwatch: (() => void) | undefined;
  #seen: wire.SeenRun = { run: "", switchName: freshEpoch() };

  constructor(backend: Backend, scripts: ScriptCalls, hubKey: string, limits: HistoryLimits) {
    this.#backend = backend;
    this.#scripts = scripts;
    this.#hubKey = hubKey;
    this.#limits = limits;
  }

  async open(onLost: (error: unknown) => void, { signal }: StoreCallOptions): Promise<void> {
    const { access } = this.#backend;
    await callRedis(this.#backend, signal, () => access.acquire(signal));
    this.#unwatch = access.watch(onLost);
    try {
      // What the user may not do, and what redis cannot, shows right away.
      await this.#run(signal, "probe", []);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async append(
    appends: readonly HistoryAppend[],
    { signal }: StoreCallOptions,
  ): Promise<AppendResult[]> {
    const rows = await this.#rows(signal, "append", appends.flatMap(wire.appendToWire));
    return rows.map(wire.appendedFromWire);
  }

  async tops(
    questions: readonly StreamQuestion[],
    { signal }: StoreCallOptions,
  ): Promise<StreamPosition[]> {
    const rows = await this.#rows(signal, "tops", questions.flatMap(wire.questionToWire));
    return rows.map(wire.positionFromWire);
  }

  async ranges(
    questions: readonly RangeQuestion[],
    { signal }: StoreCallOptions,
  ): Promise<(HistoryEntry[] | undefined)[]> {
    const reply = await this.#run(signal, "ranges", questions.flatMap(wire.rangeToWire));
    const replies = listIn(this.#backend, reply);
    return questions.map(({ from }, index) => wire.rangeFromWire(replies[index], from));
  }

  async renewEpochs(
    streams: readonly string[] | "all",
    { signal }: StoreCallOptions,
  ): Promise<void> {
    const args =
      streams === "all" ? ["all"] : ["some", ...streams.flatMap((name) => [name, freshEpoch()])];
    await this.#run(signal, "renew", args);
  }

  async settle(settlements: readonly Settlement[], { signal }: StoreCallOptions): Promise<void> {
    await this.#run(signal, "settle", settlements.flatMap(wire.settlementToWire));
  }

  async owe(
    endpoints: readonly string[],
    streams: readonly string[] | "all",
    { signal }: StoreCallOptions,
  ): Promise<void> {
    const [kind, names] = streams === "all" ? ["all", []] : ["some", streams];
    await this.#run(signal, "owe", [kind, String(endpoints.length), ...endpoints, ...names]);
  }

  async claim(
    { endpoints, limit, leaseInMs }: ClaimQuestion,
    { signal }: StoreCallOptions,
  ): Promise<OutboxTask[]> {
    const args = [String(limit), String(Math.ceil(leaseInMs)), ...endpoints];
    const rows = await this.#rows(signal, "claim", args);
    return rows.map(wire.taskFromWire);
  }

  async finish(
    task: OutboxTask,
    result: "done" | { readonly retryInMs: number },
    { signal }: StoreCallOptions,
  ): Promise<void> {
    const retryInMs = result === "done" ? undefined : result.retryInMs;
    await this.#run(signal, "finish", wire.finishToWire(task, retryInMs));
  }

  async backlog({ signal }: StoreCallOptions): Promise<OutboxBacklog> {
    const reply = listIn(this.#backend, await this.#run(signal, "backlog", []));
    const [tasks, overdueInMs] = reply.map(Number);
    return { tasks: tasks ?? 0, overdueInMs: overdueInMs ?? 0 };
  }

  async close(): Promise<void> {
    if (!this.#unwatch) return;
    this.#unwatch();
    this.#unwatch = undefined;
    this.#backend.access.release();
  }

  async #rows(signal: AbortSignalLike, operation: Operation, args: string[]): Promise<unknown[][]> {
    const reply = listIn(this.#backend, await this.#run(signal, operation, args));
    return reply.map((row) => listIn(this.#backend, row));
  }

  async #run(signal: AbortSignalLike, operation: Operation, args: string[]): Promise<unknown> {
    const seen = this.#seen;
    const all = [...wire.headToWire(this.#limits, seen), operation, ...args];
    const bytes = all.reduce((sum, { length }) => sum + length, 0);
    const reply = await callRedis(this.#backend, signal, () =>
      this.#inFlight.run(bytes, () => this.#scripts.run([this.#hubKey], all)),
    );
    const [run, result] = listIn(this.#backend, reply);
    const isOther = seen === this.#seen && String(run) !== seen.run;
    if (isOther) this.#seen = { run: String(run), switchName: freshEpoch() };
    return result;
  }
}

/**
 * A history in redis 6 or later, for any number of servers: its one primary, with Lua scripts and
 * streams. It may fail over; what it has forgotten then is told. Not for a database that is active in
 * several regions at once. Needs the package `redis`.
 *
 * @throws InvalidOptionsError
 */
export function redisHistory(options: RedisStoreOptions): HistoryStore {
  const parsed = parseRedisOptions(options, "redisHistory");
  const backend = backendOf(parsed, COMMANDS, "history");
  const scripts = new ScriptCalls(backend.access, HISTORY);
  return {
    description: backend.description,
    // The app's own client has been made by its own library.
    load: async () => void (parsed.client || (await loadRedis())),
    async open(hub, limits, onLost, callOptions) {
      // The braces make a cluster keep all keys of a hub on one server.
      const hubKey = `${parsed.prefix}:{${encodeURIComponent(canonicalHub(hub))}}:history`;
      const connection = new RedisHistoryConnection(backend, scripts, hubKey, limits);
      await connection.open(onLost, callOptions);
      return connection;
    },
    inspect: (callOptions) => inspectRedis(backend, `${parsed.prefix}:{}`, callOptions),
  };
}
