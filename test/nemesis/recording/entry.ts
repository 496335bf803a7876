/** Milliseconds by a clock that all processes of this machine share and that nobody sets. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What was asked of a link: to pass everything, nothing at all, nothing yet, no answers, or all of it late. */
export type LinkMode = "open" | "cut" | "hold" | "lose-answers" | "delay";

/** `leaving`: it was told to end in good order. `dead`: there is no process. */
export type ProcessState = "starting" | "running" | "frozen" | "leaving" | "dead";

/** What the store lost. */
export type Loss =
  /** Everything, and it is there with nothing. */
  | "everything"
  /** What was written lately: an older copy took its place. */
  | "latest"
  /** Everything, while no server was running that knew an agreement. */
  | "everything-and-all-servers";

export interface Settings {
  readonly seed: number;
  readonly store: string;
  readonly servers: readonly string[];
  readonly endpoints: readonly string[];
  readonly clients: readonly string[];
  readonly pollInMs: number;
  readonly leaseInMs: number;
  /** After how much silence a client gives up its connection, and its longest pause between attempts. */
  readonly clientSilenceInMs: number;
  readonly clientPauseInMs: number;
}

/** The number of an agreement, and what tells it from the same number of another history. */
export interface Epoch {
  readonly epoch: number;
  readonly incarnation: string;
}

/** Something that happened, without when and who says so. Servers are told by name, their processes by `run`. */
export type Happening =
  | { readonly kind: "settings"; readonly settings: Settings }
  // What servers say of themselves.
  | ({
      readonly kind: "agreed";
      readonly server: string;
      readonly run: number;
      readonly active: string;
      readonly previous: string | undefined;
      readonly reason: string;
    } & Epoch)
  | {
      readonly kind: "health";
      readonly server: string;
      readonly run: number;
      readonly endpoint: string;
      readonly isUp: boolean;
      readonly reason: string | undefined;
    }
  | {
      readonly kind: "store-reach";
      readonly server: string;
      readonly run: number;
      readonly isReachable: boolean;
    }
  | {
      readonly kind: "leads";
      readonly server: string;
      readonly run: number;
      readonly isLeader: boolean;
    }
  | {
      readonly kind: "stragglers";
      readonly server: string;
      readonly run: number;
      readonly endpoint: string;
      readonly isClosed: boolean;
    }
  | {
      readonly kind: "switched";
      readonly server: string;
      readonly run: number;
      readonly to: string;
      /** Why not; undefined when it was agreed. */
      readonly code: string | undefined;
    }
  // What any process says of itself.
  | { readonly kind: "complaint"; readonly what: string }
  | { readonly kind: "lag"; readonly forInMs: number }
  // What clients say.
  | {
      readonly kind: "client";
      readonly client: string;
      /** Where it is connected. */
      readonly endpoint: string | undefined;
    }
  // What endpoints saw.
  | {
      readonly kind: "connection";
      readonly endpoint: string;
      readonly client: string;
      readonly isOpen: boolean;
      readonly reason: string;
    }
  // What the network saw.
  | {
      readonly kind: "closing";
      readonly server: string;
      readonly run: number;
      readonly endpoint: string;
      /** The last moment at which the server may have decided on it. */
      readonly decidedBy: number;
    }
  // What was asked of servers.
  | ({
      readonly kind: "answer";
      readonly server: string;
      readonly run: number;
      readonly askedAt: number;
      /** 0 when there was none. */
      readonly status: number;
      readonly code: string | undefined;
      readonly endpoint: string | undefined;
    } & Epoch)
  // What was done to them.
  | { readonly kind: "link"; readonly link: string; readonly mode: LinkMode }
  | {
      readonly kind: "process";
      readonly process: string;
      readonly run: number;
      readonly state: ProcessState;
      /** False when it ended by itself. */
      readonly isAsked: boolean;
    }
  | { readonly kind: "store"; readonly isUp: boolean }
  /** Whether servers are led to different servers of the store, which do not know each other's writes. */
  | { readonly kind: "split"; readonly isSplit: boolean }
  | { readonly kind: "loss"; readonly loss: Loss }
  | {
      readonly kind: "endpoint-fault";
      readonly endpoint: string;
      readonly fault: string | undefined;
    }
  | { readonly kind: "fault"; readonly fault: string; readonly step: "begins" | "ends" | "skipped" }
  | { readonly kind: "storm"; readonly name: string }
  /** Everything is mended from here on. */
  | { readonly kind: "quiet"; readonly name: string }
  | { readonly kind: "quiet-over"; readonly name: string }
  | { readonly kind: "over" };

export type Entry = Happening & {
  /** See `now`. */
  readonly at: number;
  /** The process that wrote it. */
  readonly by: string;
};

export type EntryOf<Kind extends Entry["kind"]> = Extract<Entry, { kind: Kind }>;
