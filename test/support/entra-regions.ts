import type { TokenCredential } from "@azure/core-auth";
import { type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "./clean-up.ts";
import { startEmulator } from "./emulator.ts";
import { entraCredential } from "./entra-credential.ts";
import { trust } from "./trust.ts";

interface EntraRegionsOptions {
  /** Default: one whose tokens are good. */
  readonly credential?: TokenCredential;
  /** How long east may be silent. Default 2000; less where a test waits for it. */
  readonly timeoutInMs?: number;
  /** Of east. Default: none of its own. */
  readonly clientEndpoint?: string;
}

interface EntraRegions {
  readonly east: Emulator;
  readonly pubsub: ResilientPubSub;
}

/** East is given by credential, so its client tokens come from the service; west by access key. */
export async function startEntraRegions({
  credential = entraCredential(),
  timeoutInMs = 2000,
  clientEndpoint,
}: EntraRegionsOptions = {}): Promise<EntraRegions> {
  const east = closeAfterTest(await startEmulator({ tls: true, acceptEntraTokens: true }));
  const west = closeAfterTest(await startEmulator());
  trust(east.certificate);
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        { name: "east", role: "primary", endpoint: east.endpoint, credential, clientEndpoint },
        { name: "west", role: "secondary", connectionString: west.connectionString },
      ],
      negotiate: { allowAnonymous: true },
      upstream: { verifySignature: false },
      health: { schedule: false, timeoutInMs, onDemandMaxAgeInMs: 60_000 },
    }),
  );
  return { east, pubsub };
}
