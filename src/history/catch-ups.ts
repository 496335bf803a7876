import type { PluginContext } from "../context/plugin-context.ts";
import type { StreamPosition } from "../contract/history-store.ts";
import type { JsonParts } from "../http/send-json.ts";
import { EntryRun } from "./cached-entries.ts";
import { type Lack, lackOf, type MissedReason, reasonToWithhold } from "./catch-up.ts";
import type { CatchUpRequest } from "./catch-up-request.ts";
import { groupOf, streamOf } from "./client-stream-name.ts";
import type { Confirmations } from "./confirmations.ts";
import type { EntryCache, Found } from "./entry-cache.ts";
import { encodePosition } from "./envelope.ts";
import { GroupReaders, type Reader } from "./readers.ts";
import type { StreamAllowances } from "./stream-allowances.ts";

const maxReplayed = 100;

/** What catching up needs of the rest of the history. */
export interface CatchUpSources {
  readonly confirmations: Confirmations;
  readonly entries: EntryCache;
  /** Whether messages of the stream are kept at all. */
  readonly isTracked: (stream: string) => boolean;
  /** Which groups users may be the first to name. Default: all. */
  readonly allowances?: StreamAllowances | undefined;
}

/** One stream of a request. */
interface Asked {
  /** As the client calls it. */
  readonly name: string;
  readonly stream: string;
  /** Undefined for a client that has only just joined. */
  readonly since: StreamPosition | undefined;
  readonly seen: StreamPosition | undefined;
  readonly isReadable: boolean;
}

/** A stream of which it is known where it ends. */
interface Confirmed extends Asked {
  readonly top: StreamPosition;
  readonly lack: Lack;
}

/** What a client was given: streams, and the messages of those that it has all of now. */
export interface CatchUpTally {
  recovered: number;
  missed: number;
  messages: number;
}

interface Answer {
  /** JSON of one member. */
  readonly parts: readonly (string | Buffer)[];
  /** How many it has; undefined for a stream that could not be recovered. */
  readonly messages: number | undefined;
}

/** What clients have missed: all of it, or why not. */
export class CatchUps {
  readonly #context: PluginContext;
  readonly #sources: CatchUpSources;
  readonly #groups: GroupReaders;

  constructor(context: PluginContext, sources: CatchUpSources) {
    this.#context = context;
    this.#sources = sources;
    this.#groups = new GroupReaders(context);
  }

  /**
   * @param json Is added an object with a member for each stream.
   * @param enter Called before messages are read, which is what costs; throws to refuse the client.
   * @throws what `enter` and the store do
   */
  async read(
    json: JsonParts,
    reader: Reader,
    request: CatchUpRequest,
    enter: () => void | Promise<void>,
  ): Promise<CatchUpTally> {
    const asked = await this.#asked(reader, request);
    const readable = asked.filter(({ isReadable }) => isReadable).map(({ stream }) => stream);
    const tops = readable.length > 0 ? await this.#sources.confirmations.confirm(readable) : NONE;
    const streams = asked.map((one) => this.#confirmed(one, tops.get(one.stream)));
    if (streams.some((one) => isConfirmed(one) && Number(one.lack) > 0)) await enter();
    const answers = await Promise.all(
      streams.map((one) =>
        isConfirmed(one)
          ? this.#answer(one, reader, request.connections)
          : missed(one.name, undefined, "forbidden"),
      ),
    );
    const tally = { recovered: 0, missed: 0, messages: 0 };
    let separator = "{";
    for (const { parts, messages } of answers) {
      json.add(separator);
      for (const part of parts) json.add(part);
      separator = ",";
      if (messages === undefined) tally.missed += 1;
      else tally.recovered += 1;
      tally.messages += messages ?? 0;
    }
    json.add(answers.length > 0 ? "}" : "{}");
    return tally;
  }

  async #asked(reader: Reader, { since, seen }: CatchUpRequest): Promise<readonly Asked[]> {
    const asked: Asked[] = [];
    for (const [name, position] of since) {
      const stream = streamOf(name, reader.claims.userId) ?? name;
      const readable = this.#mayRead(reader, stream);
      const mayRead = typeof readable === "boolean" ? readable : await readable;
      const isReadable = mayRead && this.#mayName(reader, stream);
      asked.push({ name, stream, since: position, seen: seen.get(name), isReadable });
    }
    return asked;
  }

  #mayRead(reader: Reader, stream: string): boolean | Promise<boolean> {
    if (!this.#sources.isTracked(stream)) return false;
    const group = groupOf(stream);
    return group === undefined || this.#groups.mayRead(reader, group);
  }

  /** What the token names is the application's choice. */
  #mayName({ claims }: Reader, stream: string): boolean {
    const group = groupOf(stream);
    if (group === undefined || claims.groups.includes(group)) return true;
    return this.#sources.allowances?.admits(claims.userId, stream) ?? true;
  }

  #confirmed(asked: Asked, top: StreamPosition | undefined): Asked | Confirmed {
    if (!asked.isReadable || top === undefined) return asked;
    const { name, stream, since, seen, isReadable } = asked;
    const lack = since ? lackOf({ since, seen }, top) : this.#replayed(stream, top);
    return { name, stream, since, seen, isReadable, top, lack };
  }

  /** How many messages a client gets that has only just joined. */
  #replayed(stream: string, { offset }: StreamPosition): number {
    const group = groupOf(stream);
    const { replayOnJoin = 0 } = this.#context.configuration.history ?? {};
    if (group === undefined) return 0;
    const wanted = typeof replayOnJoin === "number" ? replayOnJoin : this.#ask(replayOnJoin, group);
    return Math.min(wanted, offset);
  }

  #ask(replayOnJoin: (group: string) => number, group: string): number {
    try {
      const wanted = replayOnJoin(group);
      if (Number.isInteger(wanted) && wanted >= 0 && wanted <= maxReplayed) return wanted;
      throw new RangeError(`It is to be a whole number from 0 to ${maxReplayed}`);
    } catch (error) {
      this.#context.events.emit("handlerError", { handler: "history.replayOnJoin", error });
      return 0;
    }
  }

  #answer(
    one: Confirmed,
    reader: Reader,
    connections: readonly string[],
  ): Answer | Promise<Answer> {
    const { name, stream, since, top, lack } = one;
    if (typeof lack === "string") return missed(name, top, lack);
    if (lack === 0) return recovered(name, top);
    const isTail = since === undefined;
    const { epoch, offset: to } = top;
    const from = to - lack + 1;
    const found = this.#sources.entries.read({ stream, epoch, from, to, isTail });
    const give = (entries: Found): Answer => given(one, entries, reader, connections);
    return found instanceof Promise ? found.then(give) : give(found);
  }
}

function given(
  { name, since, top }: Confirmed,
  found: Found,
  { claims }: Reader,
  connections: readonly string[],
): Answer {
  if (!(found instanceof EntryRun)) return missed(name, top, found);
  const isTail = since === undefined;
  // Who joins is given what the application has said, whenever that was.
  const reason = reasonToWithhold(found, isTail ? 0 : claims.readableSince);
  if (reason === undefined) return recovered(name, top, found, connections);
  return isTail ? recovered(name, top) : missed(name, top, reason);
}

const NONE: ReadonlyMap<string, StreamPosition> = new Map();

const isConfirmed = (one: Asked | Confirmed): one is Confirmed => "top" in one;

function recovered(
  name: string,
  top: StreamPosition,
  found?: EntryRun,
  connections: readonly string[] = [],
): Answer {
  const begin = `${JSON.stringify(name)}:{"position":"${encodePosition(top)}","recovered":true,"messages":[`;
  if (found === undefined) return { parts: [`${begin}]}`], messages: 0 };
  return { parts: [begin, found.jsonFor(connections), "]}"], messages: found.entries.length };
}

/** @param top Undefined where the client is not to know it. */
function missed(name: string, top: StreamPosition | undefined, reason: MissedReason): Answer {
  const position = top ? encodePosition(top) : "";
  const json = `${JSON.stringify(name)}:{"position":"${position}","recovered":false,"reason":"${reason}","messages":[]}`;
  return { parts: [json], messages: undefined };
}
