import type { ForeignError } from "../../kit/foreign-error.ts";
import { type StoreFailure, storeCause, storeError, TRIED_AGAIN } from "../store-error.ts";

const TO_CREATE = "create it, or allow this credential to create it";
const CREDENTIAL =
  "check the key or the token; a credential needs the role Storage Blob Data Contributor, a SAS the permissions to read, write, list, create and delete";

/** Remedies of what Azure Storage refuses, by its error codes. */
const REMEDIES: Readonly<Record<string, string>> = {
  ContainerNotFound: `the container is not there; ${TO_CREATE}`,
  ContainerBeingDeleted:
    "wait until the container is gone, it is created anew by itself then; or name another one",
  ContainerDisabled: "ask who runs the storage account why the container is disabled",
  AccountIsDisabled: "enable the storage account, or use another one",
  AuthenticationFailed: CREDENTIAL,
  AuthorizationFailure: `${CREDENTIAL}; also the account's firewall may not let this server in`,
  AuthorizationPermissionMismatch: CREDENTIAL,
  InvalidAuthenticationInfo: CREDENTIAL,
  NoAuthenticationInformation: CREDENTIAL,
  InvalidResourceName: "name the container as Azure Storage asks for",
  LeaseIdMissing: "break the lease that somebody has taken on the blob",
};
const DEFAULT_REMEDY = "look the error up in the documentation of Azure Storage";

/** What somebody says who has written first, or removed what was to be replaced. */
const LOST_RACES = ["ConditionNotMet", "BlobAlreadyExists", "BlobNotFound"];

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | undefined)?.code));
}

export function isLostRace(error: unknown): boolean {
  return hasCode(error, ...LOST_RACES);
}

/** The error to throw for one of the SDK's. */
export function blobError(description: string, error: unknown, secrets: readonly string[]): Error {
  const cause = storeCause(error, secrets);
  return storeError(description, failureOf(cause), cause);
}

function failureOf({ name, code = "", statusCode, message }: ForeignError): StoreFailure {
  if (statusCode === undefined) {
    return /credential|authentication/i.test(name)
      ? { code: "ERR_STORE_REFUSED", what: `there is no token (${message})`, remedy: CREDENTIAL }
      : {
          code: "ERR_STORE_UNAVAILABLE",
          what: `cannot be reached (${message})`,
          remedy: "is the storage account there, and can this server reach it?",
        };
  }
  const what = `has answered ${[statusCode, code].filter(Boolean).join(" ")}`;
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429) {
    return { code: "ERR_STORE_UNAVAILABLE", what, remedy: TRIED_AGAIN };
  }
  return { code: "ERR_STORE_REFUSED", what, remedy: REMEDIES[code] ?? DEFAULT_REMEDY };
}
