import type { Operation } from "./operation.ts";
import { bulkMembershipOperations } from "./operations/bulk-membership.ts";
import { closeOperations } from "./operations/close.ts";
import { existsOperations } from "./operations/exists.ts";
import { listOperations } from "./operations/list.ts";
import { membershipOperations } from "./operations/membership.ts";
import { permissionOperations } from "./operations/permission.ts";
import { sendOperations } from "./operations/send.ts";
import { tokenOperations } from "./operations/token.ts";

/** Every operation below a hub; with the health check, these are all that the service has. */
export const operations: readonly Operation[] = [
  ...sendOperations,
  ...existsOperations,
  ...closeOperations,
  ...membershipOperations,
  ...bulkMembershipOperations,
  ...listOperations,
  ...permissionOperations,
  ...tokenOperations,
];
