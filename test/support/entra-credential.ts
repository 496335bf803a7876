import { createHmac } from "node:crypto";
import type { TokenCredential } from "@azure/core-auth";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A credential whose tokens look like those of Microsoft Entra; the emulator checks no signature. */
export function entraCredential(lifetimeInSeconds = 3600): TokenCredential {
  return {
    getToken: async () => {
      const exp = Math.floor(Date.now() / 1000) + lifetimeInSeconds;
      const claims = encode({ aud: "https://webpubsub.azure.com", exp });
      const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${claims}`;
      const signature = createHmac("sha256", "anything").update(unsigned).digest("base64url");
      return { token: `${unsigned}.${signature}`, expiresOnTimestamp: exp * 1000 };
    },
  };
}
