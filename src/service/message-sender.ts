import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { RawAnswer, Send } from "./exchange.ts";
import { headersOf, type MessageRequest } from "./message-request.ts";
import type { Signer } from "./signer.ts";

/**
 * Sends a message to one endpoint.
 *
 * @throws what `Send` does, or ResilientPubSubError `ERR_CREDENTIAL_FAILED`
 */
export type SendMessage = (message: MessageRequest, signal: AbortSignalLike) => Promise<RawAnswer>;

/** @param url Of the endpoint, as the service knows itself. */
export function messageSender(url: string, signer: Signer, send: Send): SendMessage {
  function sendSigned(
    message: MessageRequest,
    signal: AbortSignalLike,
    authorization: string,
  ): Promise<RawAnswer> {
    const { path, body } = message;
    const headers = headersOf(message, authorization);
    const sending = send({ options: { method: "POST", path, headers, body }, signal });
    if (signer.onStatus === undefined) return sending;
    return sending.then((answer) => {
      signer.onStatus?.(answer.status, authorization);
      return answer;
    });
  }
  return (message, signal) => {
    const signing = signer.sign(url + message.path, signal);
    return typeof signing === "string"
      ? sendSigned(message, signal, signing)
      : signing.then((authorization) => sendSigned(message, signal, authorization));
  };
}
