import type { Request, Response } from "express";
import { type Problem, sendProblem } from "../http/problem.ts";
import { UnderWay } from "../kit/under-way.ts";
import { RecentResponses } from "./recent-responses.ts";

/** What is taken of the requests that come by. */
export interface Taken {
  readonly negotiates: boolean;
  readonly events: boolean;
  /** Whether a request of the application may still send something. */
  readonly others: boolean;
}

const EVERYTHING: Taken = { negotiates: true, events: true, others: true };

/** How requests are answered that are taken no more. */
const CLOSED: Problem = {
  status: 503,
  code: "ERR_CLOSED",
  detail: "This server is shutting down; try again.",
  headers: { "Retry-After": "1" },
};

/** Who answers a request: this plugin, or the application behind it. */
type Answerer = "plugin" | "application";

/**
 * The requests that come by: which are taken, and which are not answered yet. Those may still send
 * something, so `close` waits for them; it does not wait for one whose answer had begun, such as a
 * stream that never ends.
 */
export class Traffic {
  /** Requests that have not been answered, from the first `take` on. */
  readonly underWay = new UnderWay();
  #taken = EVERYTHING;
  readonly #recent = { plugin: new RecentResponses(), application: new RecentResponses() };
  readonly #awaited = new Map<Response, Answerer>();

  /** Whether a negotiate, or a review, is to be handled; it is answered when not. */
  admitNegotiate(req: Request, res: Response): boolean {
    return this.#admit(req, res, this.#taken.negotiates);
  }

  /** Whether an upstream event is to be handled; it is answered when not. */
  admitEvent(req: Request, res: Response): boolean {
    return this.#admit(req, res, this.#taken.events);
  }

  /** A request of the application. */
  pass(req: Request, res: Response): void {
    if (this.#isEnding(req)) endConnection(res);
    if (this.#taken.others) this.#add(res, "application");
  }

  /** From now on only this is taken, and an answer that has begun is not waited for. */
  take(taken: Taken): void {
    if (this.#taken === EVERYTHING) {
      for (const answerer of ["plugin", "application"] as const) {
        for (const res of this.#recent[answerer].unanswered()) this.#await(res, answerer);
      }
    }
    this.#taken = taken;
    for (const res of [...this.#awaited.keys()]) {
      if (res.headersSent) this.#end(res);
      else endConnection(res);
    }
  }

  /** Answers what is left to this plugin to answer, with 503. */
  cutOff(): void {
    for (const [res, answerer] of [...this.#awaited]) {
      if (answerer === "plugin") sendProblem(res, CLOSED);
    }
  }

  #admit(req: Request, res: Response, isTaken: boolean): boolean {
    if (this.#isEnding(req)) endConnection(res);
    if (isTaken) this.#add(res, "plugin");
    else sendProblem(res, CLOSED);
    return isTaken;
  }

  /** Whether this plugin, or the server that the request came to, takes no new ones. */
  #isEnding({ socket }: Request): boolean {
    if (this.#taken !== EVERYTHING) return true;
    // A request that came through no server has a socket of its own kind, or none.
    const { server } = (socket ?? {}) as { readonly server?: { readonly listening?: unknown } };
    return server?.listening === false;
  }

  #add(res: Response, answerer: Answerer): void {
    if (this.#taken === EVERYTHING) this.#recent[answerer].add(res);
    else this.#await(res, answerer);
  }

  #await(res: Response, answerer: Answerer): void {
    if (this.#awaited.has(res)) return;
    this.#awaited.set(res, answerer);
    this.underWay.begin();
    const end = (): void => this.#end(res);
    res.on("finish", end);
    // Of those that are never answered; one that came through no socket may have no such event.
    res.on("close", end);
  }

  #end(res: Response): void {
    if (this.#awaited.delete(res)) this.underWay.end();
  }
}

/** A connection that is kept alive would lead to this server again, and hold up its end. */
function endConnection(res: Response): void {
  if (!res.headersSent) res.setHeader("Connection", "close");
}
