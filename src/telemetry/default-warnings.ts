import type { PubSubEvents } from "../contract/events.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import type { OnceWarnings } from "../kit/warn-once.ts";
import { warnProcess } from "../kit/warn-process.ts";

/**
 * Warns the process, once each, of what nobody may miss and the application does not listen to: an
 * operator who has set up nothing would else hear of it from the users.
 */
export function warnByDefault(hub: string, events: TypedEvents, warnings: OnceWarnings): void {
  const haveBeenUp = new Set<string>();
  const of = (endpoint: string): string => `Endpoint ${quoted(endpoint)} of hub ${quoted(hub)}`;

  function warn(event: keyof PubSubEvents, about: string, code: string, message: string): void {
    if (!events.isHeard(event)) warnings.warn(code, message, about);
  }

  events.onInternally("endpointUp", ({ endpoint }) => void haveBeenUp.add(endpoint));
  events.onInternally("endpointDown", ({ endpoint, reason }) => {
    if (haveBeenUp.has(endpoint) || reason === "credentials-rejected") return;
    const message = `${of(endpoint)} was down when it was looked at first (${reason}); it is used as soon as it answers`;
    warn("endpointDown", endpoint, "ERR_DOWN_AT_START", message);
  });
  events.onInternally("credentialsRejected", ({ endpoint, clockSkewInMs }) => {
    const remedy =
      clockSkewInMs === undefined
        ? "look at its key, or the role of the identity"
        : `the clock of this server is off by ${Math.round(clockSkewInMs / 1000)} s, so set that`;
    const message = `${of(endpoint)} refuses the credentials, so it is not used; ${remedy}`;
    warn("credentialsRejected", endpoint, "ERR_CREDENTIALS_REJECTED", message);
  });
  events.onInternally("allDown", ({ endpoints }) => {
    const reasons = endpoints.map(({ endpoint, reason }) => `${quoted(endpoint)}: ${reason}`);
    const message = `No endpoint of hub ${quoted(hub)} is left that clients can be sent to (${reasons.join(", ")})`;
    warn("allDown", "", "ERR_ALL_DOWN", message);
  });
  events.onInternally("historyLost", ({ error }) => {
    if (events.isHeard("historyLost")) return;
    const message = `The store of the history of hub ${quoted(hub)} is away; messages are sent, but clients cannot catch up with them until it is back`;
    warnings.warn("ERR_HISTORY_UNAVAILABLE", message, "", error);
  });
  events.onInternally("metadataDropped", ({ endpoint }) => {
    const message = `${of(endpoint)} does not pass message metadata on, so clients with continuity are given messages twice; give history.carrier: "data"`;
    warn("metadataDropped", endpoint, "ERR_METADATA_DROPPED", message);
  });
  events.onInternally("closeFailed", ({ part, error }) => {
    if (events.isHeard("closeFailed")) return;
    const message = `The plugin of hub ${quoted(hub)} could not end its ${part}, and no "closeFailed" listener took it`;
    warnProcess("ERR_CLOSE_FAILED", message, error);
  });
}

const quoted = (name: string): string => JSON.stringify(name);
