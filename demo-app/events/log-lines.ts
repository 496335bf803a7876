import type { Logger } from "express-resilient-pubsub";
import type { LogLine } from "../contract/live.ts";
import { ObservableLog } from "../kit/observable-log.ts";

const KEPT = 300;

/** What the plugins log, as an operator would read it. */
export class LogLines {
  readonly log = new ObservableLog<LogLine>(KEPT);
  #lastId = 0;

  /** For the plugin of this region's app server. */
  loggerOf(server: string): Logger {
    const at =
      (level: LogLine["level"]) =>
      (_fields: unknown, text: string): void =>
        this.#add({ level, server, text });
    return { error: at("error"), warn: at("warn"), info: at("info") };
  }

  #add(line: Omit<LogLine, "id" | "at">): void {
    this.#lastId += 1;
    this.log.add({ id: this.#lastId, at: Date.now(), ...line });
  }
}
