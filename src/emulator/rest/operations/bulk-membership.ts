import { z } from "zod";
import { isGroupName } from "../../contract/names.ts";
import type { Filter } from "../../filter/compile-filter.ts";
import type { Reply } from "../../http/reply.ts";
import type { Connection } from "../../hub/connection.ts";
import type { JsonCall, Operation } from "../operation.ts";
import { readFilter } from "../parameters.ts";
import { INVALID_GROUP, invalidParameter, OK } from "../replies.ts";

export const bulkMembershipOperations: readonly Operation[] = [
  { method: "POST", path: ":addToGroups", body: "json", run: addToGroups },
  { method: "POST", path: ":removeFromGroups", body: "json", run: removeFromGroups },
];

const bodySchema = z.object({
  groups: z.array(z.string().refine(isGroupName)).min(1),
  filter: z.string().nullish(),
});

function addToGroups(call: JsonCall): Reply {
  return change(call, (connection, group) => call.hub.join(connection, group));
}

function removeFromGroups(call: JsonCall): Reply {
  return change(call, (connection, group) => call.hub.leave(connection, group));
}

function change(
  { hub, json }: JsonCall,
  move: (connection: Connection, group: string) => void,
): Reply {
  const { groups, accepts } = readBulk(json);
  // Chosen beforehand: a move must not change who is moved next.
  const chosen = [...hub.everyone()].filter((connection) => accepts?.(connection) ?? true);
  for (const connection of chosen) for (const group of groups) move(connection, group);
  return OK;
}

/** The targets of its failures are capitalised, unlike those in a query. */
function readBulk(json: unknown): { groups: string[]; accepts: Filter | undefined } {
  const { data, error } = bodySchema.safeParse(json);
  if (data) return { groups: data.groups, accepts: readFilter(data.filter, "Filter") };
  throw error.issues.every(({ path }) => path[0] === "filter")
    ? invalidParameter("Filter", "The filter must be text.")
    : invalidParameter("Groups", INVALID_GROUP);
}
