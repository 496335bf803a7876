import type { IncomingMessage } from "node:http";
import type { Reply } from "./reply.ts";

/** A request that is refused, thrown from wherever the reason is found; the reply tells the caller. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`Refused with ${reply.status}`);
    this.reply = reply;
  }
}

/** The answer, be it a refusal; undefined when the caller went away in the middle of its request. */
export async function answerOrRefuse(
  request: IncomingMessage,
  answer: () => Promise<Reply>,
): Promise<Reply | undefined> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    if (request.destroyed && !request.complete) return undefined;
    throw error;
  }
}
