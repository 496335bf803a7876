import path from "node:path";
import { ChildProgram } from "../../../demo-app/processes/program.ts";
import type { Guardian } from "../../nemesis/processes/guardian.ts";
import { bundledProgram } from "../../support/bundled-program.ts";
import type { ProgramMessage } from "./programs/program-messages.ts";

/** A process of the run, which can be killed and started again. */
export class RunProcess {
  readonly name: string;
  readonly #file: string;
  readonly #arguments: readonly string[];
  readonly #settingsOf: (run: number) => object;
  readonly #guardian: Guardian;
  readonly #onMessage: (message: ProgramMessage, from: string) => void;
  #program: ChildProgram<ProgramMessage> | undefined;
  #run = 0;
  #isClosed = false;

  /** @param settingsOf What it is given when it is started for the so manieth time. */
  constructor(
    name: string,
    program: string,
    settingsOf: (run: number) => object,
    guardian: Guardian,
    onMessage: (message: ProgramMessage, from: string) => void,
  ) {
    this.name = name;
    this.#file = `test/chaos/continuity/programs/${program}.ts`;
    this.#arguments = [bundledProgram(path.resolve(this.#file))];
    this.#settingsOf = settingsOf;
    this.#guardian = guardian;
    this.#onMessage = onMessage;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    if (this.#isClosed) return;
    this.#run += 1;
    const program = new ChildProgram<ProgramMessage>(
      this.#file,
      this.#settingsOf(this.#run),
      this.#arguments,
    );
    this.#program = program;
    this.#guardian.watch(program.pid);
    program.messages.onAdd((message) => this.#onMessage(message, this.name));
    void program.ended().then((how) => {
      this.#guardian.release(program.pid);
      if (this.#program === program && !this.#isClosed)
        this.#onMessage({ kind: "complaint", what: `the process has ended: ${how}` }, this.name);
    });
    await program.firstMessage(({ kind }) => kind === "serves");
  }

  send(order: object): void {
    this.#program?.send(order);
  }

  /** Asks, and waits for the answer of that kind. */
  async ask<Kind extends ProgramMessage["kind"]>(order: object, kind: Kind) {
    const program = this.#program;
    if (program === undefined) throw new Error(`${this.name} does not run`);
    const answer = new Promise<Extract<ProgramMessage, { kind: Kind }>>((resolve) => {
      const stop = program.messages.onAdd((message) => {
        if (message.kind !== kind) return;
        stop();
        resolve(message as never);
      });
    });
    program.send(order);
    const ended = program.ended().then((how): never => {
      throw new Error(`${this.name} has ended: ${how}`);
    });
    return Promise.race([answer, ended]);
  }

  async kill(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.kill();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.kill();
  }
}
