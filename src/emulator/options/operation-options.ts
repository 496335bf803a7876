import { z } from "zod";
import { flag, section } from "../../kit/option-schema.ts";
import type { DropOptions, KeyName, RestartOptions } from "../contract/operation-options.ts";
import { accessKey, generateAccessKey, share } from "./option-values.ts";
import { parseWith } from "./parse-with.ts";

export interface KeyRotation {
  readonly which: KeyName;
  readonly newKey: string;
}

const restartSchema = section({ keepState: flag() });
const dropSchema = section({ share: share.default(1) });
const rotationSchema = section({
  which: z.enum(["primary", "secondary"], { error: 'give "primary" or "secondary"' }),
  newKey: accessKey.optional(),
});

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export const parseRestartOptions = (options: RestartOptions): RestartOptions =>
  parseWith(restartSchema, options, "restart");

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export const parseDropOptions = (options: DropOptions): Required<DropOptions> =>
  parseWith(dropSchema, options, "dropSockets");

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export function parseKeyRotation(options: unknown): KeyRotation {
  const { which, newKey } = parseWith(rotationSchema, options, "rotateKey");
  return { which, newKey: newKey ?? generateAccessKey() };
}
