import { sendToParent } from "../../../../demo-app/processes/program.ts";
import type { ProgramMessage } from "./program-messages.ts";

export function complain(what: string): void {
  sendToParent<ProgramMessage>({ kind: "complaint", what });
}

/** Tells of what nobody has caught. */
export function tellComplaints(): void {
  const textOf = (reason: unknown): string =>
    reason instanceof Error ? (reason.stack ?? String(reason)) : String(reason);
  process.on("unhandledRejection", (reason) => complain(`unhandled rejection: ${textOf(reason)}`));
  process.on("uncaughtException", (error) => complain(`uncaught exception: ${textOf(error)}`));
  process.on("warning", (warning) => complain(`warning: ${textOf(warning)}`));
}
