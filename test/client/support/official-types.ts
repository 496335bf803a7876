import type * as Official from "@azure/web-pubsub-client";
import type * as Ours from "express-resilient-pubsub/client";

/*
 * Nothing here is about running: the compiler is the test, and `npx tsc` runs it. This file does not
 * compile when the types of this client drift away from those of the official one.
 */

/** Compiles when what is of the first type can be used as the second. */
type Fits<Given extends Wanted, Wanted> = Given;

/** Compiles when each can be used as the other; what is left are the members that only one has. */
type Same<A extends B, B extends C, C = A> = [Exclude<keyof A, keyof B>, Exclude<keyof B, keyof A>];

export type TheSame = Fits<
  [
    Same<Ours.JSONTypes, Official.JSONTypes>,
    Same<Ours.WebPubSubDataType, Official.WebPubSubDataType>,
    Same<Ours.GroupDataMessage, Official.GroupDataMessage>,
    Same<Ours.ServerDataMessage, Official.ServerDataMessage>,
    Same<Ours.DisconnectedMessage, Official.DisconnectedMessage>,
    Same<Ours.StreamInfo, Official.StreamInfo>,
    Same<Ours.AckMessageError, Official.AckMessageError>,
    Same<Ours.StartOptions, Official.StartOptions>,
    Same<Ours.JoinGroupOptions, Official.JoinGroupOptions>,
    Same<Ours.LeaveGroupOptions, Official.LeaveGroupOptions>,
    Same<Ours.SendEventOptions, Official.SendEventOptions>,
    Same<Ours.SendToGroupOptions, Official.SendToGroupOptions>,
    Same<Ours.InvokeEventOptions, Official.InvokeEventOptions>,
    Same<Ours.WebPubSubResult, Official.WebPubSubResult>,
    Same<Ours.InvokeEventResult, Official.InvokeEventResult>,
    Same<
      Omit<Ours.OnDisconnectedArgs, "code" | "closeCode" | "reason">,
      Official.OnDisconnectedArgs
    >,
    Same<Omit<Ours.OnServerDataMessageArgs, "replayed">, Official.OnServerDataMessageArgs>,
    Same<Omit<Ours.OnGroupDataMessageArgs, "replayed">, Official.OnGroupDataMessageArgs>,
    Same<Ours.OnRejoinGroupFailedArgs, Official.OnRejoinGroupFailedArgs>,
    Same<
      NonNullable<Ours.StartOptions["abortSignal"]>,
      NonNullable<Official.StartOptions["abortSignal"]>
    >,
  ],
  [never, never][]
>;

export type TheSameAndMore = [
  Fits<Ours.OnConnectedArgs, Official.OnConnectedArgs>,
  Fits<Ours.OnDisconnectedArgs, Official.OnDisconnectedArgs>,
  Fits<Ours.OnStoppedArgs, Official.OnStoppedArgs>,
  Fits<Ours.SendMessageError["ackId"], Official.SendMessageError["ackId"]>,
  Fits<Ours.SendMessageError["errorDetail"], Official.SendMessageError["errorDetail"]>,
  Fits<Ours.InvocationError["invocationId"], Official.InvocationError["invocationId"]>,
  Fits<Ours.InvocationError["errorDetail"], Official.InvocationError["errorDetail"]>,
];

// What is private is no part of it.
type MethodsOfTheOfficial = Omit<
  Official.WebPubSubClient,
  "onGroupStream" | "openGroupStream" | "on" | "off"
>;

export type AllMethods = Fits<Ours.ResilientPubSubClient, MethodsOfTheOfficial>;

/** What listeners of the official client take, they get from ours. */
export function listen(
  client: Ours.ResilientPubSubClient,
  connected: (args: Official.OnConnectedArgs) => void,
  disconnected: (args: Official.OnDisconnectedArgs) => void,
  stopped: (args: Official.OnStoppedArgs) => void,
  serverMessage: (args: Official.OnServerDataMessageArgs) => void,
  groupMessage: (args: Official.OnGroupDataMessageArgs) => void,
  rejoinGroupFailed: (args: Official.OnRejoinGroupFailedArgs) => void,
): void {
  client.on("connected", connected);
  client.on("disconnected", disconnected);
  client.on("stopped", stopped);
  client.on("server-message", serverMessage);
  client.on("group-message", groupMessage);
  client.on("rejoin-group-failed", rejoinGroupFailed);
  client.off("connected", connected);
  client.off("disconnected", disconnected);
  client.off("stopped", stopped);
  client.off("server-message", serverMessage);
  client.off("group-message", groupMessage);
  client.off("rejoin-group-failed", rejoinGroupFailed);
}
