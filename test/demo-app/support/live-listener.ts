import { request } from "node:http";
import type { LiveMessages } from "../../../demo-app/contract/live.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";

type Name = keyof LiveMessages;
interface Heard {
  readonly name: Name;
  readonly data: unknown;
}

/** Listens to `/api/live` as a page does. */
export class LiveListener {
  readonly all: Heard[] = [];
  readonly comments: string[] = [];
  contentType: string | undefined;
  hasEnded = false;
  leave = (): void => {};
  #rest = "";

  static async open(url: string): Promise<LiveListener> {
    const listener = new LiveListener();
    const sent = request(`${url}/api/live`, { agent: false }, (response) => {
      listener.contentType = response.headers["content-type"];
      response.setEncoding("utf8").on("data", (chunk) => listener.#read(chunk));
      response.on("close", () => {
        listener.hasEnded = true;
      });
    });
    sent.on("error", () => {}).end();
    listener.leave = () => void sent.destroy();
    closeAfterTest({ close: listener.leave });
    await until(() => listener.of("drill").length > 0);
    return listener;
  }

  of<N extends Name>(name: N): LiveMessages[N][] {
    return this.all.filter((it) => it.name === name).map(({ data }) => data as LiveMessages[N]);
  }

  last<N extends Name>(name: N): LiveMessages[N] | undefined {
    return this.of(name).at(-1);
  }

  #read(chunk: string): void {
    const blocks = (this.#rest + chunk).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith(":")) this.comments.push(block);
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (name && data) this.all.push({ name: name as Name, data: JSON.parse(data) });
    }
  }
}
