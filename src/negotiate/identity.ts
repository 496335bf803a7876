import type { Request } from "express";
import { z } from "zod";
import type { Identity } from "../contract/options.ts";
import type { NegotiateConfiguration } from "../options/parse-options.ts";

const ANONYMOUS: Identity = Object.freeze({});

const identitySchema = z.object({
  userId: z.string().min(1).optional(),
  roles: z.array(z.string().min(1)).optional(),
  groups: z.array(z.string().min(1).max(1024)).optional(),
});

/**
 * Asks the application who the client is.
 *
 * @returns undefined when the client is to be refused.
 * @throws whatever `authenticate` throws, and TypeError when its answer is not an identity.
 */
export async function identify(
  { authenticate, allowAnonymous }: NegotiateConfiguration,
  req: Request,
): Promise<Identity | undefined> {
  const answer = await authenticate?.(req);
  if (answer === null || answer === undefined) return allowAnonymous ? ANONYMOUS : undefined;
  const parsed = identitySchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TypeError(
    `authenticate must answer { userId?: string, roles?: string[], groups?: string[] } or null; ${problems.join("; ")}`,
  );
}
