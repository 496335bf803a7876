/** Which of the two access keys of a service instance. */
export type KeyName = "primary" | "secondary";

export interface RestartOptions {
  /** Whether sessions survive, so that reliable clients can recover them. */
  keepState: boolean;
}

export interface DropOptions {
  /** The share of the open sockets that is hit, above 0; one socket at least. Defaults to 1: all. */
  share?: number;
}
