// How openapi-ts writes src/generated; `python3 ../generate.py typescript` writes what it reads.
export default {
  input: "generated-openapi.json",
  output: { path: "src/generated", clean: true },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    "@hey-api/typescript",
    { name: "@hey-api/sdk", operations: { strategy: "single", containerName: "Operations" }, responseStyle: "data" },
  ],
};
