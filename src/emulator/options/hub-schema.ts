import { z } from "zod";
import { integer, nonEmptyString, section } from "../../kit/option-schema.ts";
import type { HubOptions } from "../contract/emulator-options.ts";
import { canonicalHub, isHubName } from "../contract/names.ts";
import { parseWith } from "./parse-with.ts";

/** Hub settings with every default filled in. */
export type HubSettings = Readonly<z.output<typeof hubSchema>>;

export type EventHandlerSettings = HubSettings["eventHandlers"][number];

const URL_TEMPLATE_ERROR = "give an http or https URL, with {hub} and {event} only after the host";
const PATTERN_ERROR = "give names and patterns with commas between, in up to 1024 characters";

const eventHandlerSchema = section({
  urlTemplate: z
    .string({ error: URL_TEMPLATE_ERROR })
    .refine(isUrlTemplate, { error: URL_TEMPLATE_ERROR }),
  systemEvents: z
    .array(
      z.enum(["connect", "connected", "disconnected"], {
        error: 'give "connect", "connected" or "disconnected"',
      }),
      { error: "give an array of system events" },
    )
    .default([]),
  userEventPattern: z
    .string({ error: PATTERN_ERROR })
    .max(1024, { error: PATTERN_ERROR })
    .default(""),
  groupEvents: z
    .array(z.enum(["joined", "left"], { error: 'give "joined" or "left"' }), {
      error: "give an array of group events",
    })
    .default([]),
  auth: z
    .discriminatedUnion(
      "type",
      [
        section({ type: z.literal("none") }),
        section({
          type: z.literal("managedIdentity"),
          resource: nonEmptyString("give the resource that the token is for"),
        }),
      ],
      { error: 'give { type: "none" }, or { type: "managedIdentity", resource }' },
    )
    .default({ type: "none" }),
});

export const hubSchema = section({
  anonymousConnectPolicy: z
    .enum(["deny", "allow"], { error: 'give "deny" or "allow"' })
    .default("deny"),
  eventHandlers: z
    .array(eventHandlerSchema, { error: "give an array of event handlers" })
    .default([]),
  webSocketKeepAliveIntervalInSeconds: integer(1, 120, "seconds").default(20),
  failedEvents: z
    .enum(["acknowledge", "close"], { error: 'give "acknowledge" or "close"' })
    .default("acknowledge"),
}) satisfies z.ZodType<unknown, HubOptions>;

const HUB_NAME_ERROR =
  "give a hub name: a letter, then up to 127 letters, digits or any of _ ` , . [ ]";

export const hubName = z
  .string({ error: HUB_NAME_ERROR })
  .refine(isHubName, { error: HUB_NAME_ERROR });

/** @throws EmulatorError `ERR_INVALID_OPTIONS`, naming every bad option. */
export function parseHubOptions(name: string, options: HubOptions): [string, HubSettings] {
  return [
    canonicalHub(parseWith(hubName, name, "setHub")),
    parseWith(hubSchema, options, "setHub"),
  ];
}

export const defaultHubSettings: HubSettings = hubSchema.parse({});

function isUrlTemplate(template: string): boolean {
  const [, host] = /^https?:\/\/([^/?#]*)/i.exec(template) ?? [];
  return host !== undefined && !/[{}]/.test(host) && URL.canParse(template);
}
