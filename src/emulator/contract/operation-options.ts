/** Which of the two access keys of a service instance. */
export type KeyName = "primary" | "secondary";

/** How `restart` restarts the service. */
export interface RestartOptions {
  /** Whether sessions survive, so that reliable clients can recover them. */
  keepState: boolean;
}

/** Which sockets `dropSockets` cuts. */
export interface DropOptions {
  /**
   * The share of the open sockets that is hit, above 0 and up to 1; one socket at least.
   *
   * @default 1
   */
  share?: number | undefined;
}
