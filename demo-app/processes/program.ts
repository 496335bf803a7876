import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ObservableLog } from "../kit/observable-log.ts";
import { nodeArguments } from "./node-arguments.ts";

/** What a program is given on its start, as JSON. */
const SETTINGS_VARIABLE = "PROGRAM_SETTINGS";

const maxMessages = 1000;

/** A program of the demo in a process of its own, which sends messages as things happen. */
export class ChildProgram<Message> {
  /** The last messages that it has sent. */
  readonly messages = new ObservableLog<Message>(maxMessages);
  readonly #child: ChildProcess;
  readonly #ended: Promise<readonly unknown[]>;

  /**
   * @param file From the root of the project.
   * @param args How Node runs it. Default: translated as it starts.
   */
  constructor(file: string, settings: object, args: readonly string[] = nodeArguments(file)) {
    this.#child = spawn(process.execPath, args, {
      env: { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify(settings) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#ended = once(this.#child, "exit");
    this.#ended.catch(() => {});
    this.#child.on("message", (message) => this.messages.add(message as Message));
  }

  /** Undefined when it never began. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Its first message that fits. @throws Error when it ends before. */
  async firstMessage(fits: (message: Message) => boolean): Promise<Message> {
    const ended = this.ended().then((how) => {
      throw new Error(`the process ended: ${how}`);
    });
    return Promise.race([this.messages.first(fits), ended]);
  }

  /** Resolves to its exit code, or to the signal that has ended it. @throws Error when it never began */
  async ended(): Promise<string> {
    const [code, signal] = await this.#ended;
    return String(signal ?? code);
  }

  send(order: object): void {
    this.#child.send(order, () => {});
  }

  /** It keeps its sockets, and answers nothing. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends it at once, without a word. Idempotent. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended.catch(() => {});
  }

  close(): Promise<void> {
    return this.kill();
  }
}

/** In the program itself: what it was given on its start. It ends with the process that started it. */
export function programSettings<Settings>(): Settings {
  process.on("disconnect", () => process.exit());
  return JSON.parse(process.env[SETTINGS_VARIABLE] ?? "{}") as Settings;
}

/** In the program itself: sends to the process that started it. */
export function sendToParent<Message extends object>(message: Message): void {
  // When that one is gone, this one is about to be; there is nobody left to complain to.
  process.send?.(message, undefined, undefined, () => {});
}
