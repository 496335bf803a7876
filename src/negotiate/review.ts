/** Why a client is not to stay where it is. */
export type MoveReason = "out-of-use" | "evacuated" | "agreement";

/** Where a client says that it is. */
export interface ClientLocation {
  readonly endpoint: string;
  /** What it was told in the client-client topology. */
  readonly epoch?: number | undefined;
  readonly incarnation?: string | undefined;
}

/** What this server knows of the endpoint that a client is on. */
export interface EndpointSituation {
  readonly state: "unknown" | "healthy" | "unhealthy";
  /** An operator has it emptied, or has removed it. */
  readonly isEvacuated: boolean;
  /** Whether there is another one that negotiate would answer with. */
  readonly isOtherUsable: boolean;
}

/** What this server knows of the agreement that all servers answer with. */
export interface AgreementSituation {
  /** Name of the active endpoint; undefined when this server knows no agreement, or not its endpoint. */
  readonly active: string | undefined;
  readonly epoch: number | undefined;
  readonly incarnation: string | undefined;
  /** Whether the others may have agreed on something else by now. */
  readonly isStoreLost: boolean;
}

/**
 * Why a client has to leave its endpoint, where it is for each server to say; undefined: it stays. In
 * doubt it does, and while there is nothing better.
 *
 * @param situation Undefined for an endpoint that this server does not know.
 */
export function reasonToLeave(situation: EndpointSituation | undefined): MoveReason | undefined {
  if (!situation?.isOtherUsable) return undefined;
  if (situation.state === "unhealthy") return "out-of-use";
  return situation.isEvacuated ? "evacuated" : undefined;
}

/**
 * Why a client has to follow the servers' agreement; undefined: it stays. A server that may lag
 * behind moves nobody. The rule about newer agreements is the client's own, `hasNewerEpoch`.
 */
export function reasonToFollow(
  client: ClientLocation,
  { active, epoch, incarnation, isStoreLost }: AgreementSituation,
): MoveReason | undefined {
  if (active === undefined || epoch === undefined || isStoreLost) return undefined;
  const { epoch: known = epoch } = client;
  if (known > epoch) return undefined;
  const isAnother =
    client.epoch === epoch &&
    Boolean(client.incarnation && incarnation) &&
    client.incarnation !== incarnation;
  return known < epoch || isAnother || client.endpoint !== active ? "agreement" : undefined;
}
