import { isGroupName, isUserId } from "../../contract/names.ts";
import type { Reply } from "../../http/reply.ts";
import type { ClientType } from "../../tokens/access.ts";
import type { Operation, RestCall } from "../operation.ts";
import { readInteger } from "../parameters.ts";
import { INVALID_GROUP, invalidParameter, okJson } from "../replies.ts";

const LIFETIME_IN_MINUTES = { min: 1, max: 2 ** 31 - 1 };
const DEFAULT_LIFETIME_IN_MINUTES = 60;

export const tokenOperations: readonly Operation[] = [
  { method: "POST", path: ":generateToken", body: "none", run: generateToken },
];

const CLIENT_TYPES: readonly ClientType[] = ["default", "mqtt", "socketio"];

function generateToken({ hubName, query, issueClientToken }: RestCall): Reply {
  const userId = query.get("userId") || undefined;
  if (userId !== undefined && !isUserId(userId)) {
    throw invalidParameter("userId", "The userId is invalid.");
  }
  const groups = query.getAll("group");
  if (!groups.every(isGroupName)) throw invalidParameter("group", INVALID_GROUP);
  const token = issueClientToken({
    hub: hubName,
    clientType: readClientType(query.get("clientType") || "default"),
    lifetimeInMinutes:
      readInteger(query, "minutesToExpire", LIFETIME_IN_MINUTES) ?? DEFAULT_LIFETIME_IN_MINUTES,
    userId,
    roles: query.getAll("role"),
    groups,
  });
  return okJson({ token });
}

function readClientType(text: string): ClientType {
  const clientType = CLIENT_TYPES.find((one) => one === text.toLowerCase());
  if (clientType) return clientType;
  throw invalidParameter("clientType", "The clientType must be Default, MQTT or SocketIO.");
}
