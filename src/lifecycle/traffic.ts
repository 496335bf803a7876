import type { Response } from "express";
import { type Problem, sendProblem } from "../http/problem.ts";
import { UnderWay } from "../kit/under-way.ts";

/** Which requests of this plugin are still taken. */
export interface Taken {
  readonly negotiates: boolean;
  readonly events: boolean;
}

/** How requests are answered that are taken no more. */
const CLOSED: Problem = {
  status: 503,
  code: "ERR_CLOSED",
  detail: "This server is shutting down; try again.",
  // A connection that is kept alive would lead to this server again, and hold up its end.
  headers: { "Retry-After": "1", Connection: "close" },
};

/**
 * The requests that come by: which are taken, and which are not answered yet. Those may still send
 * something, so `close` waits for them; it does not wait for one whose answer had begun, such as a
 * stream that never ends.
 */
export class Traffic {
  readonly underWay = new UnderWay();
  #taken: Taken = { negotiates: true, events: true };
  readonly #unanswered = new Map<Response, { readonly byPlugin: boolean }>();
  /** One for all requests, since it is added to every one of the app. */
  readonly #onEnd: (this: Response) => void;

  constructor() {
    const end = (res: Response): void => this.#end(res);
    this.#onEnd = function onEnd(this: Response) {
      end(this);
    };
  }

  /** Whether a negotiate is to be handled; it is answered when not. */
  admitNegotiate(res: Response): boolean {
    return this.#admit(res, this.#taken.negotiates);
  }

  /** Whether an upstream event is to be handled; it is answered when not. */
  admitEvent(res: Response): boolean {
    // The service would keep the connection, and send its next events here.
    if (!this.#taken.negotiates) res.setHeader("Connection", "close");
    return this.#admit(res, this.#taken.events);
  }

  /** A request of the application: its handler may send something, unless we are closing. */
  pass(res: Response): void {
    if (this.#taken.negotiates) this.#add(res, OF_APPLICATION);
  }

  /** From now on only these are taken, and whatever stands answered in part is not waited for. */
  take(taken: Taken): void {
    this.#taken = taken;
    for (const [res, { byPlugin }] of [...this.#unanswered]) {
      if (res.headersSent) this.#end(res);
      else if (byPlugin) res.setHeader("Connection", "close");
    }
  }

  /** Answers what is left to this plugin to answer, with 503. */
  cutOff(): void {
    for (const [res, { byPlugin }] of [...this.#unanswered]) if (byPlugin) sendProblem(res, CLOSED);
  }

  #admit(res: Response, isTaken: boolean): boolean {
    if (isTaken) this.#add(res, OF_PLUGIN);
    else sendProblem(res, CLOSED);
    return isTaken;
  }

  #add(res: Response, by: { readonly byPlugin: boolean }): void {
    if (this.#unanswered.has(res)) return;
    this.#unanswered.set(res, by);
    this.underWay.begin();
    res.on("finish", this.#onEnd);
    // Of those that are never answered; one that came through no socket may have no such event.
    res.on("close", this.#onEnd);
  }

  #end(res: Response): void {
    if (this.#unanswered.delete(res)) this.underWay.end();
  }
}

const OF_PLUGIN = { byPlugin: true };
const OF_APPLICATION = { byPlugin: false };
