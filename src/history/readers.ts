import type { Request } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import { type Claims, mayJoin } from "../grants/claims.ts";
import type { Grant } from "../grants/grant.ts";
import { BoundedMap } from "../kit/bounded-map.ts";
import { withDeadline } from "../kit/deadline.ts";

/** Answers of the application that are remembered. */
const maxAnswers = 10_000;

/** A client that has shown a grant for the history. */
export interface Reader {
  readonly grant: Grant;
  readonly claims: Claims;
  readonly req: Request;
}

/**
 * Who may read the stream of a group: whoever may be in it by token or role, and whom the application
 * lets. It is asked once for each grant and group, and what it fails with is told, and a no for now.
 */
export class GroupReaders {
  readonly #context: PluginContext;
  readonly #answers = new BoundedMap<string, Promise<boolean>>(maxAnswers);

  constructor(context: PluginContext) {
    this.#context = context;
  }

  mayRead(reader: Reader, group: string): boolean | Promise<boolean> {
    if (mayJoin(reader.claims, group)) return true;
    return this.#context.configuration.history?.authorize ? this.#askOnce(reader, group) : false;
  }

  #askOnce(reader: Reader, group: string): Promise<boolean> {
    const { client, expiresAt } = reader.grant;
    const key = `${client} ${expiresAt} ${group}`;
    const known = this.#answers.get(key);
    if (known) return known;
    const asking = this.#ask(reader, group).catch((error) => {
      this.#answers.delete(key);
      this.#context.events.emit("handlerError", { handler: "history.authorize", error });
      return false;
    });
    this.#answers.set(key, asking);
    return asking;
  }

  async #ask({ claims, req }: Reader, group: string): Promise<boolean> {
    const { history, health } = this.#context.configuration;
    const question = { userId: claims.userId, group };
    const asking = async () => history?.authorize?.(req, question);
    return (await withDeadline(health.timeoutInMs, undefined, asking)) === true;
  }
}
