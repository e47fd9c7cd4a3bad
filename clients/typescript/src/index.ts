/** Sharecover for TypeScript: each operation of the API is a method under its own name. */

import ky, { HTTPError } from "ky";

import { KEYED, VERSION } from "./document.gen.js";
import { createClient } from "./generated/client/index.js";
import { Operations } from "./generated/sdk.gen.js";
import { problemOf, Unreachable } from "./problems.js";

export * from "./generated/types.gen.js";
export * from "./problems.js";
export * from "./webhooks.js";

export interface Settings {
  /** Where the service is, such as https://api.example.org. */
  baseUrl: string;
  /** Of each try, in milliseconds; a minute unless said. */
  timeout?: number;
  /** Tries after the first one; four unless said. */
  retries?: number;
  /** What sends a request, in place of the platform's own. */
  fetch?: (request: Request) => Promise<Response>;
}

// The first request still runs: the same one asked again is answered once that is over.
const STILL_RUNNING = "idempotency_key_in_use";
// Nothing is half-done after these: what was asked for under a key may be asked for again.
const TRIED_AGAIN = [429, 500, 502, 503, 504];
// What changes nothing, though it is sent with POST.
const CHANGES_NOTHING = new Set(["/v1/prices"]);
const LONGEST_WAIT = 60_000;

/** The service, as one API key sees it. */
export class Sharecover extends Operations {
  constructor(key: string, settings: Settings) {
    if (!/^sk_(test|live)_/.test(key)) {
      // Never quoted: what was given may be somebody else's secret.
      throw new TypeError("expected an API key, which begins with sk_test_ or sk_live_");
    }
    const { baseUrl, timeout = 60_000, retries = 4, fetch = globalThis.fetch } = settings;
    if (!/^https?:\/\//.test(baseUrl)) {
      throw new TypeError(`expected the service's address such as https://api.example.org, not ${baseUrl}`);
    }
    const client = createClient({
      baseUrl: baseUrl.replace(/\/+$/, ""),
      auth: key,
      throwOnError: true,
      headers: { "Coverage-Version": VERSION },
      fetch: (request) => send(request as Request, timeout, retries, fetch),
    });
    client.interceptors.request.use((request, options) => {
      if (KEYED.has(`${options.method} ${options.url}`) && !request.headers.has("idempotency-key")) {
        request.headers.set("idempotency-key", crypto.randomUUID());
      }
      return request;
    });
    client.interceptors.error.use((error, response, request) => {
      const asked = `${request.method} ${new URL(request.url).pathname}`;
      return response ? problemOf(error, response, asked) : new Unreachable(`${asked}: ${String(error)}`, { cause: error });
    });
    super({ client });
  }
}

/** An answer, whatever its status, after as many tries as are safe. */
async function send(
  request: Request,
  timeout: number,
  retries: number,
  fetch: (request: Request) => Promise<Response>,
): Promise<Response> {
  const safe =
    request.method === "GET" ||
    request.headers.has("idempotency-key") ||
    CHANGES_NOTHING.has(new URL(request.url).pathname);
  try {
    return await ky(request, {
      timeout: false,
      fetch: (one) => {
        const asked = one as Request;
        return fetch(new Request(asked, { signal: AbortSignal.any([asked.signal, AbortSignal.timeout(timeout)]) }));
      },
      retry: {
        limit: safe ? retries : 0,
        methods: ["get", "post", "put", "patch", "delete"],
        statusCodes: TRIED_AGAIN,
        afterStatusCodes: TRIED_AGAIN,
        maxRetryAfter: LONGEST_WAIT,
        delay: (attempt) => Math.min(250 * 2 ** attempt, LONGEST_WAIT),
        jitter: (delay) => delay * (0.5 + Math.random() / 2),
        retryOnTimeout: true,
        shouldRetry: async ({ error }) => ((await isStillRunning(error)) ? true : undefined),
      },
    });
  } catch (error) {
    if (error instanceof HTTPError) return error.response;
    throw error;
  }
}

async function isStillRunning(error: unknown): Promise<boolean> {
  if (!(error instanceof HTTPError) || error.response.status !== 409) return false;
  const told: unknown = await error.response.clone().json().catch(() => undefined);
  return typeof told === "object" && told !== null && "code" in told && told.code === STILL_RUNNING;
}

interface Page<Listed> {
  data: Listed[];
  has_more: boolean;
}

/** All that a list has, page by page as it is used: `every((page) => sharecover.listCovers({ query: page }))`. */
export async function* every<Listed extends { id: string }>(
  page: (from: { limit: number; starting_after?: string }) => Promise<Page<Listed>>,
  limit = 100,
): AsyncGenerator<Listed, void, undefined> {
  let found = await page({ limit });
  for (;;) {
    yield* found.data;
    const last = found.data.at(-1);
    if (!found.has_more || last === undefined) return;
    found = await page({ limit, starting_after: last.id });
  }
}
