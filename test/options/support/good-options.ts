import { InvalidOptionsError } from "express-resilient-pubsub";
import { parseOptions } from "../../../src/options/parse-options.ts";

export const KEY = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA==";
export const EAST = {
  name: "eastus",
  role: "primary",
  connectionString: `Endpoint=https://east.example;AccessKey=${KEY};Version=1.0;`,
};
export const WEST = {
  name: "westus",
  role: "secondary",
  connectionString: `Endpoint=https://west.example;AccessKey=${KEY};Version=1.0;`,
};
export const GOOD = { hub: "chat", endpoints: [EAST, WEST], negotiate: { allowAnonymous: true } };
export const credential = { getToken: async () => null };

export function messageOf(options: unknown): string {
  try {
    parseOptions(options);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.message;
    throw error;
  }
  throw new Error("the options were accepted");
}
