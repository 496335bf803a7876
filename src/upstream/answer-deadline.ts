import { ResilientPubSubError } from "../kit/errors.ts";

interface AnswerDeadline {
  /** Of the handler, by its option. */
  readonly handler: string;
  readonly timeoutInMs: number;
  /** Throws what is answered when the time is up. */
  readonly onTimeout: (error: ResilientPubSubError) => never;
  /** Told once, when there is an answer after that. */
  readonly onLateAnswer: (error: ResilientPubSubError) => void;
}

/** The time that handlers have for the answers that the service waits for. */
export class AnswerDeadlines {
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  /**
   * The answer of a handler. One that forgets to answer would hold the client, and its request, for as
   * long as the service has patience, and nobody would know which.
   */
  answerInTime<Answer>(
    answering: Promise<Answer>,
    { handler, timeoutInMs, onTimeout, onLateAnswer }: AnswerDeadline,
  ): Promise<Answer> {
    if (this.#isClosed) return answering;
    const startedAt = performance.now();
    const timeUp = new Promise<never>((_resolve, reject) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        reject(notAnswered(handler, timeoutInMs));
        answering.then(
          () => onLateAnswer(tooLate(handler, performance.now() - startedAt)),
          // Told already: it is a failure like any other.
          () => {},
        );
      }, timeoutInMs);
      this.#timers.add(timer.unref());
      const stop = (): void => this.#stop(timer);
      answering.then(stop, stop);
    });
    return Promise.race([answering, timeUp.catch(onTimeout)]);
  }

  /** From now on handlers may take their time: nobody waits for their answers any more. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) this.#stop(timer);
  }

  #stop(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}

const notAnswered = (handler: string, timeoutInMs: number): ResilientPubSubError =>
  timedOut(
    `${handler} has not answered within ${timeoutInMs} ms, so the event failed; call success or fail of its response on every way through it, or raise upstream.handlerTimeoutInMs`,
  );

const tooLate = (handler: string, afterInMs: number): ResilientPubSubError =>
  timedOut(
    `${handler} answered after ${Math.round(afterInMs)} ms, when the event had failed already; nobody has got the answer`,
  );

const timedOut = (message: string): ResilientPubSubError =>
  new ResilientPubSubError("ERR_HANDLER_TIMED_OUT", message);
