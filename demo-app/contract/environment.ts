import type { RequestHandler } from "express";
import type { FanOutReport } from "express-resilient-pubsub";
import type { ObservableLog } from "../kit/observable-log.ts";
import type {
  ClientView,
  DeliveriesView,
  DemoEvent,
  EnvironmentView,
  Failback,
  FaultName,
  FiguresView,
  LogLine,
  RatesView,
  Topology,
} from "./live.ts";

/** Evacuate: drain it, and close its connections, so many a second. */
export type OperatorOrder = "drain" | "undrain" | "evacuate" | "force" | "unforce";

/** All that runs in a demo, for whoever uses it: the control routes, the guided drill, tests. */
export interface Environment {
  /** What is true now. */
  readonly view: EnvironmentView;
  /** Everything that has happened, in order. */
  readonly events: ObservableLog<DemoEvent>;
  readonly clients: SimulatedClients;

  /** null heals. @throws RequestError when there is no such endpoint, or none that can be broken */
  setFault(endpoint: string, fault: FaultName | null): Promise<void>;
  /** At all app servers. */
  operate(endpoint: string, order: OperatorOrder): Promise<void>;
  stopServer(region: string): Promise<void>;
  startServer(region: string): Promise<void>;
  setTopology(topology: Topology): Promise<void>;
  setFailback(failback: Failback): Promise<void>;
  setBroadcasts(everyInMs: number): void;
  /** One message of an app server for all clients. */
  broadcast(region: string, text: string): Promise<FanOutReport>;
  /** What a client of that home region is answered now. */
  negotiate(homeRegion: string): Promise<{ endpoint: string; url: string }>;
  /** Ends every process, server and socket. Idempotent. */
  close(): Promise<void>;
}

/** What the control server shows besides. */
export interface MonitoredEnvironment extends Environment {
  /** One entry a second. */
  readonly rates: ObservableLog<RatesView>;
  readonly figures: FiguresView;
  /** What the plugins of all app servers have logged. */
  readonly log: ObservableLog<LogLine>;
  /** Those of Microsoft's package; none until somebody wants to compare. */
  readonly microsoftClients: readonly ClientView[];
  /** Has some of Microsoft's clients go through the same, or ends that. */
  compare(isOn: boolean): void;
  /** `GET /negotiate?home=<region>&user=<name>`, reviews and history below it, by the load balancer. */
  readonly negotiateHandler: RequestHandler;
}

/**
 * Clients of the project's client helper in a process of their own, home regions in turn; half of those
 * of each region use `continuity()`.
 */
export interface SimulatedClients {
  /** Resolves when so many are there and connected, or after 30 s. */
  resize(size: number): Promise<void>;
  readonly views: readonly ClientView[];
  readonly deliveries: DeliveriesView;
  /** Moves, as they happen: a new connection on another endpoint than the last one's. */
  readonly moves: ObservableLog<ClientMove>;
  /** Who of them has heard a message with this text, and when; it may be asked again. */
  recipientsOf(text: string): Promise<readonly { readonly id: number; readonly at: number }[]>;
  /** One client sends an event to the app server (`sendEvent("chat", { text })`). */
  sendChat(id: number, text: string): Promise<void>;
}

export interface ClientMove {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly downtimeInMs: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What was asked cannot be done; the message says why, for people. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
