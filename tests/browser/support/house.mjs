// What every browser test needs: one Chromium for the file, and for each test a server of its own and people who are
// shown out afterwards. Closing a person asserts that the window had no errors; stopping the server, that it ends well.
import { after, before } from "node:test";
import { launch, Person } from "./browser.mjs";
import { startChatServer } from "./chat_server.mjs";

export function useHouse() {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  // Wraps the body of a test: it gets {server, open(options, url?)}.
  return (body) => async () => {
    const server = await startChatServer();
    const people = [];
    const open = async (options, url = server.url) => {
      const person = await Person.open(browser, url, options);
      people.push(person);
      return person;
    };
    try {
      await body({ server, open });
      for (const person of people.splice(0)) await person.close();
      await server.stop();
    } finally {
      for (const person of people) await person.context.close().catch(() => {});
      await server.stop().catch(() => {});
    }
  };
}
