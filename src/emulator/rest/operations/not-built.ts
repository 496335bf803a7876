import type { Operation } from "../operation.ts";
import { notBuilt } from "../replies.ts";

const permission = "permissions/{permission}/connections/{connectionId}";

/** Operations of the service that have no handler yet; each says so. */
export const notBuiltOperations: readonly Operation[] = [
  refusing("POST", ":addToGroups", "adding connections to groups by filter"),
  refusing("POST", ":removeFromGroups", "removing connections from groups by filter"),
  refusing("POST", ":generateToken", "generating client tokens"),
  refusing("GET", "groups/{group}/connections", "listing the connections of a group"),
  refusing("PUT", permission, "granting permissions"),
  refusing("DELETE", permission, "revoking permissions"),
  refusing("HEAD", permission, "checking permissions"),
];

function refusing(method: Operation["method"], path: string, what: string): Operation {
  const run = (): never => {
    throw notBuilt(what);
  };
  return { method, path, body: "none", run };
}
