// What every hostile test has in common: after the attack the server still serves somebody else, and holds nothing.
import assert from "node:assert/strict";
import { it } from "node:test";
import { open_polling, open_ws_session } from "./raw.mjs";

/** A test whose attack must leave the server serving others and, without anybody's help, empty. */
export function hostile(server, name, attack, options = {}) {
  it(name, options, async () => {
    await attack();
    await still_serves(server);
    await server.idle(6000);
  });
}

async function still_serves(server) {
  const ws = await open_ws_session(server);
  const socket = await ws.join();
  ws.send('42["echo","still serving"]');
  assert.equal(await ws.next_message(), '42["echo","still serving"]');
  const session = await open_polling(server);
  await session.join();
  await session.post('42["echo","still serving"]');
  assert.equal(await session.next(), '42["echo","still serving"]');
  await session.leave();
  ws.destroy();
  await server.observed({ ev: "disconnect", socket });
}
