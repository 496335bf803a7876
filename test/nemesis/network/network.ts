import type { LinkMode } from "../recording/entry.ts";
import type { Recorder } from "../recording/recorder.ts";
import { Link, type LinkOptions } from "./link.ts";

/** `s1>store`, `s1>e2`, `c3>s1`, `c3>e2`. */
export const linkName = (from: string, to: string): string => `${from}>${to}`;

/** All links of a run, each of which is broken and mended on its own. */
export class Network {
  readonly #recorder: Recorder;
  readonly #links = new Map<string, Link>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  async add(from: string, to: string, options: LinkOptions): Promise<number> {
    const link = await Link.open(options);
    this.#links.set(linkName(from, to), link);
    return link.port;
  }

  portOf(from: string, to: string): number {
    return this.#get(linkName(from, to)).port;
  }

  set(name: string, mode: LinkMode): void {
    const link = this.#get(name);
    if (link.mode === mode) return;
    link.set(mode);
    this.#recorder.record({ kind: "link", link: name, mode });
  }

  /** Whoever connects from now on is led elsewhere. */
  redirect(name: string): void {
    this.#get(name).redirect();
  }

  mendAll(): void {
    for (const name of this.#links.keys()) this.set(name, "open");
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  #get(name: string): Link {
    const link = this.#links.get(name);
    if (link === undefined) throw new Error(`there is no link ${name}`);
    return link;
  }
}
