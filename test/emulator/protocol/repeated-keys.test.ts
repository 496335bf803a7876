import fc from "fast-check";
import { hasRepeatedKey } from "../../../src/emulator/protocol/repeated-keys.ts";

test.each([
  ['{"metadata":{"a":"1","a":"2"}}', true],
  ['{"metadata":{"a":"1","\\u0061":"2"}}', true],
  ['{"metadata":{ "a" : "1" , "b":"1", "a"\n:"2"}}', true],
  ['{"data":{"a":1,"a":2},"metadata":{"a":"a","b":"a:"}}', false],
  ['{"metadata":{"a":"1","A":"2"}}', false],
  ['{"metadata":{"a":{"b":1,"b":2},"c":[{"b":1,"b":2}]}}', false],
  ['{"data":{"metadata":{"a":1,"a":2}},"metadata":{}}', false],
  ['{"data":"{\\"a\\":1,\\"a\\":2}","metadata":{"a":"{\\"","b":"\\"a\\":"}}', false],
  ['{"a":1,"a":2}', false],
  [`{"data":"${"x\\n".repeat(1e6)}","metadata":{"a":"1","a":"2"}}`, true],
])("a key twice in the metadata of %.60s: %j", (json, expected) => {
  expect(hasRepeatedKey(json, "metadata")).toBe(expected);
});

test("what JSON.stringify writes has no key twice", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (metadata) => {
      expect(hasRepeatedKey(JSON.stringify({ data: metadata, metadata }), "metadata")).toBe(false);
    }),
  );
});
