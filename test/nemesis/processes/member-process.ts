import { once } from "node:events";
import path from "node:path";
import { ChildProgram } from "../../../demo-app/processes/program.ts";
import { bundledProgram } from "../../support/bundled-program.ts";
import type { ProgramMessage } from "../programs/program-messages.ts";
import type { Entry, ProcessState } from "../recording/entry.ts";
import type { Recorder } from "../recording/recorder.ts";
import type { Guardian } from "./guardian.ts";

export interface ProcessContext {
  readonly recorder: Recorder;
  readonly guardian: Guardian;
  /** Told of what the programs record. */
  readonly onEntry: (entry: Entry) => void;
}

/** Of a process that was asked to end in good order. */
const LEAVES_WITHIN_MS = 20_000;

/** A process of the run, which is started again under the same name after it has ended. */
export class MemberProcess {
  readonly name: string;
  readonly #file: string;
  readonly #nodeArguments: readonly string[];
  readonly #settingsOf: (run: number) => object;
  readonly #context: ProcessContext;
  #program: ChildProgram<ProgramMessage> | undefined;
  #state: ProcessState = "dead";
  #run = 0;
  #isEndAsked = true;
  #isClosed = false;

  /** @param settingsOf What it is given when it is started for the so manieth time. */
  constructor(
    name: string,
    program: string,
    settingsOf: (run: number) => object,
    context: ProcessContext,
  ) {
    this.name = name;
    this.#file = `test/nemesis/programs/${program}.ts`;
    // Once: it takes a while, in which nothing else happens in this process.
    this.#nodeArguments = [bundledProgram(path.resolve(this.#file))];
    this.#settingsOf = settingsOf;
    this.#context = context;
  }

  get run(): number {
    return this.#run;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Resolves when it serves. Does nothing when it is closed. */
  async start(): Promise<void> {
    const { guardian, onEntry } = this.#context;
    if (this.#isClosed) return;
    this.#run += 1;
    this.#isEndAsked = false;
    this.#become("starting");
    const program = new ChildProgram<ProgramMessage>(
      this.#file,
      this.#settingsOf(this.#run),
      this.#nodeArguments,
    );
    this.#program = program;
    guardian.watch(program.pid);
    program.messages.onAdd((message) => {
      if (message.kind === "recorded") onEntry(message.entry);
    });
    void program.ended().finally(() => {
      guardian.release(program.pid);
      this.#become("dead");
    });
    await program.firstMessage(({ kind }) => kind === "serves");
    this.#become("running");
  }

  send(order: object): void {
    this.#program?.send(order);
  }

  freeze(): void {
    this.#become("frozen");
    this.#program?.pause();
  }

  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#program?.resume();
    this.#become("running");
  }

  async kill(): Promise<void> {
    this.#isEndAsked = true;
    await this.#program?.kill();
  }

  /** Kills it, and it is not started again. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.kill();
  }

  /** Asks it to end in good order. @returns Whether it did */
  async leave(): Promise<boolean> {
    const { pid } = this.#program ?? {};
    if (pid === undefined || this.#state === "dead") return true;
    this.#isEndAsked = true;
    this.#become("leaving");
    const ended = this.#program?.ended();
    process.kill(pid, "SIGTERM");
    const limit = AbortSignal.timeout(LEAVES_WITHIN_MS);
    const hasEnded = await Promise.race([
      ended?.then(() => true),
      once(limit, "abort").then(() => false),
    ]);
    if (!hasEnded) await this.kill();
    return hasEnded === true;
  }

  #become(state: ProcessState): void {
    if (this.#state === state) return;
    this.#state = state;
    const { name } = this;
    const isAsked = this.#isEndAsked || state !== "dead";
    const run = this.#run;
    this.#context.recorder.record({ kind: "process", process: name, run, state, isAsked });
  }
}
