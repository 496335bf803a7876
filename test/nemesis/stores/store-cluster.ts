import type { ServerSettings } from "../programs/program-messages.ts";

export const STORES = ["redis", "azure-blob"] as const;
export type StoreKind = (typeof STORES)[number];

/** Which copy of a store a server is led to, where there are two. */
export type Side = "first" | "second";

/** The store of a run: real servers in processes of their own, and what can happen to them. */
export interface StoreCluster {
  /** The port at which servers of that side reach it. */
  portOf(side: Side): number;
  /** What an app server is told that reaches it at this port. */
  accessAt(port: number): ServerSettings["store"];
  /** It keeps its sockets, and answers nothing. */
  pause(): void;
  resume(): void;
  /** Ends and begins again, with what it had or with nothing. @param meanwhile While it is away */
  restart(keepsData: boolean, meanwhile: () => Promise<void>): Promise<void>;
  /** Forgets everything, or only what the servers see. */
  forget(what: "everything" | "observations"): Promise<void>;
  /** Of a store with a replica. */
  readonly replica: Replica | undefined;
  close(): Promise<void>;
}

export interface Replica {
  /** From now on it copies nothing more and takes writes of its own, which the primary does not see. */
  detach(): Promise<void>;
  /** Waits until it has all that the primary has confirmed, and detaches it. The primary takes no writes any more. */
  catchUp(): Promise<void>;
  /** It is the primary, and the old one, dead for a moment, its replica. */
  takeOver(): Promise<void>;
}
