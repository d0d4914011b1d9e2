// permessage-deflate (RFC 7692): what the server of `ws` makes of an offer, what its client offers and makes of an
// answer, and messages that its client and its server compress, one after the other on one connection (CP-05, CP-06).
import { random_from } from "./random.mjs";

// `ours` where we follow the RFC and `ws` does not: it refuses the handshake when an offer is wrong or none fits, takes
// numbers with leading zeros, and writes with a larger window than the 256 bytes that a client asked for.
const declined = { kind: "declined" };
const malformed = { kind: "malformed" };
const offers = [
  ["", {}],
  ["permessage-deflate", {}],
  ["permessage-deflate; client_max_window_bits", {}],
  ["permessage-deflate; client_max_window_bits=10", {}],
  ["permessage-deflate; client_max_window_bits=8", {}],
  ["permessage-deflate; server_max_window_bits=10", {}],
  ["permessage-deflate; server_max_window_bits=9; client_max_window_bits=9", {}],
  ["permessage-deflate; server_max_window_bits=8", {}, declined],
  ["permessage-deflate; server_no_context_takeover", {}],
  ["permessage-deflate; client_no_context_takeover", {}],
  ["permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits", {}],
  ["permessage-deflate; client_max_window_bits=\"10\"", {}],
  ["permessage-deflate; client_max_window_bits=\"1\\0\"", {}],
  [" permessage-deflate ;\tclient_max_window_bits = 10", {}, { kind: "accepted", header: "permessage-deflate; client_max_window_bits=10" }],
  ["permessage-deflate,permessage-deflate; client_max_window_bits", {}],
  ["x-webkit-deflate-frame", {}, declined],
  ["x-webkit-deflate-frame; no_context_takeover, permessage-deflate", {}],
  ["x-other; a=b; c, permessage-deflate; client_no_context_takeover", {}],
  ["PERMESSAGE-DEFLATE", {}],
  // wrong: declined, and the next offer counts
  ["permessage-deflate; unknown", {}, declined],
  ["permessage-deflate; unknown, permessage-deflate", {}, { kind: "accepted", header: "permessage-deflate" }],
  ["permessage-deflate; server_max_window_bits=16, permessage-deflate; client_no_context_takeover", {},
    { kind: "accepted", header: "permessage-deflate; client_no_context_takeover" }],
  ["permessage-deflate; client_max_window_bits=7", {}, declined],
  ["permessage-deflate; client_max_window_bits=16", {}, declined],
  ["permessage-deflate; client_max_window_bits=010", {}, declined],
  ["permessage-deflate; client_max_window_bits=+10", {}, declined],
  ["permessage-deflate; client_max_window_bits=x", {}, declined],
  ["permessage-deflate; server_max_window_bits", {}, declined],
  ["permessage-deflate; server_max_window_bits=7", {}, declined],
  ["permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", {}, declined],
  ["permessage-deflate; client_max_window_bits; client_max_window_bits=10", {}, declined],
  ["permessage-deflate; server_no_context_takeover=true", {}, declined],
  ["permessage-deflate; server_no_context_takeover=1", {}, declined],
  ["permessage-deflate; client_no_context_takeover; client_no_context_takeover", {}, declined],
  // no list of extensions
  ["permessage-deflate;", {}, malformed],
  ["permessage-deflate; =10", {}, malformed],
  ["permessage-deflate; client_max_window_bits=", {}, malformed],
  ["permessage-deflate; client_max_window_bits=\"10", {}, malformed],
  ["permessage-deflate; client_max_window_bits=\"\"", {}, malformed],
  ["permessage-deflate; client_max_window_bits=\"1 0\"", {}, malformed],
  ["permessage-deflate client_max_window_bits", {}, malformed],
  ["permessage-deflate; a b", {}, malformed],
  ["permessage-deflate; a=b c", {}, malformed],
  ["permessage-deflate, @", {}, malformed],
  ["=", {}, malformed],
  [";", {}, malformed],
  // An empty element says nothing (RFC 9110, section 5.6.1).
  ["permessage-deflate,", {}, { kind: "accepted", header: "permessage-deflate" }],
  [", permessage-deflate", {}, { kind: "accepted", header: "permessage-deflate" }],
  [",", {}, declined],
  // what the server wants
  ["permessage-deflate", { serverNoContextTakeover: true }],
  ["permessage-deflate", { clientNoContextTakeover: true }],
  ["permessage-deflate; client_max_window_bits", { serverNoContextTakeover: true, clientNoContextTakeover: true }],
  ["permessage-deflate", { serverMaxWindowBits: 12 }],
  ["permessage-deflate; server_max_window_bits=13", { serverMaxWindowBits: 12 }],
  // The smaller window will do, too.
  ["permessage-deflate; server_max_window_bits=11", { serverMaxWindowBits: 12 },
    { kind: "accepted", header: "permessage-deflate; server_max_window_bits=11" }],
  ["permessage-deflate", { clientMaxWindowBits: 12 }, declined],
  ["permessage-deflate; client_max_window_bits", { clientMaxWindowBits: 12 }],
  ["permessage-deflate; client_max_window_bits=14", { clientMaxWindowBits: 12 }],
  ["permessage-deflate; client_max_window_bits=10", { clientMaxWindowBits: 12 },
    { kind: "accepted", header: "permessage-deflate; client_max_window_bits=10" }],
  ["permessage-deflate, permessage-deflate; client_max_window_bits", { clientMaxWindowBits: 12 }],
];

// In the order of the parameters that ours writes, because theirs depends on the offer.
const order = ["server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"];
function header_of(accepted) {
  const parameters = order.filter((name) => accepted[name]).map((name) => (accepted[name] === true ? name : `${name}=${accepted[name]}`));
  return ["permessage-deflate", ...parameters].join("; ");
}

function answer(ws, offer, options) {
  if (!offer) return declined;
  let list;
  try {
    list = ws.extension.parse(offer);
  } catch {
    return malformed;
  }
  if (!list["permessage-deflate"]) return declined;
  try {
    const server = new ws.PerMessageDeflate({ ...options, isServer: true });
    return { kind: "accepted", header: header_of(server.accept(list["permessage-deflate"])) };
  } catch {
    return { kind: "refused" };
  }
}

// What a server answers to an offer; `ours` where we are stricter, as the RFC says: `ws` takes an answer without what it
// has asked for, and what the server repeats.
const refused = { kind: "refused" };
const answers = [
  ["permessage-deflate", {}],
  ["permessage-deflate; server_no_context_takeover", {}],
  ["permessage-deflate; client_no_context_takeover", {}],
  ["permessage-deflate; server_no_context_takeover; client_no_context_takeover", {}],
  ["permessage-deflate; server_max_window_bits=10", {}],
  ["permessage-deflate; server_max_window_bits=8", {}],
  ["permessage-deflate; client_max_window_bits=10", {}],
  ["permessage-deflate; client_max_window_bits=8", {}],
  ["permessage-deflate; client_max_window_bits=\"9\"", {}],
  // Spaces that RFC 9110 forgives.
  [" permessage-deflate ; client_max_window_bits = 10 ", {}, { kind: "accepted", header: "permessage-deflate; client_max_window_bits=10" }],
  ["permessage-deflate; client_max_window_bits=12", { clientMaxWindowBits: 12 }],
  ["permessage-deflate; client_max_window_bits=11", { clientMaxWindowBits: 12 }],
  ["permessage-deflate; client_max_window_bits=13", { clientMaxWindowBits: 12 }],
  ["permessage-deflate", { clientMaxWindowBits: 12 }],
  ["permessage-deflate; server_max_window_bits=12", { serverMaxWindowBits: 12 }],
  ["permessage-deflate; server_max_window_bits=9", { serverMaxWindowBits: 12 }],
  ["permessage-deflate; server_max_window_bits=13", { serverMaxWindowBits: 12 }, refused],
  ["permessage-deflate", { serverMaxWindowBits: 12 }, refused],
  ["permessage-deflate; server_no_context_takeover", { serverNoContextTakeover: true }],
  ["permessage-deflate", { serverNoContextTakeover: true }, refused],
  // A hint: the server may say nothing about it.
  ["permessage-deflate", { clientNoContextTakeover: true }, { kind: "accepted", header: "permessage-deflate; client_no_context_takeover" }],
  ["permessage-deflate; client_no_context_takeover", { clientNoContextTakeover: true }],
  ["permessage-deflate; client_max_window_bits", {}, refused],
  ["permessage-deflate; server_max_window_bits", {}],
  ["permessage-deflate; server_max_window_bits=16", {}],
  ["permessage-deflate; server_max_window_bits=7", {}],
  ["permessage-deflate; server_max_window_bits=010", {}, refused],
  ["permessage-deflate; client_max_window_bits=x", {}],
  ["permessage-deflate; server_no_context_takeover=1", {}],
  ["permessage-deflate; client_no_context_takeover; client_no_context_takeover", {}],
  ["permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", {}],
  ["permessage-deflate; unknown", {}],
  ["permessage-deflate; unknown=1", {}],
  ["permessage-deflate, permessage-deflate", {}, refused],
  ["permessage-deflate, x-other", {}],
  ["x-other, permessage-deflate", {}],
  ["x-other", {}],
  ["x-webkit-deflate-frame", {}],
  ["PERMESSAGE-DEFLATE", {}],
  ["", {}],
  ["permessage-deflate;", {}],
  ["permessage-deflate; =10", {}],
  ["permessage-deflate; client_max_window_bits=", {}],
  ["permessage-deflate; client_max_window_bits=\"10", {}],
  ["permessage-deflate client_max_window_bits=10", {}],
  ["permessage-deflate, @", {}],
  ["permessage-deflate\u0000", {}],
];

/** What the client of `ws` makes of an answer; its checks are those of lib/websocket.js. */
function accepted(ws, text, options) {
  try {
    const list = ws.extension.parse(text);
    const names = Object.keys(list);
    if (names.length !== 1 || names[0] !== "permessage-deflate") return refused;
    const client = new ws.PerMessageDeflate({ ...options, isServer: false });
    return { kind: "accepted", header: header_of(client.accept(list["permessage-deflate"])) };
  } catch {
    return refused;
  }
}

const compress = (side, data) =>
  new Promise((resolve, reject) => side.compress(data, true, (error, bytes) => (error ? reject(error) : resolve(Buffer.from(bytes)))));

/** What one side sends, compressed message for message. */
async function sent(ws, parameters, messages) {
  const client = new ws.PerMessageDeflate({});
  client.accept([Object.fromEntries(Object.entries(parameters).map(([k, v]) => [k, [v]]))]);
  const out = [];
  for (const plain of messages) {
    out.push({ plain: Buffer.from(plain).toString("hex"), deflated: (await compress(client, Buffer.from(plain))).toString("hex") });
  }
  client.cleanup();
  return out;
}

export async function deflate(ws) {
  const negotiated = offers.map(([offer, options, ours]) => {
    const theirs = answer(ws, offer, options);
    return { offer, options, ...theirs, ...(ours && JSON.stringify(ours) !== JSON.stringify(theirs) ? { ours } : {}) };
  });
  const offered = [{}, { clientMaxWindowBits: 12 }, { serverMaxWindowBits: 10 }, { serverNoContextTakeover: true }, { clientNoContextTakeover: true }]
    .map((options) => ({ options, header: header_of(new ws.PerMessageDeflate({ ...options, isServer: false }).offer()) }));
  const answered = answers.map(([answer, options, ours]) => {
    const theirs = accepted(ws, answer, options);
    return { answer, options, ...theirs, ...(ours && JSON.stringify(ours) !== JSON.stringify(theirs) ? { ours } : {}) };
  });
  const random = random_from(7692);
  const words = ["42[", "\"event\"", "{\"id\":", "17", "}", "]", "€", ","];
  const sentence = (n) => Array.from({ length: n }, () => random.pick(words)).join("");
  const noise = (n) => Buffer.from(Array.from({ length: n }, () => random.below(256)));
  const series = ["Hello", "Hello", "", "a", sentence(30), sentence(200), sentence(200), noise(300), noise(1), "x".repeat(3000), "Hello"];
  const messages = [
    { name: "alone", takeover: false, bits: 15, list: await sent(ws, { client_no_context_takeover: true }, series) },
    { name: "with context", takeover: true, bits: 15, list: await sent(ws, {}, series) },
    { name: "with a small window", takeover: true, bits: 9, list: await sent(ws, { client_max_window_bits: "9" }, series) },
  ];
  return { negotiated, offered, answered, messages };
}
