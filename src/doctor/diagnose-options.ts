import { z } from "zod";
import type { AbortSignalLike } from "../contract/abort-signal.ts";
import { InvalidOptionsError } from "../kit/errors.ts";
import { func, milliseconds, problemsOf, section } from "../kit/option-schema.ts";
import { CHECK_IDS } from "./check-ids.ts";
import type { CheckId, DiagnoseOptions, DoctorProgress } from "./contract.ts";

const URL_ERROR = "give a URL that begins with https:// or http://";
const TEXTS_ERROR = "give a list of texts";
const maxTexts = 20;
const maxTextLength = 1000;

const texts = z
  .array(z.string({ error: TEXTS_ERROR }).min(1).max(maxTextLength), { error: TEXTS_ERROR })
  .max(maxTexts, { error: `give ${maxTexts} at most` });

const webUrl = z.string({ error: URL_ERROR }).refine(isWebUrl, { error: URL_ERROR });

const schema = section({
  publicUrl: webUrl.optional(),
  negotiateUrl: webUrl.optional(),
  headers: z
    .record(z.string(), z.string(), { error: "give an object of texts by name" })
    .optional(),
  csp: z.string({ error: "give the text of the header" }).max(16_384).optional(),
  origins: z
    .array(z.string().refine(isOrigin), {
      error: "give a list of origins, such as https://www.example.com",
    })
    .max(maxTexts)
    .default([]),
  roles: texts.default([]),
  samples: texts.optional(),
  checks: z
    .array(z.enum(CHECK_IDS, { error: `give some of ${CHECK_IDS.join(", ")}` }), {
      error: "give a list",
    })
    .optional(),
  timeoutInMs: milliseconds(1).default(5000),
  abortSignal: z.custom<AbortSignalLike>((value) => typeof value === "object").optional(),
  onProgress: func<(progress: DoctorProgress) => void>().optional(),
});

/** What `diagnose` is told, complete and checked. */
export interface ParsedDiagnoseOptions extends DiagnoseOptions {
  readonly origins: readonly string[];
  readonly roles: readonly string[];
  readonly checks?: readonly CheckId[] | undefined;
  readonly timeoutInMs: number;
}

/** @throws InvalidOptionsError */
export function parseDiagnoseOptions(options: DiagnoseOptions): ParsedDiagnoseOptions {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const naming = { root: "options", secrets: ["headers"] };
  throw new InvalidOptionsError(problemsOf(parsed.error, options, naming), "diagnose");
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^/]/.test(text) && URL.canParse(text);
}

function isOrigin(text: string): boolean {
  return isWebUrl(text) && new URL(text).origin === text;
}
