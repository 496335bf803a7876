/** What is said. JSON stays the text it arrived as, so that it is passed on byte for byte. */
export type Payload =
  | { readonly dataType: "text"; readonly text: string }
  | { readonly dataType: "json"; readonly json: string }
  | { readonly dataType: "binary"; readonly bytes: Buffer };

export type Message =
  | { readonly from: "server"; readonly payload: Payload }
  | {
      readonly from: "group";
      readonly group: string;
      /** Null when the server or an anonymous client sent it. */
      readonly fromUserId: string | null;
      readonly payload: Payload;
    };

/** One WebSocket message, ready to be written. */
export interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}
