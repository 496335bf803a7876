import {
  connectSources,
  type PolicyVerdict,
  verdictOn,
} from "../../src/doctor/content-security-policy.ts";

const ORIGIN = "wss://chat-eastus.webpubsub.azure.com";

it.each<[string, PolicyVerdict]>([
  ["", "allowed"],
  ["script-src 'self'", "allowed"],
  ["default-src 'self'", "refused"],
  ["default-src *", "allowed"],
  ["default-src *; connect-src 'none'", "refused"],
  ["connect-src", "refused"],
  [`connect-src 'self' ${ORIGIN}`, "allowed"],
  [`CONNECT-SRC ${ORIGIN.toUpperCase()}`, "allowed"],
  [`connect-src ${ORIGIN}/`, "allowed"],
  [`connect-src ${ORIGIN}:443`, "allowed"],
  [`connect-src ${ORIGIN}:*`, "allowed"],
  [`connect-src ${ORIGIN}:8443`, "refused"],
  ["connect-src wss:", "allowed"],
  ["connect-src ws:", "allowed"],
  ["connect-src https:", "refused"],
  ["connect-src https://chat-eastus.webpubsub.azure.com", "refused"],
  ["connect-src wss://*.webpubsub.azure.com", "allowed"],
  ["connect-src wss://*.azure.com", "allowed"],
  ["connect-src wss://webpubsub.azure.com", "refused"],
  ["connect-src chat-eastus.webpubsub.azure.com", "unclear"],
  ["connect-src wss://chat-westus.webpubsub.azure.com", "refused"],
  [`img-src *; connect-src 'self'; report-uri /csp`, "refused"],
])("the policy %j is read as browsers do: %s", (policy, verdict) => {
  expect(verdictOn(connectSources(policy), ORIGIN)).toBe(verdict);
});
