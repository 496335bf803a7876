import { z } from "zod";
import { accessKey, generateKey, parseWith } from "./options.ts";
import type { KeyName } from "./tokens/access-keys.ts";

export interface RestartOptions {
  /** Whether sessions survive, so that reliable clients can recover them. */
  keepState: boolean;
}

export interface DropOptions {
  /** The share of the open sockets that is hit, above 0; one socket at least. Defaults to 1: all. */
  share?: number;
}

export interface Rotation {
  readonly which: KeyName;
  readonly newKey: string;
}

const restartSchema = z.strictObject({ keepState: z.boolean() });
const dropSchema = z.strictObject({ share: z.number().gt(0).max(1).default(1) });
const rotationSchema = z.strictObject({
  which: z.enum(["primary", "secondary"]),
  newKey: accessKey.optional(),
});

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export const parseRestartOptions = (options: RestartOptions): RestartOptions =>
  parseWith(restartSchema, options, "restart");

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export const parseDropOptions = (options: DropOptions): Required<DropOptions> =>
  parseWith(dropSchema, options, "dropSockets");

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export function parseRotation(options: unknown): Rotation {
  const { which, newKey } = parseWith(rotationSchema, options, "rotateKey");
  return { which, newKey: newKey ?? generateKey() };
}
