import type { Request } from "express";
import type { InternalEvents } from "../kit/typed-events.ts";

/** Says whether a caller may know more than others. */
export type MayKnow = (req: Request) => boolean | Promise<boolean>;

/**
 * Asks the application whether a caller may know more than others; whatever is not `true` is a no, and
 * what it throws becomes a `handlerError`.
 *
 * @param option Name of the option, for the event.
 */
export async function mayKnow(
  events: InternalEvents,
  option: string,
  ask: MayKnow | undefined,
  req: Request,
): Promise<boolean> {
  try {
    return (await ask?.(req)) === true;
  } catch (error) {
    events.emit("handlerError", { handler: option, error });
    return false;
  }
}
