import { randomBytes } from "node:crypto";
import { z } from "zod";
import { integer } from "../../kit/option-schema.ts";

const ACCESS_KEY_ERROR = "give text without spaces and semicolons";

// A semicolon would end the key in the connection string.
export const accessKey = z
  .string({ error: ACCESS_KEY_ERROR })
  .regex(/^[^;\s]+$/, { error: ACCESS_KEY_ERROR });

export const generateAccessKey = (): string => randomBytes(32).toString("base64");

const SHARE_ERROR = "give a number above 0 and up to 1";

export const share = z
  .number({ error: SHARE_ERROR })
  .gt(0, { error: SHARE_ERROR })
  .max(1, { error: SHARE_ERROR });

export const port = integer(0, 65_535);

export const count = integer(1, Number.MAX_SAFE_INTEGER);
