import type { LinkMode } from "../recording/entry.ts";

/** What is hit: one by its place in the list, or whoever plays that part at that moment. */
export type ServerTarget = number | "leader";
export type EndpointTarget = number | "active";

/** Something that goes wrong for a while, as it was drawn. */
export interface PlannedFault {
  readonly kind: string;
  /** From the start of the storm. */
  readonly atInMs: number;
  readonly forInMs: number;
  readonly server: ServerTarget;
  readonly endpoint: EndpointTarget;
  readonly client: number;
  readonly mode: Exclude<LinkMode, "open">;
}

/** The same when its time has come. */
export interface ChosenFault {
  /** Processes and links that nobody else may break meanwhile, and `store`. */
  readonly claims: readonly string[];
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
}
