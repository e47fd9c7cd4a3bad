/** The client against a running service, also where answers are lost on the way. SHARECOVER_URL and SHARECOVER_KEY name it. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, test } from "node:test";

import { Webhook } from "standardwebhooks";

import {
  BadAnswer,
  BadSignature,
  Conflict,
  type Cover,
  type CoverRequest,
  type Event,
  every,
  Invalid,
  NotAllowed,
  NotThere,
  type Quote,
  type QuoteRequest,
  ServiceTrouble,
  Sharecover,
  Unreachable,
  verified,
} from "../src/index.js";

const baseUrl = named("SHARECOVER_URL");
const key = named("SHARECOVER_KEY");

function named(name: string): string {
  const found = process.env[name];
  assert.ok(found, `${name} names the service`);
  return found;
}

/** What lies between: it hands requests on, unless a test put something in the way of the next ones. */
class Wire {
  faults: (() => Response)[] = [];
  lost = 0; // answers to lose after the service gave them
  sent: Request[] = [];

  readonly fetch = async (request: Request): Promise<Response> => {
    this.sent.push(request);
    const fault = this.faults.shift();
    if (fault) return fault();
    const answer = await fetch(request);
    if (this.lost > 0) {
      this.lost -= 1;
      await answer.arrayBuffer();
      throw new TypeError("the connection was lost");
    }
    return answer;
  };

  get keys(): (string | null)[] {
    return this.sent.map((request) => request.headers.get("idempotency-key"));
  }
}

function aProblem(status: number, code: string, headers: Record<string, string> = {}): () => Response {
  const document = { type: `/problems/${code}`, title: "", status, detail: "as a test wants it", code, request_id: "req_0" };
  return () =>
    new Response(JSON.stringify(document), { status, headers: { "content-type": "application/problem+json", ...headers } });
}

const carried = {
  carried_by: "neighbour",
  transport: "car",
  category: "household",
  distance_km: 10,
  goods_value: { amount: 20000, currency: "EUR" },
};

const aPrice = { product: "goods_carried", start: "at_issue", duration: "PT4H", risk: carried };

function aQuote(changes: Partial<QuoteRequest> = {}): QuoteRequest {
  return { ...aPrice, language: "en", ...changes };
}

function aBind(quote: Quote): CoverRequest {
  assert.ok(quote.ipid);
  return {
    quote: quote.id,
    parties: { policyholder: { reference: `mem-${randomUUID()}`, name: "Camille Martin", locale: "en" } },
    disclosures: { ipid_sha256: quote.ipid.sha256, language: quote.ipid.language, given_at: quote.created_at },
    payment: { method: "invoice" },
  };
}

let wire: Wire;
let sharecover: Sharecover;

beforeEach(() => {
  wire = new Wire();
  sharecover = new Sharecover(key, { baseUrl, fetch: wire.fetch });
});

async function aBound(): Promise<Cover> {
  return sharecover.createCover({ body: aBind(await sharecover.createQuote({ body: aQuote() })) });
}

describe("A journey", () => {
  test("goes from a quote to the certificate, with typed things", async () => {
    const quote = await sharecover.createQuote({ body: aQuote() });
    assert.equal(quote.state, "open");
    assert.equal(quote.price?.gross.currency, "EUR");
    const cover = await sharecover.createCover({ body: aBind(quote), headers: { "idempotency-key": `bind-${quote.id}` } });
    assert.equal(cover.state, "on_risk");
    assert.deepEqual(cover.price, quote.price);
    const certificate = await sharecover.retrieveCertificate({ path: { cover_id: cover.id } });
    assert.ok(certificate instanceof Blob);
    assert.equal((await certificate.text()).slice(0, 5), "%PDF-");
    const read = await sharecover.retrieveCover({ path: { cover_id: cover.id } });
    assert.ok(read.member_url);
  });

  test("prices lists", async () => {
    const prices = await sharecover.priceRisks({ body: { prices: [aPrice, aPrice] } });
    assert.deepEqual(prices.data.map((price) => price.status), ["priced", "priced"]);
  });

  test("walks over the pages of a list", async () => {
    const bound = [await aBound(), await aBound(), await aBound()].map((cover) => cover.id);
    const found: string[] = [];
    for await (const cover of every((page) => sharecover.listCovers({ query: page }), 2)) {
      found.push(cover.id);
      if (found.length === 3) break;
    }
    assert.deepEqual(found, bound.reverse());
  });
});

describe("A problem", () => {
  test("points at what to mend", async () => {
    await assert.rejects(sharecover.createQuote({ body: aQuote({ risk: { ...carried, transport: "balloon" } }) }), (error) => {
      assert.ok(error instanceof Invalid);
      assert.equal(error.status, 422);
      assert.equal(error.mistakes[0]?.pointer, "/risk/transport");
      assert.match(error.requestId, /^req_/);
      assert.equal(error.type, `${baseUrl}/problems/${error.code}`);
      assert.equal(error.name, "Invalid");
      return true;
    });
  });

  test("says that a key opens nothing", async () => {
    const nobody = new Sharecover(`sk_test_${"0".repeat(40)}`, { baseUrl });
    await assert.rejects(nobody.listProducts(), NotAllowed);
  });

  test("says that there is no such thing", async () => {
    await assert.rejects(sharecover.retrieveCover({ path: { cover_id: `cov_${"0".repeat(36)}` } }), NotThere);
  });

  test("says that the state of things forbids it", async () => {
    const quote = await sharecover.createQuote({ body: aQuote() });
    const cover = await sharecover.createCover({ body: aBind(quote) });
    wire.sent = [];
    await assert.rejects(sharecover.createCover({ body: aBind(quote) }), (error) => {
      assert.ok(error instanceof Conflict);
      assert.equal(error.code, "quote_bound");
      assert.equal((error.document as { cover?: string }).cover, cover.id);
      return true;
    });
    assert.equal(wire.sent.length, 1, "trying again wouldn't help");
  });

  test("is no guesswork where a proxy answers", async () => {
    wire.faults = [() => new Response("<h1>Forbidden</h1>", { status: 403, headers: { "content-type": "text/html" } })];
    await assert.rejects(sharecover.listProducts(), BadAnswer);
  });

  test("names no secret that was taken for a key", () => {
    assert.throws(() => new Sharecover("whsec_0", { baseUrl }), (error: Error) => !error.message.includes("whsec_0"));
    assert.throws(() => new Sharecover("sk_test_0", { baseUrl: "api.example.org" }), /https:/);
  });
});

describe("Trying again", () => {
  test("binds once when the answer is lost", async () => {
    const quote = await sharecover.createQuote({ body: aQuote() });
    const body = aBind(quote);
    wire.lost = 1;
    wire.sent = [];
    const cover = await sharecover.createCover({ body });
    assert.equal(wire.keys.length, 2);
    assert.ok(wire.keys[0]);
    assert.equal(new Set(wire.keys).size, 1);
    const policyholder = body.parties.policyholder.reference;
    const listed = await sharecover.listCovers({ query: { policyholder } });
    assert.deepEqual(listed.data.map((one) => one.id), [cover.id]);
  });

  test("keeps the key that it was given, and makes one for each call else", async () => {
    await sharecover.createQuote({ body: aQuote(), headers: { "idempotency-key": `own-${wire.sent.length}-${randomUUID()}` } });
    await sharecover.createQuote({ body: aQuote() });
    await sharecover.createQuote({ body: aQuote() });
    assert.match(wire.keys[0] ?? "", /^own-0-/);
    assert.equal(new Set(wire.keys).size, 3);
  });

  test("waits as long as it is told", async () => {
    wire.faults = [aProblem(429, "rate_limited", { "retry-after": "1" }), aProblem(503, "overloaded", { "retry-after": "1" })];
    const begun = performance.now();
    assert.ok((await sharecover.listProducts()).data.length > 0);
    assert.ok(performance.now() - begun >= 1950);
  });

  test("waits until the first request is over", async () => {
    wire.faults = [aProblem(409, "idempotency_key_in_use"), aProblem(409, "idempotency_key_in_use")];
    await sharecover.createQuote({ body: aQuote() });
    assert.equal(wire.keys.length, 3);
    assert.equal(new Set(wire.keys).size, 1);
  });

  test("gives up with what was said last", async () => {
    const impatient = new Sharecover(key, { baseUrl, fetch: wire.fetch, retries: 1 });
    wire.faults = [aProblem(503, "overloaded"), aProblem(503, "overloaded")];
    await assert.rejects(impatient.listProducts(), ServiceTrouble);
    wire.faults = [aProblem(409, "idempotency_key_in_use"), aProblem(409, "idempotency_key_in_use")];
    await assert.rejects(impatient.createQuote({ body: aQuote() }), Conflict);
    assert.equal(wire.sent.length, 4);
  });

  test("leaves what may have been done to the caller", async () => {
    const { now } = await sharecover.retrieveTestClock();
    const to = new Date(Date.parse(now) + 60_000).toISOString();
    wire.sent = [];
    wire.lost = 1;
    await assert.rejects(sharecover.advanceTestClock({ body: { to } }), Unreachable);
    assert.equal(wire.sent.length, 1);
  });

  test("tries a list of prices again, which makes nothing", async () => {
    wire.lost = 1;
    assert.equal((await sharecover.priceRisks({ body: { prices: [aPrice] } })).data.length, 1);
  });

  test("gives up on a try that takes too long, and says that nobody is there", async (t) => {
    let asked = 0;
    const silent = createServer(() => {
      asked += 1;
    });
    t.after(() => {
      silent.closeAllConnections();
      silent.close();
    });
    await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const settings = { baseUrl: address, timeout: 100, retries: 1 };
    await assert.rejects(new Sharecover(key, settings).listProducts(), Unreachable);
    assert.equal(asked, 2);
    silent.closeAllConnections();
    await new Promise((closed) => silent.close(closed));
    await assert.rejects(new Sharecover(key, settings).listProducts(), Unreachable);
  });

  test("names the version that it was made for", async () => {
    await sharecover.listProducts();
    assert.match(wire.sent[0]?.headers.get("coverage-version") ?? "", /^\d{4}-\d{2}-\d{2}$/);
  });
});

describe("A webhook", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const issued = '{"id": "evt_1", "type": "cover.issued", "subject": "cov_1", "sequence": 1, "data": {"quote": "quo_1"}}';
  const signed = (at: Date, body: string = issued) => ({
    "Webhook-Id": "msg_1",
    "Webhook-Timestamp": String(Math.floor(at.getTime() / 1000)),
    "Webhook-Signature": new Webhook(secret).sign("msg_1", at, body),
  });

  test("tells what was signed", () => {
    const event = verified(secret, issued, new Headers(signed(new Date())));
    assert.deepEqual([event.type, event.subject, event.sequence], ["cover.issued", "cov_1", 1]);
    assert.ok(event.type === "cover.issued");
    const quote: string = event.data.quote;
    assert.equal(quote, "quo_1");
  });

  test("of a kind that is to come is told all the same", () => {
    const painted = issued.replace("cover.issued", "cover.painted");
    const event: Event = verified(secret, painted, signed(new Date(), painted));
    switch (event.type) {
      case "cover.issued":
        assert.fail(event.data.quote);
      case "claim.created":
        assert.fail(event.data.flags.join());
      default:
        assert.equal(event.subject, "cov_1");
    }
  });

  test("is refused when a byte differs, when it is old, and when it was never signed", () => {
    assert.throws(() => verified(secret, issued.replace("cov_1", "cov_2"), signed(new Date())), BadSignature);
    assert.throws(() => verified(secret, issued, signed(new Date(Date.now() - 6 * 60_000))), BadSignature);
    assert.throws(() => verified(secret, issued, {}), BadSignature);
  });
});
